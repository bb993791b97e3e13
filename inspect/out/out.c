/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What both backends share: each field is offered to both of them, as glue to
 * the one and as key and value to the other.  text.c ignores keys, json.c
 * ignores glue, so that no caller has to know which of them it has, and a
 * program that links only text needs no jansson.
 */
#include "inspect/out/out.h"
#include "inspect/out/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 8259, 6: beyond this a reader's double is no longer exact. */
static const uint64_t EXACT_IN_JSON = UINT64_C(1) << 53;

static bool for_json_alone(const char *key)
{
	return key && key[0] == '.';
}

static const char *bare(const char *key)
{
	return for_json_alone(key) ? key + 1 : key;
}

bool out_is_text(const struct out *o)
{
	return o->ops->text != NULL;
}

static void out_glue(struct out *o, enum out_style style, const char *text)
{
	if (!o->muted && o->ops->text)
		o->ops->text(o, style, text);
}

/* One field: words for text, value for JSON.  Words may be a dead process',
 * and must not talk to the terminal. */
static void out_field(struct out *o, const char *key, enum out_style style,
	const char *value, const char *words)
{
	if (key)
		o->ops->str(o, bare(key), value);
	if (!for_json_alone(key) && !o->muted && words)
		out_glue(o, style, utf8_defused(words, o->arena));
}

void out_text(struct out *o, const char *fmt, ...)
{
	struct buf b = { .arena = o->arena };
	char text[256]; /* most are shorter, and there are many */
	va_list ap;

	if (o->muted || !o->ops->text)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(text)) {
		o->ops->text(o, STYLE_NONE, utf8_defused(text, o->arena));
		return;
	}
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	o->ops->text(o, STYLE_NONE, utf8_defused(buf_str(&b), o->arena));
}

void out_style(struct out *o, enum out_style style, const char *text)
{
	out_glue(o, style, text);
}

void out_str(struct out *o, const char *key, const char *value)
{
	out_field(o, key, STYLE_NONE, value, value);
}

void out_line(struct out *o, const char *key, const char *value)
{
	struct buf b = { .arena = o->arena };

	if (!value || !strchr(value, '\n')) {
		out_str(o, key, value);
		return;
	}
	for (const char *s = value; *s; s++)
		if (*s == '\n')
			buf_puts(&b, "\\n");
		else
			buf_putc(&b, *s);
	out_str_as(o, key, value, buf_str(&b));
}

void out_styled(
	struct out *o, const char *key, enum out_style style, const char *value)
{
	out_field(o, key, style, value, value);
}

void out_str_as(
	struct out *o, const char *key, const char *value, const char *words)
{
	out_field(o, key, STYLE_NONE, value, words);
}

static void out_number(
	struct out *o, const char *key, const char *digits, bool exact)
{
	if (key && exact)
		o->ops->word(o, bare(key), digits);
	else if (key)
		o->ops->str(o, bare(key), digits);
	if (!for_json_alone(key))
		out_glue(o, STYLE_NONE, digits);
}

void out_num(struct out *o, const char *key, int64_t n)
{
	uint64_t size = n < 0 ? -(uint64_t)n : (uint64_t)n;

	out_number(o, key, arena_printf(o->arena, "%" PRId64, n),
		size <= EXACT_IN_JSON);
}

void out_unum(struct out *o, const char *key, uint64_t n)
{
	out_number(o, key, arena_printf(o->arena, "%" PRIu64, n),
		n <= EXACT_IN_JSON);
}

void out_bool(struct out *o, const char *key, bool b)
{
	if (key)
		o->ops->word(o, bare(key), b ? "true" : "false");
}

void out_null(struct out *o, const char *key)
{
	if (key)
		o->ops->word(o, bare(key), "null");
}

void out_addr(struct out *o, const char *key, uint64_t addr)
{
	out_field(o, key, STYLE_ADDRESS,
		arena_printf(o->arena, "0x%" PRIx64, addr),
		arena_printf(o->arena, "0x%016" PRIx64, addr));
}

void out_real(struct out *o, const char *key, double value, int decimals)
{
	const char *words = arena_printf(o->arena, "%.*f", decimals, value);

	if (key)
		o->ops->real(o, bare(key), strtod(words, NULL));
	if (!for_json_alone(key))
		out_glue(o, STYLE_NONE, words);
}

static void out_open(struct out *o, const char *key, char bracket)
{
	if (++o->depth >= MAX_OUT_DEPTH)
		abort();
	if (for_json_alone(key) && !o->muted)
		o->muted = o->depth;
	o->ops->open(o, bare(key), bracket);
}

static void out_close(struct out *o)
{
	if (!o->depth)
		abort();
	o->ops->close(o);
	if (o->muted == o->depth)
		o->muted = 0;
	o->depth--;
}

void out_record(struct out *o, const char *key)
{
	out_open(o, key, '{');
}

void out_record_end(struct out *o)
{
	out_close(o);
}

void out_list(struct out *o, const char *key)
{
	out_open(o, key, '[');
}

void out_list_end(struct out *o)
{
	out_close(o);
}

void out_table(struct out *o)
{
	o->ops->table(o, TABLE_BEGIN);
}

void out_cell(struct out *o)
{
	o->ops->cell(o, false);
}

void out_row(struct out *o)
{
	o->ops->cell(o, true);
}

void out_heading(struct out *o, const char *const *titles, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		out_style(o, STYLE_HEADING, titles[i]);
		o->ops->cell(o, i + 1 == n);
	}
}

void out_table_end(struct out *o)
{
	o->ops->table(o, TABLE_END);
}

void out_table_pause(struct out *o)
{
	o->ops->table(o, TABLE_PAUSE);
}

struct out *out_new_like(struct out *o)
{
	struct out *inner = o->ops->like(o);

	out_hold(inner, o->buf.arena);
	return inner;
}

void out_hold(struct out *o, struct arena *arena)
{
	struct buf moved = { .arena = arena };

	buf_add(&moved, buf_str(&o->buf), o->buf.n);
	o->buf = moved;
}

bool out_is_held(const struct out *o)
{
	return o->buf.arena != o->arena;
}

void out_stream(
	struct out *o, void (*sink)(void *ctx, const char *text), void *ctx)
{
	o->sink = sink;
	o->sink_ctx = ctx;
}

void out_drain(struct out *o)
{
	/* Rows of a table wait for its widths. */
	if (!o->sink || !o->buf.n || (o->ops->in_table && o->ops->in_table(o)))
		return;
	o->sink(o->sink_ctx, buf_str(&o->buf));
	o->buf.n = 0;
	o->buf.s[0] = '\0';
}

void out_flush(struct out *o)
{
	if (out_is_text(o))
		out_drain(o);
}

void out_nest(struct out *o, const char *key, struct out *inner)
{
	const char *result = out_result(inner);

	if (key && inner->ops == o->ops && o->ops->text == NULL)
		o->ops->word(o, bare(key), result);
	else
		out_glue(o, STYLE_NONE, result);
}

const char *out_result(struct out *o)
{
	return o->ops->result(o);
}
