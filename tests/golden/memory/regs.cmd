regs rip
info registers cs
p $pc == $rip
p $eflags != 0
