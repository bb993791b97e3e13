locals
args
frame 2
locals
args
locals -v ^i$
info locals
info args
