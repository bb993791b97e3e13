p/x 255
p/d 0xff
p/t 5
p/o 8
p/c 65
p/x alice.seat
p/x seats[0]@3
p -pretty -- alice.seat
p -elements 3 -- seats
with print pretty on -- p bob
