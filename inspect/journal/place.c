/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder with journals may hold one folder a machine, as
 * systemd-journal-remote and journald make them: libsystemd looks one level
 * down itself.  Of a root it looks into var/log/journal and run/log/journal.
 */
#include "inspect/journal/place.h"

#include "inspect/base/cleanup.h"
#include "inspect/journal/damage.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>

/* libsystemd's list of files ends with a NULL. */
static int open_files(const struct journal_place *p, sd_journal **ret)
{
	_cleanup_(free) const char **paths =
		calloc(p->nfiles + 1, sizeof(*paths));

	if (!paths)
		return -ENOMEM;
	memcpy(paths, p->file, p->nfiles * sizeof(*paths));
	return sd_journal_open_files(ret, paths, 0);
}

/* Those that can be, when not all of them can. */
static int open_rest(const struct journal_place *p, sd_journal **ret)
{
	struct arena arena = { 0 };
	struct journal_place rest = { 0 };
	const char **file = arena_array(&arena, const char *, p->nfiles);
	int r = -EBADMSG;

	for (size_t i = 0; i < p->nfiles; i++)
		if (!damage_of(&arena, p->file[i]))
			file[rest.nfiles++] = p->file[i];
	rest.file = file;
	if (rest.nfiles)
		r = open_files(&rest, ret);
	arena_clear(&arena);
	return r;
}

static enum err open_dir(const char *dir, int flags, sd_journal **ret)
{
	struct stat st;

	if (stat(dir, &st))
		return err_sys("The journals in %s cannot be opened", dir);
	int r = sd_journal_open_directory(ret, dir, flags);
	errno = -r;
	return r < 0 ? err_sys("The journals in %s cannot be opened", dir) : OK;
}

bool place_is_here(const struct journal_place *p)
{
	return !p->dir && !p->root && !p->nfiles && !p->merge;
}

enum err place_open(const struct journal_place *p, sd_journal **ret)
{
	int r;

	if (p->dir)
		return open_dir(p->dir, 0, ret);
	if (p->root)
		return open_dir(p->root, SD_JOURNAL_OS_ROOT, ret);
	r = p->nfiles ? open_files(p, ret)
		      : sd_journal_open(
				ret, p->merge ? 0 : SD_JOURNAL_LOCAL_ONLY);
	errno = -r;
	if (r < 0 && p->nfiles > 1)
		r = open_rest(p, ret);
	if (r < 0 && p->nfiles)
		return err_sys("The journal file%s %s%s cannot be opened",
			p->nfiles > 1 ? "s" : "", p->file[0],
			p->nfiles > 1 ? " and the others" : "");
	return r < 0 ? err_sys("The journal cannot be opened") : OK;
}

void cleanup_journal(sd_journal **j)
{
	sd_journal_close(*j);
}

enum err place_failed(int error)
{
	errno = -error;
	return err_sys("The journal cannot be read");
}
