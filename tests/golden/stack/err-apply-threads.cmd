thread apply all p nosuch
