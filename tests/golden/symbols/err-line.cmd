info line 9999
