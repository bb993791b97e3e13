# SPDX-License-Identifier: GPL-3.0-or-later
# A systemd that boots as process 1 of namespaces of its own (PIDs, mounts, network, cgroups, names, IPC), over a tree
# that only this test writes to.  It sees no file of the machine's, may change none of its settings (/proc/sys and /sys
# are read-only), and is gone with the test.  After tap.sh and tree.sh.
manager_cgroup=
manager_pid=

# manager_mount: an overlay of $tree as $root, before the boot, so that a test can put files there.
manager_mount() {
	root=$T/root
	mkdir -p "$T/layers" "$root"
	mount -t tmpfs -o size=1g tmpfs "$T/layers" || return
	tap_at_exit manager_unmount
	mkdir "$T/layers/upper" "$T/layers/work"
	mount -t overlay -o "lowerdir=$tree,upperdir=$T/layers/upper,workdir=$T/layers/work" overlay "$root"
}
manager_unmount() {
	umount -l "$root" "$T/layers" 2>/dev/null
	return 0
}

# In the namespaces: what systemd asks of a container manager (systemd.io/CONTAINER_INTERFACE).
manager_init='
set -e
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do
	touch dev/$node
	mount --bind /dev/$node dev/$node
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
hostname crashd-test
# A chroot would not do: the kernel makes no user namespaces in one.
pivot_root . .
umount -l .
exec env -i container=crashd-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin /lib/systemd/systemd
'

# manager_boot: until its targets are reached.
manager_boot() {
	local base starter
	base=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$base" ] || return
	manager_cgroup=$base/crashd-test.$$
	mkdir "$manager_cgroup" || return
	tap_at_exit manager_stop
	sh -c 'echo $$ >"$1/cgroup.procs" && exec unshare --pid --fork --kill-child --mount --uts --ipc --net --cgroup sh -c "$2" sh "$3"' \
		sh "$manager_cgroup" "$manager_init" "$root" >"$T/manager.log" 2>&1 </dev/null &
	starter=$!
	manager_wait manager_has_started "$starter" || return
	manager_wait manager_is_up
}
manager_has_started() {
	read -r manager_pid _ <"/proc/$1/task/$1/children" # no newline ends it
	[ -n "$manager_pid" ]
}
manager_is_up() { [[ $(manager systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]; }

# manager COMMAND...: in there, as root.
manager() {
	nsenter -t "$manager_pid" -m -u -i -n -p -C -r -w env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin \
		HOME=/root LANG=C.UTF-8 SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat DEBUGINFOD_URLS= "$@"
}

# manager_wait COMMAND...: until it succeeds, half a minute at most.
manager_wait() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

# Its death is that of every process in its namespace.
manager_stop() {
	local pid=$manager_pid
	manager_pid=
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	[ -n "$manager_cgroup" ] || return 0
	manager_wait manager_is_gone
	find "$manager_cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
	manager_cgroup=
}
manager_is_gone() { ! grep -q populated.1 "$manager_cgroup/cgroup.events"; }
