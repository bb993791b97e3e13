/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thin, but with opinions: integers say whether they were signed as written,
 * loops of origins end, and a missing attribute is false, not an error.
 */
#include "inspect/dwarf/attr.h"

#include "inspect/base/limits.h"

bool attr_get(Dwarf_Die *die, unsigned name, Dwarf_Attribute *ret)
{
	return dwarf_attr_integrate(die, name, ret);
}

bool attr_own(Dwarf_Die *die, unsigned name, Dwarf_Attribute *ret)
{
	return dwarf_attr(die, name, ret);
}

bool attr_is_const(Dwarf_Attribute *a)
{
	switch (dwarf_whatform(a)) {
	case DW_FORM_data1:
	case DW_FORM_data2:
	case DW_FORM_data4:
	case DW_FORM_data8:
	case DW_FORM_udata:
	case DW_FORM_sdata:
	case DW_FORM_implicit_const:
		return true;
	default:
		return false;
	}
}

bool attr_const(Dwarf_Attribute *a, int64_t *ret)
{
	Dwarf_Sword s;
	Dwarf_Word u;

	switch (dwarf_whatform(a)) {
	case DW_FORM_sdata:
	case DW_FORM_implicit_const:
		if (dwarf_formsdata(a, &s))
			return false;
		*ret = s;
		return true;
	default:
		if (dwarf_formudata(a, &u))
			return false;
		*ret = (int64_t)u;
		return true;
	}
}

bool attr_uint(Dwarf_Die *die, unsigned name, uint64_t *ret)
{
	Dwarf_Attribute a;
	Dwarf_Word u;

	if (!attr_get(die, name, &a) || dwarf_formudata(&a, &u))
		return false;
	*ret = u;
	return true;
}

bool attr_sint(Dwarf_Die *die, unsigned name, int64_t *ret)
{
	Dwarf_Attribute a;
	Dwarf_Sword s;

	if (!attr_get(die, name, &a) || dwarf_formsdata(&a, &s))
		return false;
	*ret = s;
	return true;
}

bool attr_flag(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute a;
	bool flag;

	return attr_get(die, name, &a) && !dwarf_formflag(&a, &flag) && flag;
}

bool attr_own_flag(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute a;
	bool flag;

	return attr_own(die, name, &a) && !dwarf_formflag(&a, &flag) && flag;
}

const char *attr_str(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute a;

	return attr_get(die, name, &a) ? dwarf_formstring(&a) : NULL;
}

const char *attr_own_str(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute a;

	return attr_own(die, name, &a) ? dwarf_formstring(&a) : NULL;
}

bool attr_ref(Dwarf_Die *die, unsigned name, Dwarf_Die *ret)
{
	Dwarf_Attribute a;

	return attr_get(die, name, &a) && dwarf_formref_die(&a, ret);
}

bool attr_own_ref(Dwarf_Die *die, unsigned name, Dwarf_Die *ret)
{
	Dwarf_Attribute a;

	return attr_own(die, name, &a) && dwarf_formref_die(&a, ret);
}

const char *attr_linkage_name(Dwarf_Die *die)
{
	const char *s = attr_str(die, DW_AT_linkage_name);

	return s ? s : attr_str(die, DW_AT_MIPS_linkage_name);
}

Dwarf_Die attr_origin(const Dwarf_Die *die)
{
	Dwarf_Die at = *die, next;

	for (int i = 0; i < MAX_DIE_DEPTH; i++) {
		if (!attr_own_ref(&at, DW_AT_abstract_origin, &next) &&
			!attr_own_ref(&at, DW_AT_specification, &next))
			break;
		at = next;
	}
	return at;
}

void attr_children(
	Dwarf_Die *die, bool (*fn)(Dwarf_Die *child, void *ctx), void *ctx)
{
	Dwarf_Die child;

	if (dwarf_child(die, &child))
		return;
	do {
		if (!fn(&child, ctx))
			return;
	} while (!dwarf_siblingof(&child, &child));
}

bool attr_ranges(Dwarf_Die *die, uint64_t pc, bool *ret_has)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;
	bool any = false;

	*ret_has = false;
	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		any = true;
		if (start <= pc && pc < end)
			*ret_has = true;
	}
	return any;
}
