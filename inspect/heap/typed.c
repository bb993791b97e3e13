/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pointer of a known type to the start of a block says what the block is, if
 * the block is large enough; and if its size is just what malloc gives for one
 * such object, nothing else is believable: "certain".  A whole number of them
 * is less: the two links of a list fit every block, and what begins with them
 * is no array of them.  So there must be pointers where the elements behind the
 * first have some.  void pointers say nothing; a char pointer says the least
 * and is overruled by any other.  Pointers into the middle say nothing: what is
 * around the member that they point to is not known.
 *
 * The same struct has a DIE, and with it a type, in every unit: kinds of blocks
 * are told apart by name and size.
 */
#include "inspect/heap/typed.h"

#include "inspect/dwarf/demangle.h"
#include "inspect/dwarf/index.h"
#include "inspect/heap/chunk.h"
#include "inspect/image/symbol.h"

#include <elf.h>
#include <string.h>

enum {
	SLOTS = 1 << 14, /* of the hash of types */
	MAX_KINDS = 1 << 20,
	MAX_DEPTH = 32,         /* structs inside structs */
	MAX_ELEMENTS = 1 << 24, /* of one array */
	MAX_JUDGED = 16,        /* elements of what may be an array */
	MAX_OBJECTS = 1 << 30,  /* pointers, arrays and structs looked at */
};

struct typed_seen {
	const struct type *type;
	uint32_t kind;
	bool array;
};

/* ---- kinds ---- */

static const char *kind_name(
	struct typed *t, const struct type *type, bool array)
{
	const struct type *bare = type_strip(type);
	const char *name =
		type_name(bare->name ? bare : type_unqualified(type), t->arena);
	size_t n = strlen(name);

	if (!array)
		return name;
	return arena_printf(
		t->arena, "%s%s[]", name, n && name[n - 1] == '*' ? "" : " ");
}

static uint32_t kind_by_name(
	struct typed *t, const struct type *type, bool array)
{
	const char *name = kind_name(t, type, array);
	uint64_t size = type_size(type);

	for (uint32_t i = 1; i < t->nkinds; i++)
		if (t->kinds[i].size == size && !strcmp(t->kinds[i].name, name))
			return i;
	if (t->nkinds >= MAX_KINDS)
		return 0;
	t->kinds = arena_grow(t->arena, t->kinds, t->nkinds, &t->kinds_cap,
		sizeof(*t->kinds));
	t->kinds[t->nkinds] = (struct typed_kind){
		.type = type,
		.name = name,
		.size = size,
		.array = array,
	};
	return (uint32_t)t->nkinds++;
}

uint32_t typed_kind_of(struct typed *t, const struct type *type, bool array)
{
	uint64_t hash = ((uintptr_t)type >> 4) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (hash >> 40) + array;

	for (size_t n = 0; n < SLOTS; n++, at++) {
		uint32_t *slot = &t->slot[at % SLOTS];

		if (*slot && (t->seen[*slot].type != type ||
				     t->seen[*slot].array != array))
			continue;
		if (*slot)
			return t->seen[*slot].kind;
		if (t->nseen >= SLOTS / 2)
			break;
		t->seen = arena_grow(t->arena, t->seen, t->nseen, &t->seen_cap,
			sizeof(*t->seen));
		t->seen[t->nseen] = (struct typed_seen){
			.type = type,
			.kind = kind_by_name(t, type, array),
			.array = array,
		};
		*slot = (uint32_t)t->nseen++;
		return t->seen[*slot].kind;
	}
	return kind_by_name(t, type, array);
}

const struct typed_kind *typed_of(const struct typed *t, size_t chunk)
{
	return t->kind[chunk] ? &t->kinds[t->kind[chunk]] : NULL;
}

void typed_begin(struct heap *h, struct arena *arena, struct typed *ret)
{
	*ret = (struct typed){
		.heap = h,
		.arena = arena,
		.kind = arena_array(arena, uint32_t, h->n + 1),
		.confidence = arena_array(arena, uint8_t, h->n + 1),
		.slot = arena_array(arena, uint32_t, SLOTS),
		.nseen = 1,
		.budget = MAX_OBJECTS,
		.nkinds = 1,
	};
	ret->seen =
		arena_grow(arena, NULL, 0, &ret->seen_cap, sizeof(*ret->seen));
	ret->kinds = arena_grow(
		arena, NULL, 0, &ret->kinds_cap, sizeof(*ret->kinds));
}

