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
#include "inspect/dwarf/names.h"
#include "inspect/dwarf/table.h"

#include <gelf.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	HAS_NAME = 1,
	HAS_CODE = 2,
	HAS_INLINE = 4,
	HAS_PLACE = 8, /* DW_AT_location or DW_AT_const_value */
	HAS_ORIGIN = 16,
	HAS_SIBLING = 32,
	HAS_DECLARATION = 64,
	HAS_STR_OFFSETS = 128, /* of a unit */
	INTERESTING = HAS_NAME | HAS_ORIGIN | HAS_SIBLING | HAS_DECLARATION |
		      HAS_STR_OFFSETS,
	MAX_ORIGINS = 16, /* as many as libdw follows */
};

struct namescan_form {
	uint16_t attr, form;
};

struct namescan_abbrev {
	uint64_t code;
	const struct namescan_form *form;
	uint32_t nforms;
	uint32_t fixed; /* bytes of all its attributes; or VARIES */
	uint16_t tag;
	bool children;
	uint8_t has; /* HAS_* */
};

static const uint32_t VARIES = UINT32_MAX;

struct namescan_abbrevs {
	struct namescan_abbrev *v; /* by code */
	size_t n;
};

/* Room for one table while it is read; what is kept of it is as large as it has
 * to be, for a library of many small units has megabytes of them. */
struct reading {
	struct arena arena;
	struct namescan_form *form;
	struct namescan_abbrev *abbrev;
	size_t forms_cap, abbrevs_cap;
};

/* ---- LEB128, and sizes of forms ---------------------------------------- */

static void skip_leb(struct bytes *b)
{
	while (bytes_u8(b) & 0x80)
		;
}

/* Bytes of a form, 0 for flag_present; VARIES: they have to be looked at. */
static uint32_t form_size(const struct namescan_unit *u, unsigned form)
{
	switch (form) {
	case DW_FORM_addr:
		return u->address_size;
	case DW_FORM_data1:
	case DW_FORM_ref1:
	case DW_FORM_flag:
	case DW_FORM_strx1:
	case DW_FORM_addrx1:
		return 1;
	case DW_FORM_data2:
	case DW_FORM_ref2:
	case DW_FORM_strx2:
	case DW_FORM_addrx2:
		return 2;
	case DW_FORM_strx3:
	case DW_FORM_addrx3:
		return 3;
	case DW_FORM_data4:
	case DW_FORM_ref4:
	case DW_FORM_ref_sup4:
	case DW_FORM_strx4:
	case DW_FORM_addrx4:
		return 4;
	case DW_FORM_data8:
	case DW_FORM_ref8:
	case DW_FORM_ref_sig8:
	case DW_FORM_ref_sup8:
		return 8;
	case DW_FORM_data16:
		return 16;
	case DW_FORM_flag_present:
	case DW_FORM_implicit_const:
		return 0;
	case DW_FORM_ref_addr:
		return u->version == 2 ? u->address_size : u->offset_size;
	case DW_FORM_strp:
	case DW_FORM_line_strp:
	case DW_FORM_sec_offset:
	case DW_FORM_strp_sup:
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_GNU_strp_alt:
		return u->offset_size;
	default:
		return VARIES;
	}
}

static void skip_form(
	struct bytes *b, const struct namescan_unit *u, uint64_t form)
{
	uint32_t n = form > UINT16_MAX ? VARIES : form_size(u, (unsigned)form);

	if (n != VARIES) {
		bytes_take(b, n);
		return;
	}
	switch (form) {
	case DW_FORM_block1:
		bytes_take(b, bytes_u8(b));
		break;
	case DW_FORM_block2:
		bytes_take(b, bytes_u16(b));
		break;
	case DW_FORM_block4:
		bytes_take(b, bytes_u32(b));
		break;
	case DW_FORM_block:
	case DW_FORM_exprloc:
		bytes_take(b, bytes_uleb(b));
		break;
	case DW_FORM_string:
		bytes_str(b);
		break;
	case DW_FORM_udata:
	case DW_FORM_sdata:
	case DW_FORM_ref_udata:
	case DW_FORM_strx:
	case DW_FORM_addrx:
	case DW_FORM_loclistx:
	case DW_FORM_rnglistx:
	case DW_FORM_GNU_addr_index:
	case DW_FORM_GNU_str_index:
		skip_leb(b);
		break;
	case DW_FORM_indirect:
		form = bytes_uleb(b);
		if (form == DW_FORM_indirect)
			b->bad = true;
		else
			skip_form(b, u, form);
		break;
	default:
		b->bad = true;
	}
}

