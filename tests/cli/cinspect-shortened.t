#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files that are made shorter, or written to, while cinspect has them open: one sentence, no death, no zeros for bytes.
. tests/lib/tap.sh
. tests/lib/inspect.sh
[ -x "$cinspect" ] || cannot "$cinspect is not built"
command -v gdb >/dev/null || cannot "gdb, which makes the core, is not here"
cd "$T" || exit 1
cat >big.c <<'EOC'
#include <string.h>
char big[1 << 20];
int first = 3;
int main(void)
{
	memset(big, 7, sizeof(big));
	first = 4;
	__builtin_trap();
}
EOC
${CC:-gcc} -g -o big big.c && gdb -nx -q -batch -ex run -ex 'gcore big.core' ./big >gdb.txt 2>&1 </dev/null
[ -s big.core ] || cannot "gdb could not make a core"
size=$(stat -c %s big.core)
# session FILE SIZE SCRIPT: of copies, one of which is made SIZE bytes long by "cut" in the script; in $out and $rc
session() {
	cp big copy
	cp "${core:-big.core}" copy.core
	sed "s/^cut$/shell truncate -s $2 $1/" <<<"$3" >script
	out=$("$cinspect" -n -q ./copy copy.core <script 2>&1)
	rc=$?
}
told="copy.core was made shorter while it was open"

session copy.core 40000 'cut
p first
p/x big[0x80000]
x/2xw $sp
backtrace
p 40+2'
is "$rc" 0 "a core that was made shorter: cinspect does not die"
is "$(grep -c "$told: what stood behind byte 40000 is truncated now" <<<"$out")" 1 "one sentence"
like "$out" '^\$[0-9] = 4$' "what is still there"
like "$out" '^\$[0-9] = <core truncated>$' "what is not"
like "$out" 'Cannot access memory at address 0x[0-9a-f]+: the core file ends before it' "x says why"
like "$out" '^\$[0-9] = 42$' "the session goes on"
for left in 0 100 4096; do
	session copy.core $left 'cut
p/x big[0x80000]
info threads
info proc mappings
info sharedlibrary
heap
why
status'
	is "$((rc < 126)) $(grep -c "$told" <<<"$out")" "1 1" "$left bytes of it are left"
	like "$out" '= <core truncated>$' "and no value comes out of nothing"
done

# One command, in the middle of which it happens: nobody looks at the file's size in between.
session copy.core 40000 'if 1
cut
p/x big[0x80000]
end
p/x big[0x80000]'
unlike "$out" '= 0x0' "in the middle of a command: no zeros"
like "$out" 'reading it failed|truncated|made shorter' "it fails"
is "$(grep -c "$told" <<<"$out")" 1 "one sentence for that, too"
like "$out" '= <core truncated>$' "and what comes next knows"

"$cinspect" --batch -n -q -ex 'bundle big.tar' ./big big.core >bundle.txt 2>&1
core=big.tar session copy.core 512 'p first
cut
p/x big[0x80000]
p 40+2'
like "$out" '^\$1 = 4$' "a core in an archive"
unlike "$out" '= 0x0' "that is made shorter: no zeros"
like "$out" 'was made shorter while it was open' "and a sentence"
like "$out" '^\$[0-9] = 42$' "the session goes on"

for left in 0 5000; do
	session copy $left 'backtrace
cut
p first
ptype main
info line main
x/2i $pc
help quit'
	is "$((rc < 126))" 1 "the executable, $left bytes of it left: no death"
	like "$out" 'copy was made shorter while it was open: open the core again, for answers may be wrong' "a sentence"
	unlike "$out" '^\$[0-9] = |No symbol' "no answer out of nothing"
done
session copy.core "$size" 'shell touch copy
p first'
like "$out" 'copy was written to while it was open' "an executable that was written to"
like "$out" '^\$[0-9] = 4$' "and has its size, is used on"
done_testing
