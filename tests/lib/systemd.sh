# SPDX-License-Identifier: GPL-3.0-or-later
# journald and systemd-coredump's socket, where no systemd runs as PID 1: started by hand, as their units would, and
# stopped with the test, however it ends (setpriv --pdeathsig).  What runs already is used, and left alone.  After
# tap.sh and machine.sh.
#
# Or both for the test alone, whatever the machine has (systemd_apart): in a mount namespace where sockets, journals,
# stored cores and settings are its own, so that each setting of coredump.conf can be tried.  The kernel starts the
# handler in its own namespace; ours is a line that goes over into the test's.
SYSTEMD_PATTERN='|/lib/systemd/systemd-coredump %P %u %g %s %t 9223372036854775808 %h %d'
SYSTEMD_SOCKET=/run/systemd/coredump
SYSTEMD_CORES=/var/lib/systemd/coredump
systemd_crashed=() # PIDs whose stored cores go away with the test
systemd_remove=()  # what was not there before us

# systemd_listens PATH: somebody does (flag 00010000 of /proc/net/unix).
systemd_listens() { awk -v path="$1" '$4 == "00010000" && $8 == path { found = 1 } END { exit !found }' /proc/net/unix; }

systemd_has() { command -v systemd-socket-activate coredumpctl >/dev/null && [ -x /lib/systemd/systemd-coredump ]; }

