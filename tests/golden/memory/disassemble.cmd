x/2i greet
disassemble greet
disassemble /s greet
