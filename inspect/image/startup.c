/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * psABI x86-64, 3.4.1: from the stack pointer of _start upwards argc, pointers
 * to the arguments, 0, pointers to the environment, 0, the auxiliary vector;
 * above it lies what AT_RANDOM points to.  So the vector, which the core has a
 * copy of, is looked for below that, and the rest is read downwards from it.
 */
#include "inspect/image/startup.h"

#include "inspect/base/limits.h"
#include "inspect/image/symbol.h"

#include <elf.h>
#include <string.h>

enum {
	NEAR = 8192,         /* bytes below AT_RANDOM that are searched */
	ENTRY = 16,          /* of the vector */
	MAX_STRINGS = 65536, /* arguments, variables */
	MAX_LENGTH = 131072, /* of one: MAX_ARG_STRLEN of the kernel */
};

static bool find_vector(struct image *im, uint64_t *ret)
{
	const struct core *c = im->core;
	static uint8_t bytes[NEAR];
	uint64_t random, at;
	size_t n;

	if (!c || c->nauxv < 2 || !core_auxv(c, AT_RANDOM, &random) ||
		random < NEAR)
		return false;
	at = (random & ~UINT64_C(7)) - NEAR;
	/* The stack may begin within. */
	while ((n = mem_read_part(&im->mem, at, bytes, NEAR)) < 2 * ENTRY &&
		at < random)
		at += 512;
	for (size_t i = n & ~(size_t)7; i >= 2 * ENTRY; i -= 8) {
		const uint8_t *p = bytes + i - 2 * ENTRY;

		if (!memcmp(p, &c->auxv[0], ENTRY) &&
			!memcmp(p + ENTRY, &c->auxv[1], ENTRY)) {
			*ret = at + i - 2 * ENTRY;
			return true;
		}
	}
	return false;
}

static void add(
	struct image *im, struct arena *arena, struct strings *s, uint64_t addr)
{
	char *text;
	bool whole;

	if (mem_read_str(&im->mem, addr, MAX_LENGTH, arena, &text, &whole)) {
		s->cut = true;
		return;
	}
	s->v = arena_grow(arena, s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] = text;
}

/* Upwards from addr, to the NULL. */
static bool read_list(struct image *im, struct arena *arena, uint64_t addr,
	struct strings *ret)
{
	*ret = (struct strings){ 0 };
	for (size_t i = 0; i < MAX_STRINGS; i++) {
		uint64_t p;

		if (mem_read_uint(&im->mem, addr + i * 8, 8, &p)) {
			ret->cut = true;
			return i > 0;
		}
		if (!p)
			return true;
		add(im, arena, ret, p);
	}
	ret->cut = true;
	return true;
}

/* Downwards from the NULL at addr: where the list before it begins.  That of
 * the arguments has their number before it. */
static bool find_begin(
	struct image *im, uint64_t addr, bool args, uint64_t *ret)
{
	for (size_t i = 1; i < MAX_STRINGS; i++) {
		uint64_t at = addr - i * 8, p;

		if (mem_read_uint(&im->mem, at, 8, &p))
			return false;
		if (args ? p == i - 1 : p == 0) {
			*ret = at;
			return true;
		}
	}
	return false;
}

bool startup_read(struct image *im, struct arena *arena, struct startup *ret)
{
	uint64_t vector, env, args;

	*ret = (struct startup){ 0 };
	if (!find_vector(im, &vector) ||
		!find_begin(im, vector - 8, false, &env) ||
		!find_begin(im, env, true, &args))
		return false;
	return read_list(im, arena, args + 8, &ret->args) &&
	       read_list(im, arena, env + 8, &ret->env);
}

bool startup_environ(struct image *im, struct arena *arena, struct strings *ret)
{
	static const char *const names[] = { "environ", "__environ" };
	struct symbol sym;
	uint64_t list;

	for (size_t i = 0; i < 2; i++)
		if (symbol_find(im, NULL, names[i], &sym) && !sym.is_func &&
			!mem_read_uint(&im->mem, sym.addr, 8, &list) && list)
			return read_list(im, arena, list, ret);
	return false;
}
