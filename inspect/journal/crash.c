/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd-coredump writes one record a crash, MESSAGE_ID SD_MESSAGE_COREDUMP,
 * with what it knew of the process in COREDUMP_... fields.  Where the core is,
 * COREDUMP_FILENAME says; old versions and Storage=journal put the core itself
 * into the field COREDUMP.  What libcrashd's reporter sends has the same
 * fields.
 *
 * The fields come in one pass: asking for one by name unpacks every field
 * before it anew, and takes four times as long.
 */
#include "inspect/journal/crash.h"

#include "inspect/base/cleanup.h"
#include "inspect/journal/machine.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

enum field_id {
	FIELD_MESSAGE_ID,
	FIELD_MESSAGE,
	FIELD_PID,
	FIELD_UID,
	FIELD_GID,
	FIELD_SIGNAL,
	FIELD_SIGNAL_NAME,
	FIELD_TIMESTAMP,
	FIELD_COMM,
	FIELD_EXE,
	FIELD_CMDLINE,
	FIELD_UNIT,
	FIELD_USER_UNIT,
	FIELD_SYSTEMD_UNIT,
	FIELD_SYSTEMD_USER_UNIT,
	FIELD_FILENAME,
	FIELD_TRUNCATED,
	FIELD_OWN_CORE,
	FIELD_INLINE,
	FIELD_HOST,
	FIELD_OTHER_HOST,
	FIELD_BOOT,
	FIELD_MACHINE,
	FIELD_ID,
	FIELDS,
};

static const char *const names[FIELDS] = {
	[FIELD_MESSAGE_ID] = "MESSAGE_ID",
	[FIELD_MESSAGE] = "MESSAGE",
	[FIELD_PID] = "COREDUMP_PID",
	[FIELD_UID] = "COREDUMP_UID",
	[FIELD_GID] = "COREDUMP_GID",
	[FIELD_SIGNAL] = "COREDUMP_SIGNAL",
	[FIELD_SIGNAL_NAME] = "COREDUMP_SIGNAL_NAME",
	[FIELD_TIMESTAMP] = "COREDUMP_TIMESTAMP",
	[FIELD_COMM] = "COREDUMP_COMM",
	[FIELD_EXE] = "COREDUMP_EXE",
	[FIELD_CMDLINE] = "COREDUMP_CMDLINE",
	[FIELD_UNIT] = "COREDUMP_UNIT",
	[FIELD_USER_UNIT] = "COREDUMP_USER_UNIT",
	[FIELD_SYSTEMD_UNIT] = "_SYSTEMD_UNIT",
	[FIELD_SYSTEMD_USER_UNIT] = "_SYSTEMD_USER_UNIT",
	[FIELD_FILENAME] = "COREDUMP_FILENAME",
	[FIELD_TRUNCATED] = "COREDUMP_TRUNCATED",
	[FIELD_OWN_CORE] = "CRASHD_CORE",
	[FIELD_INLINE] = "COREDUMP",
	[FIELD_HOST] = "COREDUMP_HOSTNAME",
	[FIELD_OTHER_HOST] = "_HOSTNAME",
	[FIELD_BOOT] = "_BOOT_ID",
	[FIELD_MACHINE] = "_MACHINE_ID",
	[FIELD_ID] = "CRASHD_CRASH_ID",
};

static const char coredump_id[] = "fc2e22bc6ee647b6b90729ab34a250b1";

/* ---- the fields ---- */

static int field_at(const char *s, size_t n)
{
	for (int i = 0; i < FIELDS; i++)
		if (names[i][0] == s[0] && !strncmp(names[i], s, n) &&
			!names[i][n])
			return i;
	return -1;
}

static enum err read_fields(
	struct arena *a, sd_journal *j, const char *value[FIELDS])
{
	const void *data;
	size_t n;
	int r;

	sd_journal_restart_data(j);
	while ((r = sd_journal_enumerate_available_data(j, &data, &n)) > 0) {
		const char *eq = memchr(data, '=', n);
		size_t len = eq ? (size_t)(eq - (const char *)data) : 0;
		int i = eq ? field_at(data, len) : -1;

		if (i == FIELD_INLINE)
			value[i] = "";
		else if (i >= 0)
			value[i] = arena_strndup(a, eq + 1, n - len - 1);
	}
	return r < 0 ? place_failed(r) : OK;
}

static int64_t number(const char *text, int64_t missing)
{
	char *end;

	if (!text || !*text)
		return missing;
	errno = 0;
	int64_t v = strtoll(text, &end, 10);
	return errno || *end ? missing : v;
}