/* ---- abbreviations ----------------------------------------------------- */

static unsigned has_of(unsigned attr)
{
	switch (attr) {
	case DW_AT_name:
		return HAS_NAME;
	case DW_AT_low_pc:
	case DW_AT_ranges:
		return HAS_CODE;
	case DW_AT_inline:
		return HAS_INLINE;
	case DW_AT_location:
	case DW_AT_const_value:
		return HAS_PLACE;
	case DW_AT_abstract_origin:
	case DW_AT_specification:
		return HAS_ORIGIN;
	case DW_AT_sibling:
		return HAS_SIBLING;
	case DW_AT_declaration:
		return HAS_DECLARATION;
	case DW_AT_str_offsets_base:
		return HAS_STR_OFFSETS;
	default:
		return 0;
	}
}

/* Of what is skipped whole nobody asks the forms. */
static bool is_looked_at(const struct namescan_abbrev *a)
{
	return a->fixed == VARIES || a->has & INTERESTING;
}

static bool read_abbrev(struct bytes *b, const struct namescan_unit *u,
	struct namescan_abbrev *ret, struct reading *r, struct arena *arena)
{
	*ret = (struct namescan_abbrev){ .code = bytes_uleb(b) };
	if (b->bad || !ret->code)
		return false;
	ret->tag = (uint16_t)bytes_uleb(b);
	ret->children = bytes_u8(b);
	for (;;) {
		uint64_t attr = bytes_uleb(b), f = bytes_uleb(b);

		if (f == DW_FORM_implicit_const)
			skip_leb(b);
		if (b->bad || (!attr && !f))
			break;
		if (attr > UINT16_MAX || f > UINT16_MAX) {
			b->bad = true;
			break;
		}
		r->form = arena_grow(&r->arena, r->form, ret->nforms,
			&r->forms_cap, sizeof(*r->form));
		r->form[ret->nforms++] =
			(struct namescan_form){ (uint16_t)attr, (uint16_t)f };
		ret->has |= (uint8_t)has_of((unsigned)attr);
		uint32_t size = form_size(u, (unsigned)f);
		if (size == VARIES || ret->fixed == VARIES)
			ret->fixed = VARIES;
		else
			ret->fixed += size;
	}
	if (!b->bad && ret->nforms && is_looked_at(ret))
		ret->form = arena_memdup(
			arena, r->form, ret->nforms * sizeof(*r->form));
	return !b->bad;
}

static int by_code(const void *a, const void *b)
{
	const struct namescan_abbrev *x = a, *y = b;

	return x->code < y->code ? -1 : x->code > y->code;
}

/* Sizes depend on the unit's; tables that units share agree on them. */
static const struct namescan_abbrevs *read_abbrevs(struct namescan *s,
	const struct namescan_unit *u, uint64_t offset, struct reading *r)
{
	struct namescan_section all = s->file[u->file].abbrev;
	struct namescan_abbrevs *t =
		arena_new(s->arena, struct namescan_abbrevs);
	struct namescan_abbrev a;

	if (offset >= all.n)
		return NULL;
	struct bytes b = bytes_of(all.p + offset, all.n - offset);

	while (read_abbrev(&b, u, &a, r, s->arena)) {
		r->abbrev = arena_grow(&r->arena, r->abbrev, t->n,
			&r->abbrevs_cap, sizeof(*r->abbrev));
		r->abbrev[t->n++] = a;
	}
	if (b.bad || !t->n)
		return NULL;
	t->v = arena_memdup(s->arena, r->abbrev, t->n * sizeof(*t->v));
	qsort(t->v, t->n, sizeof(*t->v), by_code);
	return t;
}

static const struct namescan_abbrev *abbrev_of(
	const struct namescan_abbrevs *t, uint64_t code)
{
	struct namescan_abbrev key = { .code = code };

	/* Compilers number them from 1. */
	if (code - 1 < t->n && t->v[code - 1].code == code)
		return &t->v[code - 1];
	return bsearch(&key, t->v, t->n, sizeof(key), by_code);
}

/* ---- a DIE ------------------------------------------------------------- */

struct item {
	const struct namescan_abbrev *abbrev; /* NULL: the end of a list */
	uint64_t sibling;                     /* offset in the unit, or 0 */
	uint64_t name;
	enum name_place place;
	const uint8_t *origin; /* or NULL */
	uint8_t origin_file;
	bool declaration;
};

