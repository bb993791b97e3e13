/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Types as text, in GDB's notation.
 *
 * A declarator is written from the inside out: start with the name, and for
 * every layer of the type put '*' in front or "[n]" or "(...)" behind, with
 * parentheses where a '*' would otherwise belong to the array or the function.
 * What is left at the end is the base type, which goes in front of it all.
 *
 * ptype's definitions follow GDB's rule of "show": 1 spells out the type
 * itself, 0 spells out only what has no name, -1 writes "struct {...}".
 */
#include "inspect/model/decl.h"

#include "inspect/base/limits.h"
#include "inspect/model/alias.h"
#include "inspect/model/record.h"

#include <inttypes.h>
#include <string.h>

enum {
	QUAL_CONST = 1,
	QUAL_VOLATILE = 2,
	QUAL_RESTRICT = 4,
	QUAL_ATOMIC = 8,
};

static void print_base(struct decl *, struct buf *, const struct type *,
	unsigned quals, int show, unsigned level, const struct layout *);

static const char *qualifiers(unsigned quals)
{
	static const char *const names[] = { "const", "volatile", "restrict",
		"_Atomic" };
	static _Thread_local char text[40];

	text[0] = '\0';
	for (unsigned i = 0; i < 4; i++) {
		if (!(quals >> i & 1))
			continue;
		if (text[0])
			strcat(text, " ");
		strcat(text, names[i]);
	}
	return text;
}

/* Takes qualifiers off, and typedefs when they are to be spelled out. */
static const struct type *peel(
	const struct type *t, bool typedefs, unsigned *quals)
{
	for (int i = 0; t && i < MAX_DIE_DEPTH; i++) {
		switch (t->kind) {
		case TYPE_CONST:
			*quals |= QUAL_CONST;
			break;
		case TYPE_VOLATILE:
			*quals |= QUAL_VOLATILE;
			break;
		case TYPE_RESTRICT:
			*quals |= QUAL_RESTRICT;
			break;
		case TYPE_ATOMIC:
			*quals |= QUAL_ATOMIC;
			break;
		case TYPE_TYPEDEF:
			if (!typedefs && t->name)
				return t;
			break;
		default:
			return type_complete(t);
		}
		t = t->target;
	}
	return type_basic("void");
}

static const char *parameters(struct decl *p, const struct type *func)
{
	struct buf b = { .arena = p->arena };

	buf_putc(&b, '(');
	for (size_t i = 0; i < func->nmembers; i++)
		buf_printf(&b, "%s%s", i ? ", " : "",
			decl_write(p, func->members[i].type, "", 0, 0, NULL));
	/* GCC describes f() as having unspecified parameters too. */
	if (func->varargs && func->nmembers)
		buf_puts(&b, ", ...");
	else if (!func->nmembers && func->prototyped)
		buf_puts(&b, func->varargs ? "..." : "void");
	buf_putc(&b, ')');
	return buf_str(&b);
}

/* A function with parameters to show.  One without debug info has a phrase in
 * angle brackets instead, "<text variable, no debug info>". */
static bool is_described(const struct type *t)
{
	return t->kind == TYPE_FUNC && !(t->name && t->name[0] == '<');
}

static bool is_suffix(const struct type *t, bool typedefs)
{
	unsigned quals = 0;

	t = peel(t, typedefs, &quals);
	return t->kind == TYPE_ARRAY || is_described(t);
}

/* '*' or '&' with its qualifiers, in front of what is inside. */
static const char *pointer_layer(struct decl *p, const struct type *t,
	unsigned quals, const char *inner, bool typedefs, bool spaced)
{
	const char *sign = t->kind == TYPE_POINTER     ? "*"
			   : t->kind == TYPE_REFERENCE ? "&"
						       : "&&";
	const char *q = qualifiers(quals);

	inner = arena_printf(p->arena, "%s%s%s%s%s", sign, *q ? " " : "", q,
		*q && spaced && *inner ? " " : "", inner);
	if (is_suffix(t->target, typedefs))
		return arena_printf(p->arena, "(%s)", inner);
	return inner;
}

static const char *memberptr_layer(struct decl *p, const struct type *t,
	unsigned quals, const char *inner, bool typedefs)
{
	const char *q = qualifiers(quals);

	inner = arena_printf(p->arena, "%s::*%s%s%s", t->containing->name,
		*q ? " " : "", q, inner);
	if (is_suffix(t->target, typedefs))
		return arena_printf(p->arena, "(%s)", inner);
	return inner;
}

static const char *array_layer(
	struct decl *p, const struct type *t, const char *inner)
{
	if (t->is_vector)
		return arena_printf(p->arena,
			"%s __attribute__ ((vector_size(%" PRIu64 ")))", inner,
			t->count);
	if (!t->has_count)
		return arena_printf(p->arena, "%s[]", inner);
	return arena_printf(p->arena, "%s[%" PRIu64 "]", inner, t->count);
}

