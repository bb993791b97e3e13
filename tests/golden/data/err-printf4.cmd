printf "%d
