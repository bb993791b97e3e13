frame 99
