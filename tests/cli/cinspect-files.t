#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Which files cinspect uses for a core: debug info in every place it may be, wrong, missing and replaced
# executables, packed and cut cores.  The cores are csnap's, of a program that sleeps.
. tests/lib/tap.sh
cinspect=$BUILD/cinspect
csnap=$BUILD/csnap
cd "$T" || exit 1
# Nobody's debug files but ours.
export DEBUGINFOD_URLS=

cat >prog.c <<'END'
#include <unistd.h>
struct box { int a; const char *name; } box = { 42, "the box" };
int waiting(int depth) { if (depth) return waiting(depth - 1) + 1; pause(); return box.a; }
int main(void) { return waiting(2); }
END
gcc -g -O0 -o full prog.c || cannot "no compiler"
cp full prog
./prog &
pid=$!
disown
trap 'kill $pid 2>/dev/null; tap_cleanup' EXIT
until grep -q pause /proc/$pid/syscall 2>/dev/null || [ "$(cut -d' ' -f1 /proc/$pid/syscall)" = 34 ]; do sleep 0.02; done
"$csnap" -q -o core $pid >/dev/null || cannot "csnap cannot trace here"
core=core.$pid

# sees NAME ARG...: cinspect shows the frame with its line, and the variable
sees() {
	local name=$1
	shift
	local out
	out=$("$cinspect" -n --batch -ex "bt" -ex "p box" "$@" 2>&1)
	like "$out" 'waiting \(depth=0\) at prog.c:3' "$name: frames have lines and arguments"
	like "$out" '\{a = 42, name = 0x[0-9a-f]+ "the box"\}' "$name: a variable has its value"
}
# blind NAME ARG...: no debug info, and nothing made up
blind() {
	local name=$1
	shift
	unlike "$("$cinspect" -n --batch -ex "bt" -ex "p box" "$@" 2>&1)" 'prog.c:|a = 42' "$name: nothing is made up"
}

sees "the executable itself" prog $core
sees "found from the core" $core
sees "core first" $core prog
sees "-c CORE" prog -c $core

# ---- separate debug info ----
id=$(eu-readelf -n full | sed -n 's/.*Build ID: //p')
objcopy --only-keep-debug full prog.debug
strip -o stripped full
cp stripped plain
objcopy --add-gnu-debuglink=prog.debug stripped

cp stripped prog.new && mv prog.new prog # another inode: the process keeps its own
sees "a debuglink beside the file" stripped $core
mkdir .debug && mv prog.debug .debug/
sees "a debuglink in .debug" stripped $core
mkdir -p global/.build-id/"${id:0:2}" && mv .debug/prog.debug "global/.build-id/${id:0:2}/${id:2}.debug"
blind "debug info that is nowhere" stripped $core
sees "--debug-dir by build-id" --debug-dir global plain $core
like "$("$cinspect" -n --batch -ex bt plain $core 2>&1)" 'waiting|\?\?' "without debug info there are frames all the same"

# A debuglink whose file is another build's: refused by build-id.
sed 's/42/43/' prog.c >other.c
gcc -g -O1 -o other other.c
objcopy --only-keep-debug other prog.debug
blind "a debug file of another build" stripped $core
rm prog.debug

# ---- packed debug info ----
objcopy --compress-debug-sections full packed
sees "compressed sections" packed $core
objcopy --compress-debug-sections=zlib-gnu full zpacked
sees "compressed sections, GNU's older way" zpacked $core
if objcopy --compress-debug-sections=zstd full zstd-packed 2>/dev/null; then
	XDG_CACHE_HOME=$T/cache sees "sections compressed by zstd" zstd-packed $core
	XDG_CACHE_HOME=$T/cache sees "which are kept, and read again" zstd-packed $core
	XDG_CACHE_HOME=/nonexistent HOME=/nonexistent sees "or unpacked into memory" zstd-packed $core
fi
if command -v dwz >/dev/null; then
	cp full dwz1
	cp full dwz2
	dwz -m common.dwz dwz1 dwz2 2>/dev/null && sees "a dwz file" dwz1 $core
fi
nm -f posix full | awk '$2 == "T" || $2 == "t" {print $1}' >keep
objcopy -S --keep-symbols keep full mini && xz -f mini
objcopy --add-section .gnu_debugdata=mini.xz plain minified
like "$("$cinspect" -n --batch -ex bt minified $core 2>&1)" 'in waiting \(\)' "MiniDebugInfo has the names of functions"

