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
done_testing
