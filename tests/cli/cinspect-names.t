#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Names in expressions: aliases, thread-local variables in outer frames, C++ namespaces.  gdb makes the cores.
. tests/lib/tap.sh
. tests/lib/inspect.sh
command -v gdb >/dev/null || skip_all "gdb, which makes the cores, is not here"
cd "$T" || exit 1

core_of() { gdb -nx -q -batch -ex 'set pagination off' -ex run -ex "gcore $1.core" "./$1" >gdb.txt 2>&1 </dev/null; }
run() { out=$("$cinspect" --batch -n "$@" 2>&1 </dev/null); }

cat >names.c <<'C'
#include <stdlib.h>
__thread int mine = 5;
struct big { int a[20]; };
int real_name(int n, struct big b) { if (n) abort(); return b.a[0]; }
int other_name(int, struct big) __attribute__((alias("real_name")));
int main(void) { struct big b = { { 1 } }; mine = 6; return other_name(1, b); }
C
${CC:-gcc} -g -O0 -o names names.c && core_of names
[ -s names.core ] || skip_all "gdb could not make a core"
run names names.core -ex 'frame function real_name' -ex 'p mine' -ex 'up' -ex 'p mine' -ex 'p &mine == 0'
is "$(grep '^\$' <<<"$out")" $'$1 = 6\n$2 = 6\n$3 = 0' "a thread-local variable in every frame of the thread"
run names names.core -ex 'p other_name' -ex 'ptype other_name'
like "$out" '^\$1 = \{int \(int, struct big\)\} 0x[0-9a-f]+ <real_name>
type = int \(int, struct big\)$' "an alias has the type of what it is an alias of"
run names names.core -ex 'frame function real_name' -ex 'bt -2'
like "$out" 'real_name \(n=1, b=\.\.\.\)' "an aggregate is left out of a frame's line"
run names names.core -ex 'frame -1'
is "$out" 'No frame at level -1.' "a negative level"

mkdir -p a b
echo 'static int seats = 1, only = 5; int use_a(void) { return seats++ + only; }' >a/x.c
echo 'static int seats = 2; int use_b(void) { return seats++; }' >b/x.c
cat >statics.c <<'C'
#include <stdlib.h>
int use_a(void), use_b(void);
static int level = 3;
int main(void) { static int calls = 7; use_a(); use_b(); calls += level; abort(); }
C
${CC:-gcc} -g -O0 -o statics a/x.c b/x.c statics.c && core_of statics
run statics statics.core -ex 'p seats' -ex 'p x.c::seats' -ex "p 'b/x.c'::seats" -ex 'p only' -ex 'p main::calls'
is "$out" "\"seats\" is static in several files; say which: 'a/x.c'::seats, 'b/x.c'::seats.
\"x.c::seats\" is static in several files; say which: 'a/x.c'::seats, 'b/x.c'::seats.
\$1 = 3
\$2 = 5
\$3 = 10" "a static of several files is not guessed; the sentence says what to type"
# One name in several modules: the program has one copy of what it uses of a library (a copy relocation), and of two
# libraries the one that is looked up first, wherever the kernel mapped them.
echo 'int shared = 1; static int own = 10; int same(void) { return 1; } int hidden __attribute__((visibility("hidden"))) = 5;
int first(int (*f)(void)) { own++; shared += 10; hidden++; return f(); }' >first.c
echo 'int shared = 2; static int own = 20; int same(void) { return 2; } void abort(void); int hidden __attribute__((visibility("hidden"))) = 7;
int second(void) { own++; hidden++; abort(); return shared; }' >second.c
echo '#include <getopt.h>
extern int shared, same(void), first(int (*)(void)), second(void), third(int (*)(void)); int hidden = 9;
int by_first(void) { return first(second); }
int main(void) { optind = 7; return third(by_first) + shared + same(); }' >uses.c
echo 'int shared = 3; int third(int (*f)(void)) { shared += 5; return f() + shared; }' >third.c
${CC:-gcc} -g -O0 -fPIC -shared -Wl,-Bsymbolic -o libthird.so third.c
for lib in first second; do ${CC:-gcc} -g -O0 -fPIC -shared -o "lib$lib.so" "$lib.c"; done
${CC:-gcc} -g -O0 -fPIE -pie -o uses uses.c -L. -lfirst -lsecond -lthird -Wl,-rpath,"$PWD" && core_of uses
run uses uses.core -ex 'frame function main' -ex 'p shared' -ex 'p optind' -ex 'p same' -ex 'p own' -ex 'p hidden' \
	-ex 'frame function first' -ex 'p shared' -ex 'p hidden' -ex 'p own' -ex 'frame function second' -ex 'p shared' -ex 'p hidden' -ex 'p own' \
	-ex 'frame function third' -ex 'p shared'
