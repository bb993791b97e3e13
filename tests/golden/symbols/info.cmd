info line greet
list greet
info line 37
info line 1
info symbol greet
info symbol &alice.age
info address count
info address alice
info scope count
info source
info proc exe
pipe info frame | grep -v 'rip\|found\|at 0x\|sp is'
frame 2 info source
info watchpoints
