#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A core with all files that it is read with in one archive, opened in a file system that has nothing but cinspect and
# the libraries that it links: the same frames and values.  Then archives by other tools, cut ones, and hostile ones.
# Programs of others and other kinds of debug info: tests/long/bundle.t.
. tests/lib/tap.sh
. tests/lib/bundle.sh
cd "$T" || exit 1
empty_root
elsewhere --version >/dev/null 2>err.txt || cannot "no empty root: $(cat err.txt)"

# ---- a C program, optimized, of two modules ----
pair_sources
gcc -g -O2 -Wl,--build-id -o far/prog prog.c far/libpair.so || cannot "no compiler"
sleeper far/prog
"$csnap" -q -o core $pid >/dev/null || cannot "csnap cannot trace here"
core=core.$pid
pack plain far/prog $core
like "$(tail -n 1 out.txt)" '^Saved bundle plain.tar.zst \([0-9.]+ MiB\); open it with: cinspect plain.tar.zst$' "the last line says what was saved, and what to type"
is "$(stat -c %a plain.tar.zst)" 600 "nobody else can read it"
same "a C program" 'bt -a -full' 'p own' 'p heap' 'p pairs' 'info registers' 'x/4gx $sp' 'vars' 'threads' 'why'
is "$(jq -r 'select(.command == "bt -a -full") | .result.threads[0].frames[] | select(.function == "main") | .module' there.json)" "$T/far/prog" "modules have the names that they had"
is "$(cat there.err)" "" "no warning"

# Other tools read it: tar, and zstd, and what is in it is what was there.
mkdir out && tar -C out -xf plain.tar.zst
ok "tar unpacks the core" cmp out/plain/$core $core
ok "the library is at its path" cmp "out/plain/root$T/far/libpair.so" far/libpair.so
is "$(jq -r '.files[] | select(.role == "executable") | [.path, .build_id, .size, .verified] | join(" ")' out/plain/manifest.json)" \
	"$T/far/prog $(eu-readelf -n far/prog | sed -n 's/.*Build ID: //p') $(stat -c %s far/prog) build-id" "the manifest has build-id, size, path"
is "$(jq -r '.files[].file' out/plain/manifest.json | while read -r f; do [ -f "out/plain/$f" ] || echo "$f"; done)" "" "every file of the manifest is in it"
is "$(cd out/plain && find . -type f ! -name manifest.json | wc -l)" "$(jq '.files | length' out/plain/manifest.json)" "and no other"
like "$(gdb -nx -q -batch -ex 'set debuginfod enabled off' -ex "set sysroot out/plain/root" -ex "set debug-file-directory out/plain/debug" \
	-ex "file out/plain/root$T/far/prog" -ex "core-file out/plain/$core" -ex bt 2>&1)" 'in_library .*lib.c' "gdb can use what tar unpacks"

# ---- as other tools pack it again ----
for how in "tar.xz -cJf" "tar.gz --format=ustar -czf" "tar --sparse --format=gnu -cf" "tar.zst --sparse --format=pax --zstd -cf"; do
	set -- $how
	kind=$1
	shift
	tar -C out "$@" "$T/again.$kind" plain
	bundle=again.$kind
	same "$how" 'bt -a -full' 'p own'
	rm "again.$kind"