/* ---- does it fit? ---- */

/* malloc's size for a request, and 16 more, where a rest was too small to be a
 * chunk (glibc: request2size, MINSIZE). */
bool typed_is_size_for(const struct heap_chunk *c, uint64_t request)
{
	uint64_t size = (request + 8 + 15) & ~UINT64_C(15);

	if (size < CHUNK_MIN)
		size = CHUNK_MIN;
	if (c->state == HEAP_MMAPPED)
		return chunk_usable(c) - request < 4096 + 16;
	return chunk_size(c) == size || chunk_size(c) == size + HEAP_UNIT;
}

static bool is_flexible(const struct type *t)
{
	if (!type_is_record(t) || !t->nmembers)
		return false;
	const struct type *last = type_strip(t->members[t->nmembers - 1].type);

	return last->kind == TYPE_ARRAY && (!last->has_count || !last->count);
}

/* What stands where a type has pointers. */
struct pointers {
	unsigned good;
	bool bad;
};

/* A pointer to a record in the heap leads to one, or to one of an array. */
static bool may_point(struct typed *t, const struct type *target, uint64_t word)
{
	const struct type *bare = type_bare(target);
	const struct heap_chunk *c = chunk_of_pointer(t->heap, word);

	if (!c || !type_is_record(bare) || !bare->size)
		return mem_at(&t->heap->image->mem, word) != NULL;
	return chunk_is_used(c) && word >= chunk_user(c) &&
	       (word - chunk_user(c)) % bare->size == 0;
}

static void judge(struct typed *t, const struct type *type, uint64_t addr,
	unsigned depth, struct pointers *p)
{
	const struct type *bare = type_bare(type);
	uint64_t word;

	if (depth > MAX_DEPTH || p->bad)
		return;
	if (type_is_record(bare) && bare->kind != TYPE_UNION) {
		bare = type_strip(type);
		for (size_t i = 0; i < bare->nmembers; i++)
			if (!bare->members[i].is_static &&
				!bare->members[i].unknown_offset &&
				!bare->members[i].is_variant)
				judge(t, bare->members[i].type,
					addr + bare->members[i].offset,
					depth + 1, p);
		return;
	}
	if (bare->kind != TYPE_POINTER ||
		mem_read_part(&t->heap->image->mem, addr, &word, 8) != 8 ||
		!word)
		return;
	p->bad = !may_point(t, type_target(bare), word);
	p->good += !p->bad;
}

struct fit {
	bool fits, exact, array;
};

/* More than one, or the first part of something larger. */
static struct fit fit_array(
	struct typed *t, const struct heap_chunk *c, const struct type *record)
{
	uint64_t size = type_size(record), n = chunk_usable(c) / size;
	struct pointers p = { 0 };

	for (uint64_t i = 1; i < n && i <= MAX_JUDGED; i++)
		judge(t, record, chunk_user(c) + i * size, 0, &p);
	return (struct fit){ true,
		n > 1 && p.good && !p.bad && typed_is_size_for(c, n * size),
		n > 1 && !p.bad };
}

static struct fit fit(
	struct typed *typed, const struct heap_chunk *c, const struct type *t)
{
	uint64_t size = type_size(t);
	bool record = type_is_record(t);

	if (!size)
		return (struct fit){ record && t->is_declaration, false,
			false };
	if (size > chunk_usable(c))
		return (struct fit){ 0 };
	if (!record)
		return (struct fit){ true, true, true };
	if (typed_is_size_for(c, size) || is_flexible(t))
		return (struct fit){ true, true, false };
	return fit_array(typed, c, t);
}

/* What overrules what. */
static unsigned rank(const struct type *t, bool exact)
{
	unsigned by_kind = type_is_record(t)         ? 4
			   : t->kind == TYPE_POINTER ? 3
			   : type_size(t) > 1        ? 2
						     : 1;

	return by_kind * 2 + exact;
}

/* ---- pointers ---- */

static void queue(struct typed *t, uint32_t chunk)
{
	t->todo = arena_grow(
		t->arena, t->todo, t->ntodo, &t->todo_cap, sizeof(*t->todo));
	t->todo[t->ntodo++] = chunk;
}

void typed_set(struct typed *t, uint32_t chunk, uint32_t kind, bool certain)
{
	t->kind[chunk] = kind;
	t->confidence[chunk] = certain ? TYPED_CERTAIN : TYPED_LIKELY;
	queue(t, chunk);
}

