frame
frame 2
up
down 2
frame function main
frame 1 locals
