# SPDX-License-Identifier: GPL-3.0-or-later
# Bundles, and cinspect in a file system of its own ($empty) where nothing of this machine is to be seen.  After tap.sh.
cinspect=$BUILD/cinspect
csnap=$BUILD/csnap
export DEBUGINFOD_URLS='' NO_COLOR=1 XDG_CACHE_HOME=$T/cache XDG_CONFIG_HOME=$T XDG_STATE_HOME=$T
empty=$T/empty

# cinspect and what it links, and nothing else.
empty_root() {
	local lib
	mkdir -p "$empty/unpacked" "$empty/proc" "$empty/home" "$empty/usr/bin"
	cp "$cinspect" "$empty/cinspect"
	cp "$(command -v env)" "$empty/usr/bin/"
	for lib in $(ldd "$cinspect" "$empty/usr/bin/env" | grep -oE '/[^ ]+' | grep -v : | sort -u); do
		mkdir -p "$empty$(dirname "$lib")"
		cp "$lib" "$empty$lib"
	done
}
# elsewhere ARG...: cinspect ARG... in there
elsewhere() {
	unshare --map-root-user --mount --pid --fork bash -c 'root=$1; shift; mount -t proc proc "$root/proc" && exec chroot "$root" "$@"' - \
		"$empty" /usr/bin/env -i HOME=/home TMPDIR=/unpacked NO_COLOR=1 /cinspect "$@"
}
# prog.c, whose main sleeps in far/libpair.so, made of lib.c.
pair_sources() {
cat >lib.c <<'EOF'
#include <unistd.h>
struct pair { int key; const char *text; };
static const struct pair pairs[] = { { 1, "one" }, { 2, "two" } };
__attribute__((noinline)) int in_library(const struct pair *p, int n)
{
	volatile struct pair here = pairs[n];
	pause();
	return here.key + p->key;
}
EOF
cat >prog.c <<'EOF'
#include <stdlib.h>
#include <string.h>
struct pair { int key; const char *text; };
int in_library(const struct pair *p, int n);
static struct pair own = { 42, "own" };
int main(int argc, char **argv)
{
	char *heap = strdup(argv[0]);
	own.key += argc;
	return in_library(&own, argc) + heap[0];
}
EOF
mkdir far
gcc -g -O2 -fPIC -shared -Wl,--build-id -o far/libpair.so lib.c || cannot "no compiler"
}
# sleeper PROGRAM ARG...: starts it and waits until it sleeps for good; its pid is in $pid
sleeper() {
	"$@" </dev/null >/dev/null 2>&1 &
	pid=$!
	disown
	tap_at_exit "kill -9 $pid 2>/dev/null"
	# pause, nanosleep, clock_nanosleep, poll, select, wait4, read, ppoll, pselect6, futex, epoll_wait, rt_sigtimedwait
	until grep -qE '^(34|35|230|7|23|61|0|271|270|202|232|128) ' /proc/$pid/syscall 2>/dev/null; do
		[ -d /proc/$pid ] || return
		sleep 0.02
	done
}
# snap PROGRAM ARG...: its core is in $core
snap() {
	sleeper "$@"
	"$csnap" -q -o core $pid >/dev/null
	core=core.$pid
}
# pack NAME ARG...: NAME.tar.zst of what cinspect ARG... opens
pack() {
	bundle=$1.tar.zst
	shift
	opened=$*
	"$cinspect" -n bundle -o "$bundle" "$@" >out.txt 2>err.txt || sed 's/^/# /' err.txt
}
# same NAME COMMAND...: the commands say the same of $bundle there as of $opened here
same() {
	local what=$1 ex=()
	shift
	for c in "$@"; do ex+=(-ex "$c"); done
	# shellcheck disable=SC2086
	"$cinspect" -n --batch --json "${ex[@]}" $opened >here.json 2>here.err
	cp "$bundle" "$empty/bundle"
	elsewhere -n --batch --json "${ex[@]}" /bundle >there.json 2>there.err
	is "$(wc -l <there.json)" $# "$what: each command answers"
	is "$(diff here.json there.json | head -c 2000)" "" "$what: the same frames and values elsewhere"
	is "$(ls "$empty/unpacked")" "" "$what: nothing stays behind"
}
