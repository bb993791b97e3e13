/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands in a DIE: one expression for all of its life, a list of them
 * with ranges (DWARF 5, 2.6), or the value itself.
 */
#include "inspect/dwarf/place.h"

#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/rawops.h"

#include <string.h>

static bool is_list(Dwarf_Attribute *a)
{
	switch (dwarf_whatform(a)) {
	case DW_FORM_exprloc:
	case DW_FORM_block:
	case DW_FORM_block1:
	case DW_FORM_block2:
	case DW_FORM_block4:
		return false;
	default:
		return true;
	}
}

enum err place_attr(
	const struct expr_ctx *c, Dwarf_Attribute *a, struct loc *ret)
{
	struct expr_ctx in = *c;
	Dwarf_Op *ops;
	size_t n;

	in.attr = a;
	if (!is_list(a)) {
		if (dwarf_getlocation(a, &ops, &n) &&
			!rawops(a, 0, c->arena, &ops, &n))
			return err_set(ERR_BADDATA,
				"location expression cannot be read: %s",
				dwarf_errmsg(-1));
		return expr_eval(&in, ops, n, ret);
	}
	if (!c->frame) {
		*ret = loc_none(ABSENT_OPTIMIZED_OUT,
			"where it is depends on the frame, and there is none");
		return OK;
	}
	uint64_t pc = frame_lookup_pc(c->frame) - c->module->bias;
	int found = dwarf_getlocation_addr(a, pc, &ops, &n, 1);

	if (found < 0 && !rawops(a, pc, c->arena, &ops, &n))
		return err_set(ERR_BADDATA, "location list cannot be read: %s",
			dwarf_errmsg(-1));
	if (found == 0) {
		*ret = loc_none(ABSENT_OPTIMIZED_OUT,
			"the compiler kept no place for it at this pc");
		return OK;
	}
	return expr_eval(&in, ops, n, ret);
}

/* DW_AT_const_value: the value itself, as a block, a string or a number. */
static enum err const_value(
	const struct expr_ctx *c, Dwarf_Attribute *a, struct loc *ret)
{
	Dwarf_Block block;
	int64_t v;
	const char *s;

	if (!dwarf_formblock(a, &block)) {
		*ret = loc_bytes(block.data, block.length, c->arena);
		return OK;
	}
	if ((s = dwarf_formstring(a))) {
		*ret = loc_bytes(s, strlen(s) + 1, c->arena);
		return OK;
	}
	if (!attr_const(a, &v))
		return err_set(ERR_BADDATA,
			"constant value of form 0x%x cannot be read",
			dwarf_whatform(a));
	/* A negative constant may stand for a wider type. */
	__int128 wide =
		v < 0 && dwarf_whatform(a) != DW_FORM_sdata &&
				dwarf_whatform(a) != DW_FORM_implicit_const
			? (__int128)(uint64_t)v
			: (__int128)v;

	*ret = loc_bytes(&wide, sizeof(wide), c->arena);
	return OK;
}

enum err place_die(const struct expr_ctx *c, Dwarf_Die *die, struct loc *ret)
{
	Dwarf_Attribute a;

	if (attr_get(die, DW_AT_location, &a))
		return place_attr(c, &a, ret);
	if (attr_get(die, DW_AT_const_value, &a))
		return const_value(c, &a, ret);
	*ret = loc_none(
		ABSENT_OPTIMIZED_OUT, "the compiler kept no place for it");
	return OK;
}

enum err place_number(const struct expr_ctx *c, const struct loc *loc,
	enum absent *ret_absent, uint64_t *ret)
{
	uint64_t v = 0;
	size_t n = sizeof(v);

	*ret_absent = PRESENT;
	if (loc->kind == LOC_ADDR) {
		*ret = loc->addr + loc->offset;
		return OK;
	}
	if (loc->kind == LOC_BYTES && loc->n < n)
		n = loc->n;
	enum err e = loc_read(loc, &c->image->mem, &v, n, ret_absent);

	if (e)
		return *ret_absent && e != ERR_INTERRUPTED ? ERR_ABSENT : e;
	*ret = v;
	return OK;
}
