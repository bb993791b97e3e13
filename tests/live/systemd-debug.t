#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cinspect as coredumpctl's debugger: users, sessions at a terminal, programs that are gone, containers, other roots;
# and what is in the journal around a core: reports before and after it, and a journald that does not listen.
. tests/lib/systemd.sh
systemd_enter
. tests/lib/tap.sh
. tests/lib/machine.sh

systemd_needed
root=$PWD
cd "$T" || exit 1

# What another user must be able to run, wherever the build is.
chmod 755 "$T"
mkdir bin files
cp "$BUILD"/{cinspect,csnap,coworkingapp,libcrashd.so,crashd-report} bin
cp bin/cinspect bin/gdb
cp bin/cinspect bin/lldb
export PATH=$T/bin:$PATH
cat >bin/as_user <<'SH'
#!/bin/sh
exec setpriv --reuid=12345 --regid=12345 --clear-groups \
	env -u XDG_CONFIG_HOME -u XDG_STATE_HOME -u XDG_CACHE_HOME HOME=/nonexistent "$@"
SH
chmod 755 bin/as_user
look() { cinspect --batch -q -n "$@" 2>&1; }
debug() { coredumpctl -q --no-pager debug "$@" 2>&1; }
frames() { grep -E '^#[0-9]+'; }
listed() { coredumpctl -q --no-pager list "$1" 2>&1 | sed 1d; }
record() { journalctl -q --no-pager -o json "COREDUMP_PID=$1"; }
# serve TRACEBACK COMMAND...: the demo in $pid, ready to be asked.
serve() {
	local traceback=$1
	shift
	rm -f app.out
	: >app.out
	: >app.err
	chmod 666 app.out app.err
	"$@" env --default-signal=QUIT TRACEBACK="$traceback" "$T/bin/coworkingapp" --port 0 --db :memory: >app.out 2>app.err &
	pid=$!
	systemd_wait grep -qs listening app.out
}

# ---- the demo and an unmodified program, as root and as another user ----
for who in env as_user; do
	uid=$($who id -u)
	serve crash $who
	systemd_crash "$pid" QUIT
	demo=$pid
	systemd_run $who /bin/sleep 1000
	systemd_crash "$pid" SEGV
	for one in "$demo main SIGQUIT" "$pid nanosleep SIGSEGV"; do
		read -r number function signal <<<"$one"
		for reader in env $who; do
			name="uid $uid's, read by $($reader id -u)"
			like "$($reader coredumpctl -q --no-pager list "$number" 2>&1)" " $number +$uid +$uid +$signal +present " "$name: list"
			like "$($reader coredumpctl -q --no-pager info "$number" 2>&1)" "Signal: .*\\(${signal#SIG}\\)" "$name: info"
			bt=$($reader cinspect --batch -q -n --journal="$number" -ex 'thread apply all bt' 2>&1)
			like "$bt" "^#[0-9]+ .*$function" "$name: cinspect --journal"
			is "$($reader coredumpctl -q debug --debugger=cinspect -A '--batch -n -ex "thread apply all bt"' "$number" 2>&1 | frames)" \
				"$(frames <<<"$bt")" "$name: coredumpctl debug"
			[ "$uid" = 0 ] && break
		done
	done
	[ "$uid" = 0 ] && roots=$pid
done
users=$pid

# ---- a user asks for what is not his ----
out=$(as_user coredumpctl -q debug --debugger=cinspect -A '--batch -ex bt' "$roots" 2>&1)
is "$? $out" "1 No match found." "root's crash, asked for by a user: coredumpctl's sentence"
out=$(as_user cinspect --batch --journal="$roots" -ex bt 2>&1)
is "$? $(wc -l <<<"$out")" "3 1" "cinspect --journal: exit 3, one line"
out=$(as_user cinspect --list="$roots" 2>&1)
is "$out" "cinspect: The journal has no record of a crash that matches $roots (or none that you may see: root and the group systemd-journal see all)" \
	"cinspect --list shows nothing that the journal hides"

