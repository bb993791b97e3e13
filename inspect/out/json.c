/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON, written as it comes: brackets and commas are ours, jansson writes
 * strings and reals.  A tree of jansson's would keep a whole "bt -a -full" of
 * a thousand threads in small allocations, for nothing.  What is still open
 * when the result is asked for is closed there, so that a command that fails
 * half way leaves valid JSON.
 */
#include "inspect/out/out.h"
#include "inspect/out/utf8.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

struct json_out {
	struct out out;
	/* For each open level: what closes it, and whether it has a field. */
	char closing[MAX_OUT_DEPTH];
	bool filled[MAX_OUT_DEPTH];
	unsigned level;
};

static struct json_out *json_of(struct out *o)
{
	return (struct json_out *)o;
}

static int append(const char *text, size_t n, void *buf)
{
	buf_add(buf, text, n);
	return 0;
}

static void write_scalar(struct buf *b, json_t *scalar)
{
	if (!scalar)
		abort();
	json_dump_callback(
		scalar, append, b, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	json_decref(scalar);
}

static void write_string(struct out *o, const char *s)
{
	write_scalar(&o->buf, json_string_nocheck(utf8_escaped(s, o->arena)));
}

/* The comma and the key before a value. */
static void begin(struct out *o, const char *key)
{
	struct json_out *j = json_of(o);

	if (j->filled[j->level])
		buf_putc(&o->buf, ',');
	j->filled[j->level] = true;
	if (j->closing[j->level] == ']')
		return;
	write_string(o, key ? key : "");
	buf_putc(&o->buf, ':');
}

static void json_str(struct out *o, const char *key, const char *value)
{
	begin(o, key);
	if (value)
		write_string(o, value);
	else
		buf_puts(&o->buf, "null");
}

static void json_word(struct out *o, const char *key, const char *word)
{
	begin(o, key);
	buf_puts(&o->buf, word);
}

static void json_number(struct out *o, const char *key, double value)
{
	begin(o, key);
	/* RFC 8259 has no infinity and no NaN. */
	write_scalar(&o->buf, isfinite(value) ? json_real(value) : json_null());
}

static void json_open(struct out *o, const char *key, char bracket)
{
	struct json_out *j = json_of(o);

	begin(o, key);
	buf_putc(&o->buf, bracket);
	j->level++;
	j->closing[j->level] = bracket == '{' ? '}' : ']';
	j->filled[j->level] = false;
}

static void json_close(struct out *o)
{
	struct json_out *j = json_of(o);

	buf_putc(&o->buf, j->closing[j->level--]);
}

static void json_cell(struct out *o, bool end_row)
{
	(void)o;
	(void)end_row;
}

static void json_table(struct out *o, enum out_table step)
{
	(void)o;
	(void)step;
}

static const char *json_result(struct out *o)
{
	struct json_out *j = json_of(o);
	size_t n = o->buf.n;

	for (unsigned level = j->level + 1; level-- > 0;)
		buf_putc(&o->buf, j->closing[level]);
	o->buf.n = n; /* what is written next goes over them */
	return buf_str(&o->buf);
}

static struct out *json_like(struct out *o)
{
	return out_new_json(o->arena);
}

static const struct out_ops json_ops = {
	.str = json_str,
	.word = json_word,
	.real = json_number,
	.open = json_open,
	.close = json_close,
	.cell = json_cell,
	.table = json_table,
	.result = json_result,
	.like = json_like,
};

struct out *out_new_json(struct arena *arena)
{
	struct json_out *j = arena_new(arena, struct json_out);

	j->out.ops = &json_ops;
	j->out.arena = arena;
	j->out.buf.arena = arena;
	j->closing[0] = '}';
	buf_putc(&j->out.buf, '{');
	return &j->out;
}
