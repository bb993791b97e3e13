p *(int *)0
