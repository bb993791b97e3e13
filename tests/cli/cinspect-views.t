#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# walk, print -each and views from outside: JSON, trust, ^C, and what is refused.
. tests/lib/tap.sh

cat >"$T/list.c" <<'C'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
struct link { struct link *next, *prev; };
struct item { int id; struct link link; const char *name; struct item *chain; };
struct list { int count; struct item *first; struct link all; struct item *table[4]; };
static struct list items;
struct item *volatile loop;
int main(void)
{
	static const char *const names[] = { "one", "two", "three", "four", "five" };
	struct link *last = &items.all;
	for (int i = 0; i < 5; i++) {
		struct item *it = calloc(1, sizeof(*it));
		it->id = i + 1;
		it->name = names[i];
		it->chain = items.table[i % 4];
		items.table[i % 4] = it;
		last->next = &it->link;
		it->link.prev = last;
		last = &it->link;
		items.count++;
	}
	last->next = &items.all;
	items.all.prev = last;
	loop = calloc(2, sizeof(*loop));
	loop[0].chain = &loop[1];
	loop[1].chain = &loop[1];
	raise(SIGQUIT);
}
C
gcc -g -O1 -w -o "$T/list" "$T/list.c"
(cd "$T" && gdb -nx -batch -ex run -ex 'generate-core-file core' ./list >gdb.log 2>&1 </dev/null)
export XDG_CONFIG_HOME=$T/config HOME=$T
ask() { "$BUILD/cinspect" -q --batch "$@" "$T/list" "$T/core" 2>&1 </dev/null; }
run() {
	local ex=()
	for c in "$@"; do ex+=(-ex "$c"); done
	ask "${ex[@]}"
}

is "$(run 'walk items.all next as struct item.link : id, name' | sed 's/0x[0-9a-f]* //' | head -n 2)" \
	$'[0] = {id = 1, name = "one"}\n[1] = {id = 2, name = "two"}' "a ring of links inside of structures"
is "$(run 'walk items.all next as struct item.link : id' | tail -n 1)" "5 elements." "and all of it"
is "$(run 'print -each b in items.table each i in b by chain : i->id' | tr '\n' ' ')" \
	"[0] = 5 [1] = 1 [2] = 2 [3] = 3 [4] = 4 5 elements. " "a hash table"
is "$(run 'print/x -each i in items.table[0] by chain : id + 10' | head -n 1)" "[0] = 0xf" "a format"
like "$(run 'walk loop chain : id')" "then a cycle: it comes back to node 1, 0x" "a cycle is told"
is "$(run 'walk items.all next as item.link : id' | tail -n 1)" "5 elements." "a struct by its name alone"
like "$(run 'walk items.all next as nosuch.link : id')" 'There is no type named nosuch' "and a type that there is not"
like "$(run 'walk -elements 3 items.all next as struct item.link : id')" "3 elements, and more" "a limit"
is "$(ask --json -ex 'walk items.table[0] chain : id, name' | jq -c '.result|[.count, .whole, .children[0].children[0].value, .children[0].children[1].name]')" \
	'[2,true,"5","name"]' "JSON has the elements as children"

cat >"$T/my.views" <<'V'
view struct list {
	count
	items = each i in all by next as struct item.link :
		i->id, i->name
}
V
like "$(run "views load $T/my.views" 'print items')" '= \{count = 5, items = \{\{id = 1, name = 0x[0-9a-f]+ "one"\}, \{id = 2' "a view by type"
is "$(run "views load $T/my.views" 'print/r items.count' 'views off' 'print items.count' | tr '\n' ' ')" '$1 = 5 $2 = 5 ' "r and off"
like "$(run "views load $T/my.views" 'print/r items')" 'first = 0x0' "/r shows it as it is"
is "$(ask --json -ex "views load $T/my.views" -ex 'print items' | tail -n 1 | jq -c '.result.children|map(.name), (.[1].children|length)')" \
	$'["count","items"]\n5' "children of a view"

echo 'shell touch '"$T/ran" >"$T/bad.views"
like "$(run "views load $T/bad.views")" "bad.views:1: only .view TYPE" "a command in a file of views is refused"
is "$(ls "$T/ran" 2>/dev/null)" "" "and does nothing"

# Beside the program: not before it is trusted, not after it changed.
cp "$T/my.views" "$T/.cinspect"
like "$(run 'print items')" "views trust" "a .cinspect beside the program is told"
unlike "$(run 'print items')" "items = " "and not used"
like "$(run 'views trust' 'print items')" 'items = \{\{id' "views trust"
like "$(run 'print items')" 'items = \{\{id' "which is remembered"
echo '# changed' >>"$T/.cinspect"
like "$(run 'print items')" "views trust" "until the file changes"
mkdir -p "$T/config/cinspect"
cp "$T/my.views" "$T/config/cinspect/views"
rm "$T/.cinspect"
like "$(run 'print items')" 'items = \{\{id' "one's own file is read"
unlike "$(ask -n -ex 'print items')" 'items = \{\{id' "but not with -n"
done_testing
