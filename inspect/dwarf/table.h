/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A hash table from a number (an address, a DIE's address) to a pointer. */
#include "inspect/base/arena.h"

#include <stddef.h>
#include <stdint.h>

struct table {
	struct arena *arena;
	struct table_slot *slot;
	size_t n, cap; /* cap is a power of two */
};

struct table_slot {
	uint64_t key; /* 0: free */
	void *value;
};

struct table *table_new(struct arena *);
/* NULL: not there.  Keys are not 0. */
void *table_find(const struct table *, uint64_t key);
void table_add(struct table *, uint64_t key, void *value);
