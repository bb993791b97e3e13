/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Journals that were gathered hold paths of other machines; the same path here
 * is another file.  The machine's id tells, and where a record has none, the
 * boot, or else the name.  Below a root, what that system has in /etc.
 */
#include "inspect/journal/machine.h"

#include "inspect/base/cleanup.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { MAX_WORD = 256 };

/* The file's first word, without the dashes that the kernel has in ids. */
static bool word_of(const struct journal_place *p, const char *file, bool id,
	char ret[MAX_WORD])
{
	char path[PATH_MAX], line[MAX_WORD];
	size_t n = 0;

	snprintf(path, sizeof(path), "%s%s", p->root ? p->root : "", file);
	_cleanup_(fclose) FILE *f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		return false;
	for (const char *s = line; *s && !isspace((unsigned char)*s); s++)
		if (!id || *s != '-')
			ret[n++] = *s;
	ret[n] = '\0';
	return n;
}

bool machine_is_of(const struct journal_place *p, const struct journal_crash *c)
{
	char word[MAX_WORD];

	if (place_is_here(p))
		return true;
	if (c->machine && word_of(p, "/etc/machine-id", true, word))
		return !strcmp(c->machine, word);
	if (!p->root && c->boot &&
		word_of(p, "/proc/sys/kernel/random/boot_id", true, word) &&
		!strcmp(c->boot, word))
		return true;
	return c->host &&
	       word_of(p,
		       p->root ? "/etc/hostname" : "/proc/sys/kernel/hostname",
		       false, word) &&
	       !strcmp(c->host, word);
}
