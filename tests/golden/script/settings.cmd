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
set print address off
p &alice
p alice.next
bt 1
set print address on
show print address
show print frame-arguments
show height
set substitute-path /a /b
set substitute-path /c /d
show substitute-path
unset substitute-path /a
show substitute-path
unset substitute-path
show substitute-path
directory /tmp
show directories
show values
