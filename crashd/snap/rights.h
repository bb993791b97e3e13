/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What a process may do in a folder: the kernel writes its core as itself. */
#include "crashd/snap/target.h"

#include <sys/stat.h>

enum { RIGHTS_GROUPS = 256 };

struct rights {
	uid_t uid; /* those for files */
	gid_t gid;
	size_t ngroups;
	gid_t group[RIGHTS_GROUPS];
	bool overrides; /* CAP_DAC_OVERRIDE */
	bool searches;  /* CAP_DAC_READ_SEARCH */
	bool reserved;  /* CAP_SYS_RESOURCE: the disk's last blocks, too */
};

void rights_read(struct rights *, const struct target *);
/*
 * May it make a file in the folder?  It needs to get there as well: every
 * folder of the path is looked at, from byte `from` of it on.  0 with the
 * folder's stat, or an errno: ENOENT (also one that was removed), EACCES.
 */
int rights_make(const struct rights *, const char *folder, size_t from,
	struct stat *ret);
