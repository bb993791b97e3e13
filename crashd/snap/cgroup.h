/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What control groups, of both versions, say of memory and of freezing. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum cgroup_frozen {
	CGROUP_RUNS,
	CGROUP_FROZEN_V1, /* ptrace cannot stop its threads */
	CGROUP_FROZEN_V2,
};

/* Memory that csnap's own group leaves; UINT64_MAX: no limit known. */
uint64_t cgroup_room(void);
/*
 * What the group of a process, and those around it, leave for it: free, or in
 * the page cache and not in use lately.  UINT64_MAX: no limit known.
 */
uint64_t cgroup_room_of(pid_t);
/* Does the OOM killer take the whole group (memory.oom.group)? */
bool cgroup_dies_together(pid_t);
enum cgroup_frozen cgroup_frozen(pid_t);

/* The number after key at the start of a line; UINT64_MAX: none. */
uint64_t cgroup_number(const char *path, const char *key);
