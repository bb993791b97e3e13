/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runtimes keep the exceptions that are handled in a variable that no symbol
 * names.  But the function that called std::terminate() had a pointer to the
 * exception, which is still in a register, or where that was saved on the
 * stack.  What it points to has a mark, so it cannot be taken for something
 * else (Itanium C++ ABI: Exception Handling, 2.2.1; libstdc++ and libc++abi
 * have these fields at the same distance from the unwinder's header):
 *
 *	-80 type_info *, ... -48 next *, -40 handler count,
 *	  0 unwinder's header: class "GNUCC++\0" or "CLNGC++\0", 32 bytes
 *	+32 the object that was thrown
 *
 * An exception that was handled before, and freed, may have left such words as
 * well; its count of handlers is 0 then, but std::terminate() is called inside
 * of a handler.  If two are found, neither is said.
 *
 * what() cannot be called.  Its text is behind the first member of
 * std::runtime_error and std::logic_error, so of all classes that have these
 * as first bases.
 */
#include "inspect/why/exception.h"

#include "inspect/base/buf.h"
#include "inspect/base/limits.h"
#include "inspect/dwarf/demangle.h"
#include "inspect/out/utf8.h"

#include <inttypes.h>
#include <string.h>

enum {
	TYPE = -80,
	NEXT = -48,
	HANDLERS = -40,
	OBJECT = 32,
	MAX_FOUND = 4,
	MAX_BASES = 16,  /* of a class, and one above the other */
	ALL_FLAGS = 3,   /* __vmi_class_type_info::__flags_masks */
	VIRTUAL = 1,     /* __base_class_type_info::__virtual_mask */
	MAX_NAME = 1024, /* of a type, mangled */
	MAX_TEXT = 512,  /* of what() */
};

/* "GNUCC++" and "CLNGC++" as numbers, without the last byte: 1 in it is a
 * std::exception_ptr's, which is no object but a reference to one. */
static const uint64_t GNU = 0x474e5543432b2b00, CLANG = 0x434c4e47432b2b00;

struct caught {
	struct rule *r;
	uint64_t header[MAX_FOUND]; /* of the unwinder */
	size_t n;
};

static bool word_at(const struct rule *r, uint64_t addr, uint64_t *ret)
{
	return !mem_read_uint(&r->image->mem, addr, 8, ret);
}

static void try_header(struct caught *c, uint64_t header)
{
	uint64_t mark, handlers;

	if (!word_at(c->r, header, &mark) || (mark != GNU && mark != CLANG) ||
		mem_read_uint(
			&c->r->image->mem, header + HANDLERS, 4, &handlers) ||
		!handlers)
		return;
	for (size_t i = 0; i < c->n; i++)
		if (c->header[i] == header)
			return;
	if (c->n < MAX_FOUND)
		c->header[c->n++] = header;
}

/* The pointer may be to the header, the whole, or the object. */
static void try_pointer(struct caught *c, uint64_t p)
{
	if (p % 8 || p < 4096 || !rule_canonical(p))
		return;
	try_header(c, p);
	try_header(c, p - (uint64_t)TYPE);
	try_header(c, p - OBJECT);
}

/* What is handled inside of another's handler links to that one. */
static void drop_outer(struct caught *c)
{
	uint64_t next[MAX_FOUND];
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++)
		if (!word_at(c->r, c->header[i] + (uint64_t)NEXT, &next[i]))
			next[i] = 0;
	for (size_t i = 0; i < c->n; i++) {
		bool outer = false;

		for (size_t k = 0; k < c->n; k++)
			outer |= next[k] == c->header[i] + (uint64_t)TYPE;
		if (!outer)
			c->header[kept++] = c->header[i];
	}
	c->n = kept;
}

/* The stack pointer above the function that threw, or 0. */
static uint64_t above_throw(const struct rule *r)
{
	const struct trace *t = r->trace;

	for (size_t i = 0; i + 1 < t->n; i++) {
		const char *name = t->frames[i].function;

		if (name && (!strcmp(name, "__cxa_throw") ||
				    !strcmp(name, "__cxa_rethrow")))
			return t->frames[i + 1].regs.v[r->image->arch->sp];
	}
	return 0;
}

static void try_stack(struct caught *c, uint64_t at, uint64_t end)
{
	uint64_t word[512];

	while (at < end) {
		size_t want = end - at < sizeof word ? end - at : sizeof word;
		size_t n = mem_read_part(&c->r->image->mem, at, word, want) / 8;

		for (size_t i = 0; i < n; i++)
			try_pointer(c, word[i]);
		if (n < want / 8)
			return;
		at += n * 8;
	}
}

