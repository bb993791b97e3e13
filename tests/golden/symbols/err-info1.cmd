info a
