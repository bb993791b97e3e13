info signal
p $_siginfo.si_signo
p $_siginfo._sifields._sigfault.si_addr
