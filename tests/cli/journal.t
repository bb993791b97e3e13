#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Crashes in journals of other machines: matches, times, boots; --list as it is, counted, of two journals; and what is
# kept of it for the next time.  coredumpctl says what is right.
. tests/lib/tap.sh

remote=/lib/systemd/systemd-journal-remote
[ -x "$remote" ] || skip_all "systemd-journal-remote is not installed"
export XDG_CACHE_HOME=$T/cache XDG_CONFIG_HOME=$T TZ=UTC NO_COLOR=1 SYSTEMD_COLORS=0 LC_ALL=C.UTF-8
mkdir "$T/cache" "$T/alpha" "$T/beta" "$T/both"
cinspect=$BUILD/cinspect
# journal FOLDER COUNT HOST FIRST_PID
journal() { python3 tests/lib/records.py "$2" "$3" "$4" | "$remote" -o "$1/$3.journal" - 2>"$T/remote.log"; }
journal "$T/alpha" 300 alpha 1000 || cannot "no journal can be made: $(tail -n 1 "$T/remote.log")"
journal "$T/beta" 300 beta 5000
cp "$T"/alpha/* "$T"/beta/* "$T/both"

list() { "$cinspect" --list "$@"; }
count() { list --json "$@" | jq '.crashes | length'; }
pids() { list --json "$@" | jq -c '[.crashes[].pid]'; }
peer() { coredumpctl -q --no-pager list "$@" 2>/dev/null | awk 'NR > 1 { print $5 }' | jq -sc .; }
a=(-D "$T/alpha")

# ---- matches ----
for match in 1007 sleep /usr/bin/nginx COREDUMP_COMM=java "COREDUMP_UNIT=java.service COREDUMP_PID=1005" \
	"COREDUMP_PID=1003 COREDUMP_PID=1004" "sleep nginx" "sleep COREDUMP_PID=1008" "_HOSTNAME=beta"; do
	read -r -a words <<<"$match"
	mine=()
	for word in "${words[@]}"; do mine+=("--list=$word"); done
	is "$("$cinspect" "${mine[@]}" "${a[@]}" --json | jq -c '[.crashes[].pid]')" "$(peer "${a[@]}" "${words[@]}")" "$match: as coredumpctl"
done
is "$(pids COREDUMP_PID=1003 COREDUMP_COMM=java + COREDUMP_PID=1009 "${a[@]}")" "[1009]" "operands and +: one group or the other"
is "$(count --unit=java "${a[@]}") $(count --unit='*.service' "${a[@]}") $(count --unit=nosuch "${a[@]}")" "37 300 0" "units, by name and by pattern"
is "$("$cinspect" --list=java.service "${a[@]}" --json | jq '.crashes | length')" 37 "a unit as a match"
is "$("$cinspect" --list=a-program-with-a-long-name "${a[@]}" --json | jq '.crashes | length')" 37 "a name of more than fifteen letters"
for when in "--since=2023-11-14 23:30" "--until=2023-11-14 23:30" "--since=@1700003000.5" "--until=@1700003000"; do
	is "$(pids "$when" "${a[@]}")" "$(pids "${a[@]}" | jq -c "map(select(((. - 1000) * 30 + 1700000000) as \$t |
		$(case $when in *since*) echo "\$t >=" ;; *) echo "\$t <=" ;; esac) $(date -d "${when#*=}" +%s.%N)))")" "$when"
done
is "$(count --since=yesterday "${a[@]}") $(count --until=-1d "${a[@]}")" "0 300" "relative times"
is "$(count --boot "${a[@]}") $(count --boot=-1 -D "$T/both") $(count --boot=-2 "${a[@]}" 2>&1 | grep -c 'no boot -2')" "300 300 1" "boots"
is "$(pids --reverse "${a[@]}")" "$(pids "${a[@]}" | jq -c reverse)" "--reverse: the newest first"
for wrong in --since=never --boot=x --list=small=letters; do
	list "$wrong" "${a[@]}" >"$T/out" 2>"$T/err"
	is "$? $(wc -c <"$T/out") $(grep -c "${wrong#*=}" "$T/err")" "2 0 1" "$wrong: usage"
done
"$cinspect" --since=today core >"$T/out" 2>"$T/err"
is "$? $(head -n 1 "$T/err")" "2 cinspect: --list or --journal is needed with --since" "--since alone: usage"

# ---- other journals ----
is "$(count --file="$T/both/*.journal")" 600 "--file: a pattern"
is "$(count --file="$T/alpha/alpha.journal" --file="$T/beta/beta.journal")" 600 "--file twice: both"
mkdir -p "$T/root/var/log" "$T/root/var/lib/systemd/coredump"
machine=0123456789abcdef0123456789abcdef
mkdir -p "$T/root/var/log/journal/$machine" "$T/root/etc"
echo "$machine" >"$T/root/etc/machine-id"
cp "$T/alpha/alpha.journal" "$T/root/var/log/journal/$machine/system.journal"
is "$(count --root="$T/root")" 300 "--root"
like "$(list -D "$T/nosuch" 2>&1)" "journals in $T/nosuch cannot be opened: No such file" "a folder that is not there"
like "$(list --file="$T/nosuch" 2>&1)" "$T/nosuch cannot be opened: No such file" "a file that is not there"
echo text >"$T/bad.journal"
like "$(list --file="$T/bad.journal" 2>&1)" '^cinspect: The journal' "a file that is no journal"

# ---- the table ----
like "$(list "${a[@]}" | head -n 1)" '^Time +Host +PID +UID +Signal +Core +Executable +Unit +Id$' "the titles"
like "$(list "${a[@]}" | sed -n 2p)" '^2023-11-14 22:13:20 +alpha +1000 +1000 +SIGSEGV +missing +/usr/bin/sleep +sleep.service +[0-9a-f]{16}$' "a crash"
is "$(list "${a[@]}" | awk '{ print index($0, "alpha") }' | sort -u | wc -l)" 2 "columns stay where they are, piece after piece"
path=$(list --json "${a[@]}" | jq -r '.crashes[0].path')
touch "$T/alpha/${path##*/}" "$T/root/$path"
is "$(list --json "${a[@]}" | jq -r '.crashes[0] | .core + .path')" "present$T/alpha/${path##*/}" "a core that lies beside the journal"
is "$(list --json --root="$T/root" | jq -r '.crashes[0] | .core + .path')" "present$T/root$path" "a core below the root"
is "$(list --json "${a[@]}" | jq -c '.crashes[9] | [.core, .path]')" '["present",null]' "a core in the journal"

