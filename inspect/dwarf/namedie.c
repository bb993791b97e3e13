/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A DIE without a name of its own has that of its specification or abstract
 * origin, in another unit perhaps (DWARF 5, 3.3.8).
 */
#include "inspect/dwarf/namedie.h"

#include <dwarf.h>
#include <string.h>

enum { MAX_ORIGINS = 16 }; /* as many as libdw follows */

static void read_indexed(const struct namescan *s,
	const struct namescan_unit *u, uint64_t i, struct namedie *d)
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
	struct bytes *b, unsigned form, struct namedie *d)
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
		read_indexed(
			s, u, bytes_uint(b, nameabbrev_form_size(u, form)), d);
		break;
	default:
		nameabbrev_skip(b, u, form);
	}
}

static void read_origin(const struct namescan *s, const struct namescan_unit *u,
	struct bytes *b, unsigned form, struct namedie *d)
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
		offset = bytes_uint(b, nameabbrev_form_size(u, form));
		break;
	case DW_FORM_ref_udata:
		offset = bytes_uleb(b);
		break;
	case DW_FORM_ref_addr:
		in = s->file[u->file].info;
		offset = bytes_uint(b, nameabbrev_form_size(u, form));
		break;
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_ref_sup4:
	case DW_FORM_ref_sup8:
		in = s->file[d->origin_file = 1].info;
		offset = bytes_uint(b, nameabbrev_form_size(u, form));
		break;
	default:
		nameabbrev_skip(b, u, form);
		return;
	}
	if (offset < in.n)
		d->origin = in.p + offset;
}

static void read_attr(const struct namescan *s, const struct namescan_unit *u,
	struct bytes *b, const struct namescan_form *f, struct namedie *d)
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
			nameabbrev_skip(b, u, f->form);
		break;
	case DW_AT_declaration:
		d->declaration = f->form == DW_FORM_flag_present;
		if (f->form == DW_FORM_flag)
			d->declaration = bytes_u8(b);
		else
			nameabbrev_skip(b, u, f->form);
		break;
	case DW_AT_abstract_origin:
	case DW_AT_specification:
		read_origin(s, u, b, f->form, d);
		break;
	default:
		nameabbrev_skip(b, u, f->form);
	}
}

bool namedie_read(const struct namescan *s, const struct namescan_unit *u,
	struct bytes *b, struct namedie *d)
{
	uint64_t code = bytes_uleb(b);

	*d = (struct namedie){ 0 };
	if (!code || b->bad)
		return false;
	d->abbrev = nameabbrev_find(u->abbrevs, code);
	if (!d->abbrev) {
		b->bad = true;
		return false;
	}
	if (!nameabbrev_is_read(d->abbrev)) {
		bytes_take(b, d->abbrev->fixed);
		return !b->bad;
	}
	for (uint32_t i = 0; i < d->abbrev->nforms && !b->bad; i++)
		read_attr(s, u, b, &d->abbrev->form[i], d);
	return !b->bad;
}

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

bool namedie_inherit(const struct namescan *s, struct namedie *d, unsigned want,
	unsigned *has)
{
	const uint8_t *at = d->origin;
	unsigned file = d->origin_file;

	*has = d->abbrev->has;
	for (unsigned i = 0; !(*has & want) && (d->abbrev->has & HAS_ORIGIN);
		i++) {
		const struct namescan_unit *u =
			at && i < MAX_ORIGINS ? unit_with(s, file, at) : NULL;
		struct namedie up;

		if (!u)
			return false;
		struct bytes b = bytes_of(at, (size_t)(u->end - at));
		if (!namedie_read(s, u, &b, &up))
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
