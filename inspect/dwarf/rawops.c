/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libdw (0.188 and before) does not know DW_OP_GNU_uninit, which gcc puts
 * behind a place whose contents it cannot prove to be set, as a matter of
 * course where a struct is passed in registers: all of such an expression is
 * "invalid DWARF" to it, and the variable would have no value.  So where libdw
 * fails, the expression is looked up here, in .debug_loclists (DWARF 5, 2.6.2
 * and 7.7.3) or .debug_loc (DWARF 4, 2.6.2), and its operations are taken apart
 * (2.5.1): those that gcc writes around this one.  Anything else stays
 * unread: entries by index (split DWARF), branches, blocks, references.
 */
#include "inspect/dwarf/rawops.h"

#include "inspect/base/bytes.h"

#include <dwarf.h>
#include <gelf.h>
#include <libelf.h>

static uint64_t sized(struct bytes *b, unsigned n, bool is_signed)
{
	uint64_t v = bytes_uint(b, n);

	if (is_signed && n < 8 && v >> (n * 8 - 1))
		v |= UINT64_MAX << (n * 8);
	return v;
}

/* The operands of op->atom; false: it has none that are known here. */
static bool operands(struct bytes *b, Dwarf_Op *op)
{
	unsigned atom = op->atom;

	if (atom >= DW_OP_lit0 && atom <= DW_OP_reg31)
		return true;
	if ((atom >= DW_OP_breg0 && atom <= DW_OP_breg31)) {
		op->number = bytes_sleb(b);
		return true;
	}
	if (atom >= DW_OP_const1u && atom <= DW_OP_const8s) {
		unsigned kind = atom - DW_OP_const1u;

		op->number = sized(b, 1U << kind / 2, kind % 2);
		return true;
	}
	switch (atom) {
	case DW_OP_fbreg:
	case DW_OP_consts:
		op->number = bytes_sleb(b);
		return true;
	case DW_OP_regx:
	case DW_OP_constu:
	case DW_OP_plus_uconst:
	case DW_OP_piece:
		op->number = bytes_uleb(b);
		return true;
	case DW_OP_bregx:
		op->number = bytes_uleb(b);
		op->number2 = bytes_sleb(b);
		return true;
	case DW_OP_bit_piece:
		op->number = bytes_uleb(b);
		op->number2 = bytes_uleb(b);
		return true;
	case DW_OP_deref_size:
	case DW_OP_pick:
		op->number = bytes_u8(b);
		return true;
	case DW_OP_deref:
	case DW_OP_dup ... DW_OP_over:
	case DW_OP_swap:
	case DW_OP_rot:
	case DW_OP_abs ... DW_OP_plus:
	case DW_OP_shl ... DW_OP_xor:
	case DW_OP_eq ... DW_OP_ne:
	case DW_OP_nop:
	case DW_OP_call_frame_cfa:
	case DW_OP_stack_value:
	case DW_OP_GNU_uninit:
		return true;
	default:
		return false;
	}
}

static bool take_apart(
	struct bytes b, struct arena *arena, Dwarf_Op **ret, size_t *ret_n)
{
	const uint8_t *start = b.p;
	Dwarf_Op *ops = NULL;
	size_t n = 0, cap = 0;

	while (bytes_left(&b)) {
		Dwarf_Op op = { .offset = (Dwarf_Word)(b.p - start) };

		op.atom = bytes_u8(&b);
		if (!operands(&b, &op) || b.bad)
			return false;
		ops = arena_grow(arena, ops, n, &cap, sizeof(*ops));
		ops[n++] = op;
	}
	*ret = ops;
	*ret_n = n;
	return n > 0;
}

static bool section(Elf *elf, const char *name, struct bytes *ret)
{
	Elf_Scn *scn = NULL;
	size_t names;
	GElf_Shdr header;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *n = gelf_getshdr(scn, &header)
					? elf_strptr(elf, names, header.sh_name)
					: NULL;
		Elf_Data *d =
			n && !strcmp(n, name) ? elf_getdata(scn, NULL) : NULL;
		if (d && d->d_buf) {
			*ret = bytes_of(d->d_buf, d->d_size);
			return true;
		}
	}
	return false;
}

