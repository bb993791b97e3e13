/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libsystemd passes over a file that it cannot read, and tells nobody.  So each
 * file that it would read is opened by itself: its header alone is looked at
 * then.
 */
#include "inspect/journal/damage.h"

#include "inspect/base/cleanup.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

enum { MACHINE_ID = 32, MAX_FILES = 10000 };

struct damage {
	struct arena *arena;
	const char **sentence;
	size_t n, cap, nfiles;
};

const char *damage_of(struct arena *a, const char *path)
{
	const char *paths[] = { path, NULL };
	_cleanup_(journal) sd_journal *j = NULL;
	int r = sd_journal_open_files(&j, paths, 0);

	if (r >= 0 || r == -EACCES || r == -EPERM || r == -ENOENT)
		return NULL;
	return arena_printf(a, "%s is left out: it is %s (%s)", path,
		r == -EPROTONOSUPPORT ? "of a format that this libsystemd does "
					"not read"
		: r == -EBADMSG || r == -ENODATA || r == -EIO
			? "damaged, or no journal"
			: "not to be opened",
		strerror(-r));
}

static bool ends(const char *s, const char *tail)
{
	size_t n = strlen(s), k = strlen(tail);

	return n > k && !strcmp(s + n - k, tail);
}

static void add(struct damage *d, const char *sentence)
{
	d->sentence = arena_grow(
		d->arena, d->sentence, d->n, &d->cap, sizeof(*d->sentence));
	d->sentence[d->n++] = sentence;
}

static void look_at(struct damage *d, const char *path)
{
	const char *sentence;

	if (d->nfiles++ >= MAX_FILES)
		return;
	sentence = damage_of(d->arena, path);
	if (sentence)
		add(d, sentence);
}

static bool is_machine(const char *name)
{
	return strspn(name, "0123456789abcdef") == MACHINE_ID &&
	       !name[MACHINE_ID];
}

/* The files of a folder, and of the folders that machines have in it. */
static void look_into(
	struct damage *d, const char *folder, const char *only, bool machines)
{
	DIR *dir = opendir(folder);

	for (struct dirent *e; dir && (e = readdir(dir));) {
		const char *path =
			arena_printf(d->arena, "%s/%s", folder, e->d_name);

		if (ends(e->d_name, ".journal") || ends(e->d_name, ".journal~"))
			look_at(d, path);
		else if (machines && is_machine(e->d_name) &&
			 (!only || !strcmp(only, e->d_name)))
			look_into(d, path, NULL, false);
	}
	if (dir)
		closedir(dir);
}

static const char *machine_id(struct arena *a)
{
	_cleanup_(fclose) FILE *f = fopen("/etc/machine-id", "re");
	char id[MACHINE_ID + 1];

	return f && fgets(id, sizeof(id), f) && is_machine(id)
		       ? arena_strdup(a, id)
		       : "";
}

const char **damage_find(struct arena *a, const struct journal_place *p)
{
	static const char *const folders[] = { "/var/log/journal",
		"/run/log/journal" };
	struct damage d = { .arena = a };

	for (size_t i = 0; i < p->nfiles; i++)
		look_at(&d, p->file[i]);
	if (p->dir)
		look_into(&d, p->dir, NULL, true);
	for (size_t i = 0; !p->dir && !p->nfiles && i < 2; i++)
		look_into(&d,
			arena_printf(
				a, "%s%s", p->root ? p->root : "", folders[i]),
			p->root || p->merge ? NULL : machine_id(a), true);
	add(&d, NULL);
	return d.sentence;
}
