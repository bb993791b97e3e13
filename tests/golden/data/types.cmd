whatis alice
whatis &alice
whatis alice.next->seat
whatis struct guest
whatis guest_t
ptype alice
ptype/o struct guest
ptype enum color
ptype count
ptype guest_t
