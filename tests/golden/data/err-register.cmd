set $rip = 5
