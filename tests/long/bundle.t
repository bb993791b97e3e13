#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Bundles of each kind of debug info, of Debian's own programs and of the demo's crash, opened in a small Debian that has
# other files at the same paths: the same frames and values as where they were made.
. tests/lib/tap.sh
. tests/lib/bundle.sh
. tests/lib/tree.sh
[ "$(id -u)" = 0 ] || skip_all "debootstrap needs root"
tree_made empty libdw1 libelf1 libjansson4 libreadline8 liblz4-1 libzstd1 || cannot "debootstrap: $tree_why"
cd "$T" || exit 1

# Nobody writes into the tree: what is there besides lies over it.
mkdir -p "$empty" layers
unshare --version >/dev/null || cannot "no unshare"
cp -a --reflink=auto "$tree/." "$empty"
mkdir -p "$empty/unpacked"
cp "$cinspect" "$empty/cinspect"
elsewhere --version >/dev/null 2>err.txt || cannot "cinspect does not run in a Debian with the libraries that it links: $(cat err.txt)"

pair_sources

# ---- kinds of debug info ----
cat >more.cc <<'EOF'
#include <map>
#include <string>
#include <unistd.h>
struct Shape { virtual ~Shape() {} virtual int area() = 0; };
struct Square : Shape { int side; Square(int s) : side(s) {} int area() override { pause(); return side * side; } };
int main() { std::map<std::string, int> m{ { "a", 1 }, { "b", 2 } }; Shape *s = new Square(7); return s->area() + (int)m.size(); }
EOF
id_of() { eu-readelf -n "$1" | sed -n 's/.*Build ID: //p'; }
# stripped FILE DEBUG: the process keeps the file that it has
stripped() {
	objcopy --only-keep-debug "$1" "$2" && strip -o "$1.new" "$1" && objcopy --add-gnu-debuglink="$2" "$1.new" && mv "$1.new" "$1"
}
g++ -g -O1 -o far/cxx more.cc && snap far/cxx
pack cxx far/cxx $core
same "a C++ program" 'bt -a -full' 'faas p m' 'faas p *s'

stripped far/cxx far/cxx.debug
pack linked far/cxx $core
is "$(tar tf linked.tar.zst | grep -c "debug/.build-id/.*/$(id_of far/cxx | cut -c3-).debug")" 1 "a separate debug file is in it by build-id"
same "a stripped program with a separate debug file" 'bt -a -full' 'faas p m' 'faas p *s'

gcc -g -O0 -Wl,--build-id=none -o far/noid prog.c far/libpair.so && snap far/noid
stripped far/noid far/noid.dbg
pack noid far/noid $core
same "a program without a build-id" 'bt -a -full' 'p own'
like "$(jq -r '.files[] | select(.role == "executable") | .verified' <(tar xOf noid.tar.zst noid/manifest.json))" '^program headers$' "which the manifest says"

mkdir -p obj && gcc -g -gsplit-dwarf -O0 -c -o obj/split.o prog.c && gcc -o far/split obj/split.o far/libpair.so && snap far/split
pack split far/split $core
is "$(tar tf split.tar.zst | grep -c 'obj/split.dwo')" 1 "a .dwo file is in it"
same "split debug info" 'bt -a -full' 'p own'
gcc -g -gsplit-dwarf -O0 -c -o "$T/obj/whole.o" prog.c && gcc -o far/whole obj/whole.o far/libpair.so && snap far/whole
pack whole far/whole $core
same "a .dwo file with an absolute name" 'bt -a -full' 'p own'
clang -gdwarf-5 -gsplit-dwarf -O0 -c -o obj/packed.o prog.c && clang -o far/packed obj/packed.o far/libpair.so &&
	timeout 60 llvm-dwp-14 -e far/packed -o far/packed.dwp && mv obj/packed.dwo obj/away || cannot "no package of .dwo files"
snap far/packed
pack packed far/packed $core
is "$(tar tf packed.tar.zst | grep -c 'far/packed.dwp')" 1 "a package of .dwo files is in it"
same "a package of .dwo files" 'bt -a -full' 'p own'

gcc -g -O0 -o far/z1 prog.c far/libpair.so && gcc -g -O0 -o far/z2 prog.c far/libpair.so && dwz -m "$T/far/common" far/z1 far/z2 && snap far/z1
pack dwz far/z1 $core
is "$(jq -r '.files[] | select(.role == "dwz") | .path' <(tar xOf dwz.tar.zst dwz/manifest.json))" "$T/far/common" "the common file of dwz is in it"
same "debug info by dwz -m" 'bt -a -full' 'p own'
common=$(readelf -n far/common | sed -n 's/.*Build ID: //p')
mv far/common away
pack nodwz far/z1 $core
is "$(jq -c '[.missing[] | select(.role == "dwz") | [.path, .build_id]]' <(tar xOf nodwz.tar.zst nodwz/manifest.json))" \
	"[[\"$T/far/common\",\"$common\"]]" "without it: the manifest says which is missing"
like "$(grep ^missing out.txt)" "^missing: $T/far/common" "and so does what is printed"
mv away far/common

# ---- Debian's own programs: with threads, plugins, many libraries ----
sleeper python3 -c 'import ssl, sqlite3, ctypes, threading, time
for i in range(3): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
time.sleep(1000)'
"$csnap" -q -z -o core $pid >/dev/null
pack python core.$pid.zst
same "python3 with threads, from a core of csnap -z" 'bt -a -full' 'info registers' 'threads' 'why' 'locks'
like "$(cat out.txt)" '[0-9]+ libraries' "all its libraries are in it"
snap perl -e 'use POSIX; sleep 1000'
pack perl $core
same "perl" 'bt -a -full'
snap bash -c 'sleep 1000; true'
pack bash $core
same "bash" 'bt -a -full' 'info registers'
snap tail -f /dev/null
rm -f "$empty/usr/bin/tail" && cp "$(command -v head)" "$empty/usr/bin/tail"
pack tail $core
same "a program of which another build is at the same path there" 'bt -a -full'
unlike "$(cat there.err)" 'wrong|not the ones' "which is not even looked at"

# ---- the demo's crash ----
cp "$BUILD/coworkingapp" "$BUILD/libcrashd.so" "$BUILD/crashd-report" far/
snap far/coworkingapp --port 0
pack demo far/coworkingapp $core
same "the demo" 'bt -a -full' 'print rooms' 'vars rooms' 'threads' 'why' 'locks' 'heap'
done_testing
