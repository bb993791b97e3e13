bt
bt 2
bt -1
