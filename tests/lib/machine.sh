# SPDX-License-Identifier: GPL-3.0-or-later
# Settings of the machine that a live test needs: changed through here alone, put back at exit, and repaired at the
# start when an earlier run was killed before it could.
MACHINE_SAVED=/run/crashd-test-core_pattern

machine_restore() {
	[ -e "$MACHINE_SAVED" ] || return 0
	cat "$MACHINE_SAVED" >/proc/sys/kernel/core_pattern
	rm -f "$MACHINE_SAVED"
}

# machine_core_pattern PATTERN: for the rest of this test.
machine_core_pattern() {
	machine_restore
	cat /proc/sys/kernel/core_pattern >"$MACHINE_SAVED.new"
	mv "$MACHINE_SAVED.new" "$MACHINE_SAVED"
	[ -n "${machine_changed:-}" ] || tap_at_exit machine_restore
	machine_changed=1
	echo "$1" >/proc/sys/kernel/core_pattern
}
