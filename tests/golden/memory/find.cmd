find &seats[0], +sizeof(seats), 3
find alice.note, +12, "world"
