p nosuch
