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
