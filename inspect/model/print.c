/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values as text, in GDB's notation.
 *
 * A structure is never loaded as a whole: each scalar fetches its own bytes,
 * so that one member in a register that is gone, or on a page that is not in
 * the core, costs that member alone.  What is not known says why in its place.
 *
 * Arrays count equal elements in a row.  For that the elements' bytes are
 * compared, through a window that moves over the array.
 */
#include "inspect/model/print.h"

#include "inspect/base/limits.h"
#include "inspect/model/chars.h"
#include "inspect/model/format.h"
#include "inspect/model/memberptr.h"
#include "inspect/model/number.h"
#include "inspect/model/rust.h"

#include <inttypes.h>
#include <string.h>

enum {
	WINDOW_SIZE = 64 * 1024,
	/* Bytes of one value's text: 200 elements of 200 elements of ... */
	MAX_PRINT_TEXT = 1 << 24,
};

const struct print_options print_defaults = {
	.elements = 200,
	.repeats = 10,
	.max_depth = 20,
	.symbols = true,
	.addresses = true,
	.unions = true,
};

/* The virtual bases of the value, each of which it has once. */
struct bases {
	const struct type *type[MAX_VIRTUAL_BASES];
	uint64_t addr[MAX_VIRTUAL_BASES];
	size_t n;
};

struct printer {
	struct bases *bases;
	const struct print_ctx *p;
	const struct print_options *o;
	struct value_ctx *values;
	struct buf *b;
};

static void print_at(struct printer *, const struct value *, unsigned depth);

static void indent(struct printer *w, unsigned depth)
{
	buf_printf(w->b, "%*s", (int)(2 * depth), "");
}

/* ---- what is not known ---- */

static void print_failed(struct printer *w, const struct value *v, enum err e,
	enum absent absent)
{
	if (e == ERR_ABSENT)
		format_absent(v, absent, w->b);
	else
		buf_printf(w->b, "<error: %s>", err_msg());
}

/* ---- arrays ---- */

static bool is_text_array(const struct printer *w, const struct type *array)
{
	const struct type *elem = type_target(array);

	return !array->is_vector && type_is_text(elem) &&
	       !format_applies(w->o->format, elem) && type_size(array);
}

struct window {
	const struct value *array;
	struct value_ctx *ctx;
	uint64_t count, stride, size; /* of elements */
	uint8_t *bytes;
	uint64_t first, n; /* elements that bytes holds */
};

static enum err load_window(
	struct window *win, uint64_t i, uint64_t n, enum absent *ret_absent)
{
	struct value part = *win->array;

	part.loc = loc_add(&part.loc, (int64_t)(i * win->stride));
	TRY(value_load(&part, win->ctx, win->bytes,
		(size_t)((n - 1) * win->stride + win->size), ret_absent));
	win->first = i;
	win->n = n;
	return OK;
}

/* How many elements are loaded at once, at most; at least one. */
static uint64_t window_most(const struct window *win)
{
	uint64_t n = WINDOW_SIZE / win->stride;

	if (n > win->count)
		n = win->count;
	return n ? n : 1;
}

/* The bytes of element i, until the next call; NULL: see *ret_absent. */
static const uint8_t *element(
	struct window *win, uint64_t i, enum absent *ret_absent)
{
	uint64_t n = window_most(win);

	if (i - win->first < win->n)
		return win->bytes + (i - win->first) * win->stride;
	if (n > win->count - i)
		n = win->count - i;
	/* A small array takes no more room than it has elements. */
	if (!win->bytes)
		win->bytes = arena_alloc(win->ctx->arena,
			(size_t)(window_most(win) * win->stride));
	if (load_window(win, i, n, ret_absent) &&
		(n == 1 || load_window(win, i, 1, ret_absent))) {
		win->n = 0;
		return NULL;
	}
	return win->bytes;
}

/* How many elements from i on are the same as it. */
static uint64_t run_length(
	struct window *win, uint64_t i, uint64_t limit, struct arena *arena)
{
	enum absent first_absent = PRESENT, absent = PRESENT;
	const uint8_t *bytes = element(win, i, &first_absent);
	uint8_t *first = NULL;
	uint64_t end = i + 1;

	if (bytes)
		first = arena_memdup(arena, bytes, (size_t)win->size);
	else if (limit > win->count - i)
		limit = win->count - i;
	for (; end < win->count; end++) {
		bytes = element(win, end, &absent);
		if (!bytes != !first)
			break;
		if (first && memcmp(first, bytes, (size_t)win->size))
			break;
		/* What is absent is not searched to the end of the world. */
		if (!first && (absent != first_absent || end - i >= limit))
			break;
	}
	return end - i;
}