like "$(grep '^["$]' <<<"$out")" '^\$1 = 11
\$2 = 7
\$3 = \{int \(void\)\} 0x[0-9a-f]+ <same>
"own" is static in several files; say which: first\.c::own, second\.c::own\.
\$4 = 9
\$5 = 11
\$6 = 6
\$7 = 11
\$8 = 11
\$9 = 8
\$10 = 21
\$11 = 8$' "what the program uses of its libraries"
run uses uses.core -ex 'frame function main' -ex "p same == 'first.c'::same"
like "$out" '
\$1 = 1$' "and the function that is called"

# ::x is the global one; a static function of the frame's own file is the one that is listed.
echo 'int level = 100; static int helper(int x) { return x + 1; }
int inner(int); int main(int level, char **v) { return inner(level) + helper(level); }' >own1.c
echo '#include <stdlib.h>

static int helper(int x) { return x - 1; }
int inner(int level) { if (helper(level) < 9) abort(); return level; }' >own2.c
${CC:-gcc} -g -O0 -o own own1.c own2.c && core_of own
run own own.core -ex 'frame function inner' -ex 'p ::level + level' -ex 'p &::level == &level' -ex 'p ::nosuch' -ex 'info line helper' \
	-ex 'frame function main' -ex 'info line helper'
is "$(grep -oE '^([$N].*|Line [0-9]+ of "[^"]*")' <<<"$out")" '$1 = 101
$2 = 0
No symbol "nosuch" in current context.
Line 3 of "own2.c"
Line 1 of "own1.c"' "::x, and which of two static functions is meant"

# dump writes what gdb's writes, and nothing where a byte is not known.
dumped() { run statics statics.core -ex "$1"; cmp -s "$2" gdb.bin && [ "$(stat -c %a "$2")" = 600 ]; }
gdb -nx -q -batch -ex "dump binary memory gdb.bin &'a/x.c'::seats &'a/x.c'::seats+1" statics statics.core >gdb.txt 2>&1
for command in "dump memory 1.bin &'a/x.c'::seats &'a/x.c'::seats+1" "dump binary memory 2.bin \"& 'a/x.c'::seats\" +4" \
	"dump value 3.bin 'a/x.c'::seats" "dump value 4.bin 2"; do
	file=$(grep -o '[0-9][.]bin' <<<"$command")
	dumped "$command" "$file"
	tap_result $? "$command"
	like "$out" "^4 bytes written to $file\.\$" "and says so"
done
run statics statics.core -ex 'dump memory no.bin &level +100000000'
like "$out" '^Cannot access memory at address 0x' "a range with a hole: the first byte that is not there"
is "$(ls | grep -c '^no\.bin')" 0 "and no file"
run statics statics.core -ex 'dump memory no.bin &level &level'
like "$out" '^Nothing lies from 0x' "an empty range"

cat >gone.c <<'C'
#include <stdlib.h>
int use_c(int *);
static int *last, seats_c, in_both;
int main(int n, char **v) { last = &n; seats_c = n; in_both = n; return use_c(&n); }
C
cat >gone2.c <<'C'
#include <stdlib.h>
static long last = 77, in_other = 6; static int in_both = 8;
int use_c(int *n) { last += *n; in_other += *n; in_both += *n; if (last) abort(); return (int)last + in_both + (int)in_other; }
C
${CC:-gcc} -g -O2 -fno-inline -o gone gone.c gone2.c && core_of gone
run gone gone.core -ex 'frame function main' -ex 'p last' -ex 'p &last' -ex 'p gone2.c::last != 0' -ex 'p gone.c::in_both' \
	-ex 'p seats_c' -ex 'whatis last' -ex 'frame function use_c' -ex 'whatis last'
is "$(sed -n '/^\(\$\|type\|Can\)/p' <<<"$out")" "\$1 = <optimized out>
Can't take address of \"last\" which isn't an lvalue.
\$2 = 1
\$3 = <optimized out>
\$4 = <optimized out>
type = int *
type = long" "a static of the frame's file that was optimized out is not another file's of that name"

run statics statics.core -ex vars
is "$out" "File a/x.c:
only = 5
'a/x.c'::seats = 2

File b/x.c:
'b/x.c'::seats = 3

File statics.c:
level = 3
main::calls = 10" "vars names them so"
is "$("$cinspect" --batch -n --json statics statics.core -ex 'vars ^seats' 2>/dev/null | jq -c '.result.variables[] | [.name, .expression, .file]' | tr '\n' ' ')" \
	"[\"seats\",\"'a/x.c'::seats\",\"a/x.c\"] [\"seats\",\"'b/x.c'::seats\",\"b/x.c\"] " "in JSON the name and what to type are fields"

