#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# C++ as gdb prints it without its Python; what Rust calls &str; a debug file that the program itself has mapped.
. tests/lib/tap.sh
. tests/lib/inspect.sh
[ -x "$cinspect" ] || cannot "$cinspect is not built"
command -v gdb >/dev/null && command -v g++ >/dev/null || cannot "gdb, which makes the core, or g++ is not here"
cd "$T" || exit 1

cat >cxx.cc <<'EOC'
#include <cstddef>
#include <fcntl.h>
#include <sys/mman.h>
namespace ns {
template <typename T, int N> struct box { T v[N]; enum class color : unsigned char { red, green = 5 } c; };
struct base { virtual ~base() {} int b = 1; };
struct left : virtual base { int l = 2; };
struct right : virtual base { int r = 3; };
struct both : left, right { int o = 4; };
enum class big : long { neg = -1 };
}
static int crash(int &ri, int &&rv, const char *const &text, ns::base *bp, ns::box<char, 4> bx)
{
	ns::both object;
	std::nullptr_t nothing = nullptr;
	ns::big e = ns::big::neg;
	int ns::both::*member = &ns::both::o;
	*(volatile int *)(ri - 3) = rv + object.*member;
	return (nothing == nullptr) + (int)e + text[0] + bp->b + bx.v[0];
}
int main()
{
	int x = 3;
	const char *text = "text";
	ns::both b;
	int fd = open("cxx.debug", O_RDONLY);
	mmap(nullptr, 1 << 16, PROT_READ, MAP_PRIVATE, fd, 0);
	return crash(x, 5, text, &b, { { 'a', 'b', 'c', 0 }, ns::box<char, 4>::color::green });
}
EOC
g++ -g -O0 -o cxx cxx.cc 2>g++.txt && objcopy --only-keep-debug cxx cxx.debug || cannot "the program cannot be built"
gdb -nx -q -batch -ex 'set debuginfod enabled off' -ex run -ex 'gcore cxx.core' ./cxx >gdb.txt 2>&1 </dev/null
[ -s cxx.core ] || cannot "gdb could not make a core"

