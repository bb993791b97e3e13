/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb's types of registers: $rip is a pointer to code, $rsp and $rbp are
 * pointers to data, the rest are integers, a vector register is a union of
 * its views.  A register that a callee was free to clobber is absent in outer
 * frames, and says so.
 */
#include "inspect/cmd/registers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct type flags_type = {
	.kind = TYPE_INT,
	.name = "i386_eflags",
	.size = 4,
	.has_size = true,
	.is_signed = true,
};

static const struct type int8_type = {
	.kind = TYPE_INT,
	.name = "int8_t",
	.size = 1,
	.has_size = true,
	.is_signed = true,
};
static const struct type int128_type = {
	.kind = TYPE_INT,
	.name = "uint128",
	.size = 16,
	.has_size = true,
};

bool register_is_flags(const struct type *t)
{
	return t == &flags_type;
}

const char *register_flags_text(uint64_t v, struct arena *arena)
{
	/* Intel SDM volume 1, 3.4.3; the names are gdb's. */
	static const struct {
		unsigned bit;
		const char *name;
	} flags[] = {
		{ 0, "CF" },
		{ 1, "" },
		{ 2, "PF" },
		{ 4, "AF" },
		{ 6, "ZF" },
		{ 7, "SF" },
		{ 8, "TF" },
		{ 9, "IF" },
		{ 10, "DF" },
		{ 11, "OF" },
		{ 14, "NT" },
		{ 16, "RF" },
		{ 17, "VM" },
		{ 18, "AC" },
		{ 19, "VIF" },
		{ 20, "VIP" },
		{ 21, "ID" },
	};
	struct buf b = { .arena = arena };

	buf_puts(&b, "[ ");
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (v >> flags[i].bit & 1 && flags[i].name[0])
			buf_printf(&b, "%s ", flags[i].name);
	buf_putc(&b, ']');
	return buf_str(&b);
}

static const struct type *type_of_register(
	const struct arch *arch, unsigned reg, struct arena *arena)
{
	const char *name = arch->reg[reg].name;

	if (reg == arch->pc) {
		struct type *code = arena_new(arena, struct type);

		*code = (struct type){
			.kind = TYPE_FUNC,
			.target = type_basic("void"),
		};
		return type_new_pointer(code, arena);
	}
	if (reg == arch->sp || reg == arch->fp)
		return type_new_pointer(type_basic("void"), arena);
	if (!strcmp(name, "eflags"))
		return &flags_type;
	if (strlen(name) == 2 && name[1] == 's') /* cs ds es fs gs ss */
		return type_basic("int");
	return type_basic("long");
}

/* The union of views of a vector register of n bytes. */
static const struct type *type_of_vector(size_t n, struct arena *arena)
{
	static const struct {
		const char *name, *elem;
		size_t size;
	} views[] = {
		{ "float", "float", 4 },
		{ "double", "double", 8 },
		{ "int8", "signed char", 1 },
		{ "int16", "short", 2 },
		{ "int32", "int", 4 },
		{ "int64", "long", 8 },
	};
	enum { VIEWS = sizeof(views) / sizeof(*views) };
	struct type *u = arena_new(arena, struct type);
	struct member *m = arena_array(arena, struct member, VIEWS + 1);

	for (size_t i = 0; i < VIEWS; i++) {
		size_t count = n / views[i].size;
		const struct type *elem = type_basic(views[i].elem);

		if (views[i].size == 1)
			elem = &int8_type;
		m[i].name =
			arena_printf(arena, "v%zu_%s", count, views[i].name);
		m[i].type = type_new_array(elem, count, arena);
	}
	m[VIEWS].name = n == 16 ? "uint128"
				: arena_printf(arena, "v%zu_int128", n / 16);
	m[VIEWS].type = n == 16 ? &int128_type
				: type_new_array(&int128_type, n / 16, arena);
	*u = (struct type){
		.kind = TYPE_UNION,
		.name = arena_printf(arena, "vec%zu", n * 8),
		.size = n,
		.has_size = true,
		.members = m,
		.nmembers = VIEWS + 1,
	};
	return u;
}

