info line greet
info symbol greet
info address count
info scope count
info source