/* Which entry of a list: the one that is valid at pc, or the n'th. */
struct wanted {
	uint64_t pc;
	bool by_number;
	size_t n;
	uint64_t start, end; /* of what was found */
};

static bool is_wanted(struct wanted *w, uint64_t low, uint64_t high)
{
	if (w->by_number ? w->n-- > 0 : w->pc < low || w->pc >= high)
		return false;
	w->start = low;
	w->end = high;
	return true;
}

/* Makes b the expression of the entry. */
static bool find(struct bytes *b, uint64_t base, struct wanted *w)
{
	uint64_t low, high;

	while (!b->bad) {
		switch (bytes_u8(b)) {
		case DW_LLE_base_address:
			base = bytes_u64(b);
			continue;
		case DW_LLE_GNU_view_pair:
			bytes_uleb(b);
			bytes_uleb(b);
			continue;
		case DW_LLE_offset_pair:
			low = base + bytes_uleb(b);
			high = base + bytes_uleb(b);
			break;
		case DW_LLE_start_end:
			low = bytes_u64(b);
			high = bytes_u64(b);
			break;
		case DW_LLE_start_length:
			low = bytes_u64(b);
			high = low + bytes_uleb(b);
			break;
		default: /* the end, an entry by index, the default */
			return false;
		}
		size_t n = bytes_uleb(b);
		const uint8_t *expression = bytes_take(b, n);
		if (expression && is_wanted(w, low, high)) {
			*b = bytes_of(expression, n);
			return true;
		}
	}
	return false;
}

/* The same in the form before DWARF 5. */
static bool find_old(struct bytes *b, uint64_t base, struct wanted *w)
{
	while (!b->bad) {
		uint64_t low = bytes_u64(b), high = bytes_u64(b);

		if (low == UINT64_MAX) {
			base = high;
			continue;
		}
		if (!low && !high)
			return false;
		size_t n = bytes_u16(b);
		const uint8_t *expression = bytes_take(b, n);
		if (expression && is_wanted(w, base + low, base + high)) {
			*b = bytes_of(expression, n);
			return true;
		}
	}
	return false;
}

static bool find_in_list(Dwarf_Attribute *a, struct wanted *w, struct bytes *b)
{
	Dwarf_Half version;
	uint8_t unit_type, address_size;
	Dwarf_Die unit;
	Dwarf_Word offset;
	Dwarf_Addr base = 0;

	if (dwarf_whatform(a) != DW_FORM_sec_offset ||
		dwarf_formudata(a, &offset) ||
		dwarf_cu_info(a->cu, &version, &unit_type, &unit, NULL, NULL,
			&address_size, NULL) ||
		address_size != 8)
		return false;
	if (!section(dwarf_getelf(dwarf_cu_getdwarf(a->cu)),
		    version < 5 ? ".debug_loc" : ".debug_loclists", b) ||
		!bytes_take(b, offset))
		return false;
	dwarf_lowpc(&unit, &base);
	return (version < 5 ? find_old : find)(b, base, w);
}

bool rawops(Dwarf_Attribute *a, uint64_t pc, struct arena *arena,
	Dwarf_Op **ret, size_t *ret_n)
{
	struct wanted w = { .pc = pc };
	Dwarf_Block block;
	struct bytes b;

	if (!dwarf_formblock(a, &block))
		b = bytes_of(block.data, block.length);
	else if (!find_in_list(a, &w, &b))
		return false;
	return take_apart(b, arena, ret, ret_n);
}

bool rawops_entry(Dwarf_Attribute *a, size_t i, struct arena *arena,
	struct rawops_entry *ret)
{
	struct wanted w = { .by_number = true, .n = i };
	struct bytes b;

	if (!find_in_list(a, &w, &b))
		return false;
	*ret = (struct rawops_entry){ .start = w.start, .end = w.end };
	ret->known = take_apart(b, arena, &ret->ops, &ret->n);
	return true;
}