static struct value vector_value(
	struct session *s, const struct frame *f, unsigned n, size_t size)
{
	const struct type **t_slot = &s->vector_types[size / 32];
	const struct type *t = *t_slot;

	/* A type that the history may keep lives as long as it. */
	if (!t)
		*t_slot = t = type_of_vector(size, &s->arena);

	if (!f->vregs)
		return value_absent(t, ABSENT_NOT_SAVED,
			"a callee may clobber vector registers");
	if (f->vregs->size[n] < size)
		return value_absent(t, ABSENT_NOT_IN_CORE,
			"the core's notes do not have it");
	return (struct value){
		.type = t,
		.loc = { .kind = LOC_VREG, .reg = n, .vregs = f->vregs },
	};
}

static bool vector_register(struct session *s, const struct frame *f,
	const char *name, struct value *ret)
{
	static const struct {
		const char *prefix;
		size_t size;
	} kinds[] = { { "xmm", 16 }, { "ymm", 32 }, { "zmm", 64 } };
	char *end;

	for (size_t i = 0; i < 3; i++) {
		if (strncmp(name, kinds[i].prefix, 3) || !name[3])
			continue;
		unsigned long n = strtoul(name + 3, &end, 10);
		if (*end || n >= VREG_MAX)
			return false;
		*ret = vector_value(s, f, (unsigned)n, kinds[i].size);
		return true;
	}
	if (!strncmp(name, "st", 2) && name[2] >= '0' && name[2] <= '7' &&
		!name[3]) {
		const struct type *t = type_basic("long double");

		if (f->vregs && f->vregs->st_known)
			*ret = value_of_bytes(
				t, f->vregs->st[name[2] - '0'], &s->scratch);
		else
			*ret = value_absent(t, ABSENT_NOT_SAVED,
				"a callee may clobber x87 registers");
		return true;
	}
	if (!strcmp(name, "mxcsr")) {
		const struct type *t = type_basic("unsigned int");

		*ret = f->vregs ? value_of_int(t, (int64_t)f->vregs->mxcsr,
					  &s->scratch)
				: value_absent(t, ABSENT_NOT_SAVED, NULL);
		return true;
	}
	return false;
}

static struct value part_of_register(const struct frame *f, unsigned reg,
	unsigned shift, unsigned bits, struct arena *arena)
{
	const char *names[] = { "signed char", "short", "int" };
	const struct type *t = type_basic(names[bits == 8    ? 0
						: bits == 16 ? 1
							     : 2]);

	if (bits == 8)
		t = &int8_type;
	if (!regs_has(&f->regs, reg))
		return value_absent(t, ABSENT_NOT_SAVED, NULL);
	int64_t v = (int64_t)(f->regs.v[reg] >> shift << (64 - bits)) >>
		    (64 - bits);
	return value_of_int(t, v, arena);
}

enum err register_value(struct session *s, const struct frame *f,
	const char *name, struct value *ret)
{
	const struct arch *arch = s->image.arch;
	struct arena *arena = &s->scratch;
	unsigned shift, bits;

	if (!strcmp(name, "pc"))
		name = arch->reg[arch->pc].name;
	else if (!strcmp(name, "sp"))
		name = arch->reg[arch->sp].name;
	else if (!strcmp(name, "fp"))
		name = arch->reg[arch->fp].name;

	int reg = arch_find_reg(arch, name);
	if (reg >= 0) {
		const struct type *t =
			type_of_register(arch, (unsigned)reg, arena);

		if (!regs_has(&f->regs, (unsigned)reg))
			*ret = value_absent(t, ABSENT_NOT_SAVED, NULL);
		else
			*ret = (struct value){
				.type = t,
				.loc = { .kind = LOC_REG,
					.reg = (unsigned)reg,
					.regs = &f->regs },
			};
		return OK;
	}
	reg = arch_find_subreg(arch, name, &shift, &bits);
	if (reg >= 0) {
		*ret = part_of_register(f, (unsigned)reg, shift, bits, arena);
		return OK;
	}
	if (vector_register(s, f, name, ret))
		return OK;
	return err_set(
		ERR_NOTFOUND, "No register \"%s\" on %s.", name, arch->name);
}
