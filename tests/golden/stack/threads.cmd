thread 1
threads 1
thread find SIGSEGV