# ---- how coredumpctl calls ----
number=$roots
bt=$(look --journal="$number" -ex bt | frames)
for call in "--debugger=cinspect -A '--batch -n -ex bt'" "--debugger=cinspect -A '-n -batch -nx -ex bt'" \
	"--debugger=cinspect --debugger-arguments='core --batch -n -ex bt'" "--debugger=gdb -A '--batch -n -ex bt'" \
	"--debugger=lldb -A '--batch -n -ex bt'"; do
	eval "out=\$(debug $call \$number | frames)"
	is "$out" "$bt" "coredumpctl debug $call"
done
is "$(SYSTEMD_DEBUGGER=cinspect debug -A '--batch -n -ex bt' "$number" | frames)" "$bt" "SYSTEMD_DEBUGGER=cinspect"
is "$(SYSTEMD_DEBUGGER="$T/bin/cinspect" debug -A '--batch -n -ex bt' "$(realpath /bin/sleep)" | grep -c '^#0 ')" 1 "SYSTEMD_DEBUGGER=/path/cinspect, by the program's path"
for kind in "a text" "a program" "an old core"; do
	case $kind in
	"a text") echo core >core ;;
	"a program") cp /bin/true core ;;
	*) coredumpctl -q dump -o core "$demo" >/dev/null 2>&1 ;;
	esac
	is "$(debug --debugger=cinspect -A 'core --batch -n -ex bt' "$number" | frames)" "$bt" "the word core, where a file core is $kind"
	rm -f core
done
debug --debugger=cinspect -A '--batch -n -ex "print nosuch"' "$number" >/dev/null
is "$?" 1 "a command that failed: coredumpctl's exit status, too"
debug --debugger=cinspect -A '--nosuch' "$number" >/dev/null
is "$?" 2 "usage: the same"
like "$(SYSTEMD_DEBUGGER='cinspect --batch' debug "$number")" 'cinspect --batch: No such file' "SYSTEMD_DEBUGGER is one word: coredumpctl's sentence"

# ---- the record of a core that coredumpctl unpacks ----
for ask in limits fds; do
	is "$(debug --debugger=cinspect -A "--batch -n --json -ex $ask" "$number" | grep '^{' | jq -c .result)" \
		"$(cinspect --batch -n --json -ex $ask --journal="$number" 2>/dev/null | jq -c .result)" "$ask: as by --journal"
done
like "$(debug --debugger=cinspect -A "--batch -n --json -ex limits" "$number")" '"source":"journal"' "from the record"
coredumpctl -q --no-pager dump -o "$T/coredump-Abc123" "$number" >/dev/null 2>&1
like "$(look --json -ex limits "$T/coredump-Abc123")" '"source":"journal"' "by the number and the addresses"
python3 - "$T/coredump-Abc123" <<'PY'
# The address of the vdso in the auxiliary vector (type 33) is another process's.
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.find(struct.pack("<Q", 33), 0, 1 << 20)
while at >= 0 and struct.unpack_from("<Q", data, at + 8)[0] >> 40 != 0x7f:
    at = data.find(struct.pack("<Q", 33), at + 1, 1 << 20)
struct.pack_into("<Q", data, at + 8, struct.unpack_from("<Q", data, at + 8)[0] + 0x10000)
open(sys.argv[1], "wb").write(data)
PY
unlike "$(look --json -ex limits "$T/coredump-Abc123")" '"source":"journal"' "not of another process with that number"

# ---- the file that goes away ----
out=$(debug --debugger=cinspect -A "--batch -n -ex 'shell rm -v /var/tmp/coredump-*' -ex bt -ex 'x/2gx \$sp' -ex 'info proc mappings' -ex heap -ex status" "$number")
is "$?" 0 "the unpacked core is removed while the session is open"
like "$out" "^removed '/var/tmp/coredump-" "as it was"
is "$(frames <<<"$out")" "$bt" "and all goes on"

