#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fds, env, limits, maps, info proc, status: what a process was, by csnap's notes and by its memory, and why something is
# not known; the crash id.
. tests/lib/tap.sh

command -v jq >/dev/null || cannot "jq is not installed"
export XDG_CONFIG_HOME=$T XDG_STATE_HOME=$T XDG_CACHE_HOME=$T DEBUGINFOD_URLS='' NO_COLOR=1
cat >"$T/lively.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
__asm__(".pushsection .note.package,\"a\",@note\n.balign 4\n.long 4, 2f-1f, 0xcafe1a7e\n.asciz \"FDO\"\n"
	"1: .asciz \"{\\\"type\\\":\\\"deb\\\",\\\"name\\\":\\\"lively\\\",\\\"version\\\":\\\"1.2-3\\\"}\"\n2: .balign 4\n.popsection");
int main(int argc, char **argv)
{
	int fd = open(argv[1], O_RDWR | O_APPEND | O_CREAT, 0600);
	if (write(fd, "12345", 5) != 5)
		return 1;
	setenv("LATER", "two\nlines", 1);
	unsetenv("GONE");
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
	return argc;
}
C
gcc -g -O1 -o "$T/lively" "$T/lively.c" || cannot "no compiler"
long=$(printf 'word%.0s' $(seq 50))
file="$T/a tab	file"
(
	ulimit -n 321
	GONE=1 SET=by-us exec "$T/lively" "$file" "$long" "last one" >"$T/out"
) &
pid=$!
for ((i = 0; i < 200; i++)); do
	grep -qs ready "$T/out" && break
	sleep 0.05
done
"$BUILD/csnap" -q -o "$T/core" $pid >"$T/csnap" 2>&1 || cannot "csnap: $(cat "$T/csnap")"
echo 3 >/proc/$pid/coredump_filter # not the first pages of files
"$BUILD/csnap" -q -o "$T/few" $pid >"$T/csnap" 2>&1
limits=$(cat /proc/$pid/limits)
maps=$(grep -c . /proc/$pid/maps)
cgroup=$(cat /proc/$pid/cgroup)
kill -KILL $pid
wait $pid 2>"$T/bash"
core=$T/core.$pid
look() { "$BUILD/cinspect" --batch -q -n "$T/lively" "$core" "$@" 2>&1; }
json() { "$BUILD/cinspect" --json --batch -q -n "$T/lively" "$core" -ex "$1" 2>&1 | jq -rc "$2"; }

row=$(json fds '.result.fds[] | select(.fd == 3) | [.flags, .offset] | join("|")')
is "$row" "rw append|5" "fds: flags and offset"
like "$(json fds '.result.fds[] | select(.fd == 3) | .what')" '/a tab.*file$' "fds: what it is"
is "$(json fds .result.source)" csnap "fds: by csnap's note"
like "$(look -ex fds)" "^1 +w +6 +$T/out\$" "fds: a line each"
is "$(json limits '.result.limits[] | select(.limit == "Max open files") | [.soft, .hard, .units] | join(" ")')" "321 321 files" "limits"
is "$(json limits '.result.limits | length')" "$(($(wc -l <<<"$limits") - 1))" "limits: all of them"

is "$(json env '.result.variables[] | select(.name == "SET").value')" by-us "env: what the process was started with"
is "$(json env '.result.variables[] | select(.name == "LATER").value')" $'two\nlines' "env: what it has set since"
is "$(json env '[.result.variables[] | select(.name == "GONE")] | length')" 0 "env: not what it has unset"
is "$(json env .result.source)" memory "env: by memory"
is "$(look -ex 'env SET' | head -n 1)" SET=by-us "env NAME"
like "$(look -ex 'env NOSUCH')" 'There is no NOSUCH in the environment' "env of a name that is not there"

