# SPDX-License-Identifier: GPL-3.0-or-later
# Settings of the machine that a live test needs: changed through here alone, put back at exit, and repaired at the
# start when an earlier run was killed before it could.
MACHINE_SAVED=/run/crashd-test-setting

machine_restore() {
	local saved name
	for saved in "$MACHINE_SAVED".*; do
		[ -e "$saved" ] || return 0
		name=${saved#"$MACHINE_SAVED".}
		[ "${name%.new}" != "$name" ] || cat "$saved" >"/proc/sys/${name//+//}"
		rm -f "$saved"
	done
}

# machine_setting NAME VALUE: for the rest of this test; NAME as below /proc/sys.
machine_setting() {
	[ "$(id -u)" = 0 ] || skip_all "$1 can be set by root alone"
	local saved=$MACHINE_SAVED.${1//\//+}
	if [ -z "${machine_changed:-}" ]; then
		machine_restore
		tap_at_exit machine_restore
		machine_changed=1
	fi
	if [ ! -e "$saved" ]; then
		cat "/proc/sys/$1" >"$saved.new"
		mv "$saved.new" "$saved"
	fi
	echo "$2" >"/proc/sys/$1"
}
machine_core_pattern() { machine_setting kernel/core_pattern "$1"; }