python3 - "$number" >session.out 2>&1 <<'PY'
import os, pty, re, select, sys
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp("coredumpctl", ["coredumpctl", "-q", "debug", "--debugger=cinspect", "-A", "-n", sys.argv[1]])
seen = ""
def until(text):
    global seen
    while text not in seen:
        if not select.select([fd], [], [], 60)[0]:
            sys.exit(f"no {text!r} in {seen!r}")
        seen += os.read(fd, 65536).decode(errors="replace")
    before, _, seen = seen.partition(text)
    return before + text
def ask(line, answer):
    os.write(fd, line.encode())
    return until(answer)
until("(cinspect) ")
print("answers" if "$1 = 42" in ask("print 41+1\n", "$1 = 42") else "no answer")
until("(cinspect) ")
ask("shell echo started; exec sleep 600\n", "started\r\n")
ask("\x03", "(cinspect) ")
print("interrupted command: goes on" if "$2 = 43" in ask("print 42+1\n", "$2 = 43") else "no answer")
until("(cinspect) ")
path = re.search(r"/var/tmp/coredump-\w+", ask("status\n", "modules "))[0]
print("the file is there:", os.path.exists(path))
until("(cinspect) ")
os.write(fd, b"quit\n")
print("status:", os.waitpid(pid, 0)[1])
print("the file is there:", os.path.exists(path))
PY
is "$(cat session.out)" "answers
interrupted command: goes on
the file is there: True
status: 0
the file is there: False" "at a terminal: ^C ends what runs, not the session; the file goes at its end"

# ---- what ran is not here any more ----
cp /bin/sleep files/deleted
systemd_run files/deleted 1000
rm files/deleted
systemd_crash "$pid" SEGV
out=$(debug --debugger=cinspect -A '--batch -n -ex bt' "$pid")
is "$? $(grep -c '^#0 .*nanosleep' <<<"$out")" "0 1" "an executable that was deleted while it ran"
like "$out" "$T/files/deleted: No such file or directory; the core is opened without it" "it is named"
cp /bin/sleep files/upgraded
systemd_run files/upgraded 1000
systemd_crash "$pid" SEGV
cp --remove-destination /bin/cat files/upgraded
out=$(debug --debugger=cinspect -A '--batch -n -ex bt' "$pid")
is "$? $(grep -c '^#0 .*nanosleep' <<<"$out")" "0 1" "an executable that was upgraded since"
like "$out" "^warning: Not used: $T/files/upgraded has build-id" "its file is refused by its build-id"
like "$(debug --debugger=cinspect -A '--batch -n --force -ex bt' "$pid")" 'wrong file used|--force|forced' "--force is said at the frames"

# ---- a container's ----
cat >x.c <<'C'
#include <unistd.h>
__attribute__((noinline)) int in_library(int n) { for (;;) pause(); return n; }
C
echo 'int in_library(int); int main(int argc, char **argv) { (void)argv; return in_library(argc) + 1; }' >main.c
tree=$T/tree
mkdir -p "$tree/opt" box
gcc -g -O1 -shared -fPIC -o "$tree/opt/libx.so" x.c && gcc -g -O1 -o "$tree/opt/inside" main.c "$tree/opt/libx.so" \
	-Wl,-rpath,"$T/box" || cannot "no compiler"
