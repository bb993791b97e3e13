x/4gx 0
