#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Macros, convenience functions, if and while, radices, literals of arrays: the answers are gdb's where gdb has one.
. tests/lib/tap.sh
command -v gdb >/dev/null || cannot "gdb is not here to compare with"

cat >"$T/m.c" <<'C'
#include <signal.h>
#include <stdio.h>
#define N 5
#define MAX(a,b) ((a) > (b) ? (a) : (b))
#define STR(x) #x
#define XSTR(x) STR(x)
#define CAT(a,b) a##b
#define OFF(t, m) ((unsigned long)&((t *)0)->m)
#define SUM(first, ...) first + ADD(__VA_ARGS__)
#define ADD(...) CAT(gl, ob)
#define LOOP LOOP2 + 1
#define LOOP2 LOOP
enum color { RED, GREEN };
struct s { int a; int N2; enum color c; const char *name; } v = { 1, 2, GREEN, "hello" };
int glob = 7, x1 = 3;
signed char v8 __attribute__((vector_size(8))) = { 65, -2 };
float vf __attribute__((vector_size(8))) = { 1.0f, 2.5f };
extern const int nowhere[3];
static int unused_at_all = 4;
static void inner(void) { raise(SIGQUIT); }
static void outer(void) { inner(); glob++; }
int main(void) { outer(); printf("%d", MAX(N, glob)); }
C
cd "$T" || exit 1
gcc -g3 -O0 -w -o m m.c && gdb -nx -batch -ex run -ex 'generate-core-file core' ./m >gdb.log 2>&1 </dev/null

# same NAME COMMAND...: both answer the same to each command.
same() {
	local name=$1 c
	shift
	for c in "$@"; do printf '%s\n' "$c"; done >script
	for c in "$@"; do printf 'echo == \\n\n%s\n' "$c"; done >marked
	is "$("$BUILD/cinspect" -q -n ./m core <marked 2>&1)" \
		"$(gdb -nx -q ./m core <marked 2>&1 | sed 's/^(gdb) //; s/^\((gdb) \)*//' | sed -n '/^== /,$p' | sed '/^(gdb) *$/d')" "$name"
}
up='frame function main'
mine() {
	local ex=()
	for c in "$@"; do ex+=(-ex "$c"); done
	"$BUILD/cinspect" -q -n --batch "${ex[@]}" ./m core 2>&1
}

for e in 'N' 'MAX(N, glob)' 'MAX(N, MAX(glob,3))' 'XSTR(N)' 'STR(N)' 'CAT(x,1)' 'OFF(struct s, name)' 'SUM(1,2,3)' \
	'v.N2' 'sizeof(struct s) + N' 'SIGQUIT' 'sizeof(int[N])' '{1,2,3}' '(int[3]){1,2,3}' '{1.5,2}' '"abc"[1]' \
	'$_strlen(v.name)' '$_strlen("")' '$_streq(v.name, "hello")' '$_streq(v.name, "hell")' '$_regex(v.name, "^h.*o$")' \
	'v8' 'v8[1]' 'v8 + v8' '-v8' '~v8' '-vf' \
	'$_isvoid($foo)' '$_isvoid(1)' '$_as_string(v.c)' 'sizeof($_isvoid(1))'; do
	c=$(mine "$up" "p $e" | tail -n 1)
	is "$c" "$(gdb -nx -batch -ex "$up" -ex "p $e" ./m core 2>&1 | tail -n 1)" "p $e"
done
for e in '$_any_caller_is("main", 5)' '$_any_caller_is("main")' '$_caller_is("outer")' '$_caller_is("main")' '$_caller_is("main", 2)' \
	'$_caller_matches("out")' '$_any_caller_matches("^ma", 4)'; do
	is "$(mine 'frame function inner' "p $e" | tail -n 1)" \
		"$(gdb -nx -batch -ex 'frame function inner' -ex "p $e" ./m core 2>&1 | tail -n 1)" "p $e"
