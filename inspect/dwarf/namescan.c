/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One pass over the bytes of a unit.  What each abbreviation has is worked out
 * once: most DIEs are then skipped by adding their size, and most subtrees by
 * DW_AT_sibling (DWARF 5, 7.5.3).  A DIE without a name of its own has that of
 * its specification or abstract origin, in another unit perhaps, and so for
 * the other attributes that make it worth an entry.
 *
 * Everything read here is checked against the end of its section or unit; a
 * form that is not known, a cut-off unit, a reference to nowhere only mean
 * that the slower way is taken.
 */
#include "inspect/dwarf/namescan.h"

#include "inspect/base/bytes.h"
#include "inspect/base/hash.h"
#include "inspect/base/limits.h"
#include "inspect/dwarf/index.h"
#include "inspect/dwarf/namedie.h"
#include "inspect/dwarf/names.h"
#include "inspect/dwarf/table.h"

#include <gelf.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- a unit ------------------------------------------------------------ */

struct walk {
	const struct namescan *scan;
	const struct namescan_unit *unit;
	struct namescan_found *found;
	struct bytes at;
	unsigned depth;
};

struct namescan_section namescan_place(
	const struct namescan_file file[2], enum name_place place)
{
	switch (place) {
	case NAME_INFO:
		return file[0].info;
	case NAME_STR:
		return file[0].str;
	case NAME_LINE_STR:
		return file[0].line_str;
	case NAME_ALT_INFO:
		return file[1].info;
	case NAME_ALT_STR:
		return file[1].str;
	case NAME_ALT_LINE_STR:
		return file[1].line_str;
	default:
		return (struct namescan_section){ 0 };
	}
}

uint32_t namescan_hash(const char *s)
{
	return hash32_on(HASH32_START, s, strlen(s));
}

/*
 * Strings are read from the file and not from its mapping, where each would
 * bring in 64 KiB around it: the names of a program of hundreds of megabytes
 * would all be in memory, only to be hashed.
 */
static uint32_t hash_from_file(const struct namescan_section *in, uint64_t at)
{
	uint32_t h = HASH32_START;
	char text[128];

	while (at < in->n) {
		ssize_t n = pread(
			in->fd, text, sizeof(text), (off_t)(in->offset + at));
		if (n <= 0)
			break;
		size_t len = strnlen(text, (size_t)n);

		h = hash32_on(h, text, len);
		if (len < (size_t)n)
			break;
		at += len;
	}
	return h;
}

static size_t memo_slot(const struct namescan_found *f, uint64_t key)
{
	return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
	       (f->memo_cap - 1);
}

static void memo_grow(struct namescan_found *f)
{
	struct namescan_memo *old = f->memo;
	struct arena old_arena = f->memo_arena;
	size_t n = f->memo_cap;

	f->memo_arena = (struct arena){ 0 };
	f->memo_cap = n ? 2 * n : 4096;
	f->memo =
		arena_array(&f->memo_arena, struct namescan_memo, f->memo_cap);
	for (size_t i = 0; i < n; i++) {
		size_t to = memo_slot(f, old[i].key);

		while (old[i].key && f->memo[to].key)
			to = (to + 1) & (f->memo_cap - 1);
		if (old[i].key)
			f->memo[to] = old[i];
	}
	arena_clear(&old_arena);
}

void namescan_done(struct namescan_found *f)
{
	arena_clear(&f->memo_arena);
	f->memo = NULL;
	f->nmemo = f->memo_cap = 0;
}

/* Headers are in many units: most names come again. */
static uint32_t hash_at(struct namescan_found *f,
	const struct namescan_section *in, const struct namedie *d)
{
	uint64_t key = d->name << 3 | (uint64_t)d->place;

	if (!in->apart)
		return namescan_hash((const char *)in->p + d->name);
	if (2 * f->nmemo >= f->memo_cap)
		memo_grow(f);
	size_t at = memo_slot(f, key);
	while (f->memo[at].key && f->memo[at].key != key)
		at = (at + 1) & (f->memo_cap - 1);
	if (!f->memo[at].key) {
		f->memo[at] = (struct namescan_memo){ key,
			hash_from_file(in, d->name) };
		f->nmemo++;
	}
	return f->memo[at].hash;
}

void namescan_add(struct namescan_found *f, const struct slim *e, uint32_t hash)
{
	size_t chunk = f->n / NAMES_CHUNK, i = f->n % NAMES_CHUNK;

	if (chunk == f->nchunks) {
		f->chunk = arena_grow(&f->arena, f->chunk, chunk,
			&f->chunks_cap, sizeof(*f->chunk));
		f->hash = arena_grow(&f->arena, f->hash, chunk, &f->hashes_cap,
			sizeof(*f->hash));
		f->chunk[chunk] =
			arena_array(&f->arena, struct slim, NAMES_CHUNK);
		f->hash[chunk] = arena_array(&f->arena, uint32_t, NAMES_CHUNK);
		f->nchunks++;
	}
	f->chunk[chunk][i] = *e;
	f->chunk[chunk][i].hash = (uint8_t)(hash >> 24);
	f->hash[chunk][i] = hash;
	f->n++;
}