static void read_indexed(const struct namescan *s,
	const struct namescan_unit *u, uint64_t i, struct item *d)
{
	struct namescan_section t = s->file[u->file].str_offsets;
	uint64_t v = 0;

	if (i > t.n / u->offset_size || u->str_offsets > t.n ||
		t.n - u->str_offsets < (i + 1) * u->offset_size)
		return;
	memcpy(&v, t.p + u->str_offsets + i * u->offset_size, u->offset_size);
	d->place = u->file ? NAME_ALT_STR : NAME_STR;
	d->name = v;
}

static void read_name(const struct namescan *s, const struct namescan_unit *u,
	struct bytes *b, unsigned form, struct item *d)
{
	const uint8_t *at = b->p;

	switch (form) {
	case DW_FORM_string:
		bytes_str(b);
		d->place = u->file ? NAME_ALT_INFO : NAME_INFO;
		d->name = (uint64_t)(at - s->file[u->file].info.p);
		break;
	case DW_FORM_strp:
		d->place = u->file ? NAME_ALT_STR : NAME_STR;
		d->name = bytes_uint(b, u->offset_size);
		break;
	case DW_FORM_line_strp:
		d->place = u->file ? NAME_ALT_LINE_STR : NAME_LINE_STR;
		d->name = bytes_uint(b, u->offset_size);
		break;
	case DW_FORM_GNU_strp_alt:
	case DW_FORM_strp_sup:
		d->place = NAME_ALT_STR;
		d->name = bytes_uint(b, u->offset_size);
		break;
	case DW_FORM_strx:
	case DW_FORM_GNU_str_index:
		read_indexed(s, u, bytes_uleb(b), d);
		break;
	case DW_FORM_strx1:
	case DW_FORM_strx2:
	case DW_FORM_strx3:
	case DW_FORM_strx4:
		read_indexed(s, u, bytes_uint(b, form_size(u, form)), d);
		break;
	default:
		skip_form(b, u, form);
	}
}

static void read_origin(const struct namescan *s, const struct namescan_unit *u,
	struct bytes *b, unsigned form, struct item *d)
{
	struct namescan_section in = {
		.p = u->start,
		.n = (size_t)(u->end - u->start),
	};
	uint64_t offset;

	d->origin = NULL;
	d->origin_file = u->file;
	switch (form) {
	case DW_FORM_ref1:
	case DW_FORM_ref2:
	case DW_FORM_ref4:
	case DW_FORM_ref8:
		offset = bytes_uint(b, form_size(u, form));
		break;
	case DW_FORM_ref_udata:
		offset = bytes_uleb(b);
		break;
	case DW_FORM_ref_addr:
		in = s->file[u->file].info;
		offset = bytes_uint(b, form_size(u, form));
		break;
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_ref_sup4:
	case DW_FORM_ref_sup8:
		in = s->file[d->origin_file = 1].info;
		offset = bytes_uint(b, form_size(u, form));
		break;
	default:
		skip_form(b, u, form);
		return;
	}
	if (offset < in.n)
		d->origin = in.p + offset;
}

static void read_attr(const struct namescan *s, const struct namescan_unit *u,
	struct bytes *b, const struct namescan_form *f, struct item *d)
{
	switch (f->attr) {
	case DW_AT_name:
		read_name(s, u, b, f->form, d);
		break;
	case DW_AT_sibling:
		if (f->form == DW_FORM_ref4)
			d->sibling = bytes_u32(b);
		else if (f->form == DW_FORM_ref_udata)
			d->sibling = bytes_uleb(b);
		else
			skip_form(b, u, f->form);
		break;
	case DW_AT_declaration:
		d->declaration = f->form == DW_FORM_flag_present;
		if (f->form == DW_FORM_flag)
			d->declaration = bytes_u8(b);
		else
			skip_form(b, u, f->form);
		break;
	case DW_AT_abstract_origin:
	case DW_AT_specification:
		read_origin(s, u, b, f->form, d);
		break;
	default:
		skip_form(b, u, f->form);
	}
}

/* Moves behind the DIE; false: the end of a list of children, or bad. */
static bool read_die(const struct namescan *s, const struct namescan_unit *u,
	struct bytes *b, struct item *d)
{
	uint64_t code = bytes_uleb(b);

	*d = (struct item){ 0 };
	if (!code || b->bad)
		return false;
	d->abbrev = abbrev_of(u->abbrevs, code);
	if (!d->abbrev) {
		b->bad = true;
		return false;
	}
	if (!is_looked_at(d->abbrev)) {
		bytes_take(b, d->abbrev->fixed);
		return !b->bad;
	}
	for (uint32_t i = 0; i < d->abbrev->nforms && !b->bad; i++)
		read_attr(s, u, b, &d->abbrev->form[i], d);
	return !b->bad;
}

