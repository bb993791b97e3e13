#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Includes point to the left or up in the tree, as tests/lint/layers has it: the architecture, as a test.
. tests/lib/tap.sh

# check FOLDER...: prints each include that the rules do not allow.
check() {
	find "$@" -name '*.[ch]' | sort | xargs grep -HnE '^#include' | awk -v rules=tests/lint/layers '
	BEGIN {
		while ((getline line < rules) > 0) {
			n = split(line, w, /[ \t]+/)
			if (line ~ /^#/ || n == 0 || w[1] == "") continue
			if (w[1] ~ /^</) {
				for (i = 2; i <= n; i++) foreign[w[1], w[i]] = 1
				prefix[w[1]] = 1
			} else {
				known[w[1]] = 1
				for (i = 2; i <= n; i++) may[w[1], w[i]] = 1
			}
		}
	}
	{
		split($0, at, ":")
		file = at[1]
		dir = file
		sub(/\/[^\/]*$/, "", dir)
		if (match($0, /"[^"]*"/)) {
			what = substr($0, RSTART + 1, RLENGTH - 2)
			to = what
			sub(/\/[^\/]*$/, "", to)
			if (what !~ /\//) print file ": \"" what "\" is not written from the root"
			else if (!(dir in known)) print file ": its folder is not in tests/lint/layers"
			else if (to != dir && !((dir, to) in may) && !((dir, what) in may)) print file ": " what
		} else if (match($0, /<[^>]*/)) {
			what = substr($0, RSTART, RLENGTH)
			for (p in prefix) if (index(what, p) == 1 && !((p, dir) in foreign)) print file ": " what ">"
		}
	}'
}

is "$(check crashd inspect demo)" "" "every include follows tests/lint/layers"

# The test can fail: an upward, a foreign and an unrooted include are each caught.
mkdir -p "$T/inspect/base"
printf '#include "inspect/cmd/cmd.h"\n#include <readline/readline.h>\n#include "err.h"\n' >"$T/inspect/base/bad.c"
found=$(rules=$PWD/tests/lint/layers; cd "$T" && mkdir -p tests/lint && cp "$rules" tests/lint/layers && check inspect | wc -l)
is "$found" 3 "an upward, a foreign and an unrooted include are caught"
done_testing
