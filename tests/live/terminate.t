#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Why a C++ program called std::terminate(): libstdc++ tells standard error alone, the stack tells the report and why.
. tests/lib/tap.sh
. tests/lib/machine.sh

machine_core_pattern core
ulimit -c 0
cd "$T" || exit 1
cat >ends.cc <<'C'
#include <cstring>
#include <exception>
#include <stdexcept>
#include <thread>
#include <unistd.h>
struct Shape { virtual int area() = 0; int twice() { return 2 * area(); } Shape() { twice(); } };
struct Square : Shape { int area() override { return 1; } };
static void quiet() noexcept { throw 1; }
int main(int, char **argv)
{
	switch (argv[1][0]) {
	case 't': throw std::runtime_error("reason");
	case 'h': std::thread([] { throw std::runtime_error("reason"); }).join(); break;
	case 'q': quiet(); break;
	case 'r': try { throw 1; } catch (...) { std::thread([] {}).join(); throw; }
	case 'j': { std::thread t([] { sleep(5); }); } break;
	case 'p': return Square().twice();
	}
}
C
g++ -O1 -g -w -pthread -o ends ends.cc || skip_all "no C++ compiler"
while IFS='|' read -r how cause text; do
	err=$(exec 2>&1; LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash,dir=. ./ends "$how")
	core=$(sed -n 's/^  cinspect [^ ]* //p' <<<"$err")
	found=$("$BUILD/cinspect" --batch -n --json --no-debuginfod -ex why ./ends "$core" 2>cinspect.err |
		jq -r '.result.findings[0] | "\(.cause) \(.confidence) \(.text)"')
	is "$found" "$cause certain $text" "$how: why"
	[ "$cause" = abort ] || is "$(grep "^why: " <<<"$err")" "why: $text" "$how: the report"
	rm -f "$core"
done <<'TABLE'
t|uncaught-exception|A C++ exception was not caught.
h|uncaught-exception|A C++ exception was not caught.
q|uncaught-exception|A C++ exception was not caught.
r|uncaught-exception|A C++ exception was not caught.
j|abort|The program called std::terminate().
p|abort|The program called a pure virtual function.
TABLE
done_testing