is "$(json 'info proc' .result.cmdline)" "$T/lively $file $long last one" "info proc: the whole command line"
is "$(json status .result.args)" "$T/lively $file $long last one" "status: the same"
is "$(json status .result.args_source)" memory "status: where it is from"
like "$(look -ex 'info proc status')" "^Pid:.*$pid\$" "info proc status: /proc/PID/status of then"
is "$(json status .result.cgroup)" "$(sed -n 's/^[0-9]*:name=systemd://p;' <<<"$cgroup" | grep . || sed -n 's/^0:://p' <<<"$cgroup")" "status: the control group"
is "$(json status '.result.packages[] | select(.module | endswith("/lively")).package')" "lively 1.2-3 (package, deb)" "status: the package that the file says"
like "$(look -ex status)" '^packages +lively 1\.2-3 \(package, deb\)$' "status: as text"

is "$(json maps '.result.mappings | length')" "$maps" "maps: a row for each mapping"
is "$(json maps '.result | ([.mappings[].size] | add) == .totals.mapped and ([.mappings[].dumped] | add) == .totals.in_core')" true "maps: the totals are those of the rows"
is "$(json maps '.result.totals | .in_core + .from_files + .missing == .mapped')" true "maps: what is not in the core is of files, or missing"
is "$(json maps '.result.totals | .holes > 0 and .holes < .in_core')" true "maps: holes"
is "$(look -ex 'set width 40' -ex maps | awk 'length > 40 && !/^  /' | head -n 3)" "" "maps: 40 columns but for names"
like "$(look -ex maps)" '^holes +.* of that: zeros$' "maps: totals for people"

is "$("$BUILD/cinspect" --json --batch -q -n "$T/few.$pid" -ex status 2>/dev/null | jq -c '.result.modules | .verified == .total')" true "files are verified by csnap's note where the core does not have their first pages"

# ---- a core that was cut off ----
head -c 100000 "$core" >"$T/cut"
totals=$("$BUILD/cinspect" --json --batch -q -n "$T/cut" -ex maps 2>/dev/null | jq -c .result.totals)
is "$(jq -c '.in_core <= 100000 and .holes <= .in_core and .cut_off > 0' <<<"$totals")" true "maps of a truncated core: what it has is no more than the file"
is "$(jq -c '.in_core + .from_files + .missing == .mapped' <<<"$totals")" true "and the sum is what was mapped"
like "$("$BUILD/cinspect" --batch -q -n "$T/cut" -ex maps 2>&1)" ' \(cut off\)$' "and each mapping says it"

# ---- a command line that wants to be something else ----
(exec -a $'\033[31mred\nsignal      none' sleep 1000) &
pid=$!
for ((i = 0; i < 200; i++)); do
	grep -qs red /proc/$pid/cmdline && break
	sleep 0.05
done
"$BUILD/csnap" -q -o "$T/red" $pid >"$T/csnap" 2>&1
kill -KILL $pid
wait $pid 2>"$T/bash"
red=$("$BUILD/cinspect" --batch -q -n "$T/red.$pid" -ex status 2>&1)
is "$(grep '^command' <<<"$red")" 'command     \033[31mred\nsignal      none 1000' "status: what a terminal would obey is escaped, and one row stays one"
unlike "$red" $'\033' "status: no escape in it"

# ---- a core of somebody else ----
gdb -q -nx -batch -ex 'set debuginfod enabled off' -ex run -ex "gcore $T/other" --args sh -c 'kill -SEGV $$' >"$T/gdb" 2>&1
if [ -s "$T/other" ]; then
	other() { "$BUILD/cinspect" --batch -q -n "$T/other" "$@" 2>&1; }
	like "$(other -ex fds)" '^The open files are not known: a core of the kernel does not have them' "fds of another core: why not"
	like "$(other -ex limits)" '^The limits are not known: ' "limits: the same"
	like "$(other -ex 'env PATH')" '^PATH=/' "env: from memory"
	like "$("$BUILD/cinspect" --id -n "$T/other" 2>&1)" '^[0-9a-f]{16}$' "--id"
	is "$("$BUILD/cinspect" --id --json -n "$T/other" 2>/dev/null | jq -r .result.id)" "$(other -ex id)" "--id --json, and the command"
	is "$("$BUILD/cinspect" --json --batch -q -n "$T/other" -ex why -ex status 2>/dev/null | jq -r .result.id | sort -u)" "$(other -ex id)" "why and status have the same"
fi
done_testing
