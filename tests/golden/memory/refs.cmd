refs &alice.tag
refs 987654321
