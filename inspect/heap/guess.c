/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A block that is lost has no typed pointer to it.  What it was is looked for
 * among the program's structs of its size: where the type has pointers there
 * must be pointers, and where it has numbers of eight bytes no address.  Only
 * where one type alone fits best, or blocks of that size all have one type, is
 * it named, and then it is "likely".
 */
#include "inspect/heap/guess.h"

#include "inspect/dwarf/index.h"
#include "inspect/heap/chunk.h"

#include <string.h>

enum {
	MAX_DEPTH = 32,        /* structs inside structs */
	SMALL_UNITS = 1 << 12, /* blocks up to 64 KiB are guessed at */
	MAX_CANDIDATES = 1 << 16,
};

struct score {
	unsigned pointers, good;
	bool bad;
};

/* Is a word what a pointer to that may be? */
static bool may_point(struct typed *t, const struct type *target, uint64_t word)
{
	const struct type *bare = type_bare(target);
	struct heap *h = t->heap;
	struct heap_chunk *c = chunk_of_pointer(h, word);

	if (bare->kind == TYPE_FUNC)
		return module_at(h->image, word) != NULL;
	if (!c)
		return mem_at(&h->image->mem, word) != NULL;
	if (!chunk_is_used(c))
		return false;
	return !type_is_record(bare) || chunk_user(c) != word ||
	       type_size(target) <= chunk_usable(c);
}

static void judge(struct typed *t, const struct type *type, uint64_t addr,
	unsigned depth, struct score *s)
{
	const struct type *bare = type_strip(type);
	uint64_t word;

	if (depth > MAX_DEPTH || s->bad)
		return;
	if (type_is_record(bare) && bare->kind != TYPE_UNION) {
		for (size_t i = 0; i < bare->nmembers; i++)
			if (!bare->members[i].is_static &&
				!bare->members[i].unknown_offset)
				judge(t, bare->members[i].type,
					addr + bare->members[i].offset,
					depth + 1, s);
		return;
	}
	if (type_size(bare) != 8 || bare->kind == TYPE_UNION ||
		mem_read_part(&t->heap->image->mem, addr, &word, 8) != 8)
		return;
	if (bare->kind != TYPE_POINTER) {
		/* An address where the type has a number. */
		s->bad =
			word > UINT32_MAX && mem_at(&t->heap->image->mem, word);
		return;
	}
	s->pointers++;
	if (!word)
		return;
	if (may_point(t, type_target(bare), word))
		s->good++;
	else
		s->bad = true;
}

struct candidates {
	struct typed *t;
	const uint8_t *sizes; /* by units: somebody asks */
	const struct type **type;
	size_t n, cap;
};

static bool candidate(const struct index_entry *e, void *ctx)
{
	struct candidates *l = ctx;
	const struct type *t;

	if (e->declaration || l->n >= MAX_CANDIDATES)
		return true;
	t = index_type(l->t->heap->image, e);
	if (!t || !type_is_record(type_strip(t)))
		return true;
	uint64_t units = (type_size(t) + 8 + 15) / HEAP_UNIT;
	if (units < 2)
		units = 2;
	if (!type_size(t) || units >= SMALL_UNITS || !l->sizes[units])
		return true;
	l->type = arena_grow(
		l->t->arena, l->type, l->n, &l->cap, sizeof(*l->type));
	l->type[l->n++] = t;
	return !heap_check(l->t->heap);
}

/* The one candidate with the most pointers that lead somewhere; 0: several, or
 * none has any. */
static uint32_t best(
	struct typed *t, const struct candidates *l, const struct heap_chunk *c)
{
	unsigned most = 0;
	uint32_t found = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct score s = { 0 };

		if (!typed_is_size_for(c, type_size(l->type[i])))
			continue;
		judge(t, l->type[i], chunk_user(c), 0, &s);
		if (s.bad || !s.good || s.good < most)
			continue;
		uint32_t kind = typed_kind_of(t, l->type[i], false);
		if (s.good > most)
			found = kind;
		else if (kind != found)
			found = 0;
		most = s.good;
	}
	return found;
}

/* The kind of certain blocks of that size, if there is one alone. */
static uint32_t *kinds_by_size(struct typed *t)
{
	enum { SEVERAL = UINT32_MAX };
	uint32_t *ret = arena_array(t->arena, uint32_t, SMALL_UNITS);

	for (size_t i = 0; i < t->heap->n; i++) {
		uint32_t units = t->heap->chunks[i].units;

		if (t->confidence[i] != TYPED_CERTAIN || units >= SMALL_UNITS ||
			!type_is_record(type_strip(typed_of(t, i)->type)))
			continue;
		if (ret[units] && ret[units] != t->kind[i])
			ret[units] = SEVERAL;
		else
			ret[units] = t->kind[i];
	}
	for (size_t i = 0; i < SMALL_UNITS; i++)
		if (ret[i] == SEVERAL)
			ret[i] = 0;
	return ret;
}

static uint32_t guess(struct typed *t, const struct candidates *l,
	const uint32_t *live, const struct heap_chunk *c)
{
	uint32_t kind = best(t, l, c);
	struct score s = { 0 };

	if (kind || c->units >= SMALL_UNITS)
		return kind;
	kind = live[c->units] ? live[c->units] : live[c->units - 1];
	if (!kind || t->kinds[kind].array ||
		!typed_is_size_for(c, t->kinds[kind].size))
		return 0;
	judge(t, t->kinds[kind].type, chunk_user(c), 0, &s);
	return s.bad ? 0 : kind;
}

enum err guess_all(struct typed *t, const uint8_t *wanted)
{
	struct heap *h = t->heap;
	uint8_t *sizes = arena_array(t->arena, uint8_t, SMALL_UNITS + 1);
	struct candidates l = { .t = t, .sizes = sizes };
	bool any = false;

	for (size_t i = 0; i < h->n; i++)
		if (wanted[i] && !t->kind[i] &&
			h->chunks[i].units < SMALL_UNITS) {
			sizes[h->chunks[i].units] = true;
			sizes[h->chunks[i].units - 1] = true;
			any = true;
		}
	if (!any || !h->image->exe ||
		!module_has_dwarf(h->image, h->image->exe))
		return OK;
	index_each(h->image, h->image->exe, INDEX_TYPE, candidate, &l);
	const uint32_t *live = kinds_by_size(t);
	for (uint32_t i = 0; i < h->n; i++) {
		if (!wanted[i] || t->kind[i])
			continue;
		uint32_t kind = guess(t, &l, live, &h->chunks[i]);
		if (kind)
			typed_set(t, i, kind, false);
		if (i % 1024 == 1023)
			TRY(heap_check(h));
	}
	return typed_walk(t);
}
