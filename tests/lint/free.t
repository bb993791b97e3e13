#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# inspect/ frees nothing by hand: arenas and _cleanup_ do.  And it prints only where it may.
. tests/lib/tap.sh

freed=$(grep -rnE '\b(free|realloc)\(' inspect --include='*.c' --include='*.h' |
	grep -vE '^inspect/base/(arena|buf)\.c:|^inspect/base/cleanup\.h:|^inspect/ui/' | grep -vE 'ZSTD_free|_free\(' | tr '\n' ' ')
is "$freed" "" "free() stands in arena.c, buf.c, cleanup.h and the readline callbacks alone"
printed=$(grep -rnE '\b(printf|fprintf|puts|fputs|perror)\(' inspect --include='*.c' |
	grep -vE '^inspect/(ui|out)/|^inspect/cmd/(table|session)\.c:' | tr '\n' ' ')
is "$printed" "" "only ui/, out/ and the dispatcher print"
todo=$(grep -rnE 'TODO|FIXME|XXX:' crashd inspect demo --include='*.[ch]' | tr '\n' ' ')
is "$todo" "" "no TODO without a reason"
slashes=$(grep -rnE '^[[:space:]]*//|;[[:space:]]*//' crashd inspect demo --include='*.[ch]' | tr '\n' ' ')
is "$slashes" "" "comments are /* */"
done_testing