static bool find(struct rule *r, uint64_t *ret)
{
	struct caught c = { .r = r };
	uint64_t from = r->sp & ~(uint64_t)7, to = above_throw(r);

	if (to <= from || to - from > MAX_THROW_STACK)
		return false;
	for (unsigned i = 0; r->regs && i < ARCH_MAX_REGS; i++)
		if (regs_has(r->regs, i))
			try_pointer(&c, r->regs->v[i]);
	try_stack(&c, from, to & ~(uint64_t)7);
	drop_outer(&c);
	if (c.n != 1)
		return false;
	*ret = c.header[0];
	return true;
}

static const char *text_at(const struct rule *r, uint64_t addr, size_t max)
{
	char *text;
	bool whole;

	if (mem_read_str(&r->image->mem, addr, max, r->arena, &text, &whole))
		return NULL;
	return whole ? text : arena_printf(r->arena, "%s...", text);
}

/* The mangled name in a type_info: behind the pointer to its vtable.  A star
 * before it means that it is compared by address. */
static const char *mangled(const struct rule *r, uint64_t type)
{
	const char *name;
	uint64_t at;

	if (!word_at(r, type + 8, &at))
		return NULL;
	name = text_at(r, at, MAX_NAME);
	return name && name[0] == '*' ? name + 1 : name;
}

/*
 * Is it one of those with the text, or made of one at its beginning?  What
 * stands behind a type's name is told by the type_info's own class (ABI
 * 2.9.5): the base, for a class with one; for others flags, the number of
 * bases, and pairs of base and offset.  Those with none have something else
 * there, which has no name of these.
 */
static bool has_text(const struct rule *r, uint64_t type)
{
	for (int i = 0; i < MAX_BASES; i++) {
		const char *name = mangled(r, type);
		uint64_t one, many, where;

		if (!name)
			return false;
		if (!strcmp(name, "St13runtime_error") ||
			!strcmp(name, "St11logic_error"))
			return true;
		if (!word_at(r, type + 16, &one))
			return false;
		if ((uint32_t)one > ALL_FLAGS || one >> 32 > MAX_BASES) {
			type = one;
			continue;
		}
		if (!word_at(r, type + 24, &many) ||
			!word_at(r, type + 32, &where) || where >> 8 ||
			where & VIRTUAL)
			return false;
		type = many;
	}
	return false;
}

/* In quotes, on one line. */
static const char *quoted(const char *text, struct arena *arena)
{
	struct buf b = { .arena = arena };

	buf_putc(&b, '"');
	for (; *text; text++)
		if (*text == '\n')
			buf_puts(&b, "\\n");
		else
			buf_putc(&b, *text);
	buf_putc(&b, '"');
	return utf8_defused(buf_str(&b), arena);
}

/* What was thrown, in words, or NULL. */
static const char *value_of(
	const struct rule *r, uint64_t type, const char *name, uint64_t object)
{
	bool is_string = !strncmp(name, "NSt7__cxx1112basic_stringIcSt11", 31);
	uint64_t word;

	if (!word_at(r, object + (has_text(r, type) ? 8 : 0), &word))
		return NULL;
	if (!strcmp(name, "i"))
		return arena_printf(r->arena, "%" PRId32, (int32_t)word);
	if (!strcmp(name, "PKc") || is_string || has_text(r, type)) {
		const char *text = text_at(r, word, MAX_TEXT);

		return text ? quoted(text, r->arena) : NULL;
	}
	return NULL;
}

/* "std::runtime_error" of "St13runtime_error", by the name that the linker has
 * for its type_info. */
static const char *readable(const struct rule *r, const char *name)
{
	static const char words[] = "typeinfo name for ";
	const char *symbol = arena_printf(r->arena, "_ZTS%s", name);
	const char *text = demangle_symbol(symbol, r->arena);

	return strncmp(text, words, sizeof words - 1)
		       ? utf8_defused(name, r->arena)
		       : text + sizeof words - 1;
}

const char *exception_describe(struct rule *r)
{
	const char *name, *value;
	uint64_t header, type;

	if (!find(r, &header) || !word_at(r, header + (uint64_t)TYPE, &type))
		return NULL;
	name = mangled(r, type);
	if (!name || !name[0])
		return NULL;
	value = value_of(r, type, name, header + OBJECT);
	return value ? arena_printf(
			       r->arena, "%s (%s)", readable(r, name), value)
		     : readable(r, name);
}