rows=(
	'p ri|(int &) @0x*: 3'
	'p rv|(int &&) @0x*: 5'
	'p text|(const char * const*&) @0x*: 0x* "text"'
	'p bp|(ns::base \*) 0x*'
	'p bx|{v = "abc", c = ns::box<char, 4>::color::green}'
	'p object|{<ns::left> = {<ns::base> = {_vptr.base = 0x* <vtable for ns::both+*>, b = 1}, _vptr.left = 0x* <vtable for ns::both+24>, l = 2}, <ns::right> = {_vptr.right = 0x* <vtable for ns::both+*>, r = 3}, o = 4}'
	'p object.b|1'
	'p nothing|0x0'
	'p e|ns::big::neg'
	'whatis bx|type = ns::box<char, 4>'
)
for row in "${rows[@]}"; do
	got=$("$cinspect" --batch -q -n --no-debuginfod -ex "${row%%|*}" cxx cxx.core 2>&1 | sed 's/^\$1 = //')
	# shellcheck disable=SC2053
	if [[ $got == ${row#*|} ]]; then tap_result 0 "${row%%|*}"; else is "$got" "${row#*|}" "${row%%|*}"; fi
done
unlike "$("$cinspect" --batch -q -n --no-debuginfod -ex libraries cxx cxx.core 2>&1)" 'cxx\.debug' \
	"a debug file that is mapped to be read is no library"

# What a member function sees: members before globals of other files, names of the namespaces around it; casts that move.
cat >member.cc <<'EOC'
namespace shop {
enum class kind { book = 1, toy = 7 };
struct base { virtual ~base() {} int b = 1; };
struct left : virtual base { int l = 2; };
struct right : virtual base { int r = 3; };
struct both : left, right { int o = 4; };
struct plain1 { int p1 = 11; };
struct plain2 { int p2 = 12; };
struct joined : plain1, plain2 { int j = 13; };
struct order {
	int num = 9; static inline int made = 5; kind k = kind::toy; both object; base *bp = &object; joined join;
	int total(int n) { *(volatile int *)(long)(n - 1) = num; return made; }
};
}
int main() { shop::order o; return o.total(1); }
EOC
echo 'enum other { made, num, plain }; enum other other_one = num;' >other.cc
g++ -std=c++17 -g -O0 -o member member.cc other.cc 2>g++.txt || cannot "the program cannot be built"
gdb -nx -q -batch -ex 'set debuginfod enabled off' -ex run -ex 'gcore member.core' ./member >gdb.txt 2>&1 </dev/null
[ -s member.core ] || cannot "gdb could not make a core"
member() { "$cinspect" --batch -q -n --no-debuginfod -ex "$1" member member.core 2>&1 | sed 's/^\$1 = //'; }
rows=(
	'p num|9'
	'p made|5'
	'p plain|plain'
	'p object.o|4'
	'p k == kind::toy|1'
	'p kind::book|shop::kind::book'
	'p (kind)7|shop::kind::toy'
	'p ((both *)bp)->o|4'
	'p (both *)bp == &object|1'
	'p (base *)(right *)&object == bp|1'
	'p ((right *)&object)->r|3'
	'p ((both *)(right *)&object)->o|4'
	'p static_cast<joined *>((plain2 *)&join)->j|13'
	'p ((plain2 *)&join)->p2|12'
	'p static_cast<plain2 &>(join)|{p2 = 12}'
	'p reinterpret_cast<plain1 *>((plain2 *)&join)->p1|12'
	'p (long)const_cast<base *>(bp) == (long)bp|1'
	'p (joined *)0|(shop::joined \*) 0x0'
	'p static_cast<int>(3.5) / 2|1'
	'p dynamic_cast<both *>(bp)|dynamic_cast at column 1 needs a program that runs*'
	'p true|true'
	'p !false == true|1'
	'whatis (both *)bp|type = shop::both \*'
	'whatis static_cast<plain2 &>(join)|type = shop::plain2'
)
for row in "${rows[@]}"; do
	got=$(member "${row%%|*}")
	# shellcheck disable=SC2053
	if [[ $got == ${row#*|} ]]; then tap_result 0 "${row%%|*}"; else is "$got" "${row#*|}" "${row%%|*}"; fi
done
like "$(member 'p ((both *)(base *)&join)->o')" 'Invalid cast: shop::base is a virtual base of shop::both, and' \
	"an object whose vtable does not say it is no derived class"

if command -v rustc >/dev/null; then
	echo 'fn crash(s: &str) { let z = s.len() as *mut i32; unsafe { core::arch::asm!("mov dword ptr [{}], 1", in(reg) z); } }
fn mark(c: char, s: &str) { let d = c; crash(s); core::hint::black_box(d); }
fn main() { mark('\''x'\'', "hello"); }' >text.rs
	rustc -g -o text text.rs >rustc.txt 2>&1
	gdb -nx -q -batch -ex 'set debuginfod enabled off' -ex run -ex 'gcore text.core' ./text >gdb.txt 2>&1 </dev/null
	like "$("$cinspect" --batch -q -n --no-debuginfod -ex 'p s' text text.core 2>&1)" \
		'^\$1 = \{data_ptr = 0x[0-9a-f]+, length = 5\} "hello"$' "the text of a string slice"
	is "$("$cinspect" --batch -q -n --no-debuginfod -ex 'frame 1' -ex 'p d' text text.core 2>&1 | tail -n 1)" \
		"\$1 = 120 'x'" "a character"
else
	echo "# rustc is not here: no Rust program was tried"
fi

# clang: a type inside of the type of a type unit; a lambda of a member function that is const.
cat >units.cc <<'EOC'
struct shop {
	struct stock { int n = 3; };
	struct all : stock { int m = 4; } v;
	int sell(int k) const;
};
int shop::sell(int k) const
{
	auto f = [&](int i) { *(volatile int *)(long)(i - 1) = k; return v.n; };
	return f(1);
}
int main() { shop s; return s.sell(2); }
EOC
if command -v clang++ >/dev/null; then
	clang++ -g -O0 -fdebug-types-section -o units units.cc >clang.txt 2>&1
	gdb -nx -q -batch -ex 'set debuginfod enabled off' -ex run -ex 'gcore units.core' ./units >gdb.txt 2>&1 </dev/null
	like "$("$cinspect" --batch -q -n --no-debuginfod -ex bt units units.core 2>&1)" \
		'^#0 .* in shop::sell\(int\) const::\$_0::operator\(\) \(' "the name of a lambda in a member function"
	is "$("$cinspect" --batch -q -n --no-debuginfod -ex 'frame function main' -ex 'p s.v' units units.core 2>&1 | tail -n 1)" \
		'$1 = {<shop::stock> = {n = 3}, m = 4}' "the names around a type of a type unit"
fi
done_testing
