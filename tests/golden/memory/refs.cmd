pipe refs days[0] | grep days
refs 987654321
