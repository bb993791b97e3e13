p 1 + 2 * 3
p 7 / 2
p -7 % 3
p 7 / 2.0
p 1 << 3 | 1
p 5 > 3 && 2 > 1
p !alice.vip
p seats[20]@4
p *days@2
p (char)65
p 'a'
p "abc"
p sizeof(int)
p (enum color)2
p RED
p $1 + $2
p $
p $$3
p ((struct guest *)&bob)->age
p inspect.c::visits
p count::calls
set $n = 5
p $n * 2
output alice.age
echo \n
printf "%s is %d, %5.2f %c %x\n", bob.name, bob.age, ratio, 65, 255
