bt 1 2
