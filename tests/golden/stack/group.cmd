threads -group
bt -a -group -n 2