static void before_element(
	struct printer *w, int64_t i, bool first, unsigned depth)
{
	if (w->o->array_pretty) {
		buf_puts(w->b, first ? "\n" : ",\n");
		indent(w, depth + 1);
	} else if (!first) {
		buf_puts(w->b, ", ");
	}
	if (w->o->array_indexes)
		buf_printf(w->b, "[%" PRId64 "] = ", i);
}

/* ^C: whoever started it says so. */
static bool is_interrupted(const struct printer *w)
{
	const volatile int *flag = w->values->mem->interrupted;

	return flag && *flag;
}

static void print_elements(struct printer *w, const struct value *v,
	struct window *win, unsigned depth)
{
	uint64_t limit = w->o->elements ? w->o->elements : win->count;
	bool counts = w->o->repeats && win->size <= WINDOW_SIZE;
	int64_t lower = type_strip(v->type)->lower;
	uint64_t i = 0, shown = 0;

	while (i < win->count && shown < limit && w->b->n < MAX_PRINT_TEXT &&
		!is_interrupted(w)) {
		uint64_t run =
			counts ? run_length(win, i, limit, w->values->arena)
			       : 1;
		struct value elem;

		if (value_index(v, lower + (int64_t)i, w->values, &elem))
			break;
		before_element(w, lower + (int64_t)i, i == 0, depth);
		print_at(w, &elem, depth + 1);
		if (w->o->repeats && run > w->o->repeats) {
			buf_printf(w->b, " <repeats %" PRIu64 " times>", run);
			i += run;
			shown += w->o->repeats;
		} else {
			i++;
			shown++;
		}
	}
	if (i < win->count)
		buf_puts(w->b, "...");
}

/* A pointer to text, when its text follows. */
static void print_text_at(
	struct printer *w, const struct type *elem, uint64_t addr)
{
	if (w->o->addresses || (w->b->n && w->b->s[w->b->n - 1] == '>'))
		buf_putc(w->b, ' ');
	chars_at(elem, addr, w->p, w->b);
}

/* What has no length is shown as a pointer to its start, whatever the format:
 * GDB's notation of a flexible array member. */
static void print_start(struct printer *w, const struct value *v)
{
	const struct type *elem = type_target(v->type);
	struct value pointer;
	int64_t addr;

	if (value_address(v, w->values, &pointer) ||
		value_int(&pointer, w->values, &addr)) {
		buf_puts(w->b, "{}");
		return;
	}
	format_address((uint64_t)addr, false, w->p, w->b);
	if (type_is_text(elem) && !format_applies(w->o->format, elem)) {
		print_text_at(w, elem, (uint64_t)addr);
	}
}

static void print_array(
	struct printer *w, const struct value *v, unsigned depth)
{
	const struct type *t = type_strip(v->type);
	const struct type *elem = type_target(t);
	struct window win = {
		.array = v,
		.ctx = w->values,
		.count = t->count,
		.stride = type_stride(t),
		.size = type_size(elem),
	};

	if (is_text_array(w, t) && chars_array(v, w->p, w->b))
		return;
	if (!t->has_count || !win.count || !win.size || win.stride < win.size) {
		print_start(w, v);
		return;
	}
	if (win.size > MAX_VALUE_SIZE) {
		buf_puts(w->b, "<error: an element is larger than the limit>");
		return;
	}
	buf_putc(w->b, '{');
	print_elements(w, v, &win, depth);
	if (w->o->array_pretty) {
		buf_putc(w->b, '\n');
		indent(w, depth);
	}
	buf_putc(w->b, '}');
}

/* ---- structures ---- */

static void print_member(struct printer *w, const struct value *v,
	const struct member *m, unsigned depth)
{
	struct value part = value_member_of(v, m);
	bool anonymous = !m->name || !m->name[0];

	if (m->is_base)
		buf_printf(w->b, "<%s> = ",
			type_name(type_strip(m->type), w->values->arena));
	else if (m->is_static)
		buf_puts(w->b, "static ");
	if (!m->is_base && !anonymous)
		buf_printf(w->b, "%s = ", m->name);
	if (!w->o->unions && type_bare(m->type)->kind == TYPE_UNION) {
		buf_puts(w->b, "{...}");
		return;
	}
	struct print_options deeper = *w->o;
	struct printer inner = *w;
	if (anonymous && !m->is_base) {
		/* Its members count as the outer structure's own. */
		deeper.max_depth += deeper.max_depth < UINT32_MAX;
		inner.o = &deeper;
	}
	print_at(&inner, &part, depth + 1);
}

/* A virtual base that another base has shown already. */
static bool is_shown_base(
	struct printer *w, const struct value *v, const struct member *m)
{
	struct bases *b = w->bases;

	if (!m->is_base || !m->unknown_offset)
		return false;
	struct value part = value_member_of(v, m);
	const struct type *t = type_strip(part.type);