done
(cd out/plain && tar cf ../../flat.tar ./*)
bundle=flat.tar
same "without a folder of its own" 'bt -a -full'
"$cinspect" -n bundle -o plain.tar far/prog $core >/dev/null
bundle=plain.tar
is "$(head -c 262 plain.tar | tail -c 5)" ustar "-o X.tar is not packed"
same "a bundle that is not packed" 'bt -a -full'

# ---- a core with a large hole ----
cp $core holes
truncate -s 40G holes
cp --sparse=always holes holes.core 2>/dev/null || mv holes holes.core
"$cinspect" -n bundle -o holes.tar far/prog holes.core >/dev/null
ok "holes of the core stay holes" [ "$(du -m holes.tar | cut -f1)" -lt 60 ]
tar -C out -xf holes.tar
is "$(stat -c %s out/holes/core.*)" "$(stat -c %s holes.core)" "tar gets the whole size"
ok "and holes" [ "$(du -m out/holes/core.* | cut -f1)" -lt 60 ]
rm -rf out/holes
bundle=holes.tar opened="far/prog holes.core"
same "a core with a hole of 40 GiB" 'bt -a -full'
rm -f holes*

# ---- packed cores ----
"$csnap" -q -z -o packed $pid >/dev/null
pack seekable far/prog packed.$pid.zst
same "a core of csnap -z" 'bt -a -full' 'p own'
xz -0 <$core >core.xz
pack xz far/prog core.xz
same "a core in xz" 'bt -a -full'
head -c $(($(stat -c %s $core) / 2)) $core >cut.core
pack cut far/prog cut.core
same "a core that is cut off" 'bt -a -full' 'p own'
like "$(cat there.err)" 'is cut off: .* are missing' "which is said"

# ---- sources, and what stays out ----
pack sources --sources far/prog $core
mkdir gone && mv prog.c lib.c gone/
cp sources.tar.zst $empty/bundle
like "$(elsewhere -n --batch -ex 'frame function main' -ex 'list 1,3' /bundle 2>&1)" '#include <stdlib.h>' "--sources: the text of a frame's file"
mv gone/* .
pack nocore --without-core far/prog $core
is "$(tar tf nocore.tar.zst | grep -c "/core")" 0 "--without-core: no core in it"
elsewhere_core() { cp $core $empty/core.1; cp nocore.tar.zst $empty/bundle; elsewhere -n --batch -ex 'bt' "$@" 2>&1; }
like "$(elsewhere_core /bundle /core.1)" 'in_library .*lib.c' "it is opened with the core beside it"
like "$(elsewhere_core /core.1 /bundle)" 'in_library .*lib.c' "in any order"
like "$(elsewhere_core /bundle)" '/bundle: no core is in it; name that, too: cinspect /bundle CORE' "alone it says what it needs"

# ---- files that are not here ----
mv far/libpair.so far/moved
pack missing far/prog $core
like "$(cat out.txt)" "^missing: $T/far/libpair.so: .* is not on this machine" "what is missing is said when it is packed"
mkdir -p "$empty$T/far" && cp far/moved "$empty$T/far/other" && gcc -shared -fPIC -g -O2 -Wl,--build-id=0x1234567890abcdef -o "$empty$T/far/libpair.so" lib.c
cp "$BUILD/csnap" "$empty$T/far/prog"
bundle=missing.tar.zst
same "a missing library, and other files at these paths" 'bt -a' 'p own'
cp missing.tar.zst $empty/bundle
like "$(elsewhere -n --batch -ex libraries /bundle 2>&1)" 'libpair.so' "it is listed"
like "$(elsewhere -n --batch --json -ex 'p pairs' -ex libraries /bundle 2>&1)" 'where the bundle was made: .*libpair.so is not on this machine' "with the reason of then"
cp far/moved "$empty$T/far/libpair.so"
like "$(elsewhere -n --batch -ex bt /bundle 2>&1)" 'in_library .*lib.c' "a verified file at its path there is used"
rm -rf "$empty$T"
mv far/moved far/libpair.so

# ---- in a session, and again ----
like "$("$cinspect" -n --batch -ex 'bundle "in session.tar.zst"' far/prog $core)" 'Saved bundle in session.tar.zst' "the command bundle"
"$cinspect" -n --batch --json -ex "bundle -sources json" far/prog $core >out.json
is "$(jq -r '.result.path, (.result.files | map(.role) | unique | join(" "))' out.json | xargs)" "json.tar.zst core debug executable library source" "--json: path and files; the suffix is added"
"$cinspect" -n bundle -o twice.tar.zst plain.tar.zst >/dev/null
bundle=twice.tar.zst
same "a bundle of a bundle" 'bt -a -full' 'p own'
"$cinspect" -n bundle -o - far/prog $core >pipe.tar.zst 2>err.txt
bundle=pipe.tar.zst
same "through a pipe" 'bt -a -full'
like "$(cat err.txt)" 'Saved bundle' "messages go to standard error then"
"$cinspect" -n bundle far/prog $core >/dev/null 2>err.txt
is "$?-$(grep -c 'bundle needs -o FILE' err.txt)" 2-1 "without -o it says so"
"$cinspect" -n --batch -ex bt -o x far/prog $core >/dev/null 2>err.txt
is $? 2 "-o is for bundle alone"
mkdir folder.tar.zst
"$cinspect" -n bundle -o folder.tar.zst far/prog $core >/dev/null 2>err.txt
is "$?-$(grep -c 'not a regular file' err.txt)" 1-1 "a folder is not overwritten"
is "$(find . -maxdepth 1 -name '*.tmp')" "" "nothing is left of what failed"

# ---- cut off, and hostile ----
size=$(stat -c %s plain.tar)
sees() { "$cinspect" -n --batch -ex bt -ex 'p own' "$1" 2>&1; }
head -c $((size - 300000)) plain.tar >short.tar
like "$(sees short.tar)" 'short.tar is cut off or damaged: it ends after .* bytes, in the middle of a file; what is there is used' "an archive that is cut off says so"
like "$(sees short.tar)" 'short.tar.*(is cut off|what comes after is missing)' "and so is its core"
head -c 400000 plain.tar.zst >short.tar.zst
like "$(sees short.tar.zst)" 'short.tar.zst: ([0-9]+ of [0-9]+ files|no core is in it)' "a packed one, too"
head -c 20480 plain.tar >stump.tar
like "$(sees stump.tar)" 'stump.tar: no core is in it, but it is cut off or damaged \(.+\); copy it again' "one that ends before its core"
head -c 300 plain.tar.zst >tiny.tar.zst
"$cinspect" -n --batch -ex bt tiny.tar.zst >/dev/null 2>err.txt
is $? 3 "nothing of it: nothing is opened"
tar -cf foreign.tar prog.c
"$cinspect" -n --batch foreign.tar >/dev/null 2>err.txt
is "$?-$(grep -c 'an archive, but not a bundle' err.txt)" 3-1 "another archive is named as that"
for at in 0 700 5000 20000 150000; do
	cp plain.tar bad.tar
	printf '\377\377\377\377\377\377\377\377' | dd of=bad.tar bs=1 seek=$at conv=notrunc status=none
	"$cinspect" -n --batch -ex bt bad.tar >/dev/null 2>&1
	ok "damaged at byte $at: an answer, no crash" [ $? -lt 126 ]
done

python3 - "$T" <<'EOF'
import io, sys, tarfile, os
t = sys.argv[1]
good = tarfile.open(t + "/plain.tar")
def build(name, extra, before):
    out = tarfile.open(t + "/" + name, "w", format=tarfile.PAX_FORMAT)
    def add_extra():
        for info, data in extra:
            out.addfile(info, io.BytesIO(data) if data is not None else None)
    if before: add_extra()
    for m in good.getmembers():
        m.pax_headers = {}
        out.addfile(m, good.extractfile(m))
    if not before: add_extra()
    out.close()
def entry(name, data=b"evil", kind=tarfile.REGTYPE, link=""):
    i = tarfile.TarInfo(name); i.type = kind; i.linkname = link
    i.size = len(data) if kind == tarfile.REGTYPE else 0
    return (i, data if kind == tarfile.REGTYPE else None)
evil = t + "/evil"
os.mkdir(evil)
build("hostile.tar", [
    entry("plain/root/../../../../../.." + evil + "/up"),
    entry(evil + "/absolute"), entry("../up"), entry("plain/root/a/../../../../x"),
    entry("plain/root/link", kind=tarfile.SYMTYPE, link=evil), entry("plain/root/link/through"),
    entry("plain/root/hard", kind=tarfile.LNKTYPE, link="/etc/passwd"),
    entry("plain/root/dev", kind=tarfile.CHRTYPE), entry("plain/root/fifo", kind=tarfile.FIFOTYPE),
    entry("plain/root/dup", b"first"), entry("plain/root/dup", b"second"),
    entry("plain/root/" + "/".join("d" * 1 for _ in range(300))), entry("plain/root/" + "n" * 5000),
], True)
EOF
out=$(cd evil && TMPDIR=$T/evil "$cinspect" -n --batch -ex bt -ex '! find $TMPDIR/cinspect.* ! -type f ! -type d; cat $TMPDIR/cinspect.*/plain/root/dup $TMPDIR/cinspect.*/root/dup 2>/dev/null' ../hostile.tar 2>&1)
like "$out" 'hostile.tar: [0-9]+ of its entries are not used: .*name that leads out' "names that lead elsewhere, links and devices: refused in one line"
like "$out" 'in_library .*lib.c' "the rest is opened"
like "$out" '^first' "of two with one name the first counts"
is "$(find evil -mindepth 1)" "" "nothing was written elsewhere, and nothing stays"
unlike "$out" 'evil/cinspect' "no link, no device"

# A bomb: 8 GiB of text in a few hundred kilobytes.
python3 - <<'EOF'
import gzip, tarfile, io
class Rep(io.RawIOBase):
    def __init__(self, n): self.left = n
    def read(self, n=-1):
        n = min(n if n > 0 else 1 << 20, self.left); self.left -= n; return b"x" * n
with tarfile.open("small.tar", "w") as t:
    i = tarfile.TarInfo("b/manifest.json"); d = b'{"format":"cinspect bundle","files":[]}'; i.size = len(d); t.addfile(i, io.BytesIO(d))
EOF
{ head -c 1024 small.tar; python3 - <<'EOF'
import tarfile, sys
i = tarfile.TarInfo("b/root/bomb"); i.size = 3 << 30
sys.stdout.buffer.write(i.tobuf(tarfile.GNU_FORMAT))
EOF
} >head.bin
# Frames of zstd that each say "64 MiB of x": nobody has to make the bytes.
head -c 67108864 /dev/zero | tr '\0' x | zstd -q -3 >frame.zst
{ zstd -q -c head.bin; for i in $(seq 48); do cat frame.zst; done; } >bomb.tar.zst
mkdir small
(ulimit -f 12000000; TMPDIR=$T/small "$cinspect" -n --batch bomb.tar.zst) >/dev/null 2>err.txt
is "$?-$(grep -c 'packed bytes became more than .* not unpacked any further' err.txt)" 3-1 "a bomb is not unpacked to its end"
is "$(find small -mindepth 1)" "" "and leaves nothing"

# ---- signals, and a full disk ----
mkfifo hold
(exec 3<>hold; TMPDIR=$T/small exec "$cinspect" -n --json plain.tar.zst <&3 >/dev/null 2>&1) &
running=$!
disown
until [ -n "$(find small -path '*/root/*' -name prog)" ]; do sleep 0.05; done
is "$(stat -c %a small/cinspect.*)" 700 "the folder is private"
kill -KILL $running
until [ -z "$(ls small)" ]; do sleep 0.05; done
ok "even after SIGKILL the folder goes" true
if [ "$(id -u)" = 0 ]; then
	mkdir disk
	out=$(unshare -m bash -c 'mount -t tmpfs -o size=1m none disk && TMPDIR=$PWD/disk "$1" -n --batch -ex bt plain.tar.zst; ls disk' - "$cinspect" 2>&1)
	like "$out" 'plain.tar.zst: its files need [0-9]+ MiB in .*disk.*; set TMPDIR' "a full disk: how much is needed"
	xz -0 <plain.tar >plain.tar.xz
	out=$(unshare -m bash -c 'mount -t tmpfs -o size=1m none disk && TMPDIR=$PWD/disk "$1" -n --batch -ex bt plain.tar.xz; ls disk' - "$cinspect" 2>&1)
	like "$out" 'plain.tar.xz: it needs [0-9]+ MiB in .*disk' "of what must be unpacked whole, too"
	out=$(unshare -m bash -c 'mount -t tmpfs -o size=1m none disk && "$1" -n bundle -o disk/x.tar.zst far/prog '"$core"'; ls -A disk' - "$cinspect" 2>&1)
	like "$out" 'cannot save disk/x.tar.zst: no room is left' "a full disk when it is written"
	unlike "$out" '^x' "leaves no half of it"
fi
done_testing
