backtrac
thraeds