# A package of .dwo files whose names are absolute, or lead upwards.
if command -v clang llvm-dwp-14 >/dev/null; then
	mkdir -p split/objects split/here
	for name in "$T/split/objects/absolute" ../objects/upwards; do
		(cd split/here && clang -gdwarf-5 -gsplit-dwarf -O0 -c "$T/prog.c" -o "$name.o" && clang "$name.o" -o split &&
			timeout 30 llvm-dwp-14 -e split -o split.dwp && rm ../objects/*.dwo) || cannot "llvm-dwp-14 fails"
		split/here/split &
		split=$!
		disown
		until [ "$(cut -d' ' -f1 /proc/$split/syscall)" = 34 ]; do sleep 0.02; done
		"$csnap" -q -o split.core $split >/dev/null
		kill $split
		out=$("$cinspect" -n --batch -ex bt -ex "p box" split/here/split split.core.$split 2>&1)
		like "$out" 'waiting \(depth=0\) at .*prog.c:3' "a package with ${name##*/} names: frames"
		like "$out" '\{a = 42, name = 0x[0-9a-f]+ "the box"\}' "and variables"
		for how in zlib zstd; do
			objcopy --compress-debug-sections=$how split/here/split.dwp 2>/dev/null || continue
			like "$("$cinspect" -n --batch -ex "p box" split/here/split split.core.$split 2>&1)" '\{a = 42, name = ' \
				"packed by $how"
		done
	done
fi

# Type units of split debug info: gcc gives each a section of its own, a package an index.
mkdir -p types/packed
echo 'struct aside { int h; long k; }; enum side { LEFT, RIGHT }; int aside(void *p, int s) { return s == (enum side)RIGHT ? ((struct aside *)p)->h : 0; }' >types/aside.c
(cd types && for c in ../prog.c aside.c; do gcc -gdwarf-4 -gsplit-dwarf -fdebug-types-section -O0 -c $c || exit; done && gcc prog.o aside.o -o types) ||
	cannot "no split type units"
types/types &
types=$!
disown
until [ "$(cut -d' ' -f1 /proc/$types/syscall)" = 34 ]; do sleep 0.02; done
"$csnap" -q -o types.core $types >/dev/null
kill $types
out=$("$cinspect" -n --batch -ex "p box" -ex "p &box" types/types types.core.$types 2>&1)
like "$out" '\{a = 42, name = 0x[0-9a-f]+ "the box"\}' "a type unit in a .dwo file"
like "$out" '\(struct box \*\)' "has its name"
aside='struct aside \{ int h; long k; \} .*enum side \{LEFT, RIGHT\}'
like "$("$cinspect" -n --batch -ex "ptype struct aside" -ex "ptype enum side" types/types types.core.$types 2>&1 | tr -s '\n ' ' ')" "$aside" \
	"one that no variable has is found by its name"
if command -v llvm-dwp-14 >/dev/null; then
	(cd types && timeout 30 llvm-dwp-14 -e types -o packed/types.dwp && cp types packed/ && rm *.dwo)
	like "$("$cinspect" -n --batch -ex "p box" types/packed/types types.core.$types 2>&1)" '\{a = 42, name = 0x[0-9a-f]+ "the box"\}' \
		"a type unit in a package"
	like "$("$cinspect" -n --batch -ex "ptype struct aside" -ex "ptype enum side" types/packed/types types.core.$types 2>&1 | tr -s '\n ' ' ')" \
		"$aside" "and by its name"
fi

# ---- wrong, missing, forced ----
out=$("$cinspect" -n --batch -ex bt -ex libraries other $core 2>&1)
status=$?
is $status 0 "a wrong executable does not keep the core from opening"
like "$out" "Not used: other has build-id [0-9a-f]{40}.* ran build-id $id" "both build-ids are named"
unlike "$out" 'waiting|other.c' "and nothing of it is shown"
like "$("$cinspect" -n --batch --force -ex bt other $core 2>&1)" 'forced' "--force uses it, and every frame says so"
out=$("$cinspect" -n --batch -ex bt /bin/true $core 2>&1)
like "$out" 'Not used: /bin/true' "another program altogether is refused"

rm prog
out=$("$cinspect" -n --batch -ex bt $core 2>&1)
like "$out" "prog.*(not on this machine|deleted)" "a missing executable is named"
like "$out" "$id" "with its build-id"
blind "a missing executable" $core
out=$("$cinspect" -n --batch -ex bt -ex "p box" --debug-dir global $core 2>&1)
like "$out" 'waiting \(.*\) at prog.c:3' "debug info by build-id names the frames of a missing executable"
like "$out" 'a = 42, name = 0x[0-9a-f]+ <file missing>' "values are shown as far as they are in the core"
mkdir -p root/"$T" && cp full root/"$T/prog"
sees "--sysroot" --sysroot root $core
cp full prog

