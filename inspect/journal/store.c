/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stored core outlives its record when journals are kept in memory or are
 * rotated, and never has one where no journald runs.  Its name tells whose it
 * is (coredump.c, save_external_coredump: core.COMM.UID.BOOT.PID.USEC, packed
 * ones with a suffix, dots and spaces of COMM as \x2e and \x20), and extended
 * attributes, where the file system has them, tell signal and executable.
 */
#include "inspect/journal/store.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum {
	MAX_STORED = 10000, /* three days of a crash every half minute */
	MAX_ATTRIBUTE = 4096,
	NAME_PARTS = 4, /* UID, BOOT, PID, USEC behind COMM */
};

static void cleanup_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_dir_ __attribute__((cleanup(cleanup_dir)))

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0'
	       : c >= 'a' && c <= 'f'    ? c - 'a' + 10
					 : -1;
}

static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] == 'x' && hex(s[2]) > 0 &&
			hex(s[3]) >= 0) {
			*to++ = (char)(hex(s[2]) * 16 + hex(s[3]));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

static bool number(const char *s, int64_t *ret)
{
	char *end;

	*ret = strtoll(s, &end, 10);
	return end > s && !*end;
}

/* Cuts name into its parts; false: it is none of systemd-coredump's. */
static bool parse_name(char *name, struct journal_crash *c)
{
	char *part[NAME_PARTS];
	int64_t uid, pid;
	char *dot = strrchr(name, '.');

	if (strncmp(name, "core.", 5) || !dot)
		return false;
	if (!isdigit((unsigned char)dot[1]))
		*dot = '\0'; /* .zst */
	for (size_t i = NAME_PARTS; i--;) {
		dot = strrchr(name, '.');
		if (!dot)
			return false;
		*dot = '\0';
		part[i] = dot + 1;
	}
	if (dot < name + 5 || !number(part[0], &uid) ||
		!number(part[2], &pid) || !number(part[3], &c->time_us))
		return false;
	c->uid = (int)uid;
	c->pid = (int)pid;
	c->boot = part[1];
	c->comm = name + 5;
	unescape(name + 5);
	return true;
}

static const char *attribute(struct arena *a, const char *path, const char *key)
{
	char value[MAX_ATTRIBUTE];
	const char *name = arena_printf(a, "user.coredump.%s", key);
	ssize_t n = getxattr(path, name, value, sizeof(value));

	return n > 0 ? arena_strndup(a, value, (size_t)n) : NULL;
}

void store_details(struct arena *a, struct journal_crash *c)
{
	const char *gid = attribute(a, c->path, "gid");
	const char *sig = attribute(a, c->path, "signal");

	c->gid = gid ? atoi(gid) : -1;
	c->signal = sig ? atoi(sig) : 0;
	c->exe = attribute(a, c->path, "exe");
	c->host = attribute(a, c->path, "hostname");
}

static bool read_core(struct arena *a, const char *dir, const char *name,
	struct journal_crash *c)
{
	struct stat st;

	*c = (struct journal_crash){
		.core = JOURNAL_CORE_PRESENT,
		.gid = -1,
		.stored = true,
	};
	c->path = arena_printf(a, "%s/%s", dir, name);
	return parse_name(arena_strdup(a, name), c) && !stat(c->path, &st) &&
	       S_ISREG(st.st_mode);
}

static int oldest_first(const void *a, const void *b)
{
	const struct journal_crash *x = a, *y = b;

	return (x->time_us > y->time_us) - (x->time_us < y->time_us);
}

void store_list(struct arena *a, const char *dir, struct journal_crash **ret,
	size_t *ret_n)
{
	_cleanup_dir_ DIR *d = opendir(dir);
	struct journal_crash c, *list = NULL;
	size_t n = 0, cap = 0;
	struct dirent *e;

	while (d && n < MAX_STORED && (e = readdir(d))) {
		if (!read_core(a, dir, e->d_name, &c))
			continue;
		list = arena_grow(a, list, n, &cap, sizeof(*list));
		list[n++] = c;
	}
	if (n)
		qsort(list, n, sizeof(*list), oldest_first);
	*ret = list;
	*ret_n = n;
}
