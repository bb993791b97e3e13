origin nosuch
