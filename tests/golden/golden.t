#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every NAME.cmd is run as cinspect -x; what it prints, as text and as JSON, is NAME.out and NAME.json.  A name that
# begins with err- must fail.  GOLDEN_WRITE=1 writes them anew, to be read as a diff.
. tests/lib/tap.sh
. tests/lib/inspect.sh
inspect_core

compare() { # NAME GOLDEN
	if [ -n "$GOLDEN_WRITE" ]; then cp "$T/got" "$2"; fi
	if diff -u "$2" "$T/got" >"$T/diff" 2>&1; then tap_result 0 "$1"; else
		tap_result 1 "$1"
		sed 's/^/#  /' "$T/diff" | head -n 60
	fi
}

for cmd in tests/golden/*/*.cmd; do
	name=${cmd%.cmd}
	short=${name#tests/golden/}
	want=0
	case ${name##*/} in err-*) want=1 ;; esac
	"$cinspect" --batch -q -n --source-dir . -x "$cmd" "$T/victim" "$T/victim.core" >"$T/raw" 2>&1
	is $? $want "$short: exit status"
	inspect_normalise <"$T/raw" >"$T/got"
	compare "$short: text" "$name.out"
	"$cinspect" --batch -q -n --json --source-dir . -x "$cmd" "$T/victim" "$T/victim.core" 2>/dev/null |
		tee "$T/raw" | inspect_normalise >"$T/got"
	is "$(jq -c . <"$T/raw" 2>&1 | wc -l)" "$(wc -l <"$T/raw")" "$short: one JSON object a line"
	compare "$short: JSON" "$name.json"
done
done_testing
