list
list -
list greet
list 10,14
list inspect.c:20
frame 2
list
list
