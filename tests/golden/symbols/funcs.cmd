funcs ^(greet|count|seat_of)$
types ^guest
sources inspect