static int small(const char *text, int missing)
{
	int64_t v = number(text, missing);

	return v < 0 || v > INT_MAX ? missing : (int)v;
}

/* The unit that crashed; of systemd-coredump's own record, _SYSTEMD_UNIT is
 * that of systemd-coredump. */
static const char *unit_of(const char *value[FIELDS], bool stored)
{
	if (value[FIELD_UNIT])
		return value[FIELD_UNIT];
	if (value[FIELD_USER_UNIT] || stored)
		return value[FIELD_USER_UNIT];
	return value[FIELD_SYSTEMD_USER_UNIT] ? value[FIELD_SYSTEMD_USER_UNIT]
					      : value[FIELD_SYSTEMD_UNIT];
}

/* ---- where the core is ---- */

static bool is_there(const char *path)
{
	return !access(path, F_OK) || (errno != ENOENT && errno != ENOTDIR);
}

/* The name that systemd-coredump gives has boot, PID and time in it: it can be
 * no other crash's, wherever it is found. */
static bool is_like_no_other(const struct journal_crash *c)
{
	const char *name = strrchr(c->path, '/');

	return name && c->boot && strstr(name, c->boot);
}

/* Other names, core.1234, are another file's on another machine. */
static const char *find_path(struct arena *a, const struct journal_place *p,
	const struct journal_crash *c)
{
	const char *path = c->path, *name = strrchr(path, '/');

	if (p->root && *path == '/')
		path = arena_printf(a, "%s%s", p->root, path);
	if (is_there(path) && (is_like_no_other(c) || machine_is_of(p, c)))
		return path;
	if (!p->dir || !name)
		return NULL;
	path = arena_printf(a, "%s%s", p->dir, name);
	return is_there(path) ? path : NULL;
}

void crash_find_core(struct arena *a, const struct journal_place *place,
	struct journal_crash *c)
{
	const char *path = c->path ? find_path(a, place, c) : NULL;

	if (path)
		c->path = path;
	if (!c->path && !c->inline_core)
		c->core = JOURNAL_CORE_NONE;
	else if (c->path && !path)
		c->core = JOURNAL_CORE_MISSING;
	else
		c->core = c->truncated ? JOURNAL_CORE_TRUNCATED
				       : JOURNAL_CORE_PRESENT;
}

/* ---- the crash ---- */

static void fill(const char *value[FIELDS], struct journal_crash *c)
{
	const char *id = value[FIELD_MESSAGE_ID];

	c->stored = id && !strcmp(id, coredump_id);
	c->time_us = number(value[FIELD_TIMESTAMP], 0);
	c->pid = small(value[FIELD_PID], -1);
	c->uid = small(value[FIELD_UID], -1);
	c->gid = small(value[FIELD_GID], -1);
	c->signal = small(value[FIELD_SIGNAL], 0);
	c->signal_name = value[FIELD_SIGNAL_NAME];
	c->comm = value[FIELD_COMM];
	c->exe = value[FIELD_EXE];
	c->cmdline = value[FIELD_CMDLINE];
	c->unit = unit_of(value, c->stored);
	c->host =
		value[FIELD_HOST] ? value[FIELD_HOST] : value[FIELD_OTHER_HOST];
	c->boot = value[FIELD_BOOT];
	c->machine = value[FIELD_MACHINE];
	c->id = value[FIELD_ID];
	c->path = value[FIELD_FILENAME] ? value[FIELD_FILENAME]
					: value[FIELD_OWN_CORE];
	c->inline_core = !c->path && value[FIELD_INLINE];
	c->truncated = number(value[FIELD_TRUNCATED], 0) != 0;
}

enum err crash_read(struct arena *a, sd_journal *j, struct journal_crash *ret,
	const char **ret_message)
{
	const char *value[FIELDS] = { 0 };
	struct journal_crash c = { 0 };
	uint64_t written = 0;

	TRY(read_fields(a, j, value));
	fill(value, &c);
	if (c.time_us <= 0 && sd_journal_get_realtime_usec(j, &written) >= 0)
		c.time_us = (int64_t)written;
	*ret_message = value[FIELD_MESSAGE];
	*ret = c;
	return OK;
}

const char *crash_cursor(struct arena *a, sd_journal *j)
{
	_cleanup_(free) char *cursor = NULL;

	return sd_journal_get_cursor(j, &cursor) < 0 ? NULL
						     : arena_strdup(a, cursor);
}
