frame apply 2 p i
faas locals
thread apply 1 bt 1
thread apply all -q p $_thread
