/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What systemd-coredump records of a process besides its core, read before it
 * is gone: units, folders, limits, open files. */
#include "crashd/report/target.h"
#include "inspect/base/arena.h"

struct about_unit {
	const char *unit, *user_unit, *slice; /* or NULL */
};

/* "/system.slice/a.service": by the names of control groups, as
 * sd_pid_get_unit(3). */
struct about_unit about_unit(struct arena *, const char *cgroup);
/* The path in /proc/PID/cgroup's text: version 2's, else systemd's; or NULL. */
const char *about_cgroup(struct arena *, const char *text);

/* A text file of /proc/PID, whole up to a limit; NULL: cannot be read. */
const char *about_text(const struct target *, const char *name);
/* Where /proc/PID/NAME points; NULL: cannot be read. */
const char *about_link(const struct target *, const char *name);
/* The open files as in COREDUMP_OPEN_FDS: "0:/dev/null\n", then the lines of
 * fdinfo, an empty line. */
const char *about_files(const struct target *);
