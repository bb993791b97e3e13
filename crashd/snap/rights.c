/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel opens a core with the credentials of the process that dies: its
 * ids for files, all its groups, its capabilities (path_resolution(7)).  We
 * are somebody else, mostly root, so that access(2) would answer for us; hence
 * the rules themselves.  An access control list is not read: where there is
 * one, and the mode bits say no, the answer is yes.
 */
#include "crashd/snap/rights.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { CAN_SEARCH = 1, CAN_WRITE = 2 };

/* linux/capability.h */
enum { DAC_OVERRIDE = 1, DAC_READ_SEARCH = 2, SYS_RESOURCE = 24 };

static uint64_t capabilities(const struct target *target)
{
	char path[64], its[64], ours[64], value[32];
	ssize_t n, m;

	/* over files of users that its namespace does not know it has none */
	snprintf(path, sizeof path, "/proc/%d/task/%d/ns/user", target->pid,
		target->tid);
	n = readlink(path, its, sizeof its);
	m = readlink("/proc/self/ns/user", ours, sizeof ours);
	if (n > 0 && (n != m || memcmp(its, ours, (size_t)n)))
		return 0;
	return target_status(
		       target->pid, target->tid, "CapEff", value, sizeof value)
		       ? strtoull(value, NULL, 16)
		       : 0;
}

/* The fourth of real, effective, saved, for files. */
static unsigned file_id(const struct target *target, const char *key)
{
	unsigned id[4] = { 0 };
	char value[256];

	if (target_status(target->pid, target->tid, key, value, sizeof value))
		sscanf(value, "%u %u %u %u", id, id + 1, id + 2, id + 3);
	return id[3];
}

void rights_read(struct rights *rights, const struct target *target)
{
	uint64_t caps = capabilities(target);
	char groups[4096], *at = groups, *end;

	*rights = (struct rights){ .uid = file_id(target, "Uid"),
		.gid = file_id(target, "Gid"),
		.overrides = caps >> DAC_OVERRIDE & 1,
		.searches = caps >> DAC_READ_SEARCH & 1,
		.reserved = caps >> SYS_RESOURCE & 1 };
	if (!target_status(
		    target->pid, target->tid, "Groups", groups, sizeof groups))
		return;
	while (rights->ngroups < RIGHTS_GROUPS) {
		unsigned long id = strtoul(at, &end, 10);

		if (end == at)
			return;
		rights->group[rights->ngroups++] = (gid_t)id;
		at = end;
	}
}

static bool is_member(const struct rights *rights, gid_t gid)
{
	for (size_t i = 0; i < rights->ngroups; i++)
		if (rights->group[i] == gid)
			return true;
	return rights->gid == gid;
}

static bool may(const struct rights *rights, const char *folder,
	const struct stat *st, mode_t want)
{
	mode_t has = st->st_uid == rights->uid       ? st->st_mode >> 6
		     : is_member(rights, st->st_gid) ? st->st_mode >> 3
						     : st->st_mode;

	if (rights->overrides || (want == CAN_SEARCH && rights->searches) ||
		(has & want) == want)
		return true;
	return st->st_uid != rights->uid &&
	       getxattr(folder, "system.posix_acl_access", NULL, 0) > 0;
}

int rights_make(const struct rights *rights, const char *folder, size_t from,
	struct stat *ret)
{
	char path[4096];
	size_t n = strlen(folder);

	if (n >= sizeof path)
		return ENAMETOOLONG;
	for (size_t i = from; i <= n; i++) {
		if (i < n && folder[i] != '/')
			continue;
		memcpy(path, folder, i);
		path[i] = 0;
		if (stat(path, ret))
			return errno;
		if (!S_ISDIR(ret->st_mode))
			return ENOTDIR;
		if (!may(rights, path, ret,
			    i < n ? CAN_SEARCH : CAN_SEARCH | CAN_WRITE))
			return EACCES;
	}
	return ret->st_nlink ? 0 : ENOENT;
}
