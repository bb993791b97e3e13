frame apply 2 -c p i
frame apply all -q -s p i
frame apply all -c p i
faas locals
faas p depth
thread apply 1 bt 1
thread apply all -q p $_thread
thread apply $_thread p 1
thread apply all -s p nosuch
thread apply all -c p nosuch
taas p nosuch
bt|grep main
thread 1 | count
up | count
thr a a p 1
t f LWP
frame 0
fr f main
fr ap 1 p 2
li 1,1
bt f 1
