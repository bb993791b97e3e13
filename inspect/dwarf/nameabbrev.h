/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Abbreviations (DWARF 5, 7.5.3), with what each has for those who look for
 * names, and how many bytes to skip.
 */
#include "inspect/base/bytes.h"
#include "inspect/dwarf/namescan.h"

/* What is among its attributes. */
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
};

struct namescan_form {
	uint16_t attr, form;
};

struct namescan_abbrev {
	uint64_t code;
	const struct namescan_form *form;
	uint32_t nforms;
	uint32_t fixed; /* bytes of all its attributes; or NAMEABBREV_VARIES */
	uint16_t tag;
	bool children;
	uint8_t has; /* HAS_* */
};

/* Bytes of a form, 0 for flag_present; or it has to be looked at. */
static const uint32_t NAMEABBREV_VARIES = UINT32_MAX;
uint32_t nameabbrev_form_size(const struct namescan_unit *, unsigned form);
/* A form that is not known makes the bytes bad. */
void nameabbrev_skip(
	struct bytes *, const struct namescan_unit *, uint64_t form);

/* Room for one table while it is read; what is kept of it is as large as it has
 * to be, for a library of many small units has megabytes of them. */
struct nameabbrev_room {
	struct arena arena;
	struct namescan_form *form;
	struct namescan_abbrev *abbrev;
	size_t forms_cap, abbrevs_cap;
};

/* The table at an offset, or NULL; the unit says its file and the sizes, which
 * units that share a table agree on. */
const struct namescan_abbrevs *nameabbrev_read(struct namescan *,
	const struct namescan_unit *, uint64_t offset,
	struct nameabbrev_room *);
/* NULL: no such code. */
const struct namescan_abbrev *nameabbrev_find(
	const struct namescan_abbrevs *, uint64_t code);
/* Of what is skipped whole nobody asks the forms. */
bool nameabbrev_is_read(const struct namescan_abbrev *);
