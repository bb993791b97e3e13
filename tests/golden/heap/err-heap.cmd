heap nosuch
