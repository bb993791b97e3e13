/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Threads that stand at the same place, told once. */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

struct group {
	uint64_t key;
	size_t *thread; /* indexes into core.threads, ascending */
	size_t n;
};

/*
 * Threads whose max innermost frames (0: all) are of the same functions at the
 * same lines; the group of the thread that got the signal first, then by size.
 * In the scratch arena.
 */
enum err group_threads(
	struct session *, size_t max, struct group **ret, size_t *ret_n);
/* "1-3, 7" */
const char *group_ids(struct session *, const struct group *);
/* JSON alone: count, ids, lwps. */
void group_fields(struct session *, const struct group *, struct out *);
