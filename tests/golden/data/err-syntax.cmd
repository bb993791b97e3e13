p alice->]
