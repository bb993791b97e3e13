#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The ways in which systemd-coredump stores a core, or does not: each is listed for what it is, and opened by
# cinspect --journal and by coredumpctl debug, or refused with the reason.
. tests/lib/systemd.sh
systemd_enter
. tests/lib/tap.sh
. tests/lib/machine.sh

systemd_needed
cinspect=$BUILD/cinspect
cd "$T" || exit 1

look() { "$cinspect" --batch -q -n "$@" 2>&1; }
debug() { coredumpctl -q --no-pager debug --debugger="$cinspect" "$@" 2>&1; }
frames() { grep -E '^#[0-9]+'; }
listed() { coredumpctl -q --no-pager list "$1" 2>&1 | awk 'NR == 2 { print $9 }'; }
crash() { "$cinspect" --list="$1" --json | jq -r ".crashes[] | $2"; }
field() { journalctl -q --no-pager -o json "COREDUMP_PID=$1" | jq -r "${2:-.}"; }
# opens PID NAME: the same frames by both ways
opens() {
	local bt
	bt=$(look --journal="$1" -ex bt)
	like "$bt" '^#[0-9]+ .*nanosleep' "$2: cinspect --journal opens it"
	is "$(debug -A '--batch -n -ex bt' "$1" | frames)" "$(frames <<<"$bt")" "$2: coredumpctl debug, the same frames"
}
sleeper() {
	systemd_run /bin/sleep 1000
	systemd_crash "$pid" "${1:-SEGV}"
}

# ---- packed or not, in a file or in the journal ----
sleeper
is "$(field "$pid" .COREDUMP_FILENAME | grep -oE '\.(zst|lz4|xz)$') $(listed "$pid") $(crash "$pid" .core)" ".zst present present" \
	"as systemd packs it: present"
opens "$pid" "zst"
bt=$(look --journal="$pid" -ex bt | frames)
"$cinspect" bundle -n -q -o crash.tar.zst --journal="$pid" >saved.txt 2>&1
is "$?" 0 "cinspect bundle --journal saves it"
like "$(cat saved.txt)" '^core .*executable .*record of the journal' "the core, what ran, and the journal's record"
is "$(mkdir away && cd away && "$cinspect" --batch -n -q ../crash.tar.zst -ex bt 2>&1 | frames)" "$bt" "and it opens as it did"
is "$(zstd -dcq crash.tar.zst | tar -xOf - crash/record.json | jq -r .COREDUMP_PID 2>&1)" "$pid" "the record is this crash's"
systemd_conf Compress=no
sleeper
plain=$(field "$pid" .COREDUMP_FILENAME)
is "$(head -c 4 "$plain" | tail -c 3) $(listed "$pid") $(crash "$pid" .core)" "ELF present present" "Compress=no: present"
opens "$pid" "plain"
is "$(debug -A '--batch -n -ex status' "$pid" | sed -n 's/^core  *//p')" "$plain" "coredumpctl hands over the stored file itself"
systemd_conf Storage=journal
sleeper ABRT
is "$(listed "$pid") $(crash "$pid" .core) $(ls "$SYSTEMD_CORES" | grep -c "\\.$pid\\.")" "journal present 0" "Storage=journal: no file, present"
opens "$pid" "in the journal"
like "$(look --journal="$pid" -ex status)" 'signal +SIGABRT' "with its signal"
like "$(look --journal="$pid" -ex status)" '^core +in the journal$' "and where the core is"
systemd_conf

# stored_by_hand KIND FILE [FIELD=VALUE]: a record of $number, a PID that nobody has, whose core is that file.
number=$((5000000 + RANDOM))
stored_by_hand() {
	local now
	number=$((number + 1))
	now=$(date +%s%6N)
	stored=$SYSTEMD_CORES/core.sleep.0.$(tr -d - </proc/sys/kernel/random/boot_id).$number.$now.$1
	cp "$2" "$stored"
	logger --journald <<-RECORD
		MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1
		MESSAGE=Process $number (sleep) of user 0 dumped core.
		PRIORITY=2
		COREDUMP_PID=$number
		COREDUMP_UID=0
		COREDUMP_GID=0
		COREDUMP_SIGNAL=11
		COREDUMP_SIGNAL_NAME=SIGSEGV
		COREDUMP_TIMESTAMP=$now
		COREDUMP_COMM=sleep
		COREDUMP_EXE=$(realpath /bin/sleep)
		COREDUMP_FILENAME=$stored${3:+
		$3}
	RECORD
	systemd_wait systemd_recorded "$number"
}
# Other systemds pack with lz4 and xz; csnap's zstd has many frames.
for kind in lz4 xz; do
	$kind -q -c "$plain" >packed
	stored_by_hand $kind packed
	is "$(listed "$number") $(crash "$number" .core)" "present present" "$kind: present"
	opens "$number" "$kind"
done
systemd_run /bin/sleep 1000
"$BUILD/csnap" -z -q -o snapshot "$pid" >/dev/null
kill "$pid"
wait "$pid" 2>/dev/null
stored_by_hand zst "snapshot.$pid.zst"
opens "$number" "a snapshot that csnap packed"

# ---- not whole, or not at all ----
systemd_conf ProcessSizeMax=100K ExternalSizeMax=100K Compress=no
sleeper
is "$(stat -c %s "$(field "$pid" .COREDUMP_FILENAME)")" 102400 "ExternalSizeMax and ProcessSizeMax below the core's size: cut"
is "$(listed "$pid") $(crash "$pid" .core)" "truncated truncated" "truncated in the lists"
out=$(look --journal="$pid" -ex status -ex bt)
like "$out" 'is cut off: .* are missing' "cinspect --journal opens it and says so"
like "$out" '^#0 ' "and shows what there is"
is "$(debug -A '--batch -n -ex bt' "$pid" | frames)" "$(frames <<<"$out")" "coredumpctl debug: the same"
zstd -q -c "$plain" >whole
head -c $(($(stat -c %s whole) / 2)) whole >packed
stored_by_hand zst packed COREDUMP_TRUNCATED=1
is "$(listed "$number") $(crash "$number" .core)" "truncated truncated" "a packed file that ends too early: truncated"
out=$(look --journal="$number" -ex status)
is "$?" 0 "cinspect --journal opens it"
like "$out" 'is cut off|ends|damaged|truncated' "and says so"
for limits in "ProcessSizeMax=1G ExternalSizeMax=4K" "ProcessSizeMax=8K ExternalSizeMax=4K" "Storage=none" \
	"Storage=journal ProcessSizeMax=1G JournalSizeMax=4K"; do
	systemd_conf $limits
	sleeper
	is "$(listed "$pid") $(crash "$pid" .core)" "none none" "$limits: none"
	out=$(look --journal="$pid" -ex bt)
	is "$? $(wc -l <<<"$out")" "3 1" "$limits: exit 3, one line"
	like "$out" 'no core is stored with it' "$limits: which says that there is none"
done
like "$(debug "$pid")" 'no core attached' "coredumpctl says so in its words"
systemd_conf
sleeper
rm "$(field "$pid" .COREDUMP_FILENAME)"
is "$(listed "$pid") $(crash "$pid" .core)" "missing missing" "a file that was removed: missing"
out=$(look --journal="$pid" -ex bt)
is "$? $(wc -l <<<"$out")" "3 1" "cinspect --journal: exit 3, one line"
like "$out" 'has been removed since' "which says why"
like "$(debug "$pid")" '^Cannot access .*No such file' "coredumpctl says so in its words"
like "$(coredumpctl -q --no-pager info "$pid")" '#0 .*nanosleep' "its record still has the stack"

cd / || exit 1
done_testing