# Deleted, in memory alone, with a package's note: what is said of each; and -p, where the kernel still has the file.
cat >memfd.py <<'END'
import os, sys
fd = os.memfd_create("hidden")
os.write(fd, open(sys.argv[1], "rb").read())
os.execv("/proc/self/fd/%d" % fd, ["hidden"])
END
note='{"type":"deb","os":"debian","name":"tidy-box","version":"1.2-3","architecture":"amd64"}'
gcc -g -O0 -o noted prog.c -Xlinker --package-metadata="$note" 2>/dev/null || cp full noted
packaged=$(eu-readelf -n noted | grep -c tidy-box)
for way in "./noted" "python3 memfd.py full"; do
	$way &
	living=$!
	disown
	until [ "$(cut -d' ' -f1 /proc/$living/syscall)" = 34 ]; do sleep 0.02; done
	[ "$way" != ./noted ] || rm noted
	"$csnap" -q -o gone $living >/dev/null
	like "$("$cinspect" -n --batch -ex bt -ex "p box" -p $living 2>&1)" 'waiting \(depth=0\) at prog.c:3' "-p $way: the file is the kernel's"
	kill $living
	out=$("$cinspect" -n --batch -ex bt gone.$living 2>&1)
	case "$way:$packaged" in
	./noted:1) like "$out" 'noted had been deleted.*install tidy-box 1.2-3 \(package, deb\), or: debuginfod-find' "a package is named" ;;
	./noted:*) like "$out" 'noted had been deleted' "a deleted executable is named" ;;
	*) like "$out" 'memfd:hidden was a file in memory alone.*csnap -a' "a file in memory alone is called that" ;;
	esac
done

# ---- packed and cut cores ----
for pack in zstd xz gzip bzip2; do
	command -v $pack >/dev/null || continue
	$pack -c $core >packed.core 2>/dev/null && sees "a core packed by $pack" prog packed.core
done
size=$(stat -c %s $core)
head -c $((size / 2)) $core >half.core
out=$("$cinspect" -n --batch -ex "info threads" prog half.core 2>&1)
is $? 0 "half a core opens"
like "$out" "half.core is cut off: .* are missing" "and says what is missing"
zstd -q -c $core >whole.zst
head -c $(($(stat -c %s whole.zst) * 4 / 5)) whole.zst >half.zst
out=$("$cinspect" -n --batch -ex "info threads" prog half.zst 2>&1)
is $? 0 "half a packed core opens"
like "$out" "ends too early" "and says so"

# csnap's own: read in place, without a file to unpack it into.
"$csnap" -q -z -o seekable $pid >/dev/null
TMPDIR=$T/nowhere sees "a core with a table of its frames, without a place to unpack it" prog seekable.$pid.zst
is "$("$cinspect" -n --batch -ex bt -ex 'info registers' -ex 'x/64gx $sp' prog seekable.$pid.zst 2>&1)" \
	"$("$cinspect" -n --batch -ex bt -ex 'info registers' -ex 'x/64gx $sp' prog $core 2>&1)" "it says what the plain one says"
head -c $(($(stat -c %s seekable.$pid.zst) - 3)) seekable.$pid.zst >cut.zst
sees "a core that lost its table is unpacked whole" prog cut.zst

# 64 GiB of zeros after a core: nobody wants to wait for that.
head -c 1G /dev/zero | zstd -q -1 >zeros.zst
{
	zstd -q -c $core
	for _ in $(seq 64); do cat zeros.zst; done
} >endless.zst
"$cinspect" -n --batch -ex bt prog endless.zst >out.txt 2>err.txt &
unpacking=$!
until ls -l /proc/$unpacking/fd 2>/dev/null | grep -q '#[0-9]* (deleted)'; do
	kill -0 $unpacking 2>/dev/null || break
	sleep 0.02
done
kill -INT $unpacking
wait $unpacking
is $? 3 "^C while a core is unpacked: it is not opened"
like "$(cat err.txt)" 'endless.zst: interrupted while it was unpacked' "and that is said"

# ---- not cores ----
# refused REGEX FILE...: one clear line, exit status 3
refused() {
	local want=$1
	shift
	"$cinspect" -n --batch "$@" >out.txt 2>err.txt
	is $? 3 "$* is refused"
	is "$(wc -l <err.txt)" 1 "in one line"
	like "$(cat err.txt)" "$want" "that says what it is"
}
: >empty
head -c 40 $core >tiny
refused "empty" empty
refused "text file" prog.c
refused "cut off after 40 bytes" tiny
refused "No such file" nothing
refused "directory|folder" .
done_testing