/* target: what the pointer points to, with its typedefs. */
static void point(
	struct typed *t, const struct type *target, uint64_t word, bool certain)
{
	struct heap_chunk *c = chunk_of_pointer(t->heap, word);
	const struct type *bare = type_bare(target);

	if (!c || chunk_user(c) != word || !chunk_is_used(c) ||
		bare->kind == TYPE_VOID || bare->kind == TYPE_FUNC ||
		bare->kind == TYPE_UNSPECIFIED)
		return;
	bare = type_strip(target);
	struct fit f = fit(t, c, bare);
	if (!f.fits)
		return;
	uint32_t i = (uint32_t)(c - t->heap->chunks);
	uint32_t kind = typed_kind_of(t, target, f.array);
	const struct typed_kind *old = typed_of(t, i);
	certain = certain && f.exact;
	if (!old || old == &t->kinds[kind]) {
		if (!old || (certain && t->confidence[i] != TYPED_CERTAIN))
			typed_set(t, i, kind, certain);
		return;
	}
	const struct type *former = type_strip(old->type);
	unsigned mine = rank(bare, f.exact);
	unsigned its = rank(former, fit(t, c, former).exact);
	if (mine > its)
		typed_set(t, i, kind, certain);
	else if (mine == its && type_is_record(bare))
		t->confidence[i] = TYPED_LIKELY;
}

/* ---- walking objects ---- */

static void object(struct typed *t, const struct type *type, uint64_t addr,
	bool certain, unsigned depth);

static bool has_pointers(const struct type *t)
{
	return t->kind == TYPE_POINTER || type_is_reference(t) ||
	       t->kind == TYPE_ARRAY || type_is_record(t);
}

static void elements(struct typed *t, const struct type *array, uint64_t addr,
	bool certain, unsigned depth)
{
	const struct type *element = type_strip(type_target(array));
	uint64_t stride = type_stride(array);

	if (!has_pointers(element) || !stride || !array->has_count)
		return;
	for (uint64_t i = 0; i < array->count && i < MAX_ELEMENTS; i++) {
		object(t, element, addr + i * stride, certain, depth + 1);
		if (i % 4096 == 4095 && heap_check(t->heap))
			return;
	}
}

static void object(struct typed *t, const struct type *type, uint64_t addr,
	bool certain, unsigned depth)
{
	const struct type *bare = type_bare(type);
	uint64_t word;

	if (depth > MAX_DEPTH || !has_pointers(bare) || !t->budget)
		return;
	t->budget--;
	if (bare->kind == TYPE_POINTER || type_is_reference(bare)) {
		if (mem_read_part(&t->heap->image->mem, addr, &word, 8) == 8 &&
			word)
			point(t, type_target(bare), word, certain);
		return;
	}
	bare = type_strip(type);
	if (bare->kind == TYPE_ARRAY) {
		elements(t, bare, addr, certain, depth);
		return;
	}
	for (size_t i = 0; i < bare->nmembers; i++) {
		const struct member *m = &bare->members[i];

		if (m->is_static || m->unknown_offset || m->bit_size)
			continue;
		object(t, m->type, addr + m->offset,
			certain && bare->kind != TYPE_UNION && !m->is_variant,
			depth + 1);
	}
}

void typed_root(struct typed *t, const struct value *v)
{
	const struct type *bare = type_strip(v->type);
	struct value_ctx ctx = {
		.mem = &t->heap->image->mem,
		.arch = t->heap->image->arch,
		.arena = t->arena,
	};
	enum absent absent;
	uint64_t word;

	if (v->loc.kind == LOC_ADDR)
		object(t, bare, v->loc.addr + v->loc.offset, true, 0);
	else if (v->loc.kind != LOC_NONE && v->loc.kind != LOC_IMPLICIT &&
		 bare->kind == TYPE_POINTER &&
		 !value_load(v, &ctx, &word, sizeof(word), &absent))
		point(t, type_target(bare), word, true);
}

/* ---- globals ---- */

struct globals {
	struct typed *t;
	struct index_entry *entry;
	size_t n, cap;
};

static bool collect(const struct index_entry *e, void *ctx)
{
	struct globals *g = ctx;

	if (e->declaration)
		return true;
	g->entry = arena_grow(
		g->t->arena, g->entry, g->n, &g->cap, sizeof(*g->entry));
	g->entry[g->n++] = *e;
	return !heap_check(g->t->heap);
}