done
is "$(mine "$up" 'p (struct s){1, N}' | tail -n 1)" '$1 = {a = 1, N2 = 5, c = RED, name = 0x0}' "a compound literal"
is "$(mine "$up" 'p $_memeq(v.name, "help", 3)' | tail -n 1)" '$1 = 1' "memory compared with a literal"
like "$(mine "$up" 'macro show MAX')" '#define MAX\(a, b\) \(\(a\) > \(b\) \? \(a\) : \(b\)\)' "macro show"
like "$(mine "$up" 'info macro N')" 'Defined at .*/m.c:3' "info macro"
like "$(mine "$up" 'macro expand MAX(N, x1)')" 'expands to: \(\(5\) > \( ?x1\)' "macro expand"
like "$(mine "$up" 'p MAX(1)')" 'expected 2, got 1' "a wrong number of arguments"
like "$(mine "$up" 'p (int[1]){1,2}')" 'Too many elements .* at column 12' "a literal with too many elements"
like "$(mine "$up" 'p N + ')" 'ends at column 4' "an error points into what it expands to"

is "$(mine 'output u"\U0001F600\u00e9"' 'output "\u00e9"' 'output sizeof(u"😀")')" 'u"😀é""é"6' "universal character names"
for c in 'p $x = 1, $x + 2' 'p $x = 1, $y = (2, 3), $x + $y' 'p -pretty -- /x 17' 'p $x = $_strlen("a,b"), $x'; do
	is "$(mine "$c")" "$(gdb -nx -batch -ex "$c" ./m core 2>&1 | tail -n 1)" "$c"
done
is "$(mine 'walk &glob count -1')" '0 elements, then nothing: a count of -1 is none.' "a count below zero is said"
# Of printf, as C and gdb have it; and what a script does wrong is said.
is "$(mine 'printf "%ls %s %lc|%hd %hhu\n", L"w\x4e2d", u"u", L"\xe9"[0], 70000, 300')" "w中 u é|4464 44" "printf of wide characters and of lengths"
like "$(mine 'p -nosuch -- 1')" 'Unrecognized option at: -nosuch' "an option of print that there is not"
like "$(mine 'ptype/z struct s')" 'Unrecognized flag "z"' "a flag of ptype that there is not"
is "$(mine 'bt | tail -n 1')" "$(mine bt | tail -n 1)" "tail -n"
like "$(mine 'bt | head x')" 'takes a number of lines, not "x"' "head of no number"
printf 'define forever\nforever\nend\nforever\n' >again.gdb
echo 'source self.gdb' >self.gdb
like "$("$BUILD/cinspect" -q -n --batch ./m core -x again.gdb 2>&1)" '32 deep: stopped' "a command that calls itself"
like "$("$BUILD/cinspect" -q -n --batch ./m core -x self.gdb 2>&1)" '32 deep: stopped' "a file that sources itself"
like "$("$BUILD/cinspect" -q -n --json ./m core <again.gdb 2>&1)" '"code":"limit"' "and in JSON"
printf 'if 1\np 1\n' >open.gdb
out=$("$BUILD/cinspect" -q -n --batch ./m core -x open.gdb -ex 'p glob' 2>&1)
like "$out" 'it ends before the "end" of "if 1"' "a block that its file leaves open"
like "$out" '\$1 = 7' "swallows nothing that comes next"

