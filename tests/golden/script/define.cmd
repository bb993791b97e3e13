define two
p $arg0
p $argc
end
document two
Prints twice.
end
two alice.age
help two
alias pa = print alice
pa.age
source tests/golden/script/sourced