	if (part.loc.kind != LOC_ADDR)
		return false;
	for (size_t i = 0; i < b->n; i++)
		if (b->type[i] == t && b->addr[i] == part.loc.addr)
			return true;
	if (b->n < MAX_VIRTUAL_BASES) {
		b->type[b->n] = t;
		b->addr[b->n++] = part.loc.addr;
	}
	return false;
}

static void print_record(
	struct printer *w, const struct value *v, unsigned depth)
{
	const struct type *t = type_strip(v->type);

	if (t->is_declaration) {
		buf_puts(w->b, "<incomplete type>");
		return;
	}
	bool only_bases = true, first = true;

	buf_putc(w->b, '{');
	for (size_t i = 0; i < t->nmembers; i++) {
		if (!value_has_member(v, &t->members[i], w->values) ||
			is_shown_base(w, v, &t->members[i]))
			continue;
		if (!first)
			buf_puts(w->b, w->o->pretty ? "," : ", ");
		if (w->o->pretty) {
			buf_putc(w->b, '\n');
			indent(w, depth + 1);
		}
		print_member(w, v, &t->members[i], depth);
		first = false;
		only_bases &= t->members[i].is_base;
	}
	if (only_bases) {
		buf_printf(w->b, "%s<No data fields>", t->nmembers ? ", " : "");
	} else if (w->o->pretty) {
		buf_putc(w->b, '\n');
		indent(w, depth);
	}
	buf_putc(w->b, '}');
}

/* ---- the rest ---- */

static void print_function(struct printer *w, const struct value *v)
{
	uint64_t addr = v->loc.addr + v->loc.offset;
	uint8_t byte;
	enum absent absent;

	if (v->loc.kind != LOC_ADDR) {
		format_absent(v, value_unknown(v, w->values, NULL), w->b);
		return;
	}
	if (format_applies(w->o->format, v->type) && w->o->format != 'c' &&
		w->o->format != 'a' &&
		!value_load(v, w->values, &byte, 1, &absent)) {
		/* GDB gives a function the size of one byte. */
		format_scalar(type_basic("unsigned char"), &byte, w->o->format,
			w->p, w->b);
		return;
	}
	buf_printf(w->b, "{%s} ", type_name(v->type, w->values->arena));
	format_address(addr, true, w->p, w->b);
}

static void print_reference(
	struct printer *w, const struct value *v, unsigned depth)
{
	struct value target, address;
	int64_t addr = 0;

	if (value_deref(v, w->values, &target)) {
		buf_printf(w->b, "<error: %s>", err_msg());
		return;
	}
	if (value_is_synthetic(v)) {
		buf_puts(w->b, "<synthetic pointer>");
		if (depth > 0)
			return;
		buf_puts(w->b, ": ");
	} else if (w->o->addresses &&
		   !value_address(&target, w->values, &address) &&
		   !value_int(&address, w->values, &addr)) {
		buf_printf(w->b, "@0x%" PRIx64, (uint64_t)addr);
		if (depth > 0)
			return; /* it may refer to what it is in */
		buf_puts(w->b, ": ");
	}
	print_at(w, &target, depth + 1);
}

static void print_scalar(struct printer *w, const struct value *v)
{
	const struct type *t = type_strip(v->type);
	uint64_t size = type_size(t);
	uint8_t bytes[NUMBER_MAX] = { 0 };
	enum absent absent;

	if (value_is_synthetic(v)) {
		buf_puts(w->b, "<synthetic pointer>");
		return;
	}
	if (value_is_unit(v)) {
		buf_puts(w->b, "()");
		return;
	}
	if (!size || size > sizeof(bytes)) {
		buf_printf(w->b, "<error: %s has %" PRIu64 " bytes>",
			type_name(v->type, w->values->arena), size);
		return;
	}
	enum err e = value_load(v, w->values, bytes, (size_t)size, &absent);
	if (e) {
		print_failed(w, v, e, absent);
		return;
	}
	char letter = format_applies(w->o->format, t) ? w->o->format : 0;
	if (!letter && (t->kind == TYPE_INT || t->kind == TYPE_CHAR ||
			       t->kind == TYPE_UCHAR || t->kind == TYPE_BOOL))
		letter = w->o->radix;
	if (t->containing && !letter)
		memberptr_print(t, bytes, w->p, w->b);
	else
		format_scalar(v->type, bytes, letter, w->p, w->b);
	if (t->kind != TYPE_POINTER || letter || !t->target ||
		!type_is_text(t->target))
		return;
	uint64_t addr = (uint64_t)number_load_int(t, bytes);
	if (addr) {
		print_text_at(w, t->target, addr);
	}
}

static bool is_aggregate(const struct printer *w, const struct type *t)
{
	return type_is_record(t) ||
	       (t->kind == TYPE_ARRAY && !is_text_array(w, t));
}

