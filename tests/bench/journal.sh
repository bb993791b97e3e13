#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cinspect --list beside coredumpctl list, on one journal of 10,000 records (tests/lib/records.py: 150 mappings, four
# threads each): with nothing kept of an earlier list, and with all of it; matches; counted.  Then memory, at 1,000 and at
# 10,000 records.
. tests/lib/bench.sh
ROUNDS=${ROUNDS:-5}
remote=/lib/systemd/systemd-journal-remote
if [ ! -x "$remote" ] || ! have coredumpctl; then
	echo "journal.sh: systemd-journal-remote or systemd-coredump is not installed"
	exit 0
fi
export XDG_CACHE_HOME="$T/cache" TZ=UTC NO_COLOR=1 SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat
mkdir "$XDG_CACHE_HOME"
for n in 1000 10000; do
	python3 tests/lib/records.py $n alpha | "$remote" -o "$T/$n.journal" - 2>"$T/remote.log" || exit 1
done
fresh="rm -rf $XDG_CACHE_HOME/cinspect"
# list N WORD...: ours, cold and cached, and theirs.
list() {
	local n=$1
	shift
	"$T/measure" "$ROUNDS" \
		"cinspect, nothing kept=$fresh; exec $BUILD/cinspect --list --file=$T/$n.journal $*" \
		"cinspect, cached=exec $BUILD/cinspect --list --file=$T/$n.journal $*" \
		"coredumpctl=exec coredumpctl -q --no-pager --file=$T/$n.journal list $*"
}

title "10,000 records: all of them"
list 10000
title "Those of one program: 1,250"
list 10000 COREDUMP_COMM=nginx
title "Counted by crash id"
"$T/measure" "$ROUNDS" \
	"--group, nothing kept=$fresh; exec $BUILD/cinspect --list --group --file=$T/10000.journal" \
	"--group, cached=exec $BUILD/cinspect --list --group --file=$T/10000.journal"
title "1,000 records: memory"
list 1000