const char *decl_write(struct decl *p, const struct type *t, const char *name,
	int show, unsigned level, const struct layout *layout)
{
	struct buf b = { .arena = p->arena };
	const char *inner = name;
	/* GDB's blank between a qualifier and what is inside of it. */
	bool spaced = *name != '\0';
	unsigned quals = 0;

	const char *alias = aliases_find(&p->aliases, t, p->arena);
	if (alias)
		return arena_printf(
			p->arena, "%s%s%s", alias, *name ? " " : "", name);
	if (p->depth >= MAX_DIE_DEPTH / 8)
		return arena_printf(
			p->arena, "...%s%s", *name ? " " : "", name);
	p->depth++;
	for (int i = 0; i < MAX_DIE_DEPTH; i++) {
		t = peel(t, show > 0, &quals);
		if (t->kind == TYPE_POINTER || t->kind == TYPE_REFERENCE ||
			t->kind == TYPE_RVALUE_REFERENCE) {
			inner = pointer_layer(
				p, t, quals, inner, show > 0, spaced);
			quals = 0;
			spaced = true;
		} else if (t->kind == TYPE_ARRAY) {
			/* Qualifiers of an array are its elements'. */
			inner = array_layer(p, t, inner);
		} else if (is_described(t)) {
			inner = arena_printf(
				p->arena, "%s%s", inner, parameters(p, t));
			spaced = false;
		} else if (t->containing) {
			inner = memberptr_layer(p, t, quals, inner, show > 0);
			quals = 0;
		} else {
			break;
		}
		t = t->target ? t->target : type_basic("void");
	}
	print_base(p, &b, t, quals, show, level, layout);
	p->depth--;
	if (*inner && inner[0] != ' ')
		buf_putc(&b, ' ');
	buf_puts(&b, inner);
	return buf_str(&b);
}

/* "long unsigned int" as GCC writes it is "unsigned long". */
static const char *plain_name(const struct type *t)
{
	if (!t->name)
		return t->kind == TYPE_VOID ? "void" : "<unnamed type>";
	if (t->kind == TYPE_INT && !strstr(t->name, "__int128")) {
		const struct type *basic = type_basic(t->name);

		if (basic && basic->kind == TYPE_INT)
			return basic->name;
	}
	return t->name;
}

static void print_enum(struct buf *b, const struct type *t)
{
	const struct type *base =
		t->is_cxx && t->target ? type_bare(t->target) : NULL;
	int64_t next = 0;

	if (base && base->name)
		buf_printf(b, " : %s", plain_name(base));
	buf_puts(b, " {");
	for (size_t i = 0; i < t->nenumerators; i++) {
		const struct enumerator *e = &t->enumerators[i];

		buf_printf(b, "%s%s", i ? ", " : "", e->name);
		if (e->value != next)
			buf_printf(b, " = %" PRId64, e->value);
		next = (int64_t)((uint64_t)e->value + 1);
	}
	buf_putc(b, '}');
}

static const char *keyword(enum type_kind kind)
{
	switch (kind) {
	case TYPE_STRUCT:
		return "struct";
	case TYPE_UNION:
		return "union";
	case TYPE_CLASS:
		return "class";
	case TYPE_ENUM:
		return "enum";
	default:
		return NULL;
	}
}

static const char *name_here(struct decl *p, const struct type *t)
{
	const char *alias = aliases_find(&p->aliases, t, p->arena);

	return alias ? alias
		     : aliases_within(&p->aliases, plain_name(t), p->arena);
}

static void print_base(struct decl *p, struct buf *b, const struct type *t,
	unsigned quals, int show, unsigned level, const struct layout *layout)
{
	const char *word = keyword(t->kind);

	if (quals)
		buf_printf(b, "%s ", qualifiers(quals));
	if (!word || (show <= 0 && t->name && t->no_tag)) {
		buf_puts(b, name_here(p, t));
		return;
	}
	buf_puts(b, word);
	if (t->is_enum_class)
		buf_puts(b, " class");
	if (t->name)
		buf_printf(b, " %s", t->name);
	if (show <= 0 && t->name)
		return;
	if (show < 0)
		buf_puts(b, " {...}");
	else if (t->kind == TYPE_ENUM)
		print_enum(b, t);
	else
		record_print(p, b, t, show, level, layout);
}

const char *type_decl(
	const struct type *t, const char *name, struct arena *arena)
{
	struct decl p = { .arena = arena };

	return decl_write(&p, t, name, -1, 0, NULL);
}

const char *type_name(const struct type *t, struct arena *arena)
{
	return type_decl(t, "", arena);
}

const char *type_definition(
	const struct type *t, enum type_offsets offsets, struct arena *arena)
{
	struct decl p = { .arena = arena, .offsets = offsets };

	return decl_write(&p, t, "", 1, 0, NULL);
}

const char *type_offsets_header(const struct type *t)
{
	return type_is_record(t) ? "/* offset      |    size */  " : "";
}