/* What a view makes of it.  A value that stands for another is one level
 * deeper, whatever the limit: it may stand for itself. */
static bool print_view(struct printer *w, const struct value *v, unsigned depth)
{
	struct print_options deeper = *w->o;
	struct print_ctx p = *w->p;
	struct shown shown;

	if (!p.view || deeper.raw || depth >= MAX_PRINT_DEPTH ||
		!p.view(p.view_ctx, v, w->p, &shown))
		return false;
	p.options = &deeper;
	if (shown.kind == SHOWN_VALUE) {
		deeper.max_depth += deeper.max_depth < UINT32_MAX;
		depth++;
	}
	shown_print(&shown, &p, depth, w->b);
	return true;
}

static void print_at(struct printer *w, const struct value *v, unsigned depth)
{
	const struct type *t = type_strip(v->type);
	bool aggregate = is_aggregate(w, t);
	enum absent absent;

	if (w->b->n > MAX_PRINT_TEXT) {
		buf_puts(w->b, "...");
		return;
	}
	if (w->o->brief && (aggregate || t->kind == TYPE_ARRAY)) {
		buf_puts(w->b, "...");
		return;
	}
	if (aggregate &&
		(depth >= w->o->max_depth || depth >= MAX_PRINT_DEPTH)) {
		buf_puts(w->b, "{...}");
		return;
	}
	if (t->kind == TYPE_VOID) {
		buf_puts(w->b, "void");
		return;
	}
	if (v->loc.kind == LOC_NONE || aggregate || t->kind == TYPE_ARRAY) {
		absent = value_unknown(v, w->values, NULL);
		if (absent != PRESENT) {
			format_absent(v, absent, w->b);
			return;
		}
	}
	if (print_view(w, v, depth))
		return;
	if (t->kind == TYPE_UNSPECIFIED && t->name) {
		/* C++'s nullptr_t has one value. */
		buf_puts(w->b, strstr(t->name, "nullptr") ? "0x0" : t->name);
		return;
	}
	switch (t->kind) {
	case TYPE_STRUCT:
	case TYPE_UNION:
	case TYPE_CLASS:
		print_record(w, v, depth);
		break;
	case TYPE_ARRAY:
		print_array(w, v, depth);
		break;
	case TYPE_FUNC:
		print_function(w, v);
		break;
	case TYPE_REFERENCE:
	case TYPE_RVALUE_REFERENCE:
		print_reference(w, v, depth);
		break;
	default:
		print_scalar(w, v);
	}
}

void print_value(
	const struct value *v, const struct print_ctx *p, struct buf *b)
{
	print_value_at(v, p, 0, b);
}

void print_value_at(const struct value *v, const struct print_ctx *p,
	unsigned depth, struct buf *b)
{
	struct bases bases = { .n = 0 };
	struct printer w = {
		.bases = &bases,
		.p = p,
		.o = p->options ? p->options : &print_defaults,
		.values = p->values,
		.b = b,
	};
	struct print_ctx own = *p;

	if (!p->options) {
		own.options = &print_defaults;
		w.p = &own;
	}
	print_at(&w, v, depth);
}

const char *print_text(const struct value *v, const struct print_ctx *p)
{
	struct buf b = { .arena = p->values->arena };

	print_value(v, p, &b);
	return buf_str(&b);
}

/* char, wchar_t, char16_t, char32_t by these names: a pointer to them speaks
 * for itself. */
static bool is_plain_text(const struct type *t)
{
	static const char *const names[] = { "char", "wchar_t", "char16_t",
		"char32_t" };

	for (size_t i = 0; t->name && i < 4; i++)
		if (!strcmp(t->name, names[i]))
			return type_is_text(t);
	return false;
}

const char *print_top(const struct value *v, const struct print_ctx *p)
{
	const struct type *t = type_unqualified(v->type);
	const char *text = print_text(v, p);
	char format = p->options ? p->options->format : 0;
	/* Of a value that is not known; without addresses, of a symbol. */
	bool bracket = text[0] == '<' && (!p->options || p->options->addresses);

	if (type_is_reference(type_bare(t)) &&
		(text[0] == '@' || value_is_synthetic(v)))
		return arena_printf(p->values->arena, "(%s) %s",
			type_name(v->type, p->values->arena), text);
	if (rust_is_str(v->type))
		return arena_printf(
			p->values->arena, "%s %s", text, rust_str_text(v, p));
	if (type_bare(t)->kind != TYPE_POINTER || format_applies(format, t) ||
		(bracket && !value_is_synthetic(v)))
		return text;
	if (t->kind == TYPE_POINTER &&
		is_plain_text(type_unqualified(t->target)))
		return text;
	return arena_printf(p->values->arena, "(%s) %s",
		type_name(v->type, p->values->arena), text);
}
