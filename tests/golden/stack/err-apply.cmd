frame apply all p i