/* ---- through origins --------------------------------------------------- */

static const struct namescan_unit *unit_with(
	const struct namescan *s, unsigned file, const uint8_t *p)
{
	size_t low = file ? s->nalt : 0, high = file ? s->n : s->nalt;
	size_t first = low;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->unit[mid].start <= p)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == first)
		return NULL;
	const struct namescan_unit *u = &s->unit[low - 1];
	return u->usable && p >= u->die && p < u->end ? u : NULL;
}

/*
 * Goes up the chain until something of what is wanted is there; has says what
 * was met.  False: the chain leaves what can be read here.
 */
static bool inherit(
	const struct namescan *s, struct item *d, unsigned want, unsigned *has)
{
	const uint8_t *at = d->origin;
	unsigned file = d->origin_file;

	*has = d->abbrev->has;
	for (unsigned i = 0; !(*has & want) && (d->abbrev->has & HAS_ORIGIN);
		i++) {
		const struct namescan_unit *u =
			at && i < MAX_ORIGINS ? unit_with(s, file, at) : NULL;
		struct item up;

		if (!u)
			return false;
		struct bytes b = bytes_of(at, (size_t)(u->end - at));
		if (!read_die(s, u, &b, &up))
			return false;
		*has |= up.abbrev->has;
		if (want == HAS_NAME) {
			d->name = up.name;
			d->place = up.place;
		}
		if (!(up.abbrev->has & HAS_ORIGIN))
			break;
		at = up.origin;
		file = up.origin_file;
	}
	return true;
}

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
	const struct namescan_section *in, const struct item *d)
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

static void add(
	struct walk *w, const struct item *d, const uint8_t *at, unsigned kind)
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
	struct walk *w, struct item *d, const uint8_t *at, unsigned kind)
{
	unsigned has;

	if (!inherit(w->scan, d, HAS_NAME, &has))
		w->at.bad = true;
	else if (d->place)
		add(w, d, at, kind);
}

static void add_enum(struct walk *w, struct item *d, const uint8_t *at)
{
	unsigned has;

	if (!inherit(w->scan, d, HAS_NAME, &has))
		w->at.bad = true;
	else
		add(w, d, at, INDEX_TYPE);
}

static void add_variable(struct walk *w, struct item *d, const uint8_t *at)
{
	unsigned has;

	/* int x; after extern int x; has its place at the second DIE, which
	 * refers to the first. */
	if (!inherit(w->scan, d, HAS_PLACE, &has))
		w->at.bad = true;
	/* Without a place it is optimized out, but has a type. */
	if (!(has & HAS_PLACE))
		d->declaration = true;
	if (!w->at.bad)
		add_named(w, d, at, INDEX_VARIABLE);
}

enum what { WHAT_ALL, WHAT_ENUMERATORS };

static void scan_children(struct walk *w, enum what what);

static void skip_children(struct walk *w, const struct item *d)
{
	const uint8_t *sibling = w->unit->start + d->sibling;
	unsigned depth = 1;
	struct item inner;

	if (d->sibling && sibling > w->at.p && sibling < w->unit->end &&
		d->sibling < (uint64_t)(w->unit->end - w->unit->start)) {
		w->at.p = sibling;
		return;
	}
	while (depth && !w->at.bad) {
		if (!read_die(w->scan, w->unit, &w->at, &inner))
			depth--;
		else if (inner.abbrev->children)
			depth++;
	}
}

static void descend(struct walk *w, const struct item *d, enum what what)
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
static bool visit(struct walk *w, struct item *d, const uint8_t *at)
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
		struct item d;

		if (!read_die(w->scan, w->unit, &w->at, &d))
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
	struct item top;

	if (!u->usable)
		return false;
	w.at = bytes_of(u->die, (size_t)(u->end - u->die));
	if (read_die(s, u, &w.at, &top) && top.abbrev->children)
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
	const struct namescan_abbrev *a = abbrev_of(u->abbrevs, bytes_uleb(&b));

	if (!a || !(a->has & HAS_STR_OFFSETS))
		return 0;
	for (uint32_t i = 0; i < a->nforms && !b.bad; i++) {
		if (a->form[i].attr == DW_AT_str_offsets_base &&
			a->form[i].form == DW_FORM_sec_offset)
			return bytes_uint(&b, u->offset_size);
		skip_form(&b, u, a->form[i].form);
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
	struct table *abbrevs[2], struct reading *r)
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
		u.abbrevs = read_abbrevs(s, &u, offset, r);
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
	struct reading r = { 0 };

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
