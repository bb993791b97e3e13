/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A value as the JSON of the contract: type, value, kind, address, size,
 * absent with why, children.  The number of children is bounded for a whole
 * value, because arrays of structures of arrays multiply.
 */
#include "inspect/base/limits.h"
#include "inspect/model/print.h"

#include <string.h>

enum {
	MAX_CHILDREN = 20000,
	/* Two levels of the output each, of MAX_OUT_DEPTH. */
	MAX_FIELD_DEPTH = 24,
	MAX_VIEW_DEPTH = 16,
};

struct fields {
	const struct print_ctx *p;
	struct out *out;
	unsigned left; /* children that may still be written */
};

static void value_fields(
	struct fields *, const struct value *, bool children, unsigned depth);

static void child_fields(struct fields *f, const char *name,
	const struct value *v, unsigned depth)
{
	f->left--;
	out_record(f->out, NULL);
	out_str(f->out, ".name", name);
	value_fields(f, v, true, depth);
	out_record_end(f->out);
}

static void member_children(
	struct fields *f, const struct value *v, unsigned depth)
{
	const struct type *t = type_strip(v->type);

	for (size_t i = 0; i < t->nmembers && f->left; i++) {
		if (!value_has_member(v, &t->members[i], f->p->values))
			continue;
		struct value part = value_member_of(v, &t->members[i]);

		child_fields(f, t->members[i].name ? t->members[i].name : "",
			&part, depth);
	}
}

static void element_children(
	struct fields *f, const struct value *v, unsigned depth)
{
	const struct type *t = type_strip(v->type);
	unsigned limit = f->p->options ? f->p->options->elements
				       : print_defaults.elements;

	for (uint64_t i = 0; i < t->count && f->left; i++) {
		struct value part;

		if ((limit && i >= limit) ||
			value_index(
				v, t->lower + (int64_t)i, f->p->values, &part))
			break;
		child_fields(f,
			arena_printf(f->p->values->arena, "[%lld]",
				(long long)(t->lower + (int64_t)i)),
			&part, depth);
	}
}

static void shown_fields(
	struct fields *f, const struct shown *s, unsigned depth);

/* The elements and labelled parts of what a value is shown as. */
static void shown_children(
	struct fields *f, const struct shown *s, unsigned depth)
{
	struct arena *arena = f->p->values->arena;

	out_list(f->out, ".children");
	for (size_t i = 0; i < s->n && f->left && depth < MAX_VIEW_DEPTH; i++) {
		f->left--;
		out_record(f->out, NULL);
		out_str(f->out, ".name",
			s->item[i].label ? s->item[i].label
					 : arena_printf(arena, "[%zu]", i));
		if (s->item[i].has_address)
			out_addr(f->out, ".node", s->item[i].address);
		shown_fields(f, &s->item[i], depth + 1);
		out_record_end(f->out);
	}
	out_list_end(f->out);
	if (s->kind != SHOWN_LIST)
		return;
	out_bool(f->out, ".whole", !s->why);
	if (s->why)
		out_str(f->out, ".why", s->why);
}

static void shown_fields(
	struct fields *f, const struct shown *s, unsigned depth)
{
	struct buf b = { .arena = f->p->values->arena };

	if (s->kind == SHOWN_VALUE) {
		value_fields(f, &s->value, true, depth);
		return;
	}
	if (s->kind == SHOWN_NOT) {
		out_null(f->out, ".value");
		out_str(f->out, ".why", s->why);
		return;
	}
	shown_print(s, f->p, depth, &b);
	out_str(f->out, ".value", buf_str(&b));
	out_str(f->out, ".kind", s->kind == SHOWN_LIST ? "list" : "record");
	shown_children(f, s, depth);
}

static bool view_children(
	struct fields *f, const struct value *v, unsigned depth)
{
	struct shown s;

	if (!f->p->view || (f->p->options && f->p->options->raw) ||
		depth >= MAX_VIEW_DEPTH || v->loc.kind == LOC_NONE ||
		!f->p->view(f->p->view_ctx, v, f->p, &s))
		return false;
	if (s.kind == SHOWN_LIST || s.kind == SHOWN_RECORD)
		shown_children(f, &s, depth);
	return true;
}

static void children_fields(
	struct fields *f, const struct value *v, unsigned depth)
{
	if (view_children(f, v, depth))
		return;
	const struct type *t = type_strip(v->type);
	bool array = t->kind == TYPE_ARRAY && t->has_count &&
		     !type_is_text(type_target(t));

	if (depth >= MAX_FIELD_DEPTH || v->loc.kind == LOC_NONE ||
		!(array || type_is_record(t)))
		return;
	out_list(f->out, ".children");
	if (array)
		element_children(f, v, depth + 1);
	else
		member_children(f, v, depth + 1);
	out_list_end(f->out);
}

static void value_fields(
	struct fields *f, const struct value *v, bool children, unsigned depth)
{
	struct arena *arena = f->p->values->arena;
	uint64_t size = type_size(v->type);
	const char *why;
	enum absent absent = value_unknown(v, f->p->values, &why);

	out_str(f->out, ".type", type_name(v->type, arena));
	out_str(f->out, ".value", print_text(v, f->p));
	out_str(f->out, ".kind", type_kind_name(type_bare(v->type)->kind));
	if (v->loc.kind == LOC_ADDR && !v->not_lvalue)
		out_addr(f->out, ".address", v->loc.addr + v->loc.offset);
	if (size)
		out_unum(f->out, ".size", size);
	if (v->bit_size)
		out_unum(f->out, ".bits", v->bit_size);
	if (absent != PRESENT) {
		out_str(f->out, ".absent", absent_name(absent));
		out_str(f->out, ".why", why ? why : absent_text(absent));
	}
	if (v->note)
		out_str(f->out, ".note", v->note);
	if (children)
		children_fields(f, v, depth);
}

void print_fields(const struct value *v, const struct print_ctx *p,
	struct out *out, bool children)
{
	struct fields f = { .p = p, .out = out, .left = MAX_CHILDREN };

	if (!out_is_text(out))
		value_fields(&f, v, children, 0);
}

void print_shown_fields(
	const struct shown *s, const struct print_ctx *p, struct out *out)
{
	struct fields f = { .p = p, .out = out, .left = MAX_CHILDREN };

	if (!out_is_text(out))
		shown_fields(&f, s, 0);
}
