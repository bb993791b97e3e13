x/4dw seats
x/2xb &byte
x/s alice.name
x/2s days[0]
x/3uh &negative
x/1f &ratio
x/4c alice.note
x/2dw &matrix
x
p $_
p $__
