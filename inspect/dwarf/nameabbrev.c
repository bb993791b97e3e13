/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an abbreviation has is worked out once, for the thousands of DIEs that
 * are made by it.
 */
#include "inspect/dwarf/nameabbrev.h"

#include <stdlib.h>

struct namescan_abbrevs {
	struct namescan_abbrev *v; /* by code */
	size_t n;
};

/* ---- LEB128, and sizes of forms ---------------------------------------- */

static void skip_leb(struct bytes *b)
{
	while (bytes_u8(b) & 0x80)
		;
}

uint32_t nameabbrev_form_size(const struct namescan_unit *u, unsigned form)
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
		return NAMEABBREV_VARIES;
	}
}

void nameabbrev_skip(
	struct bytes *b, const struct namescan_unit *u, uint64_t form)
{
	uint32_t n = form > UINT16_MAX
			     ? NAMEABBREV_VARIES
			     : nameabbrev_form_size(u, (unsigned)form);

	if (n != NAMEABBREV_VARIES) {
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
			nameabbrev_skip(b, u, form);
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

bool nameabbrev_is_read(const struct namescan_abbrev *a)
{
	return a->fixed == NAMEABBREV_VARIES || a->has & INTERESTING;
}

static bool read_abbrev(struct bytes *b, const struct namescan_unit *u,
	struct namescan_abbrev *ret, struct nameabbrev_room *r,
	struct arena *arena)
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
		uint32_t size = nameabbrev_form_size(u, (unsigned)f);
		if (size == NAMEABBREV_VARIES ||
			ret->fixed == NAMEABBREV_VARIES)
			ret->fixed = NAMEABBREV_VARIES;
		else
			ret->fixed += size;
	}
	if (!b->bad && ret->nforms && nameabbrev_is_read(ret))
		ret->form = arena_memdup(
			arena, r->form, ret->nforms * sizeof(*r->form));
	return !b->bad;
}

static int by_code(const void *a, const void *b)
{
	const struct namescan_abbrev *x = a, *y = b;

	return x->code < y->code ? -1 : x->code > y->code;
}

const struct namescan_abbrevs *nameabbrev_read(struct namescan *s,
	const struct namescan_unit *u, uint64_t offset,
	struct nameabbrev_room *r)
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

const struct namescan_abbrev *nameabbrev_find(
	const struct namescan_abbrevs *t, uint64_t code)
{
	struct namescan_abbrev key = { .code = code };

	/* Compilers number them from 1. */
	if (code - 1 < t->n && t->v[code - 1].code == code)
		return &t->v[code - 1];
	return bsearch(&key, t->v, t->n, sizeof(key), by_code);
}
