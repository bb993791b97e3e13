/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open addressing, linear probing, at most half full, nothing is removed. */
#include "inspect/dwarf/table.h"

enum { FIRST_CAP = 64 };

static size_t table_start(const struct table *t, uint64_t key)
{
	/* Fibonacci hashing: the high bits of the product are well mixed. */
	return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
	       (t->cap - 1);
}

struct table *table_new(struct arena *arena)
{
	struct table *t = arena_new(arena, struct table);

	t->arena = arena;
	t->cap = FIRST_CAP;
	t->slot = arena_array(arena, struct table_slot, t->cap);
	return t;
}

void *table_find(const struct table *t, uint64_t key)
{
	for (size_t i = table_start(t, key); t->slot[i].key;
		i = (i + 1) & (t->cap - 1))
		if (t->slot[i].key == key)
			return t->slot[i].value;
	return NULL;
}

static void table_put(struct table *t, uint64_t key, void *value)
{
	size_t i = table_start(t, key);

	while (t->slot[i].key && t->slot[i].key != key)
		i = (i + 1) & (t->cap - 1);
	if (!t->slot[i].key)
		t->n++;
	t->slot[i] = (struct table_slot){ key, value };
}

void table_add(struct table *t, uint64_t key, void *value)
{
	if (2 * t->n >= t->cap) {
		struct table old = *t;

		t->cap *= 2;
		t->n = 0;
		t->slot = arena_array(t->arena, struct table_slot, t->cap);
		for (size_t i = 0; i < old.cap; i++)
			if (old.slot[i].key)
				table_put(
					t, old.slot[i].key, old.slot[i].value);
	}
	table_put(t, key, value);
}