static void add(struct walk *w, const struct namedie *d, const uint8_t *at,
	unsigned kind)
{
	const struct namescan *s = w->scan;
	struct namescan_section in = namescan_place(s->file, d->place);
	uint32_t hash = HASH32_START;

	if (d->place && (d->name >= in.n || d->name > UINT32_MAX)) {
		w->at.bad = true;
		return;
	}
	if (d->place)
		hash = hash_at(w->found, &in, d);
	struct slim e = {
		.name = (uint32_t)d->name,
		.die = (uint32_t)(at - w->unit->die),
		.unit = (uint32_t)(w->unit - s->unit),
		.tag = d->abbrev->tag,
		.flags = (uint8_t)(kind | (unsigned)d->place << SLIM_PLACE |
				   (d->declaration ? SLIM_DECLARATION : 0)),
	};

	namescan_add(w->found, &e, hash);
}

/* One with a name, its own or its origin's. */
static void add_named(
	struct walk *w, struct namedie *d, const uint8_t *at, unsigned kind)
{
	unsigned has;

	if (!namedie_inherit(w->scan, d, HAS_NAME, &has))
		w->at.bad = true;
	else if (d->place)
		add(w, d, at, kind);
}

static void add_enum(struct walk *w, struct namedie *d, const uint8_t *at)
{
	unsigned has;

	if (!namedie_inherit(w->scan, d, HAS_NAME, &has))
		w->at.bad = true;
	else
		add(w, d, at, INDEX_TYPE);
}

static void add_variable(struct walk *w, struct namedie *d, const uint8_t *at)
{
	unsigned has;

	/* int x; after extern int x; has its place at the second DIE, which
	 * refers to the first. */
	if (!namedie_inherit(w->scan, d, HAS_PLACE, &has))
		w->at.bad = true;
	/* Without a place it is optimized out, but has a type. */
	if (!(has & HAS_PLACE))
		d->declaration = true;
	if (!w->at.bad)
		add_named(w, d, at, INDEX_VARIABLE);
}

enum what { WHAT_ALL, WHAT_ENUMERATORS };

static void scan_children(struct walk *w, enum what what);

static void skip_children(struct walk *w, const struct namedie *d)
{
	const uint8_t *sibling = w->unit->start + d->sibling;
	unsigned depth = 1;
	struct namedie inner;

	if (d->sibling && sibling > w->at.p && sibling < w->unit->end &&
		d->sibling < (uint64_t)(w->unit->end - w->unit->start)) {
		w->at.p = sibling;
		return;
	}
	while (depth && !w->at.bad) {
		if (!namedie_read(w->scan, w->unit, &w->at, &inner))
			depth--;
		else if (inner.abbrev->children)
			depth++;
	}
}

static void descend(struct walk *w, const struct namedie *d, enum what what)
{
	if (!d->abbrev->children)
		return;
	if (w->depth >= MAX_DIE_DEPTH) {
		skip_children(w, d);
		return;
	}
	w->depth++;
	scan_children(w, what);
	w->depth--;
}

/* Adds what the DIE is; true: its children are wanted too. */
static bool visit(struct walk *w, struct namedie *d, const uint8_t *at)
{
	switch (d->abbrev->tag) {
	case DW_TAG_subprogram:
		/* Concrete, or an abstract instance: inlined somewhere.  Only
		 * declared ones belong to another unit. */
		if (d->abbrev->has & (HAS_CODE | HAS_INLINE))
			add_named(w, d, at, INDEX_FUNCTION);
		return false;
	case DW_TAG_variable:
	case DW_TAG_constant:
		add_variable(w, d, at);
		return false;
	case DW_TAG_enumeration_type:
		/* Enumerators stand right behind their enum, so it is entered
		 * even without a name. */
		add_enum(w, d, at);
		return true;
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_class_type:
	case DW_TAG_interface_type:
		add_named(w, d, at, INDEX_TYPE);
		return w->unit->nest;
	case DW_TAG_typedef:
	case DW_TAG_base_type:
	case DW_TAG_unspecified_type:
	case DW_TAG_subrange_type:
	case DW_TAG_template_alias:
		add_named(w, d, at, INDEX_TYPE);
		return false;
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_common_block:
		return true;
	default:
		return false;
	}
}

static void scan_children(struct walk *w, enum what what)
{
	while (!w->at.bad && w->at.p < w->unit->end) {
		const uint8_t *at = w->at.p;
		bool wanted = false;
		struct namedie d;

		if (!namedie_read(w->scan, w->unit, &w->at, &d))
			return;
		if (what == WHAT_ALL)
			wanted = visit(w, &d, at);
		else if (d.abbrev->tag == DW_TAG_enumerator)
			add_named(w, &d, at, INDEX_CONSTANT);
		if (!wanted && d.abbrev->children)
			skip_children(w, &d);
		else if (wanted)
			descend(w, &d,
				d.abbrev->tag == DW_TAG_enumeration_type
					? WHAT_ENUMERATORS
					: WHAT_ALL);
	}
}