cat >plain.c <<'C'
#include <stdlib.h>
int number = 3;
const char *text = "some text";
int main(void) { abort(); }
C
${CC:-gcc} -O0 -o plain plain.c && core_of plain
run plain plain.core -ex 'p number' -ex 'p number@2' -ex 'p text' -ex 'whatis number' -ex 'p (int)number' -ex 'p (char *)text + 5' -ex 'p *(int *)&number'
like "${out//$'\n'/;}" '^(It has unknown type: [^;]*; cast it[^;]*;){3}type = <data variable, no debug info>;\$1 = 3;\$2 = 0x[0-9a-f]+ "text";\$3 = 3$' \
	"data without debug info is not taken for an int; a cast says what it is"

${CC:-gcc} -g -O0 -o whole plain.c && core_of whole
objcopy --only-keep-debug whole whole.dbg
run whole.dbg whole.core -ex 'p number' -ex 'frame function main' -ex 'x/2i main'
like "${out//$'\n'/;}" '= 3;.*main \(\) at plain.c:4;.*<main>:	push ' "a debug file that is given as the executable: the executable is found beside, and code is read from it"
mv whole gone
run whole.dbg whole.core -ex 'x/2i main' -ex 'frame function main' -ex libraries
like "$out" 'warning: whole.dbg holds debug info alone' "where it is not, that is said"
unlike "$out" 'add +%' "and no code is made up"
like "$out" 'main \(\) at plain.c:4' "its debug info is used"

cat >last.c <<'C'
__attribute__((noreturn, noinline)) static void leave(int n) { *(volatile int *)0 = n; __builtin_unreachable(); }
int main(void) { leave(3); }
C
${CC:-gcc} -g -O1 -o last last.c && core_of last
run last last.core -ex 'frame function main' -ex 'disassemble | head -1'
like "$out" 'function main:$' "the function of a call that does not return"

if ! command -v g++ >/dev/null; then
	tap_result 0 "C++ # SKIP no g++"
	done_testing
	exit
fi
cat >cxx.cc <<'C'
#include <cstdlib>
namespace app {
struct guest { int age; virtual ~guest() {} };
static int counter = 42;
struct desk { int book(const guest &g, guest &&h) { static int counter = 7; counter++; if (g.age + h.age) abort(); return counter; } };
}
template <class A, class B> struct couple { A a; B b; };
struct room { couple<const char *, unsigned long> who; int &bill; void open(int) {} };
typedef void (room::*door)(int);
int main() { int bill = 30; room r = {{"ann", 7}, bill}; door way = &room::open; int app::guest::*field = &app::guest::age;
	door closed = nullptr; (r.*way)(closed == nullptr);
	app::guest g{}; g.age = 3 + 0 * (g.*field); app::desk d; return d.book(g, app::guest(g)) + app::counter; }
C
g++ -g -O0 -o cxx cxx.cc && core_of cxx
run cxx cxx.core -ex 'p app::counter' -ex 'p app::desk::book::counter' -ex 'p app::nosuch'
is "$out" $'$1 = 42\n$2 = 8\nNo symbol "nosuch" in "app".' "a namespace, a method's static local"
run cxx cxx.core -ex 'bt -2'
like "$out" 'app::desk::book \(this=0x[0-9a-f]+, g=\.\.\., h=\.\.\.\) at cxx.cc' "references to objects are left out as objects are"
run cxx cxx.core -ex 'frame function app::desk::book' -ex 'p g._vptr$guest' -ex 'info symbol *(long *)&g'
like "$out" 'vtable for app::guest \+ 16 in section' "a symbol of data is called as C++ does"
run cxx cxx.core -ex 'p sizeof(app::guest)' -ex 'p (app::guest *)0' -ex 'whatis app::guest' -ex 'p sizeof(struct app::guest)' \
	-ex 'p sizeof(couple<char const *, long unsigned int>)' -ex 'whatis (couple<const char*,unsigned long>*)0' -ex 'p app::counter < 50 ? 5 : 6'
is "$out" $'$1 = 16\n$2 = (app::guest *) 0x0\ntype = app::guest\n$3 = 16\n$4 = 16\ntype = couple<char const*, unsigned long> *\n$5 = 5' \
	"types in namespaces and of templates, however they are spelled"
run cxx cxx.core -ex 'frame function main' -ex 'p r' -ex 'p way' -ex 'p field' -ex 'p closed' -ex 'whatis way' -ex 'whatis field'
like "$out" 'who = \{a = 0x[0-9a-f]+ "ann", b = 7\}, bill = @0x[0-9a-f]+\}' "a reference inside of a struct is an address"
like "$out" '= \(void \(room::\*\)\(room \* const, int\)\) 0x[0-9a-f]+ <room::open\(int\)>' "a pointer to a method"
like "$out" '= &app::guest::age$' "a pointer to a member"
like "$out" '= NULL$' "a pointer to no method"
like "$out" 'type = int app::guest::\*$' "the type of a pointer to a member"
done_testing
