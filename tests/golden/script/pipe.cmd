bt | count
bt | grep main
info locals | head 1
p 1|2
bt |! wc -l
pipe p 1 | tr 1 7
shell exit 3
p $_shell_exitcode
p $_gthread
p $_exitsignal
