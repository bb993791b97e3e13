#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The manual of the commands is what the program prints, and every command that users are promised is there.
. tests/lib/tap.sh

"$BUILD/cinspect" --commands-md >"$T/commands.md"
is "$(diff docs/commands.md "$T/commands.md" | head -n 20)" "" "docs/commands.md is what cinspect --commands-md prints (make docs)"

named=$(sed -nE 's/^### `([^ `]+).*/\1/p; s/.*  Also: (.*)\.$/\1/p' docs/commands.md | tr ' ' '\n')
missing=
for word in bt backtrace where stack frame up down ls list l locals args print p vars threads thread regs x examinemem \
	whatis ptype info funcs types sources libraries status why locks heap leaks refs disassemble find origin source \
	transcript config help exit quit q output printf echo shell define core-file file directory set show taas faas \
	grs gr goroutines continue next step break watch call detach kill pipe with apropos; do
	printf '%s\n' "$named" | grep -qx -- "$word" || missing="$missing $word"
done
is "$missing" "" "every command of the outside is a row or an alias"

# docs/scenarios.md: every scenario, each with tests that are there.
is "$(grep -oE '^\| [0-9]+ ' docs/scenarios.md | tr -dc '0-9\n' | tr '\n' ' ')" "$(seq 55 | tr '\n' ' ')" "docs/scenarios.md has 55 rows"
missing=
for state in $(grep -oE 'states: [a-z0-9, -]+' docs/scenarios.md | sed 's/^states: //' | tr ',' '\n' | tr -d ' ' | sort -u); do
	grep -qE "(^|[[:space:]])$state( |\$)" tests/live/states.t && grep -qF "\"$state\"" tests/live/states.c || missing="$missing $state"
done
is "$missing" "" "and the states it names are in tests/live/states.t"
missing=
for file in $(grep -ohE '`tests/[^`]+`' docs/scenarios.md docs/traps.md | tr -d '`' | sort -u); do
	compgen -G "$file" >/dev/null || missing="$missing $file"
done
is "$missing" "" "and so are the files, and those of docs/traps.md"
is "$(sed -nE 's/^[|] T([0-9]+) .*(`tests|documented).*/\1/p' docs/traps.md | xargs)" "$(seq -s ' ' 40)" "docs/traps.md has a test for each of 40 traps"
done_testing
