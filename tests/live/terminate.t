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
#include <string>
#include <thread>
#include <unistd.h>
struct Shape { virtual int area() = 0; int twice() { return 2 * area(); } Shape() { twice(); } };
struct Square : Shape { int area() override { return 1; } };
struct Other { long pad[3]; };
struct Mine : std::runtime_error, Other { using std::runtime_error::runtime_error; };
struct Shape2 { int sides; };
static void quiet() noexcept { throw 1; }
int main(int, char **argv)
{
	switch (argv[1][0]) {
	case 't': throw std::runtime_error("reason");
	case 'h': std::thread([] { throw std::runtime_error("reason"); }).join(); break;
	case 'q': quiet(); break;
	case 'r': try { throw 1; } catch (...) { std::thread([] {}).join(); throw; }
	case 'm': try { throw std::logic_error("first"); } catch (...) { throw Mine("second"); }
	case 'o': { std::string().at(3); }
	case 's': throw std::string("words\n\033[31m");
	case 'e': throw Shape2();
	case 'n': throw;
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
	confidence=certain
	[ "$how" != n ] || confidence=likely
	is "$found" "$cause $confidence $text" "$how: why"
	is "$(grep "^why: " <<<"$err" | sed 's/: likely: /: /')" "why: $text" "$how: the report"
	rm -f "$core"
done <<'TABLE'
t|uncaught-exception|A C++ exception was not caught: std::runtime_error ("reason").
h|uncaught-exception|A C++ exception was not caught: std::runtime_error ("reason").
q|uncaught-exception|A C++ exception was not caught: int (1).
r|uncaught-exception|A C++ exception was not caught: int (1).
m|uncaught-exception|A C++ exception was not caught: Mine ("second").
o|uncaught-exception|A C++ exception was not caught: std::out_of_range ("basic_string::at: __n (which is 3) >= this->size() (which is 0)").
s|uncaught-exception|A C++ exception was not caught: std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > ("words\n\033[31m").
e|uncaught-exception|A C++ exception was not caught: Shape2.
n|uncaught-exception|A C++ exception that was thrown again was not caught, or there was none to throw again.
j|abort|The program called std::terminate().
p|abort|The program called a pure virtual function.
TABLE
done_testing