# ---- records and stored cores that do not agree ----
other=$T/other
mkdir -p "$other/var/log/journal/$machine" "$other/var/lib/systemd/coredump" "$other/etc"
echo "$machine" >"$other/etc/machine-id"
boot=44444444444444444444444444444444
stored=/var/lib/systemd/coredump/core.by-hand.1000.$boot.77
# handmade PID FIELDS...
handmade() {
	local number=$1
	shift
	printf '%s\n' __REALTIME_TIMESTAMP=17000005000000"$number" __MONOTONIC_TIMESTAMP="$number" _BOOT_ID=$boot MESSAGE=text \
		MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1 COREDUMP_PID="$number" COREDUMP_TIMESTAMP=1700000500000000 "$@" ""
}
{
	handmade 77 COREDUMP_COMM=by-hand COREDUMP_SIGNAL=11 "COREDUMP_FILENAME=$stored.1700009000000000"
	handmade 78 COREDUMP_COMM=no-signal COREDUMP_SIGNAL=0 COREDUMP_SIGNAL_NAME=SIG0
} | "$remote" -o "$other/var/log/journal/$machine/system.journal" - 2>"$T/remote.log"
touch "$other$stored.1700009000000000"
crashes() { list --json --root="$other" "$@" | jq -c '[.crashes[] | [.comm, .signal, .core]]'; }
is "$(crashes)" '[["by-hand","SIGSEGV","present"],["no-signal",null,"none"]]' "a core whose name has another time than its record: once; no signal: none"
is "$(crashes --reverse)" '[["no-signal",null,"none"],["by-hand","SIGSEGV","present"]]' "the same from the end"
like "$(list --root="$other" | tail -n 1)" ' 78 +- +- +none +no-signal ' "as a table"
like "$("$cinspect" --batch -n --journal=78 --root="$other" 2>&1)" 'Storage=, ProcessSizeMax= or ExternalSizeMax=' "no core: what may be the cause"
rm -r "$other/var/log/journal/$machine"
mkdir "$other/var/log/journal/$machine"
touch "$other${stored%77}79.1700009000000000"
is "$(crashes)" '[["by-hand",null,"present"],["by-hand",null,"present"]]' "the records are gone: by the cores"
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$T"
	chmod 600 "$other${stored%77}79.1700009000000000"
	cp "$cinspect" "$T/cinspect"
	is "$(setpriv --reuid=12345 --regid=12345 --clear-groups env -u XDG_CACHE_HOME "$T/cinspect" --list --json --root="$other" | jq -c '[.crashes[].pid]')" "[77]" \
		"to a user: those that he may read"
fi

