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
x/2dw seats
p *$_
p $__
x/hs alice.name
pipe x/-2i count+8 | wc -l
