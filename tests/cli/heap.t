#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# heap, heap types, leaks, refs and what why makes of the heap: against malloc's own numbers, known leaks of every kind,
# and known damage.  gdb makes the cores, so that no core_pattern matters.
. tests/lib/tap.sh
command -v gdb >/dev/null || cannot "gdb, which makes the cores, is not here"
cinspect=$BUILD/cinspect
export XDG_CONFIG_HOME=$T XDG_STATE_HOME=$T DEBUGINFOD_URLS='' NO_COLOR=1
source=$PWD/tests/victims/heap.c
cd "$T" || exit 1
# The calls must not be seen through: blocks that nobody uses would not be there.
build() { ${CC:-gcc} -std=gnu2x -D_GNU_SOURCE -g -O0 -fno-builtin -w -pthread "$@" "$source"; }
build -o heap || cannot "the victim does not compile"

core_of() { # PROGRAM WORD
	rm -f "$1.core"
	gdb -nx -q -batch -iex 'set pagination off' -ex run -ex "gcore $1.core" --args "./$1" "$2" >"$1.txt" 2>&1 </dev/null
}
json() { # PROGRAM COMMAND...
	local program=$1 arg=()
	shift
	for c; do arg+=(-ex "$c"); done
	"$cinspect" --batch -n --json "${arg[@]}" "./$program" "$program.core" 2>/dev/null
}

# ---- malloc's own numbers ----
counts() { # PROGRAM NAME
	core_of "$1" leaks
	# What malloc calls used includes what waits in caches, and the arena's own 2256 bytes at the start of its heap.
	json "$1" heap >heap.json
	is "$(jq -r '.result | "MALLINFO \(.used.bytes + .tcache.bytes + .own.bytes + 2256 * (.arenas - 1)) \(.bins.bytes +
		.fastbins.bytes + .top.bytes) \(.mmapped.chunks) \(.mmapped.bytes)"' heap.json)" \
		"$(grep -o 'MALLINFO [0-9 ]*' "$1.txt")" "$2: used, free and mapped bytes are what mallinfo2() says"
	is "$(jq -c '.result | [.allocator, .arenas, .errors, .notes]' heap.json)" '["glibc",2,[],[]]' \
		"$2: two arenas, no errors, nothing unverified"
}
leaks() { # PROGRAM NAME
	json "$1" leaks >leaks.json
	# One of the 50 may have got 16 bytes more, and stands for itself where its type is not known.
	is "$(jq -r '.result.leaks[] | .size = (if .size == 88 then 72 else .size end) | "\(.certainty) \(.size) \(.count)"' leaks.json |
		awk '{n[$1 " " $2] += $3} END {for (k in n) print k, n[k]}' | sort | xargs)" \
		"cycle 408 3 definite 312 1 definite 72 50 indirect 168 1 possible 5000 1" "$2: every leak, by its kind, and no other"
	is "$(jq '.result | [.leaks[] | .count == (.addresses | length)] | all' leaks.json)" true "$2: all addresses"
	is "$(jq '.result | .total_bytes == ([.leaks[].bytes] | add)' leaks.json)" true "$2: the total is the sum"
}
counts heap "with symbols"
leaks heap "with symbols"
is "$(jq -r '.result.leaks[] | select(.size == 72 or .size == 312) | "\(.type) \(.count) \(.type_certain)"' leaks.json | sort | xargs)" \
	"struct head 1 false struct lost 50 false" "what was lost is recognised by its size and pointers, and only likely"
like "$("$cinspect" --batch -n -ex leaks ./heap heap.core)" '^definite +50 +72 +3,6[01][06] +0x[0-9a-f]+ +struct lost\?' "leaks: as text"

json heap "heap types" >types.json
is "$(jq -r '.result.types[] | select(.type // "" | test("^struct (node|lost)")) | "\(.type) \(.chunks) \(.bytes) \(.confidence)"' types.json | xargs)" \
	"struct node 500 28000 certain struct lost 20 1440 certain" "heap types: from globals through pointers"
like "$("$cinspect" --batch -n -ex "heap list" ./heap heap.core)" '0 bytes into the block of .*: used, .* of 56 bytes, struct node' \
	"heap EXPRESSION: the chunk and its type"
