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
#include "inspect/model/type.h"

#include "inspect/base/buf.h"
#include "inspect/base/limits.h"

#include <inttypes.h>
#include <string.h>

enum {
	QUAL_CONST = 1,
	QUAL_VOLATILE = 2,
	QUAL_RESTRICT = 4,
	QUAL_ATOMIC = 8,
	INDENT = 4,
	OFFSET_COLUMNS = 27, /* width of the columns of ptype /o */
};

struct printer {
	struct arena *arena;
	bool offsets;
	unsigned depth; /* of types in types: a file may be cyclic */
};

/* The columns of ptype /o: where the last member ended. */
struct layout {
	uint64_t base_bits; /* of this struct in the outermost one */
	uint64_t end_bits;  /* of the last member in this struct */
	bool is_union;
};

static void print_base(struct printer *, struct buf *, const struct type *,
	unsigned quals, int show, unsigned level, const struct layout *);
static const char *declaration(struct printer *, const struct type *,
	const char *name, int show, unsigned level, const struct layout *);

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

static const char *parameters(struct printer *p, const struct type *func)
{
	struct buf b = { .arena = p->arena };

	buf_putc(&b, '(');
	for (size_t i = 0; i < func->nmembers; i++)
		buf_printf(&b, "%s%s", i ? ", " : "",
			declaration(p, func->members[i].type, "", 0, 0, NULL));
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
static const char *pointer_layer(struct printer *p, const struct type *t,
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

static const char *memberptr_layer(struct printer *p, const struct type *t,
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
	struct printer *p, const struct type *t, const char *inner)
{
	if (t->is_vector)
		return arena_printf(p->arena,
			"%s __attribute__ ((vector_size(%" PRIu64 ")))", inner,
			t->count);
	if (!t->has_count)
		return arena_printf(p->arena, "%s[]", inner);
	return arena_printf(p->arena, "%s[%" PRIu64 "]", inner, t->count);
}

static const char *declaration(struct printer *p, const struct type *t,
	const char *name, int show, unsigned level, const struct layout *layout)
{
	struct buf b = { .arena = p->arena };
	const char *inner = name;
	/* GDB's blank between a qualifier and what is inside of it. */
	bool spaced = *name != '\0';
	unsigned quals = 0;

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

static void indent(struct buf *b, unsigned columns)
{
	buf_printf(b, "%*s", (int)columns, "");
}

/* ---- ptype /o ---- */

static void print_hole(
	struct layout *l, struct buf *b, uint64_t until, const char *what)
{
	if (!l->end_bits || l->end_bits >= until)
		return;
	uint64_t bits = until - l->end_bits;

	if (bits % 8)
		buf_printf(b, "/* XXX %2" PRIu64 "-bit %-7s    */\n", bits % 8,
			what);
	if (bits / 8)
		buf_printf(b, "/* XXX %2" PRIu64 "-byte %-7s   */\n", bits / 8,
			what);
}

static void print_columns(
	struct layout *l, struct buf *b, const struct member *m)
{
	uint64_t size = type_size(m->type);
	uint64_t start = m->offset * 8 + m->bit_offset;
	uint64_t at = l->base_bits + start;

	if (m->is_static) {
		indent(b, OFFSET_COLUMNS);
		return;
	}
	if (l->is_union) {
		buf_printf(b, "/* %21" PRIu64 " */", size);
		return;
	}
	print_hole(l, b, start, "hole");
	if (m->bit_size)
		buf_printf(
			b, "/* %6" PRIu64 ": %-2" PRIu64 "  |", at / 8, at % 8);
	else
		buf_printf(b, "/* %6" PRIu64 "      |", at / 8);
	buf_printf(b, "%8" PRIu64 " */", size);
	l->end_bits = start + (m->bit_size ? m->bit_size : size * 8);
}

static void print_total(
	struct layout *l, struct buf *b, uint64_t size, unsigned level)
{
	print_hole(l, b, size * 8, "padding");
	buf_putc(b, '\n');
	indent(b, OFFSET_COLUMNS + level + INDENT);
	buf_printf(b, "/* total size (bytes): %4" PRIu64 " */\n", size);
}

/* ---- definitions ---- */

static void print_member(struct printer *p, struct buf *b,
	const struct member *m, int show, unsigned level, struct layout *layout)
{
	struct layout inside = { 0 };
	unsigned quals = 0;
	const struct type *t = peel(m->type, false, &quals);
	bool record = t->kind == TYPE_STRUCT || t->kind == TYPE_UNION ||
		      t->kind == TYPE_CLASS;

	if (p->offsets)
		print_columns(layout, b, m);
	indent(b, level);
	if (m->is_static)
		buf_puts(b, "static ");
	/* /o follows into members that are structs, for their offsets; those
	 * of an array's elements start at 0. */
	if (p->offsets && record && !m->is_static)
		inside.base_bits = layout->base_bits + m->offset * 8;
	else
		show--;
	buf_puts(b, declaration(p, m->type, m->name ? m->name : "", show, level,
			    &inside));
	if (m->bit_size)
		buf_printf(b, " : %u", m->bit_size);
	buf_puts(b, ";\n");
}

static void print_bases(struct printer *p, struct buf *b, const struct type *t)
{
	const char *sep = " : ";

	for (size_t i = 0; i < t->nmembers; i++) {
		if (!t->members[i].is_base)
			continue;
		buf_printf(b, "%spublic %s", sep,
			declaration(p, t->members[i].type, "", 0, 0, NULL));
		sep = ", ";
	}
}

static void print_record(struct printer *p, struct buf *b, const struct type *t,
	int show, unsigned level, const struct layout *outer)
{
	struct layout layout = { .is_union = t->kind == TYPE_UNION };
	bool any = false;

	if (outer)
		layout.base_bits = outer->base_bits;
	print_bases(p, b, t);
	buf_puts(b, " {\n");
	for (size_t i = 0; i < t->nmembers; i++) {
		if (t->members[i].is_base)
			continue;
		print_member(
			p, b, &t->members[i], show, level + INDENT, &layout);
		any = true;
	}
	if (!any) {
		indent(b, (p->offsets ? OFFSET_COLUMNS : 0) + level + INDENT);
		buf_puts(b, t->is_declaration ? "<incomplete type>\n"
					      : "<no data fields>\n");
	}
	if (p->offsets && show > 0)
		print_total(&layout, b, t->size, level);
	if (p->offsets)
		indent(b, OFFSET_COLUMNS + (level ? 0 : 2));
	indent(b, level);
	buf_putc(b, '}');
}

static void print_enum(struct buf *b, const struct type *t)
{
	int64_t next = 0;

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

static void print_base(struct printer *p, struct buf *b, const struct type *t,
	unsigned quals, int show, unsigned level, const struct layout *layout)
{
	const char *word = keyword(t->kind);

	if (quals)
		buf_printf(b, "%s ", qualifiers(quals));
	if (!word) {
		buf_puts(b, plain_name(t));
		return;
	}
	if (show <= 0 && t->name && t->no_tag) {
		buf_puts(b, t->name);
		return;
	}
	buf_puts(b, word);
	if (t->name)
		buf_printf(b, " %s", t->name);
	if (show <= 0 && t->name)
		return;
	if (show < 0)
		buf_puts(b, " {...}");
	else if (t->kind == TYPE_ENUM)
		print_enum(b, t);
	else
		print_record(p, b, t, show, level, layout);
}

const char *type_decl(
	const struct type *t, const char *name, struct arena *arena)
{
	struct printer p = { .arena = arena };

	return declaration(&p, t, name, -1, 0, NULL);
}

const char *type_name(const struct type *t, struct arena *arena)
{
	return type_decl(t, "", arena);
}

const char *type_definition(
	const struct type *t, bool offsets, struct arena *arena)
{
	struct printer p = { .arena = arena, .offsets = offsets };

	return declaration(&p, t, "", 1, 0, NULL);
}

const char *type_offsets_header(const struct type *t)
{
	return type_is_record(t) ? "/* offset      |    size */  " : "";
}