/* A thread-local variable has a place in each thread. */
static void global(struct typed *t, const struct index_entry *e)
{
	struct image *image = t->heap->image;
	const struct core *core = image->core;
	struct scope_ctx ctx = { .image = image, .arena = t->arena };
	struct value v;

	if (!index_value(e, &ctx, &v) && v.loc.kind == LOC_ADDR && !v.loc.why) {
		typed_root(t, &v);
		return;
	}
	for (size_t i = 0; i < core->nthreads; i++) {
		struct frame f = { .regs = core->threads[i].regs };

		ctx.frame = &f;
		if (index_value(e, &ctx, &v) || v.loc.kind != LOC_ADDR)
			return;
		typed_root(t, &v);
	}
}

enum err typed_globals(struct typed *t)
{
	struct image *image = t->heap->image;

	for (size_t i = 0; i < image->nmodules; i++) {
		struct module *m = image->modules[i];
		struct globals g = { .t = t };

		if (!module_has_dwarf(image, m))
			continue;
		index_each(image, m,
			INDEX_VARIABLE | (m->is_exe ? INDEX_LOCAL : 0U),
			collect, &g);
		for (size_t k = 0; k < g.n; k++) {
			global(t, &g.entry[k]);
			TRY(heap_check(t->heap));
		}
	}
	return OK;
}

/* ---- through the heap ---- */

enum err typed_walk(struct typed *t)
{
	while (t->ntodo) {
		uint32_t i = t->todo[--t->ntodo];
		const struct heap_chunk *c = &t->heap->chunks[i];
		const struct typed_kind k = t->kinds[t->kind[i]];
		const struct type *type = type_strip(k.type);
		bool certain = t->confidence[i] == TYPED_CERTAIN;
		uint64_t n = k.array && k.size ? chunk_usable(c) / k.size : 1;

		if (!has_pointers(type))
			continue;
		for (uint64_t e = 0; e < n; e++)
			object(t, type, chunk_user(c) + e * k.size, certain, 0);
		TRY(heap_check(t->heap));
	}
	return OK;
}

/* The class whose vtable a symbol is: "_ZTV3Foo" is the vtable of "3Foo". */
static const struct type *class_of_vtable(struct typed *t, uint64_t word)
{
	static const char heading[] = "vtable for ";
	struct image *image = t->heap->image;
	struct symbol s;

	if (!symbol_at(image, word, &s) || strncmp(s.name, "_ZTV", 4))
		return NULL;
	const char *name = demangle_symbol(s.name, t->arena);
	if (strncmp(name, heading, sizeof(heading) - 1))
		return NULL;
	name += sizeof(heading) - 1;
	const struct type *found =
		index_find_type(image, s.module, "struct", name);
	if (found)
		return found;
	struct type *made = arena_new(t->arena, struct type);
	*made = (struct type){
		.kind = TYPE_CLASS,
		.name = name,
		.is_declaration = true,
		.no_tag = true,
	};
	return made;
}

struct vtable {
	uint64_t addr;
	const struct type *type;
};

static bool is_array_of(
	const struct typed *t, uint32_t chunk, const struct type *class)
{
	const struct typed_kind *k = typed_of(t, chunk);
	const char *name = k ? type_strip(k->type)->name : NULL;

	return k && k->array && name && class->name &&
	       !strcmp(name, class->name);
}

static enum err vtables(struct typed *t)
{
	enum { KNOWN = 1024 };
	struct vtable *known = arena_array(t->arena, struct vtable, KNOWN);
	struct heap *h = t->heap;

	for (uint32_t i = 0; i < h->n; i++) {
		const struct heap_chunk *c = &h->chunks[i];
		uint64_t word;

		if (t->confidence[i] == TYPED_CERTAIN || !chunk_is_used(c) ||
			mem_read_part(
				&h->image->mem, chunk_user(c), &word, 8) != 8 ||
			word % 8 || !module_at(h->image, word))
			continue;
		struct vtable *v = &known[(word >> 3) % KNOWN];
		if (v->addr != word)
			*v = (struct vtable){ word, class_of_vtable(t, word) };
		if (v->type && !is_array_of(t, i, v->type))
			typed_set(t, i, typed_kind_of(t, v->type, false), true);
		if (i % 4096 == 4095)
			TRY(heap_check(h));
	}
	return typed_walk(t);
}

enum err typed_spread(struct typed *t)
{
	TRY(typed_walk(t));
	return vtables(t);
}
