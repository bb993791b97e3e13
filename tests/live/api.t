#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# crashd.h, in a program that is linked with -lcrashd, and with libcrashd.a.
. tests/lib/tap.sh

root=$PWD
build() { gcc -g -O1 -w -D_GNU_SOURCE -I"$root" -o "$1" tests/live/api.c "${@:2}" -lpthread; }
build "$T/shared" -L"$BUILD" -lcrashd -Wl,-rpath,"$BUILD" || cannot "no compiler"
build "$T/archive" "$BUILD/libcrashd.a"
build "$T/static" -static "$BUILD/libcrashd.a" 2>/dev/null
build "$T/wrapped" -Wl,--wrap=pthread_create,--wrap=thrd_create "$BUILD/libcrashd.a"
build "$T/half" -Wl,--wrap=pthread_create "$BUILD/libcrashd.a"
ulimit -c 0
cd "$T" || exit 1

for p in shared archive; do
	out=$(TRACEBACK=single "./$p" traceback)
	like "$out" '^traceback: requested by the program, PID [0-9]+' "$p: crashd_traceback says what it is"
	is "$(grep -cE '^thread ' <<<"$out")" 2 "$p: of every thread"
	is "$(tail -n 1 <<<"$out")" 0 "$p: and returns 0"
	like "$out" '^#[0-9]+ .*(main|\(\+)' "$p: the caller's frames"
	like "$("./$p" many 30)" '^0 fds 0 threads no child' "$p: thirty of them leave nothing behind"

	out=$("./$p" annotate 2>err)
	is "$out" "-7 -7 -22" "$p: annotations too long, or without a key, are refused"
	like "$(cat err)" 'request=GET /b' "$p: an annotation is in the report, the last value"
	unlike "$(cat err)" 'gone|GET /a' "$p: and no older one"
	like "$(cat err)" 'colour=\\x1b' "$p: no escape sequence"

	out=$(TRACEBACK=all "./$p" events 2>err)
	is "$(head -n 1 <<<"$out" | grep -oE 'child 7$')" "child 7" "$p: a forked child starts with no events but its own"
	is "$(sed 1d <<<"$out" | wc -l)" 73 "$p: of each thread the last 64 events are kept"
	is "$(tail -n 9 <<<"$out" | grep -oE '(first|second|third) [0-9]' | tr '\n' ' ')" \
		"first 0 first 1 first 2 second 0 second 1 second 2 third 0 third 1 third 2 " "$p: in order of time, ended threads too"
	like "$(sed -n '/^last events/,/^---/p' err)" '^  -0\.[0-9]{6} s  thread [0-9]+  third 2$' "$p: events are in the report"
	like "$(cat err)" '\\x1b\[31m a text that is longer than what i 1$' "$p: cut, and no escape sequence"

	out=$(TRACEBACK=none "./$p" level 2>err)
	is "$out" "0 0 -22" "$p: levels are raised"
	like "$(cat err)" 'rip ' "$p: and never lowered"

	out=$("./$p" chain 2>err)
	is "$? $out" "7 chained 11 1" "$p: a handler from before is called, with the siginfo"
	like "$(cat err)" '^SIGSEGV: ' "$p: after the report"
	out=$("./$p" chain-deep 2>err)
	is "$? $out" "7 chained 11 1" "$p: and may use 60 KB of our stack"
	out=$("./$p" chain-jumps 2>err)
	is "$? $out" "132 back" "$p: one that does not come back has the program go on"
	is "$(grep -oE '^(SIG[A-Z]+: |--- end of crashd report)' err | tr '\n' ' ')" "SIGSEGV:  --- end of crashd report SIGILL:  --- end of crashd report " \
		"$p: whose next crash is reported, too"
	out=$("./$p" chain-returns 2>err)
	is "$? $out" "11 3 times" "$p: one that returns is called again"
	is "$(grep -c '^--- end of crashd report' err)" 1 "$p: with one report"

	for how in "quit 131 SIGQUIT" "segv 139 SIGSEGV"; do
		read -r how status name <<<"$how"
		TRACEBACK=all env --default-signal=QUIT "./$p" $how-meanwhile >out 2>err &
		wait $! 2>bash.err
		is "$? $(cat out)" "$status " "$p: $name during a report that is survived ends the process"
		is "$(grep -c "^$name: " err) $(grep -c '^--- end of crashd' err)" "1 1" "$p: $name: with its own report"
	done
	out=$(TRACEBACK=single,continue env --default-signal=QUIT "./$p" interrupt 2>err)
	is "$out" done "$p: calls that wait without end do not see a report"
	ok "$p: while there were six" test "$(grep -c '^--- end of crashd report' err)" -ge 6
	out=$(TRACEBACK=single,continue env --default-signal=QUIT "./$p" storm 2>err)
	is "$out" done "$p: nor, or of our children, when reports are asked for during reports"
done
for p in shared wrapped; do
	for how in overflow "overflow c11"; do
		# shellcheck disable=SC2086
		err=$("./$p" $how 2>&1 >/dev/null)
		like "$err" 'stack overflow' "$p: the $how of a thread's stack is reported"
	done
done
like "$(./half overflow 2>&1)" 'stack overflow' "one function alone can be wrapped, too"
unlike "$(./archive overflow 2>&1)" '^--- end' "archive: unless the program is linked for it"
out=$(TRACEBACK=crash ./static annotate 2>&1)
like "$out" '^SIGABRT: ' "static: the handlers are there"
like "$out" '^--- end of crashd report' "static: a whole report"

# a program with more rights than its caller: the one line, whatever the environment says
cp archive secure
chown nobody secure && chmod 4755 secure && chmod 755 "$T"
TRACEBACK="crash,file=$T/leak,dir=$T" ./secure level >out 2>err
if ! findmnt -no OPTIONS -T . | grep -qw nosuid; then
	is "$(wc -l <err)" 1 "AT_SECURE: one line"
	like "$(cat err)" '^SIGABRT: ' "AT_SECURE: the signal"
	ok "AT_SECURE: no file is written" test ! -e leak
fi

# rights that a file gives: the same
if command -v setcap >/dev/null; then
	cp archive capable
	chmod 755 capable
	setcap cap_net_bind_service+ep capable
	TRACEBACK="crash,file=$T/leak" setpriv --reuid=65534 --regid=65534 --clear-groups ./capable level >out 2>err
	is "$(wc -l <err)" 1 "file capabilities: one line"
	ok "file capabilities: no file is written" test ! -e leak
fi

# found without symbols: the note leads from a stripped file to the annotations
strip shared
like "$(readelf -n "$BUILD/libcrashd.so")" 'crashd +0x00000008' "the library has the note"
cd / || exit 1
done_testing