# ---- journals of other machines name files that are not this machine's ----
mkdir "$T/far"
touch "$T/core.5"
far() { # PID MACHINE HOST PATH
	handmade "$1" COREDUMP_COMM=far COREDUMP_SIGNAL=11 _MACHINE_ID="$2" _HOSTNAME="$3" COREDUMP_FILENAME="$4"
}
here=$(cat /etc/machine-id 2>/dev/null)
touch "$T/core.far.0.$boot.4.1700000500000000"
{
	far 1 11111111111111111111111111111111 "$(uname -n)" "$T/core.5"
	far 2 "${here:-22222222222222222222222222222222}" elsewhere "$T/core.5"
	far 3 11111111111111111111111111111111 elsewhere "$T/core.5"
	far 4 11111111111111111111111111111111 elsewhere "$T/core.far.0.$boot.4.1700000500000000"
} | "$remote" -o "$T/far/far.journal" - 2>"$T/remote.log"
is "$(list --json -D "$T/far" | jq -c '[.crashes[].core]')" \
	"[\"missing\",\"$([ "$here" ] && echo present || echo missing)\",\"missing\",\"present\"]" \
	"a path of another machine is not that file here, unless its name has the boot in it"
like "$("$cinspect" --batch -n --journal=3 -D "$T/far" 2>&1)" 'was stored as .*/core.5 on another machine and is not here: copy it from elsewhere' \
	"--journal says whose core it is"
if [ "$(uname -n)" ]; then
	{ handmade 5 COREDUMP_COMM=far _HOSTNAME="$(uname -n)" COREDUMP_FILENAME="$T/core.5"; } |
		"$remote" -o "$T/far/name.journal" - 2>"$T/remote.log"
	is "$(list --json COREDUMP_PID=5 -D "$T/far" | jq -c '[.crashes[].core]')" '["present"]' "without ids, the machine's name tells"
fi

# ---- the crash id where the core is gone ----
id=$(list --json "${a[@]}" | jq -r '.crashes[] | select(.pid == 1003) | .id')
is "$("$cinspect" --id -n --journal=1003 "${a[@]}" 2>"$T/err")" "$id" "--id of a record whose core is not here"
like "$(cat "$T/err")" '^warning: The core of .*PID 1003.* was stored as .*; the id is of the record$' "it says so"
is "$("$cinspect" --id -n --json --journal=1003 "${a[@]}" 2>/dev/null | jq -c .)" \
	"{\"command\":\"id\",\"ok\":true,\"result\":{\"source\":\"journal\",\"id\":\"$id\"}}" "--id --json"
"$cinspect" --id -n --journal=78 --root="$other" >"$T/out" 2>"$T/err"
is "$? $(wc -c <"$T/out")" "3 0" "a record that has no stack either"
like "$(tail -n 1 "$T/err")" 'PID 78.*stack|no record' "what is missing"
"$cinspect" --batch -n -ex id --journal=1003 "${a[@]}" >"$T/out" 2>"$T/err"
is "$? $(wc -c <"$T/out")" "3 0" "a command needs the core"

# ---- damaged files among others ----
cp "$T/beta/beta.journal" "$T/both/shorter.journal"
truncate -s 100000 "$T/both/shorter.journal"
echo text >"$T/both/text.journal"
: >"$T/both/empty.journal"
is "$(list --json -D "$T/both" 2>"$T/err" | jq '.crashes | length')" 600 "a damaged file: the others are read"
is "$(sed -E 's/ \([^)]*\)$//' "$T/err" | sort)" "$(printf 'warning: %s is left out: it is damaged, or no journal\n' \
	"$T/both/empty.journal" "$T/both/shorter.journal" "$T/both/text.journal")" "each is named once"
