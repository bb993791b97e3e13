p -why seats
p -why alice.next->name
p -why visits + count
p -why ((struct guest *) 16)->name
frame function main
p -why argc
