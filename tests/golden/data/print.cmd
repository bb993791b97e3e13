p alice
p *alice.next
p &alice
p alice.next->name
p alice.name
p seats
p matrix
p matrix[1]
p days
p ratio
p half
p byte
p negative
p large
p open_now
p alice.rights
p bob.rights
p alice.badge
p bob.tag
p alice.floor
p count
p &count
p sizeof(struct guest)
p (long)1 << 40
p visits
p g
p *g