bool namescan_unit(const struct namescan *s, size_t i, struct namescan_found *f)
{
	const struct namescan_unit *u = &s->unit[i];
	struct walk w = { .scan = s, .unit = u, .found = f };
	size_t before = f->n;
	struct namedie top;

	if (!u->usable)
		return false;
	w.at = bytes_of(u->die, (size_t)(u->end - u->die));
	if (namedie_read(s, u, &w.at, &top) && top.abbrev->children)
		scan_children(&w, WHAT_ALL);
	if (w.at.bad)
		f->n = before;
	return !w.at.bad;
}

/* ---- opening ----------------------------------------------------------- */

/* DW_AT_str_offsets_base of the unit's DIE; before DWARF 5, and without it,
 * the table begins at 0 (split units, which are not read here). */
static uint64_t str_offsets_base(const struct namescan_unit *u)
{
	struct bytes b = bytes_of(u->die, (size_t)(u->end - u->die));
	const struct namescan_abbrev *a =
		nameabbrev_find(u->abbrevs, bytes_uleb(&b));

	if (!a || !(a->has & HAS_STR_OFFSETS))
		return 0;
	for (uint32_t i = 0; i < a->nforms && !b.bad; i++) {
		if (a->form[i].attr == DW_AT_str_offsets_base &&
			a->form[i].form == DW_FORM_sec_offset)
			return bytes_uint(&b, u->offset_size);
		nameabbrev_skip(&b, u, a->form[i].form);
	}
	return 0;
}

/* The header that stands before the unit's DIE (DWARF 5, 7.5.1). */
static bool read_header(struct namescan *s, struct namescan_unit *u,
	uint64_t die, uint64_t header, uint64_t *ret_abbrevs)
{
	struct namescan_section info = s->file[u->file].info;

	if (die >= info.n || header > die)
		return false;
	struct bytes b =
		bytes_of(info.p + die - header, info.n - (die - header));

	u->start = b.p;
	u->die = b.p + header;
	u->offset_size = 4;
	uint64_t length = bytes_u32(&b);
	if (length == UINT32_MAX) {
		u->offset_size = 8;
		length = bytes_u64(&b);
	}
	if (b.bad || length > bytes_left(&b) || length > UINT32_MAX)
		return false;
	u->end = b.p + length;
	u->version = bytes_u16(&b);
	if (u->version < 2 || u->version > 5)
		return false;
	if (u->version == 5) {
		bytes_u8(&b); /* unit type */
		u->address_size = bytes_u8(&b);
		*ret_abbrevs = bytes_uint(&b, u->offset_size);
	} else {
		*ret_abbrevs = bytes_uint(&b, u->offset_size);
		u->address_size = bytes_u8(&b);
	}
	return !b.bad && u->die < u->end && u->address_size <= 8;
}

static struct namescan_unit open_unit(struct namescan *s, struct unit *from,
	struct table *abbrevs[2], struct nameabbrev_room *r)
{
	struct namescan_unit u = { .file = from->alt };
	uint64_t offset, die = dwarf_dieoffset(&from->cu);

	/* libdw tells apart .debug_types by other means than the offset. */
	if (!read_header(s, &u, die, dwarf_cuoffset(&from->cu), &offset))
		return (struct namescan_unit){ .file = from->alt };
	if (from->type == DW_UT_skeleton || from->type == DW_UT_split_compile ||
		from->type == DW_UT_split_type || from->units->dwp ||
		(from->type == DW_UT_type && u.version < 5))
		return u;
	uint64_t key = (offset + 1) << 8 | (uint64_t)u.offset_size << 4 |
		       (u.version == 2 ? 2 : 0) | (u.address_size == 8);

	u.abbrevs = table_find(abbrevs[u.file], key);
	if (!u.abbrevs) {
		u.abbrevs = nameabbrev_read(s, &u, offset, r);
		if (u.abbrevs)
			table_add(abbrevs[u.file], key, (void *)u.abbrevs);
	}
	if (!u.abbrevs)
		return u;
	u.str_offsets = str_offsets_base(&u);
	u.nest = names_nest(from);
	u.usable = true;
	return u;
}

void namescan_open(struct namescan *s, struct units *us, struct arena *arena)
{
	struct table *abbrevs[2] = { table_new(arena), table_new(arena) };
	const uint8_t *last = NULL;
	struct nameabbrev_room r = { 0 };

	s->arena = arena;
	s->n = us->n;
	s->nalt = us->n;
	s->unit = arena_array(arena, struct namescan_unit, us->n + 1);
	for (size_t i = 0; i < us->n; i++) {
		struct namescan_unit *u = &s->unit[i];

		*u = open_unit(s, &us->unit[i], abbrevs, &r);
		if (us->unit[i].alt && s->nalt == us->n) {
			s->nalt = i;
			last = NULL;
		}
		/* Out of order (.debug_types): not found by unit_with(). */
		if (!u->start || u->start < last) {
			u->usable = false;
			u->start = last;
		}
		last = u->start;
	}
	arena_clear(&r.arena);
}
