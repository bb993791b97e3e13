/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Types by hand, and a memory of a few pages that a test fills: what values,
 * printing and expressions need, without a core and without DWARF.
 *
 *	0x10000  FAKE_SIZE bytes, fake_bytes[]
 *	0x30000  a page that is mapped but not in the core
 */
#include "inspect/model/print.h"
#include "inspect/model/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FAKE_BASE = 0x10000, FAKE_SIZE = 0x10000, FAKE_LEFT_OUT = 0x30000 };

static struct arena fake_arena;
static struct mem fake_mem;
static uint8_t fake_bytes[FAKE_SIZE];
static struct value_ctx fake_values = {
	.mem = &fake_mem,
	.arena = &fake_arena,
};

static inline void fake_init(void)
{
	struct segment left_out = {
		.base = FAKE_LEFT_OUT,
		.size = 0x1000,
		.absent = ABSENT_NOT_IN_CORE,
		.what = "core",
		.why = "it was left out",
	};

	mem_init(&fake_mem, &fake_arena);
	mem_add_bytes(
		&fake_mem, FAKE_BASE, fake_bytes, sizeof(fake_bytes), "fake");
	mem_add(&fake_mem, &left_out);
}

/* Copies bytes into the memory and returns their address. */
static inline uint64_t fake_put(uint64_t offset, const void *bytes, size_t n)
{
	memcpy(fake_bytes + offset, bytes, n);
	return FAKE_BASE + offset;
}

static inline struct type *t_wrap(
	enum type_kind kind, const char *name, const struct type *target)
{
	struct type *t = arena_new(&fake_arena, struct type);

	t->kind = kind;
	t->name = name;
	t->target = target;
	return t;
}

#define t_int type_basic("int")
#define t_char type_basic("char")
#define t_ptr(t) type_new_pointer((t), &fake_arena)
#define t_array(t, n) type_new_array((t), (n), &fake_arena)
#define t_const(t) t_wrap(TYPE_CONST, NULL, (t))
#define t_volatile(t) t_wrap(TYPE_VOLATILE, NULL, (t))
#define t_typedef(name, t) t_wrap(TYPE_TYPEDEF, (name), (t))

/* Members one after the other until one without a type. */
static inline struct type *t_record(enum type_kind kind, const char *name,
	uint64_t size, const struct member *m)
{
	struct type *t = t_wrap(kind, name, NULL);

	t->size = size;
	t->has_size = true;
	while (m[t->nmembers].type)
		t->nmembers++;
	t->members = arena_memdup(&fake_arena, m, t->nmembers * sizeof(*m));
	return t;
}

#define t_struct(name, size, ...)                                              \
	t_record(TYPE_STRUCT, (name), (size),                                  \
		(struct member[]){ __VA_ARGS__, { 0 } })
#define t_union(name, size, ...)                                               \
	t_record(TYPE_UNION, (name), (size),                                   \
		(struct member[]){ __VA_ARGS__, { 0 } })
#define M(name_, type_, offset_)                                               \
	{                                                                      \
		.name = (name_), .type = (type_), .offset = (offset_)          \
	}
#define BITS(name_, type_, offset_, bit_, size_)                               \
	{                                                                      \
		.name = (name_), .type = (type_), .offset = (offset_),         \
		.bit_offset = (bit_), .bit_size = (size_)                      \
	}

static inline const struct type *t_make_enum(
	const char *name, const struct enumerator *e)
{
	struct type *t = t_wrap(TYPE_ENUM, name, NULL);

	t->size = 4;
	t->has_size = true;
	while (e[t->nenumerators].name)
		t->nenumerators++;
	t->enumerators =
		arena_memdup(&fake_arena, e, t->nenumerators * sizeof(*e));
	return t;
}

#define t_enum(name, ...)                                                      \
	t_make_enum((name), (struct enumerator[]){ __VA_ARGS__, { 0 } })

/* Parameters until NULL. */
static inline struct type *t_func(const struct type *result, ...)
{
	struct type *t = t_wrap(TYPE_FUNC, NULL, result);
	struct member m[8] = { 0 };
	va_list ap;

	va_start(ap, result);
	while (t->nmembers < 8 &&
		(m[t->nmembers].type = va_arg(ap, const struct type *)))
		t->nmembers++;
	va_end(ap);
	t->prototyped = true;
	t->members = arena_memdup(&fake_arena, m, sizeof(m));
	return t;
}

static inline const char *fake_symbol(
	void *ctx, uint64_t addr, struct arena *arena)
{
	(void)ctx;
	if (addr < FAKE_BASE || addr >= FAKE_BASE + 0x100)
		return NULL;
	if (addr == FAKE_BASE)
		return "g";
	return arena_printf(
		arena, "g+%llu", (unsigned long long)(addr - FAKE_BASE));
}

static struct print_options fake_options;

static inline struct print_ctx *fake_print(void)
{
	static struct print_ctx p = {
		.values = &fake_values,
		.options = &fake_options,
		.symbol = fake_symbol,
	};

	return &p;
}

static inline const char *fake_text(const struct value *v)
{
	return print_text(v, fake_print());
}
