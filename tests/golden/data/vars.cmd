vars inspect
vars -v ^visits$
vars count::