systemd_run unshare --mount --propagation private sh -c "mount --bind $tree/opt $T/box; exec $T/box/inside"
systemd_wait grep -q '(inside) S ' "/proc/$pid/stat"
systemd_crash "$pid" SEGV
is "$(listed "$pid" | awk '{ print $9, $10 }')" "present $T/box/inside" "a container's program: its path in there"
out=$(debug --debugger=cinspect -A '--batch -n -ex bt' "$pid")
is "$? $(grep -c '^#1 .* in_library ' <<<"$out")" "0 1" "no such file here: the core opens"
cp /bin/sleep box/inside
out=$(debug --debugger=cinspect -A '--batch -n -ex bt' "$pid")
is "$? $(grep -c '^#1 .* in_library ' <<<"$out")" "0 1" "another program of that name here: the core opens"
like "$out" "^warning: Not used: $T/box/inside has build-id" "and the file is refused"
rm box/inside
mkdir -p "$tree$T" "$tree/var/log" "$tree$SYSTEMD_CORES" "$tree/etc"
ln -s /opt "$tree$T/box"
rm "$tree$T/box"
cp -r "$tree/opt" "$tree$T/box"
cp /etc/machine-id "$tree/etc"
journalctl --sync 2>/dev/null
cp -r /var/log/journal "$tree/var/log"
cp "$SYSTEMD_CORES"/*."$pid".* "$tree$SYSTEMD_CORES"
for debugger in cinspect gdb lldb; do
	is "$(coredumpctl -q --root="$tree" debug --debugger=$debugger -A '--batch -n -ex bt' "$pid" 2>&1 | sed -n 's/^#[12] .* in \([a-z_]*\) (.*) at /\1 /p')" \
		"in_library x.c:2
main main.c:1" "coredumpctl --root, called as $debugger: the libraries of that root"
done
is "$(look --journal="$pid" --sysroot "$tree" -ex bt | grep -c ' at x.c:2$')" 1 "cinspect --journal --sysroot: the same"

# ---- reports beside cores ----
serve crash env
systemd_crash "$pid" QUIT
cored=$pid
serve all,continue,journal env
kill -QUIT "$pid"
systemd_wait grep -q '^--- end of crashd report' app.err
systemd_wait test -n "$(record "$pid")"
ok "a report of a process that goes on is in the journal" test -n "$(record "$pid")"
ok "it goes on" kill -0 "$pid"
like "$(debug --debugger=cinspect -A '--batch -n -ex status' coworkingapp)" "^process +$cored, coworkingapp" \
	"coredumpctl debug NAME still opens the core before it"
like "$(look --journal=coworkingapp -ex status)" "process +$cored, coworkingapp" "cinspect --journal=NAME, too"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
serve crash,journal env
systemd_crash "$pid" QUIT
like "$(debug --debugger=cinspect -A '--batch -n -ex status' coworkingapp)" "^process +$pid, coworkingapp" \
	"coredumpctl debug NAME opens a core that a report came with"

# ---- a journald that does not listen ----
kill -STOP "$systemd_journald"
python3 - <<-'PY'
	import socket
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.setblocking(False)
	try:
	    while True:
	        s.sendto(b"MESSAGE=full\n", "/run/systemd/journal/socket")
	except BlockingIOError:
	    pass
PY
serve crash,journal env
kill -QUIT "$pid"
# systemd-coredump itself waits for journald, and the kernel for it: the report comes before.
ok "journald stopped: the report ends all the same" systemd_wait grep -q '^--- end of crashd report' app.err
is "$(tail -n 1 app.err)" "--- end of crashd report $pid ---" "its report is whole"
like "$(cat app.err)" 'not sent to the journal: journald does not read what it is sent' "and says what the journal misses"
kill -CONT "$systemd_journald"
wait "$pid" 2>/dev/null
is "$?" 131 "it dies of its signal"
systemd_wait systemd_recorded "$pid"
like "$(listed "$pid")" ' SIGQUIT +present ' "its core is recorded when journald goes on"
like "$(look --journal="$pid" -ex bt)" '^#[0-9]+ .* main ' "and opens"

# ---- no core goes to systemd-coredump ----
machine_core_pattern core
ulimit -c 0
serve all,journal env
kill -QUIT "$pid"
systemd_wait systemd_gone "$pid"
wait "$pid" 2>/dev/null
systemd_wait coredumpctl -q list "$pid" >/dev/null 2>&1
like "$(listed "$pid")" " $pid +0 +0 .* $T/bin/coworkingapp" "a fatal report without a core: coredumpctl list"
like "$(coredumpctl -q --no-pager info "$pid" 2>&1)" 'got SIGQUIT|#0 ' "info shows its traceback"
out=$(look --journal="$pid" -ex bt)
is "$? $(wc -l <<<"$out")" "3 1" "cinspect --journal: exit 3, one line: there is no core"

cd "$root" || exit 1
done_testing
