/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd-coredump writes one record a crash, MESSAGE_ID SD_MESSAGE_COREDUMP,
 * with what it knew of the process in COREDUMP_… fields.  Where the core is,
 * COREDUMP_FILENAME says; old versions and Storage=journal put the core itself
 * into the field COREDUMP.  What libcrashd's reporter sends has the MESSAGE_ID
 * SD_MESSAGE_BACKTRACE and the same fields; when both wrote about one crash,
 * the record with the core is kept.  Stored cores without a record are listed
 * too: store.c.
 */
#include "inspect/journal/journal.h"

#include "inspect/base/cleanup.h"
#include "inspect/journal/store.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

enum {
	MAX_FIELD = 1 << 20,              /* of one that is copied */
	SAME_CRASH_US = 60 * 1000 * 1000, /* packing a large core takes long */
};

static void cleanup_journal(sd_journal **j)
{
	sd_journal_close(*j);
}

static enum err failed(int error, const char *what)
{
	errno = -error;
	return err_sys("The journal cannot be %s", what);
}

/* ---- matching ---- */

static int add_match(sd_journal *j, const char *field, const char *value)
{
	char text[4096];
	int n = snprintf(text, sizeof(text), "%s=%s", field, value);

	if (n < 0 || (size_t)n >= sizeof(text))
		return -E2BIG;
	return sd_journal_add_match(j, text, (size_t)n);
}

static bool is_number(const char *s)
{
	while (isdigit((unsigned char)*s))
		s++;
	return !*s;
}

/* Fields of one name are alternatives, of different names all must hold. */
static int add_matches(sd_journal *j, const char *match)
{
	int r = add_match(j, "MESSAGE_ID", "fc2e22bc6ee647b6b90729ab34a250b1");

	if (r >= 0)
		r = add_match(
			j, "MESSAGE_ID", "1f4e0a44a88649939aaea34fc6da8c95");
	if (r < 0 || !match || !*match)
		return r;
	if (is_number(match))
		return add_match(j, "COREDUMP_PID", match);
	if (*match == '/')
		return add_match(j, "COREDUMP_EXE", match);
	if (strchr(match, '='))
		return sd_journal_add_match(j, match, strlen(match));
	return add_match(j, "COREDUMP_COMM", match);
}

static enum err open_journal(const char *dir, sd_journal **ret)
{
	int r = dir ? sd_journal_open_directory(ret, dir, 0)
		    : sd_journal_open(ret, SD_JOURNAL_LOCAL_ONLY);

	return r < 0 ? failed(r, "opened") : OK;
}

/* ---- one record ---- */

static const char *field(struct arena *a, sd_journal *j, const char *name)
{
	size_t n, skip = strlen(name) + 1;
	const void *data;

	if (sd_journal_get_data(j, name, &data, &n) < 0 || n < skip ||
		n > MAX_FIELD)
		return NULL;
	return arena_strndup(a, (const char *)data + skip, n - skip);
}

static int64_t number(
	struct arena *a, sd_journal *j, const char *name, int64_t missing)
{
	const char *s = field(a, j, name);

	return s ? strtoll(s, NULL, 10) : missing;
}

static bool has_inline_core(sd_journal *j)
{
	const void *data;
	size_t n;

	return sd_journal_get_data(j, "COREDUMP", &data, &n) >= 0;
}

static enum journal_core core_state(
	struct arena *a, sd_journal *j, const struct journal_crash *c)
{
	bool truncated = number(a, j, "COREDUMP_TRUNCATED", 0) != 0;

	if (!c->path && !c->inline_core)
		return JOURNAL_CORE_NONE;
	if (c->path && access(c->path, F_OK) < 0 && errno == ENOENT)
		return JOURNAL_CORE_MISSING;
	return truncated ? JOURNAL_CORE_TRUNCATED : JOURNAL_CORE_PRESENT;
}

static void read_record(struct arena *a, sd_journal *j, struct journal_crash *c)
{
	_cleanup_(free) char *cursor = NULL;
	uint64_t now = 0;

	c->time_us = number(a, j, "COREDUMP_TIMESTAMP", 0);
	if (!c->time_us && sd_journal_get_realtime_usec(j, &now) >= 0)
		c->time_us = (int64_t)now;
	c->pid = (int)number(a, j, "COREDUMP_PID", -1);
	c->uid = (int)number(a, j, "COREDUMP_UID", -1);
	c->gid = (int)number(a, j, "COREDUMP_GID", -1);
	c->signal = (int)number(a, j, "COREDUMP_SIGNAL", 0);
	c->signal_name = field(a, j, "COREDUMP_SIGNAL_NAME");
	c->comm = field(a, j, "COREDUMP_COMM");
	c->exe = field(a, j, "COREDUMP_EXE");
	c->cmdline = field(a, j, "COREDUMP_CMDLINE");
	c->unit = field(a, j, "COREDUMP_UNIT");
	if (!c->unit)
		c->unit = field(a, j, "COREDUMP_USER_UNIT");
	c->path = field(a, j, "COREDUMP_FILENAME");
	c->inline_core = !c->path && has_inline_core(j);
	c->core = core_state(a, j, c);
	if (sd_journal_get_cursor(j, &cursor) >= 0)
		c->cursor = arena_strdup(a, cursor);
}

/* ---- the list ---- */

