# SPDX-License-Identifier: GPL-3.0-or-later
# A small Debian of its own, made by debootstrap and kept between runs: some 300 MB in CRASHD_TREES (/var/tmp/crashd-trees).
# Nobody writes into it: a test takes an overlay of it.  After tap.sh.
TREES=${CRASHD_TREES:-/var/tmp/crashd-trees}

# tree_made NAME PACKAGE...: the path in $tree; made anew when the packages that are asked for are others.  False, with
# the log's end in $tree_why, where it cannot be made.
tree_made() {
	local name=$1 packages mirror
	shift
	packages=$(printf '%s\n' "$@" | sort -u | paste -sd,)
	tree=$TREES/$name-$(md5sum <<<"$packages" | cut -c 1-8)
	tree_why=
	mkdir -p "$TREES" || return
	exec {tree_lock}>"$tree.lock"
	flock "$tree_lock"
	if [ ! -d "$tree" ]; then
		mirror=$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\(http[^ ]*debian\.org[^ ]*\) .*/\2/p' \
			/etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -m 1 '/debian/*$')
		rm -rf "$tree.new" "$TREES/$name"-????????
		if ! debootstrap --variant=minbase --include="$packages" bookworm "$tree.new" \
			"${mirror:-http://deb.debian.org/debian}" >"$tree.log" 2>&1; then
			tree_why=$(tail -n 3 "$tree.log")
			rm -rf "$tree.new"
			return 1
		fi
		rm -rf "$tree.new"/var/cache/apt/archives/*.deb "$tree.new"/var/lib/apt/lists/*
		mv "$tree.new" "$tree"
	fi
	exec {tree_lock}>&-
}
