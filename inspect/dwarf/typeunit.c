/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A reference by signature (DW_FORM_ref_sig8) from a split unit leads to a unit
 * in the same .dwo file.  libdw looks into one section of a name only, and gcc
 * writes one for each type; and a package has its type units apart, with an
 * index of their own.  Such a unit becomes a file in memory of its own, which
 * libdw opens.  What was found, and what was not, is remembered by signature.
 */
#include "inspect/dwarf/typeunit.h"

#include "inspect/base/cleanup.h"
#include "inspect/dwarf/dwp.h"
#include "inspect/dwarf/table.h"
#include "inspect/image/elffile.h"

#include <gelf.h>
#include <string.h>
#include <sys/mman.h>

enum { MAX_OPENED = 16384 }; /* type units, to find one by its name */

/* The DIE that the only unit of the file is about. */
static bool type_die(Dwarf *dwarf, Dwarf_Die *ret)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Off next, type_offset;
	Dwarf_Half version;
	uint64_t signature;
	Dwarf_Die top;
	uint8_t type;

	/* DWARF 4's .debug_types; without .debug_info, dwarf_get_units() does
	 * not come that far. */
	if (!dwarf_next_unit(dwarf, 0, &next, NULL, NULL, NULL, NULL, NULL,
		    &signature, &type_offset))
		return dwarf_offdie_types(dwarf, type_offset, ret);
	return !dwarf_get_units(dwarf, cu, &cu, &version, &type, &top, ret) &&
	       ret->addr;
}

/* Opens the file in fd; the module closes it. */
static bool open_unit(struct units *us, int fd, Dwarf_Die *ret)
{
	struct more_handles *h =
		arena_new(us->image->arena, struct more_handles);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);

	h->elf = elf;
	/* It is mapped whole: the descriptor is not needed any more. */
	h->dwarf = elf && elf_rawfile(elf, NULL)
			   ? dwarf_begin_elf(elf, DWARF_C_READ, NULL)
			   : NULL;
	h->next = us->module->more;
	us->module->more = h;
	return h->dwarf && !elf_cntl(elf, ELF_C_FDDONE) &&
	       type_die(h->dwarf, ret);
}

static bool from(struct units *us, Elf *dwo, uint64_t signature, Dwarf_Die *ret)
{
	_cleanup_(close) int fd = memfd_create("type unit", MFD_CLOEXEC);

	return fd >= 0 &&
	       dwp_type_unit(dwo ? NULL : us->dwp, dwo, signature, fd) &&
	       open_unit(us, fd, ret);
}

/* In the .dwo files that are open, and in the package. */
static bool find(struct units *us, uint64_t signature, Dwarf_Die *ret)
{
	if (us->dwp)
		return from(us, NULL, signature, ret);
	for (size_t i = 0; i < us->n; i++) {
		const struct unit *u = &us->unit[i];

		if (!u->full || u->type != DW_UT_skeleton || u->missing)
			continue;
		Elf *elf = dwarf_getelf(dwarf_cu_getdwarf(u->die.cu));

		if (elf && from(us, elf, signature, ret))
			return true;
	}
	return false;
}

static bool by_signature(struct units *us, uint64_t signature, Dwarf_Die *ret)
{
	if (!us->type_units)
		us->type_units = table_new(us->image->arena);
	Dwarf_Die *known = table_find(us->type_units, signature);
	if (!known) {
		known = arena_new(us->image->arena, Dwarf_Die);
		if (!find(us, signature, known))
			known->addr = NULL;
		table_add(us->type_units, signature, known);
	}
	*ret = *known;
	return known->addr;
}

bool typeunit_ref(struct units *us, Dwarf_Attribute *a, Dwarf_Die *ret)
{
	uint64_t signature;

	if (dwarf_formref_die(a, ret))
		return true;
	if (dwarf_whatform(a) != DW_FORM_ref_sig8)
		return false;
	memcpy(&signature, a->valp, sizeof(signature));
	return signature && by_signature(us, signature, ret);
}

/* ---- by name ----------------------------------------------------------- */

struct name_search {
	struct units *units;
	const char *name, *wanted;
	bool (*fits)(int tag, const char *wanted);
	Dwarf_Die die;
	bool found;
	unsigned opened;
};

static bool visit(uint64_t signature, void *ctx)
{
	struct name_search *s = ctx;
	const char *name;

	if (!by_signature(s->units, signature, &s->die))
		return true;
	name = attr_own_str(&s->die, DW_AT_name);
	s->found = name && !strcmp(name, s->name) &&
		   s->fits(dwarf_tag(&s->die), s->wanted);
	return !s->found && ++s->opened < MAX_OPENED;
}

bool typeunit_named(struct units *us, const char *name,
	bool (*fits)(int tag, const char *wanted), const char *wanted,
	Dwarf_Die *ret)
{
	struct name_search s = {
		.units = us,
		.name = name,
		.wanted = wanted,
		.fits = fits,
	};

	if (us->dwp)
		dwp_each_type_unit(us->dwp, NULL, visit, &s);
	for (size_t i = 0; !us->dwp && i < us->n && !s.found; i++) {
		const struct unit *u = unit_full(&us->unit[i]);

		if (u->type == DW_UT_skeleton && !u->missing)
			dwp_each_type_unit(NULL,
				dwarf_getelf(dwarf_cu_getdwarf(u->die.cu)),
				visit, &s);
	}
	*ret = s.die;
	return s.found;
}