is "$(list --json --file="$T/both/*.journal" 2>"$T/err" | jq '.crashes | length') $(wc -l <"$T/err")" "600 3" "the same by a pattern"
is "$("$cinspect" --id -n --journal=1003 -D "$T/both" 2>&1 >/dev/null | grep -c 'left out')" 3 "--journal says it, too"
is "$(list "${a[@]}" 2>&1 >/dev/null)" "" "whole files: not a word"
rm "$T/both/shorter.journal" "$T/both/text.journal" "$T/both/empty.journal"

# ---- counted ----
groups() { list --group --json "$@" | jq -c "$jq"; }
jq='[.groups | length, (map(.count) | add), (map(.last) | . == (sort | reverse)), (map(.id) | unique | length)]'
is "$(groups "${a[@]}")" "[24,300,true,24]" "--group: three places in eight programs, the newest first"
jq='.groups[0] | [.count, .exe, .signal, (.hosts | sort), .last]'
is "$(groups -D "$T/both")" '[26,"/usr/bin/coworkingapp","SIGSEGV",["alpha","beta"],"2023-11-15T00:42:50Z"]' "two journals: one fault, two machines"
is "$(list --group --json -D "$T/both" | jq -c '[.groups[].count] | add')" 600 "all of both"
like "$(list --group "${a[@]}" | sed -n 2p)" '^13 +2023-11-15 00:42:50 +2023-11-14 .* SIGSEGV +/usr/bin/coworkingapp .*[0-9a-f]{16} +1299|- +1$' "as a table"
is "$(list --group=x 2>&1 | head -n 1 | grep -c group)" 1 "--group has no argument"

# ---- what is kept ----
rm -r "$T/cache/cinspect"
fresh=$(list --json "${a[@]}")
file=$T/cache/cinspect/crashes
ok "records are kept" test -s "$file"
is "$(list --json "${a[@]}")" "$fresh" "and the same the next time"
sum=$(sha256sum <"$file")
list "${a[@]}" >"$T/out"
is "$(sha256sum <"$file")" "$sum" "nothing new: nothing is written"
list -D "$T/both" >"$T/out"
is "$(list --json "${a[@]}")" "$fresh" "others come beside them"
rm "$T/alpha/${path##*/}"
is "$(list --json "${a[@]}" | jq -r '.crashes[0].core')" missing "whether a core is there is not kept"
touch "$T/alpha/${path##*/}"
size=$(stat -c %s "$file")
for spoil in "truncate -s $((size / 2))" "truncate -s 10" "truncate -s $((size + 24))" "dd conv=notrunc bs=1 count=2000 seek=900 if=/dev/urandom status=none of" \
	"dd conv=notrunc bs=1 count=40 seek=$((size - 300)) if=/dev/urandom status=none of" "dd conv=notrunc bs=1 count=9 seek=12 if=/dev/urandom status=none of" \
	"cp /dev/null" "cp /bin/true" "chmod 666"; do
	cp "$file" "$T/kept"
	case $spoil in *of) $spoil="$file" ;; *) $spoil "$file" ;; esac
	is "$(list --json "${a[@]}" 2>&1)" "$fresh" "${spoil%% if=*}: never believed"
	rm -f "$file"
	cp "$T/kept" "$file"
done
if [ "$(id -u)" = 0 ]; then
	chown 12345 "$file"
	is "$(list --json "${a[@]}")" "$fresh" "somebody else's: not read"
	rm "$file"
fi
rm -rf "$T/cache/cinspect"
ln -s /nonexistent "$T/cache/cinspect"
is "$(list --json "${a[@]}")" "$fresh" "no place for it: no word of it"
rm "$T/cache/cinspect"

# ---- opening ----
like "$("$cinspect" --batch -n --journal=1008 "${a[@]}" -ex bt 2>&1)" 'core of sleep \(PID 1008\) was stored as .* is not here: copy it from alpha, into the journals. folder' "a core on another machine: where it is"
like "$("$cinspect" --batch -n --journal=1008 COREDUMP_COMM=nosuch "${a[@]}" 2>&1)" 'matches 1008 COREDUMP_COMM=nosuch' "no match: of what"

# ---- many ----
journal "$T" 3000 gamma 20000
memory() { XDG_CACHE_HOME=$1 command time -f %M "$cinspect" --list --file="$2" 2>&1 >"$T/out"; }
if command -v time >/dev/null; then
	few=$(memory "$T/cache" "$T/alpha/alpha.journal")
	many=$(memory "$T/cache" "$T/gamma.journal")
	is "$(wc -l <"$T/out")" 3001 "three thousand"
	ok "take no more memory than three hundred ($few KB, $many KB)" test "$many" -lt $((few * 2))
fi
# ---- a program whose name wants to be a crash of its own ----
mkdir "$T/name"
exe=$'/tmp/a\n2026-11-20 22:13:06  1  0  SIGSEGV  present  /bin/b'
python3 - "$exe" <<'PYTHON' | "$remote" -o "$T/name/name.journal" - 2>"$T/remote.log"
import struct, sys
exe = sys.argv[1].encode()
sys.stdout.buffer.write(b"__REALTIME_TIMESTAMP=1700000000000000\n__MONOTONIC_TIMESTAMP=1\n_BOOT_ID=" + b"1" * 32 +
                        b"\nMESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1\nCOREDUMP_PID=7\nCOREDUMP_UID=0\nCOREDUMP_SIGNAL=11\n"
                        b"COREDUMP_COMM=a\nCOREDUMP_EXE\n" + struct.pack("<Q", len(exe)) + exe + b"\n\n")
PYTHON
is "$(list -D "$T/name" | wc -l) $(list --group -D "$T/name" | wc -l)" "2 2" "a newline in a path does not begin a row"
is "$(list --json -D "$T/name" | jq -r '.crashes[0].exe')" "$exe" "in JSON the path is as it was"

done_testing