# systemd_wait COMMAND...: until it succeeds, ten seconds at most.
systemd_wait() {
	local tries
	for ((tries = 0; tries < 200; tries++)); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

# Whether handlers that the kernel starts see our files: not those of a chroot, or of a container.
systemd_handlers_are_ours() {
	printf '#!/bin/sh\nexec cat >%s\n' "$T/handled" >"$T/handler"
	chmod +x "$T/handler"
	machine_core_pattern "|$T/handler"
	sh -c 'sh -c "kill -SEGV \$\$"; :' 2>/dev/null
	systemd_wait test -s "$T/handled"
}

# systemd_daemon NAME SOCKET COMMAND...: started unless its socket is served; the PID in systemd_NAME.
systemd_daemon() {
	local name=$1 socket=$2
	shift 2
	systemd_listens "$socket" && return
	setpriv --pdeathsig KILL "$@" >"$T/$name.log" 2>&1 </dev/null &
	printf -v "systemd_$name" %s $!
	systemd_wait systemd_listens "$socket"
}

systemd_start() {
	local path
	for path in /run/systemd/journal /run/log/journal; do
		[ -e "$path" ] || systemd_remove+=("$path")
	done
	tap_at_exit systemd_stop
	mkdir -p /run/systemd
	systemd_daemon journald /run/systemd/journal/stdout /lib/systemd/systemd-journald &&
		systemd_daemon coredump "$SYSTEMD_SOCKET" systemd-socket-activate --seqpacket --accept -l "$SYSTEMD_SOCKET" \
			/lib/systemd/systemd-coredump
}

# From here on the pipe leads to a socket that nobody serves; false where the machine's own systemd serves the socket.
systemd_stop_coredump() {
	[ -n "${systemd_coredump:-}" ] || return
	# The cores under way are stored first: the records need the daemon's children, not the daemon.
	systemd_wait systemd_idle
	kill "$systemd_coredump"
	wait "$systemd_coredump" 2>/dev/null
	systemd_coredump=
	systemd_remove+=("$SYSTEMD_SOCKET")
}
systemd_idle() { [ -z "$(cat "/proc/$systemd_coredump/task/$systemd_coredump/children")" ]; }

# False where the machine's own journald runs.
systemd_stop_journald() {
	[ -n "${systemd_journald:-}" ] || return
	kill "$systemd_journald"
	wait "$systemd_journald" 2>/dev/null
	systemd_journald=
}

systemd_stop() {
	local pid boot
	systemd_stop_coredump
	systemd_stop_journald
	rm -rf "${systemd_remove[@]}"
	boot=$(tr -d - </proc/sys/kernel/random/boot_id)
	for pid in "${systemd_crashed[@]}"; do
		rm -f "$SYSTEMD_CORES"/core.*."$boot.$pid".*
	done
}

# ---- apart from the machine's ----

# The first line of a test: it starts again in a mount namespace of its own, where that is allowed.
systemd_enter() {
	[ "$(id -u)" = 0 ] && [ -z "${systemd_entered:-}" ] && unshare --mount true 2>/dev/null || return 0
	systemd_entered=1 exec unshare --mount --propagation private bash "$0"
}

# systemd_conf LINE...: coredump.conf from here on; each core's handler reads it anew.
systemd_conf() { printf '%s\n' '[Coredump]' "$@" >/etc/systemd/coredump.conf; }

systemd_tmpfs() { mkdir -p "$1" && mount -t tmpfs -o "mode=${2:-755}" crashd-test "$1"; }

# journald with a journal for each user, as on a machine that has booted (the flag tells that /var is there).
systemd_apart() {
	local group
	systemd_tmpfs /run/systemd && systemd_tmpfs /run/log && systemd_tmpfs /var/log &&
		systemd_tmpfs "$SYSTEMD_CORES" && systemd_tmpfs /etc/systemd || return
	mkdir -p /run/systemd/journal /var/log/journal
	group=$(getent group systemd-journal) && chgrp systemd-journal /var/log/journal && chmod g+s /var/log/journal
	touch /run/systemd/journal/flushed
	systemd_conf
	setpriv --pdeathsig KILL /lib/systemd/systemd-journald >"$T/journald.log" 2>&1 </dev/null &
	systemd_journald=$!
	setpriv --pdeathsig KILL systemd-socket-activate --seqpacket --accept -l "$SYSTEMD_SOCKET" \
		/lib/systemd/systemd-coredump >"$T/coredump.log" 2>&1 </dev/null &
	systemd_coredump=$!
	printf '#!/bin/sh\nexec /usr/bin/nsenter --mount=/proc/%s/ns/mnt /lib/systemd/systemd-coredump "$@"\n' \
		$$ >"$T/systemd-coredump"
	chmod 755 "$T/systemd-coredump"
	tap_at_exit 'kill "$systemd_coredump" "$systemd_journald"'
	systemd_wait test -S /run/systemd/journal/stdout && systemd_wait test -S "$SYSTEMD_SOCKET" &&
		machine_core_pattern "|$T/systemd-coredump ${SYSTEMD_PATTERN#* }"
}

# systemd-coredump's record, which comes when the core is stored.
systemd_recorded() {
	journalctl -q --no-pager -n 1 MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1 "COREDUMP_PID=$1" 2>/dev/null | grep -q .
}
# systemd_run COMMAND...: in $pid, once it is that program, no longer our shell, and sleeps.
systemd_run() {
	"$@" &
	pid=$!
	systemd_wait grep -q '^[0-9]* ([^)]*) S ' "/proc/$pid/stat"
}
systemd_gone() { ! kill -0 "$1" 2>/dev/null || grep -qs '^[0-9]* (.*) Z ' "/proc/$1/stat"; }
# systemd_crash PID SIGNAL: ends the job by the signal, and waits for its record.
systemd_crash() {
	systemd_crashed+=("$1")
	kill "-$2" "$1"
	systemd_wait systemd_gone "$1" || kill -KILL "$1" # it ignores the signal
	wait "$1" 2>/dev/null
	systemd_wait systemd_recorded "$1" ||
		echo "# no record of $1; core_pattern is $(cat /proc/sys/kernel/core_pattern); $(tail -qn 2 "$T"/{coredump,journald}.log | tr '\n' ' ')"
}

# What a test after systemd_enter, tap.sh and machine.sh needs before its first crash, or why it cannot be.
systemd_needed() {
	[ "$(id -u)" = 0 ] || skip_all "core_pattern can be set by root alone"
	[ -n "${systemd_entered:-}" ] || skip_all "mount namespaces are not allowed here"
	systemd_has || cannot "systemd-coredump is not installed"
	systemd_handlers_are_ours || skip_all "the kernel starts core_pattern's programs outside of this chroot or container"
	systemd_apart || cannot "journald or systemd-coredump cannot be started here: $(tail -n 1 "$T"/*.log | tr '\n' ' ')"
	export XDG_CONFIG_HOME=$T XDG_STATE_HOME=$T XDG_CACHE_HOME=$T DEBUGINFOD_URLS='' NO_COLOR=1 PAGER=cat SYSTEMD_COLORS=0
	ulimit -S -c 0 # which pipes do not mind
}
