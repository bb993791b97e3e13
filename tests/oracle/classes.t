#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ptype of the classes of C++ prints what gdb's prints: data and methods under their labels, typedefs, parameters of templates.
. tests/lib/tap.sh
command -v gdb >/dev/null || cannot "gdb is not here to compare with"

types="Thing Buf<int,3> AllPrivate AllPublic Public Hidden Empty Methods Final U Thing::Inner ns::Base ns::Other
	ns::Color ns::Old ns::Wide std::byte"
values="thing *thing buf texts pair all_private all_public lambda color a_byte thing->in thing->list"
src=$PWD/tests/oracle/classes.cc
cd "$T" || exit 1

# asked BY COMMAND...: of every type and value, ptype, and ptype /o.
asked() {
	local x by=$1
	shift
	for x in $types $values; do
		set -- "$@" -ex "echo == $x\\n" -ex "ptype $x"
		# Without bases: gdb leaves out the holes behind them.
		case $x in AllP* | U | Hidden | ns::Other | Buf*) set -- "$@" -ex "ptype/o $x" ;; esac
	done
	"$@" ./classes core >"$by" 2>"$by.err" </dev/null
	sed -i '0,/^== Thing$/d' "$by"
}

for way in "g++ -gdwarf-5" "g++ -gdwarf-4 -fdebug-types-section" "clang++ -gdwarf-5" "clang++ -gdwarf-4 -fdebug-types-section"; do
	command -v "${way%% *}" >/dev/null || continue
	$way -std=c++17 -O0 -w -o classes "$src"
	rm -f core
	gdb -nx -batch -ex run -ex "generate-core-file core" ./classes >gdb.log 2>&1 </dev/null
	asked theirs gdb -nx -batch -iex 'set auto-load off' -ex 'set width 0'
	asked ours "$BUILD/cinspect" --batch -q -n
	ok "$way: $(grep -c '^type = ' theirs) types are answered" test "$(grep -c '^type = ' theirs)" -gt 25
	is "$(diff theirs ours)" "" "$way: gdb's text"
done
done_testing