printf 'p 1 + \\\n2 + \\\n3\np 5\\\n' >on.gdb
is "$("$BUILD/cinspect" -q -n --batch ./m core -x on.gdb 2>&1 | xargs)" '$1 = 6 $2 = 5' "a backslash joins lines of a file"
is "$(mine 'source on.gdb' | xargs)" '$1 = 6 $2 = 5' "of a sourced file"
is "$("$BUILD/cinspect" -q -n ./m core <on.gdb 2>&1 | xargs)" '$1 = 6 $2 = 5' "and of a pipe"
is "$(mine 'alias seven=p 3 +' 'seven 4')" '$1 = 7' "an alias without blanks around ="
like "$(mine 'alias seven=')" 'Usage: alias' "an alias of nothing"
out=$(mine 'set print pretty maybe' 'p v')
like "$out" 'expected, not "maybe"' "a switch that is no switch"
like "$out" '= \{a = 1, N2' "changes nothing"
is "$(mine 'p -object -vtbl on -raw-values -pretty off -- v.a')" '$1 = 1' "options of gdb that change nothing here"
is "$(mine 'set width 50' 'show width' 'help print' | awk 'length > 50' | wc -l)" 0 "set width"
like "$(mine 'p v.nam')" 'no member named nam\.  Did you mean "name"\?' "a misspelt member"
is "$(mine 'p v.qqqq')" 'There is no member named qqqq.' "one that is like none"
like "$(mine 'p glob | grep 7')" 'pipe p glob \| grep 7' "who pipes an expression is told how"
like "$(mine 'p glob | less')" 'pipe p glob \| less' "also to the shell"
is "$(mine 'p v.a | v.N2')" '$1 = 3' "and C's own | stays"
like "$(mine '$x = 5')" 'Or "print \$x = 5"' "an expression without its command"
like "$(mine 'end')" 'stands only inside of define' "an end of nothing"
like "$(mine 'find/q &v, +4, 1')" 'Invalid letter "q"' "find of no size"
like "$(mine 'macro expand')" 'Usage: macro' "nothing to expand"
like "$(mine 'if 1' 'p 1')" 'ex: it ends before the "end" of "if 1"' "a block that -ex leaves open"
like "$(printf 'while 1\np 1\n' | "$BUILD/cinspect" -q -n ./m core 2>&1)" 'input: it ends before the "end" of "while 1"' "and one of a pipe"
like "$(mine 'display v')" 'does not run' "display"

cat >s.gdb <<'S'
define show3
set $i = 0
while $i < 3
if $i == 1
printf "one %d\n", $arg0
else
if $i == 2
echo two\n
end
end
set $i = $i + 1
end
echo done\n
end
show3 9
set $n = 10
while 1
set $n = $n - 1
if $n == 8
loop_continue
end
if $n < 6
loop_break
end
p $n
end
if $n == 5
p/x $n+11
else
p 0
end
while (0)
p 1
end
if $_isvoid($never)
echo void\n
end
S
want=$(gdb -nx -batch -x s.gdb ./m core 2>&1 | sed -n '/^one/,$p')
is "$("$BUILD/cinspect" -q -n --batch -x s.gdb ./m core 2>&1)" "$want" "if and while in a file"
is "$(mine 'source s.gdb')" "$want" "in a sourced file"
is "$("$BUILD/cinspect" -q -n ./m core <s.gdb 2>&1)" "$want" "from a pipe"
is "$("$BUILD/cinspect" -q -n --json ./m core <s.gdb 2>&1 | jq -r 'select(.command == "end") | [.result.results[]? | select(.command == "p $n") | .result.value // empty] | join(" ")' | xargs)" \
	"9 7 6" "JSON: one object a line"
is "$("$BUILD/cinspect" -q -n --json ./m core <s.gdb | wc -l)" "$(wc -l <s.gdb)" "as many as there are lines"
like "$(printf 'while 1\nif\nend\nend\n' | "$BUILD/cinspect" -q -n ./m core 2>&1)" "require arguments" "an if without a condition"

for c in 'ptype/ox struct s' 'ptype/xo struct s' 'ptype/od struct s' 'ptype /ox v'; do
	is "$(mine "$c")" "$(gdb -nx -batch -ex "$c" ./m core 2>/dev/null | sed -n '/^\/\*/,$p')" "$c"
