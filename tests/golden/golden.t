#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every NAME.cmd is run as cinspect -x; what it prints, as text and as JSON, is NAME.out and NAME.json.  A name that
# begins with err- must fail.  On a terminal of 40, 80 and 160 columns the text is the same, or what NAME.40 (.80, .160)
# says.  GOLDEN_WRITE=1 writes them anew, to be read as a diff.
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

# on_terminal COLUMNS ARG...: what cinspect shows there.
on_terminal() {
	local columns=$1
	shift
	printf -v line '%q ' "$cinspect" --color=never -n --source-dir . "$@"
	TERM=dumb script -qec "stty cols $columns rows 1000; exec $line" /dev/null </dev/null 2>&1 | tr -d '\r' | inspect_normalise
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
	for columns in 40 80 160; do
		on_terminal $columns --batch -q -x "$cmd" "$T/victim" "$T/victim.core" >"$T/got"
		if [ -n "$GOLDEN_WRITE" ]; then
			rm -f "$name.$columns"
			cmp -s "$T/got" "$name.out" || cp "$T/got" "$name.$columns"
		fi
		like=$name.$columns
		[ -e "$like" ] || like=$name.out
		GOLDEN_WRITE='' compare "$short: $columns columns" "$like"
	done
done
for columns in 40 80 160; do
	on_terminal $columns -ex quit "$T/victim" "$T/victim.core" >"$T/got"
	compare "the first screen: $columns columns" "tests/golden/first.$columns"
done
done_testing
