printf "%d %s|%5d|%-5d|%05d\n", alice.age, alice.name, 3, 3, 3
printf "%5s|%-4s|\n", "ab", days[0]
printf "%x %u %lx\n", -1, -1, -1
printf "%p|%6p\n", 0, 5
printf "%s\n", (char *)0
printf "%c%3c|%%\n", 65, 66
printf "%5.2f %g\n", 1.5, ratio
printf "%V\n", alice.seat
echo a\tb \101\\\n