done
same "output-radix" 'set output-radix 16' 'p 255' 'p -1' 'p v' 'p &glob' 'p v.c' 'p v.name[0]' 'p "abc"' 'p 1.5' 'p/d 16' 'p 1==1' 'show output-radix'
same "input-radix" 'set input-radix 16' 'p 10' 'p ff' 'p 10.5' 'p 0x10' 'p glob' 'set input-radix 1' 'set output-radix 3'
same "radix" 'set radix 8' 'p 17' 'p 8'

same "convenience variables change" 'p $i = 0' 'p $i++' 'p ++$i' 'p $i--' 'p $i += 5' 'p $i <<= 2' 'p $i = $j = 7' 'p $i, $j' 'p ($i = 3) + 1' \
	'p v.name[$k = 1]' 'p v.name[$k++]' 'p v.name[$k++]' 'p sizeof($k++)' 'whatis $k++' 'p $k' 'p --$k - 1' 'p -$k--' 'p $k *= 2.5' \
	'p $p = v.name' 'p *$p++' 'p *$p++' 'p $q = &v' 'p $q->a ? ($m = 1) : ($m = 2)' 'p $m' 'set var $m++' 'p $m'
same "a value that is void has its number" 'p 5' 'p $nosuch' 'p $' 'p $$2' 'p $2'
like "$(mine 'p glob++')" 'Cannot do `\+\+. at column 5: a core is not changed' "variables of the program do not"
like "$(mine 'p --glob')" 'Cannot do `--. at column 1: a core is not changed' "wherever the operator stands"
like "$(mine 'p $rip = 1')" 'rip is a register: a core is not changed' "registers do not"
like "$(mine 'p $1 += 1')" 'Cannot do `\+=. at column 4' "nor the history"

is "$(mine 'whatis strlen')" "type = <text gnu-indirect-function variable, no debug info>" "strlen is libc's, not the dynamic linker's"
like "$(mine 'info symbol strlen')" 'libc\.so' "and lies there"

# C++: names with scopes and template arguments, where a type, a member or an enumerator is meant.
cat >cx.cc <<'C'
#include <csignal>
namespace ns {
template <class A, class B> struct P { typedef A first_type; struct In { int z; }; A a; B b; static int count; };
template <class A, class B> int P<A, B>::count = 3;
struct T { int x; enum Color { R, G }; struct Deep { T *t; }; };
int global = 5;
namespace inner { struct Q { int q; }; Q qq = {9}; }
}
ns::P<int, long> p1 = {1, 2}; ns::T t = {4}; ns::T::Deep d = {&t}; ns::T::Color col = ns::T::G; ns::P<int, long>::In in = {7};
int main() { ns::P<int, long>::first_type ft = 3; void *v = &t, *w = &p1; raise(SIGQUIT); return ft + ns::P<int, long>::count; }
C
for options in "" "-fdebug-types-section"; do
	rm -f core
	g++ -g -O0 $options -w -o cx cx.cc && gdb -nx -batch -ex run -ex 'generate-core-file core' ./cx >gdb.log 2>&1 </dev/null
	while read -r c; do
		ours=$("$BUILD/cinspect" -q -n --batch -ex 'frame function main' -ex "$c" ./cx core 2>&1 | tail -n 1)
		is "$ours" "$(gdb -nx -batch -ex 'frame function main' -ex "$c" ./cx core 2>&1 | tail -n 1)" "$c $options"
	done <<-'LIST'
		p *(ns::T *)v
		p *(ns::P<int,long>*)w
		p ((ns::T*)v)->x
		whatis ns::P<int, long>::first_type
		ptype ns::P<int,long>::first_type
		p sizeof(ns::P<int, long>::In)
		p ns::inner::qq
		p (ns::T::Color)1
		p ns::T::G
		p ns::P<int, long>::count
		p ns::P<int,long>::count + 1
		p (ns::inner::Q*)0
		p sizeof(struct ns::T)
		p *(ns::T::Deep*)&d
		whatis (ns::T const *)v
		p ::t
		p sizeof(::ns::T)
		p (::ns::T*)0
	LIST
done
done_testing
