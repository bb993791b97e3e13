/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Data first, then methods, then typedefs, each part in the order of the
 * source, with a label where it is another's turn to use what follows: gdb's
 * layout (c_type_print_base_struct_union).  What the compiler added is left
 * out: the pointer to the virtual table, implicit constructors.  /o is about
 * data alone, and shows where it is and where nothing is.
 */
#include "inspect/model/record.h"

#include "inspect/base/limits.h"
#include "inspect/model/class.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum {
	INDENT = 4,
	OFFSET_COLUMNS = 27, /* width of the columns of ptype /o */
};

static void indent(struct buf *b, unsigned columns)
{
	buf_printf(b, "%*s", (int)columns, "");
}

/* A definition that is being written. */
struct record {
	struct decl *decl;
	const struct type *type;
	const struct class *class;
	struct buf *buf;
	struct layout layout;
	int show;
	unsigned level;
	bool labels;
	int access; /* of the last label; -1: there was none */
};

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
	struct layout *l, struct buf *b, const struct member *m, bool hex)
{
	uint64_t size = type_size(m->type);
	uint64_t start = m->offset * 8 + m->bit_offset;
	uint64_t at = l->base_bits + start;

	if (m->is_static) {
		indent(b, OFFSET_COLUMNS);
		return;
	}
	if (l->is_union) {
		buf_printf(b,
			hex ? "/*                0x%04" PRIx64 " */"
			    : "/* %21" PRIu64 " */",
			size);
		return;
	}
	print_hole(l, b, start, "hole");
	buf_printf(b, hex ? "/* 0x%04" PRIx64 : "/* %6" PRIu64, at / 8);
	if (m->bit_size)
		buf_printf(b, hex ? ": 0x%-2" PRIx64 "|" : ": %-2" PRIu64 "  |",
			at % 8);
	else
		buf_puts(b, "      |");
	buf_printf(b, hex ? "  0x%04" PRIx64 " */" : "%8" PRIu64 " */", size);
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

/* ---- labels ------------------------------------------------------------ */

static void label(struct record *r, enum type_access access)
{
	static const char *const names[] = { "public", "protected", "private" };

	if (r->access == (int)access)
		return;
	r->access = (int)access;
	indent(r->buf, (r->decl->offsets ? OFFSET_COLUMNS : 0) + r->level + 2);
	buf_printf(r->buf, "%s:\n", names[access]);
}

/* ---- data -------------------------------------------------------------- */

static void print_member(struct record *r, const struct member *m)
{
	struct layout inside = { 0 };
	const struct type *t = type_unqualified(m->type);
	bool record = type_is_record(t) && t->kind != TYPE_TYPEDEF;
	int show = r->show;

	if (r->labels)
		label(r, m->access);
	if (r->decl->offsets)
		print_columns(
			&r->layout, r->buf, m, r->decl->offsets == OFFSETS_HEX);
	indent(r->buf, r->level + INDENT);
	if (m->is_static)
		buf_puts(r->buf, "static ");
	/* /o follows into members that are structs, for their offsets; those
	 * of an array's elements start at 0. */
	if (r->decl->offsets && record && !m->is_static)
		inside.base_bits = r->layout.base_bits + m->offset * 8;
	else
		show--;
	buf_puts(r->buf, decl_write(r->decl, m->type, m->name ? m->name : "",
				 show, r->level + INDENT, &inside));
	if (m->bit_size)
		buf_printf(r->buf, " : %u", m->bit_size);
	buf_puts(r->buf, ";\n");
}

static void print_bases(struct record *r)
{
	static const char *const names[] = { "public", "protected", "private" };
	const char *sep = " : ";

	for (size_t i = 0; i < r->type->nmembers; i++) {
		const struct member *m = &r->type->members[i];

		if (!m->is_base)
			continue;
		buf_printf(r->buf, "%s%s%s %s", sep, names[m->access],
			m->is_virtual ? " virtual" : "",
			decl_write(r->decl, m->type, "", 0, 0, NULL));
		sep = ", ";
	}
}

static void print_members(struct record *r)
{
	const struct type *t = r->type;
	bool none = !t->nmembers && !r->class->nmethods && !r->class->ntypedefs;

	for (size_t i = 0; i < t->nmembers; i++)
		if (!t->members[i].is_base && !t->members[i].is_artificial)
			print_member(r, &t->members[i]);
	if (none) {
		indent(r->buf, (r->decl->offsets ? OFFSET_COLUMNS : 0) +
				       r->level + INDENT);
		buf_puts(r->buf, t->is_declaration ? "<incomplete type>\n"
						   : "<no data fields>\n");
	}
}

/* ---- methods ----------------------------------------------------------- */

/* "operator bool" says what it returns; "operator new" does not. */
static bool is_conversion(const char *name)
{
	if (strncmp(name, "operator", 8) != 0 ||
		!isspace((unsigned char)name[8]))
		return false;
	name += 8 + strspn(name + 8, " \t");
	if (!strncmp(name, "new", 3))
		name += 3;
	else if (!strncmp(name, "delete", 6))
		name += 6;
	return isalnum((unsigned char)*name) || *name == '_';
}

static void print_parameters(struct record *r, const struct method *m)
{
	const struct type *t = m->type;
	size_t first = m->is_static ? 0 : 1;

	bool any = false;

	buf_putc(r->buf, '(');
	for (size_t i = first; i < t->nmembers; i++) {
		if (t->members[i].is_artificial)
			continue;
		buf_printf(r->buf, "%s%s", any ? ", " : "",
			decl_write(
				r->decl, t->members[i].type, "", 0, 0, NULL));
		any = true;
	}
	if (t->varargs)
		buf_puts(r->buf, any ? ", ..." : "...");
	else if (!any)
		buf_puts(r->buf, "void");
	buf_putc(r->buf, ')');
}

/* Those of what `this` points at. */
static void print_qualifiers(struct record *r, const struct method *m)
{
	const struct type *t =
		m->type->nmembers ? m->type->members[0].type : NULL;

	if (m->is_static || !t)
		return;
	t = type_unqualified(t)->target;
	for (int i = 0; t && i < MAX_DIE_DEPTH; i++, t = t->target) {
		if (t->kind == TYPE_CONST)
			buf_puts(r->buf, " const");
		else if (t->kind == TYPE_VOLATILE)
			buf_puts(r->buf, " volatile");
		else
			break;
	}
}

static void print_method(struct record *r, const struct method *m)
{
	label(r, m->access);
	indent(r->buf, r->level + INDENT);
	if (m->is_virtual)
		buf_puts(r->buf, "virtual ");
	else if (m->is_static)
		buf_puts(r->buf, "static ");
	if (!m->is_special && !is_conversion(m->name))
		buf_printf(r->buf, "%s ",
			decl_write(r->decl, m->type->target, "", -1, 0, NULL));
	buf_puts(r->buf, m->name);
	print_parameters(r, m);
	print_qualifiers(r, m);
	buf_puts(r->buf, ";\n");
}

static void print_methods(struct record *r)
{
	bool first = r->access >= 0;

	for (size_t i = 0; i < r->class->nmethods; i++) {
		if (r->class->methods[i].is_implicit)
			continue;
		if (first)
			buf_putc(r->buf, '\n');
		first = false;
		print_method(r, &r->class->methods[i]);
	}
}

/* ---- typedefs ---------------------------------------------------------- */

/* Each may be written with the template's parameters, not with the others. */
static void print_typedefs(struct record *r, const struct aliases *arguments)
{
	struct aliases all = r->decl->aliases;
	const struct class *c = r->class;

	if (c->ntypedefs && (r->type->nmembers || c->nmethods))
		buf_putc(r->buf, '\n');
	r->decl->aliases = *arguments;
	for (size_t i = 0; i < c->ntypedefs; i++) {
		if (r->labels)
			label(r, c->typedefs[i].access);
		indent(r->buf, r->level + INDENT);
		buf_printf(r->buf, "typedef %s;\n",
			decl_write(r->decl, c->typedefs[i].type,
				c->typedefs[i].name, r->show - 1,
				r->level + INDENT, NULL));
	}
	r->decl->aliases = all;
}

static void print_arguments(struct record *r)
{
	const struct class *c = r->class;

	for (size_t i = 0; i < c->narguments; i++)
		buf_printf(r->buf, "%s%s = %s", i ? ", " : " [with ",
			c->arguments[i].name,
			decl_write(r->decl, c->arguments[i].type, "", -1, 0,
				NULL));
	if (c->narguments)
		buf_putc(r->buf, ']');
}

/* ---- all of it --------------------------------------------------------- */

void record_print(struct decl *p, struct buf *b, const struct type *t, int show,
	unsigned level, const struct layout *outer)
{
	struct record r = {
		.decl = p,
		.type = t,
		.class = class_of(t),
		.buf = b,
		.layout.is_union = t->kind == TYPE_UNION,
		.show = show,
		.level = level,
		.access = -1,
	};
	struct aliases around = p->aliases, arguments;

	if (outer)
		r.layout.base_bits = outer->base_bits;
	r.labels = t->no_tag && class_has_labels(t, r.class);
	print_arguments(&r);
	arguments = around;
	aliases_add_arguments(&arguments, r.class, p->arena);
	p->aliases = arguments;
	print_bases(&r);
	aliases_add_typedefs(&p->aliases, t, p->arena);
	buf_puts(b, " {\n");
	print_members(&r);
	if (!p->offsets) {
		print_methods(&r);
		print_typedefs(&r, &arguments);
	}
	p->aliases = around;
	if (p->offsets && show > 0)
		print_total(&r.layout, b, t->size, level);
	if (p->offsets)
		indent(b, OFFSET_COLUMNS + (level ? 0 : 2));
	indent(b, level);
	buf_putc(b, '}');
}
