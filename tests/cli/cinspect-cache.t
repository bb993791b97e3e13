#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Packed debug info is unpacked once and kept: the answers stay the same, a damaged or foreign copy is made anew, and
# where nothing can be kept nothing is lost.
. tests/lib/tap.sh
cinspect=$BUILD/cinspect
cd "$T" || exit 1
export DEBUGINFOD_URLS= XDG_CACHE_HOME=$T/cache

{
	echo '#include <unistd.h>'
	for i in $(seq 3000); do echo "struct type$i { int first$i; struct type$i *next$i; } value$i = { $i, &value$i };"; done
	echo 'int waiting(int depth) { if (depth) return waiting(depth - 1) + 1; pause(); return value7.first7; }'
	echo 'int main(void) { return waiting(2); }'
} >prog.c
gcc -g -gz=zlib -O0 -o prog prog.c || cannot "no compiler"
./prog &
pid=$!
disown
tap_at_exit "kill $pid 2>/dev/null"
until [ "$(cut -d' ' -f1 /proc/$pid/syscall)" = 34 ]; do sleep 0.02; done
"$BUILD/csnap" -q -o core $pid >/dev/null || cannot "csnap cannot trace here"

show() { "$cinspect" -n --batch -ex bt -ex 'p value2999' -ex 'info line waiting' -ex 'ptype struct type8' prog core.$pid 2>&1; }
want=$(env -u XDG_CACHE_HOME -u HOME "$cinspect" -n --batch -ex bt -ex 'p value2999' -ex 'info line waiting' \
	-ex 'ptype struct type8' prog core.$pid 2>&1)
like "$want" 'waiting \(depth=0\) at prog.c' "without a place to keep it"
mkdir cache
is "$(show)" "$want" "the first time"
id=$(eu-readelf -n prog | sed -n 's/.*Build ID: //p')
copy=cache/cinspect/$id
ok "a copy is kept by build-id" test -s "$copy"
is "$(stat -c %a cache/cinspect)" 700 "in a folder that is the user's alone"
unlike "$(ls cache/cinspect)" 'new-' "under no other name"
made=$(stat -c %i "$copy")
is "$(show)" "$want" "the second time"
is "$(stat -c %i "$copy")" "$made" "which uses the copy"

# again NAME: what stands there now is not used, and replaced
again() {
	local before
	before=$(stat -Lc %i "$copy" 2>/dev/null)
	is "$(show)" "$want" "$1: the answers are the same"
	if [ "$(stat -c %i "$copy")" = "$before" ]; then tap_result 1 "$1: it is made anew"; else tap_result 0 "$1: it is made anew"; fi
}
size=$(stat -c %s "$copy")
printf 'X' | dd of="$copy" bs=1 seek=$((size / 2)) conv=notrunc status=none
again "one byte is wrong"
truncate -s $((size - 4096)) "$copy"
again "cut off"
: >"$copy"
again "empty"
head -c "$size" /dev/zero >"$copy"
again "zeros"
touch -d '2001-01-01' prog
again "the original has changed"
chmod 666 "$copy"
again "others may write to it"

rm -rf cache/cinspect
mkdir elsewhere && chmod 777 elsewhere && ln -s "$PWD/elsewhere" cache/cinspect
is "$(show)" "$want" "a folder that leads elsewhere"
is "$(ls elsewhere)" "" "is not written to"
rm cache/cinspect && : >cache/cinspect
is "$(show)" "$want" "a file where the folder should be"
rm cache/cinspect

for i in 1 2 3 4 5 6; do show >said.$i & done
wait
same=0
for i in 1 2 3 4 5 6; do [ "$(cat said.$i)" = "$want" ] && same=$((same + 1)); done
is "$same" 6 "six at once agree"
is "$(ls cache/cinspect | grep -c -e new- -e "$id\$")" 1 "and leave one copy"

# The oldest goes when there is too much: files without blocks stand for large ones.
truncate -s 700M cache/cinspect/aaaa && touch -d '2001-01-01' cache/cinspect/aaaa
truncate -s 300M cache/cinspect/bbbb
rm "$copy"
truncate -s 100M cache/cinspect/cccc
show >/dev/null
ok "a copy is made all the same" test -s "$copy"
is "$(cd cache/cinspect && echo aaaa bbbb cccc | xargs -n 1 ls 2>/dev/null | xargs)" "bbbb cccc" "the oldest is removed"
done_testing
