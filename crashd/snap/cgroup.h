/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What control groups, of both versions, say of memory and of freezing. */
#include <stdint.h>
#include <sys/types.h>

enum cgroup_frozen {
	CGROUP_RUNS,
	CGROUP_FROZEN_V1, /* ptrace cannot stop its threads */
	CGROUP_FROZEN_V2,
};

/* Memory that csnap's own group leaves; UINT64_MAX: no limit known. */
uint64_t cgroup_room(void);
enum cgroup_frozen cgroup_frozen(pid_t);

/* The number after key at the start of a line; UINT64_MAX: none. */
uint64_t cgroup_number(const char *path, const char *key);
