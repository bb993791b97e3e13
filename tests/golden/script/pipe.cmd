bt | count
bt | grep main
info locals | head 1
p 1|2
bt |! wc -l
pipe p 1 | tr 1 7
