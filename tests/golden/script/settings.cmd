set print pretty on
show print pretty
p alice.seat
set print pretty off
set print elements 4
p seats
show print elements
set pagination off
set confirm off
set width 0
config max-array-values 2
p seats
