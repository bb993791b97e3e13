frame 1
origin g
origin g->name
origin
disassemble /m