static bool same_crash(
	const struct journal_crash *a, const struct journal_crash *b)
{
	return a->pid == b->pid &&
	       llabs(a->time_us - b->time_us) < SAME_CRASH_US;
}

/* Whether the list has this crash already; the record with a core stays. */
static bool merge(
	struct journal_crash *list, size_t n, const struct journal_crash *c)
{
	for (size_t i = n; i--;) {
		if (!same_crash(&list[i], c))
			continue;
		if (list[i].core == JOURNAL_CORE_NONE)
			list[i] = *c;
		return true;
	}
	return false;
}

static int newest_first(const void *a, const void *b)
{
	const struct journal_crash *x = a, *y = b;

	return (x->time_us < y->time_us) - (x->time_us > y->time_us);
}

/* Cores whose records are gone, or are still to come. */
static void add_stored(struct arena *a, const char *match, size_t max,
	struct journal_crash **list, size_t *n, size_t *cap)
{
	struct journal_crash *stored;
	size_t nstored, before = *n;

	store_list(a, STORE_DIR, match, &stored, &nstored);
	for (size_t i = 0; i < nstored; i++) {
		if (merge(*list, before, &stored[i]))
			continue;
		*list = arena_grow(a, *list, *n, cap, sizeof(**list));
		(*list)[(*n)++] = stored[i];
	}
	if (*n > before)
		qsort(*list, *n, sizeof(**list), newest_first);
	if (*n > max)
		*n = max;
}

enum err journal_list(struct arena *a, const char *dir, const char *match,
	size_t max, struct journal_crash **ret, size_t *ret_n)
{
	_cleanup_(journal) sd_journal *j = NULL;
	struct journal_crash *list = NULL;
	size_t n = 0, cap = 0;

	TRY(open_journal(dir, &j));
	int r = add_matches(j, match);
	if (r == -EINVAL)
		return err_set(ERR_USAGE,
			"%s: not a PID, a program's name, a path, or "
			"FIELD=VALUE (field names are in capitals)",
			match);
	if (r >= 0)
		r = sd_journal_seek_tail(j);
	while (r >= 0 && n < max && (r = sd_journal_previous(j)) > 0) {
		struct journal_crash c = { 0 };

		read_record(a, j, &c);
		if (merge(list, n, &c))
			continue;
		list = arena_grow(a, list, n, &cap, sizeof(*list));
		list[n++] = c;
	}
	if (r < 0)
		return failed(r, "read");
	if (!dir)
		add_stored(a, match, max, &list, &n, &cap);
	*ret = list;
	*ret_n = n;
	return OK;
}

/* ---- the core ---- */

/* The descriptor stays open with the core: its path leads to it. */
static enum err keep_in_memory(
	struct arena *a, const void *data, size_t n, const char **ret)
{
	_cleanup_(close) int fd = memfd_create("core", MFD_CLOEXEC);

	if (fd < 0)
		return err_sys("The core cannot be taken out of the journal");
	while (n) {
		ssize_t k = write(fd, data, n);

		if (k < 0)
			return err_sys(
				"The core cannot be taken out of the journal");
		data = (const char *)data + k;
		n -= (size_t)k;
	}
	*ret = arena_printf(a, "/proc/self/fd/%d", take_fd(&fd));
	return OK;
}

static enum err take_inline(struct arena *a, const char *dir,
	const struct journal_crash *c, const char **ret)
{
	_cleanup_(journal) sd_journal *j = NULL;
	const void *data;
	size_t n, skip = strlen("COREDUMP=");

	TRY(open_journal(dir, &j));
	sd_journal_set_data_threshold(j, 0);
	int r = sd_journal_seek_cursor(j, c->cursor);
	if (r >= 0)
		r = sd_journal_next(j);
	if (r > 0)
		r = sd_journal_get_data(j, "COREDUMP", &data, &n);
	if (r < 0 || n < skip)
		return failed(r < 0 ? r : -ENODATA, "read");
	return keep_in_memory(a, (const char *)data + skip, n - skip, ret);
}

enum err journal_core_path(struct arena *a, const char *dir,
	const struct journal_crash *c, const char **ret)
{
	const char *name = c->comm ? c->comm : "the process";

	switch (c->core) {
	case JOURNAL_CORE_PRESENT:
	case JOURNAL_CORE_TRUNCATED:
		break;
	case JOURNAL_CORE_MISSING:
		return err_set(ERR_NOTFOUND,
			"The core of %s (PID %d) was stored as %s and has been "
			"removed since (systemd keeps cores for three days "
			"unless told otherwise: coredump.conf, tmpfiles.d)",
			name, c->pid, c->path);
	case JOURNAL_CORE_NONE:
		return err_set(ERR_NOTFOUND,
			"The journal has a record of %s (PID %d), but no core "
			"is stored with it: not yet, or never (Storage= or "
			"ProcessSizeMax= in coredump.conf, or RLIMIT_CORE)",
			name, c->pid);
	}
	if (c->inline_core)
		return take_inline(a, dir, c, ret);
	*ret = c->path;
	return OK;
}

const char *journal_core_name(enum journal_core core)
{
	static const char *const names[] = {
		[JOURNAL_CORE_NONE] = "none",
		[JOURNAL_CORE_PRESENT] = "present",
		[JOURNAL_CORE_TRUNCATED] = "truncated",
		[JOURNAL_CORE_MISSING] = "missing",
	};

	return names[core];
}
