help bt
help x
apropos backtrace
