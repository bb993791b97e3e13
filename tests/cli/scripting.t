#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# docs/scripting.md: the program there is run as it stands, and prints what stands there.
. tests/lib/tap.sh
. tests/lib/inspect.sh
command -v python3 >/dev/null || cannot "python3 is not here"
inspect_core
# block LANGUAGE: the fenced blocks of that language, one after the other
block() { awk -v fence="\`\`\`$1" '$0 == "```" { inside = 0 } inside { print } $0 == fence { inside = 1 }' docs/scripting.md; }
block python >"$T/example.py"
block text >"$T/wanted"
ok "the example is there" test -s "$T/example.py"
ok "and what it prints" test -s "$T/wanted"
normalise() { sed -E 's/0x[0-9a-f]+/0xADDR/g; s/spin < .*/spin/'; }
got=$(cd "$T" && PATH=$BUILD:$PATH PYTHONIOENCODING=utf-8 python3 example.py 2>&1 | normalise)
is "$got" "$(normalise <"$T/wanted")" "the example prints what the page says"
printf 'int main(void) { return 0; }\n' >"$T/other.c"
is "$(printf 'bt\n' | "$cinspect" --json -q "$T/other.c" 2>&1 >/dev/null | grep -c .)" 1 "what cannot be opened is said on standard error"
done_testing