like "$("$cinspect" --batch -n -ex "heap &list" ./heap heap.core 2>&1)" 'is in no chunk of the heap' "and what is in none"

# What begins with the links of a list is no array of links, though it is as large as some of them.
cat >begins.c <<'EOC'
#include <stdlib.h>
struct list { struct list *next, *prev; } head = { &head, &head };
struct job { struct list l; int id[2]; char name[20]; struct job *parent; };
struct node { struct node *l, *r; int k; } *tree;
int main(void)
{
	for (int i = 1; i < 6; i++) {
		struct job *j = calloc(1, sizeof *j);
		j->id[0] = j->id[1] = i;
		j->l = (struct list){ &head, head.prev };
		head.prev = head.prev->next = &j->l;
	}
	tree = calloc(50, sizeof *tree);
	for (int i = 1; i < 50; i++)
		tree[i - 1].l = &tree[i];
	abort();
}
EOC
${CC:-gcc} -g -O0 -w -o begins begins.c && core_of begins ""
json begins "heap types" >begins.json
is "$(jq -r '.result.types[] | select(.type // "" | test("^struct")) | "\(.type) \(.chunks) \(.bytes) \(.confidence)"' begins.json | xargs)" \
	"struct node [] 1 1208 certain struct list 5 280 likely" "heap types: an array, and what begins with the links of a list"

json heap "refs list->next" >refs.json
is "$(jq -r '.result.refs[] | select(.block) | "\(.offset) \(.type) \(.state)"' refs.json | sort -u | xargs)" \
	"0 struct node used 8 struct node used" "refs: the blocks that point to a block"
like "$(json heap 'thread find pause' 'refs kept[0]' | tail -n 1 | jq -r '.result.refs[] | .symbol // .owner')" '^kept' "refs: a global"
like "$(json heap 'refs kept[0]' | jq -r '.result.refs[].owner // empty')" '^block in thread, frame [0-9]+ of thread 2$' \
	"refs: a local variable, by its name"

# ---- a libc without symbols ----
if build -static -o still 2>/dev/null && strip still; then
	counts still "static and stripped"
	leaks still "static and stripped"
fi

# ---- damage ----
while IFS='|' read -r word cause evidence kind; do
	core_of heap "$word"
	json heap why heap >why.json
	is "$(sed -n 1p why.json | jq -r '[.result.findings[] | select(.cause != "null-deref" and .cause != "abort")][0] | "\(.cause) \(.confidence)"')" \
		"$cause" "$word: $cause"
	like "$(sed -n 1p why.json | jq -r '.result.findings[] | .text, .evidence[]')" "$evidence" "$word: says where"
	is "$(sed -n 2p why.json | jq -r '[.result.errors[].kind][0]')" "$kind" "$word: heap has it as $kind"
done <<'DAMAGE'
follow-freed|use-after-free certain|t in follow is 0x[0-9a-f]+, in that block|null
call-freed|use-after-free certain|t in call is 0x[0-9a-f]+, in that block|null
overflow|heap-overflow certain|past the end of the block at 0x[0-9a-f]+ of 56 bytes|bad-size
overflow-null|heap-overflow certain|past the end of the block at 0x[0-9a-f]+ of 56 bytes|bad-size
free-twice|double-free certain|a in damage is 0x[0-9a-f]+: the block of 56 bytes there is freed|null
free-twice-fast|double-free certain|it was freed twice|double-free
write-freed|use-after-free likely|which is no block of the heap|tcache
top|heap-overflow certain|past the end of the block at 0x[0-9a-f]+ of 104 bytes|corrupted-top
run-off|heap-overflow certain|past the end of the heap|corrupted-top
DAMAGE

# ---- other allocators ----
echo 'int je_nothing;' | ${CC:-gcc} -shared -x c - -o libjemalloc.so.2
build -o other -Wl,--no-as-needed -L. -l:libjemalloc.so.2 "-Wl,-rpath,$T"
core_of other overflow
is "$(json other heap leaks 'heap types' | jq -r '"\(.ok) \(.error.code)"' | sort -u)" "false unsupported" "another allocator is refused"
like "$("$cinspect" --batch -n -ex heap ./other other.core 2>&1)" 'uses jemalloc .*: only glibc' "by its name"
done_testing
