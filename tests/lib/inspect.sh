# SPDX-License-Identifier: GPL-3.0-or-later
# A core of tests/victims/inspect.c, made by gdb so that no core_pattern matters: inspect_core makes $T/victim and
# $T/victim.core.  After tap.sh.
cinspect=$BUILD/cinspect
export XDG_CONFIG_HOME=$T XDG_STATE_HOME=$T DEBUGINFOD_URLS='' NO_COLOR=1

inspect_core() {
	[ -x "$cinspect" ] || cannot "$cinspect is not built"
	local source=$PWD/tests/victims/inspect.c
	command -v gdb >/dev/null || cannot "gdb, which makes the core, is not here"
	(cd "$T" && ${CC:-gcc} -gdwarf-5 -O0 -std=gnu2x -ffile-prefix-map="${source%/tests/*}/"= -pthread -o victim "$source" &&
		gdb -nx -q -batch -ex 'set pagination off' -ex run -ex 'gcore victim.core' ./victim >gdb.txt 2>&1 </dev/null)
	[ -s "$T/victim.core" ] || {
		sed 's/^/# /' "$T/gdb.txt"
		cannot "gdb could not make a core"
	}
}

# What differs from run to run and from machine to machine.
inspect_normalise() {
	sed -E -e "s#$T#PATH#g" -e "s#$PWD#SOURCE#g" \
		-e 's/\(LWP [0-9]+\)/(LWP N)/g; s/\(PID [0-9]+\)/(PID N)/; s/"(lwp|pid|thread)":[0-9]{2,}/"\1":N/g; s/^(process +)[0-9]+/\1N/' \
		-e 's/\b1[0-9]{14}\b/NUMBER/g; s/Target Id +Frame/Target Id Frame/' \
		-e 's/"core_bytes":[0-9]+/"core_bytes":N/; s/"cpu_seconds":[0-9.]+/"cpu_seconds":N/g' \
		-e 's/0x[0-9a-f]{8,16}/0xADDR/g; s/"0x[0-9a-f]{3,16}"/"0xADDR"/g'
}
