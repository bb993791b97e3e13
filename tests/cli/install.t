#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# make install: where things go, and that they find each other there.
. tests/lib/tap.sh
prefix=$(cat "$BUILD/prefix")
if ! make -s --no-print-directory install B="$BUILD" PREFIX="$prefix" DESTDIR="$T/root" >"$T/log" 2>&1; then
	tail -n 5 "$T/log" | sed 's/^/# /'
	ok "make install" false
	done_testing
	exit
fi
root=$T/root$prefix
for file in bin/csnap bin/cinspect bin/coworkingapp lib/libcrashd.so lib/libcrashd.a include/crashd.h libexec/crashd/crashd-report \
	share/man/man1/csnap.1 share/man/man1/cinspect.1 share/man/man3/crashd.3 share/doc/crashd/README.md lib/systemd/system/coworkingapp.service; do
	ok "$file" test -s "$root/$file"
done
is "$(find "$root" -type f -name '*.t' -o -type f -name '*.o')" "" "and nothing that belongs to the build"
like "$("$root/bin/csnap" --version)" "^csnap [0-9]" "csnap runs from there"
like "$("$root/bin/coworkingapp" --help 2>&1)" "port" "the demo finds libcrashd beside it"

cat >"$T/program.c" <<'C'
#include <crashd.h>
int main(void)
{
	crashd_annotate("key", "value");
	return *(volatile int *)0;
}
C
ok "a program includes crashd.h and links with -lcrashd" \
	"${CC:-gcc}" -I"$root/include" -o "$T/program" "$T/program.c" -L"$root/lib" -lcrashd
echo 'int main(void) { return 0; }' >"$T/silent.c"
"${CC:-gcc}" -o "$T/silent" "$T/silent.c" -L"$root/lib" -Wl,--no-as-needed -lcrashd
like "$(readelf -d "$T/silent")" 'libcrashd\.so' "one that calls nothing has it, as the header says"
"${CC:-gcc}" -o "$T/silent" "$T/silent.c" -Wl,-u,crashd_install "$root/lib/libcrashd.a"
like "$(nm "$T/silent")" 'T crashd_install' "also from the archive"
# ---- for real: on an overlay of this machine, whose upper layer is all that has changed ----
# What could change a running machine is replaced by a list of who was called.
real='
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
mount --rbind /dev "$1/root/dev"
mkdir -p "$1/root$1/bin"
for name in systemctl sysctl udevadm deb-systemd-helper systemd-tmpfiles useradd setcap; do
	printf "#!/bin/sh\necho $name >>$1/called\n" >"$1/root$1/bin/$name"
	chmod 755 "$1/root$1/bin/$name"
done
chroot "$1/root" env PATH="$1/bin:$PATH" make -s --no-print-directory -C "$2" install B="$3" PREFIX="$4"
cd "$1/upper"
find . -type f ! -path ".$1/*" ! -path ".$3/*" -printf "/%P\n"
[ ! -e "$1/upper$1/called" ] || sed "s/^/called: /" "$1/upper$1/called"
'
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	mkdir "$T/real"
	changed=$(unshare --mount --propagation private sh -c "$real" sh "$T/real" "$PWD" "$BUILD" "$prefix" 2>"$T/real.log")
	ok "make install without DESTDIR" test -n "$changed"
	is "$(grep -v "^$prefix/" <<<"$changed" | grep -vxE '/etc/ld.so.cache|/var/cache/ldconfig/aux-cache')" "" \
		"touches nothing outside of its PREFIX but the loader's cache, and calls nobody who would"
	is "$(grep -c "^$prefix/" <<<"$changed")" "$(find "$root" -type f | wc -l)" "and puts what DESTDIR gets"
fi

# In a mount namespace of its own the files are where they will be.
if [ "$(id -u)" = 0 ] && [ -d "$prefix" ] && unshare --mount mount --bind "$root" "$prefix" 2>/dev/null; then
	said=$(cd "$T" && unshare --mount sh -c 'mount --bind "$1" "$2" && LD_LIBRARY_PATH=$2/lib exec ./program' sh "$root" "$prefix" 2>&1)
	like "$said" "^#0 .* in main \(\)" "the installed library reports"
	unlike "$said" "not by crashd-report" "with the installed reporter"
	like "$said" "key=value" "and what the program annotated"
fi
done_testing
