/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text: glue and words one after the other.  Inside a table what is written
 * goes into the current cell, and the table is laid out at its end, when the
 * width of every column is known.  The last cell of a row is never padded.
 */
#include "inspect/out/out.h"
#include "inspect/out/width.h"

#include <string.h>

struct cell {
	const char *text;
	bool ends_row;
};

struct text_out {
	struct out out;
	bool color;
	bool in_table;
	struct buf cell; /* the one that is being written */
	struct cell *cells;
	size_t n, cap;
	size_t *width, columns; /* of the rows before a pause */
};

/* ECMA-48 SGR parameters; NULL: plain. */
static const char *const style_sgr[] = {
	[STYLE_NONE] = NULL,
	[STYLE_FUNCTION] = "33",
	[STYLE_FILE] = "32",
	[STYLE_VARIABLE] = "36",
	[STYLE_ADDRESS] = "34",
	[STYLE_STRING] = "32",
	[STYLE_TYPE] = "36",
	[STYLE_ERROR] = "31",
	[STYLE_HEADING] = "1",
	[STYLE_DIM] = "2",
};

static struct text_out *text_of(struct out *o)
{
	return (struct text_out *)o;
}

static void text_write(struct out *o, enum out_style style, const char *words)
{
	struct text_out *t = text_of(o);
	struct buf *b = t->in_table ? &t->cell : &o->buf;

	if (!words)
		return;
	if (t->color && style_sgr[style])
		buf_printf(b, "\033[%sm%s\033[m", style_sgr[style], words);
	else
		buf_puts(b, words);
}

static void text_cell(struct out *o, bool end_row)
{
	struct text_out *t = text_of(o);

	if (!t->in_table)
		return;
	if (end_row && !t->cell.n && t->n && !t->cells[t->n - 1].ends_row) {
		/* out_cell() ended the last cell, out_row() only the row. */
		t->cells[t->n - 1].ends_row = true;
		return;
	}
	t->cells = arena_grow(
		o->arena, t->cells, t->n, &t->cap, sizeof(*t->cells));
	t->cells[t->n++] = (struct cell){
		.text = arena_strdup(o->arena, buf_str(&t->cell)),
		.ends_row = end_row,
	};
	t->cell = (struct buf){ .arena = o->arena };
}

static size_t count_columns(const struct text_out *t)
{
	size_t most = t->columns, column = 0;

	for (size_t i = 0; i < t->n; i++) {
		column = t->cells[i].ends_row ? 0 : column + 1;
		if (column > most)
			most = column;
	}
	return most;
}

/* Of all but the last cells of rows.  A pause may outlive what the cells were
 * made in, the buffer does not. */
static void widen(struct text_out *t)
{
	size_t columns = count_columns(t), column = 0;

	if (columns > t->columns) {
		size_t *width = arena_array(t->out.buf.arena, size_t, columns);

		if (t->columns)
			memcpy(width, t->width, t->columns * sizeof(*width));
		t->width = width;
		t->columns = columns;
	}
	for (size_t i = 0; i < t->n; i++) {
		size_t w = width_of(t->cells[i].text);

		if (column < columns && w > t->width[column])
			t->width[column] = w;
		column = t->cells[i].ends_row ? 0 : column + 1;
	}
}

static void lay_out(struct text_out *t)
{
	size_t column = 0;

	widen(t);
	for (size_t i = 0; i < t->n; i++) {
		const struct cell *c = &t->cells[i];

		buf_puts(&t->out.buf, c->text);
		if (c->ends_row) {
			buf_putc(&t->out.buf, '\n');
			column = 0;
			continue;
		}
		size_t pad = t->width[column++] - width_of(c->text) + 2;
		buf_printf(&t->out.buf, "%*s", (int)pad, "");
	}
}

static void text_table(struct out *o, enum out_table step)
{
	struct text_out *t = text_of(o);

	if (step != TABLE_BEGIN && t->in_table) {
		if (t->cell.n)
			text_cell(o, true);
		lay_out(t);
	}
	if (step != TABLE_PAUSE) {
		t->in_table = step == TABLE_BEGIN;
		t->columns = 0;
	}
	t->n = t->cap = 0;
	t->cells = NULL;
	t->cell = (struct buf){ .arena = o->arena };
}

static bool text_in_table(struct out *o)
{
	struct text_out *t = text_of(o);

	return t->in_table && (t->n || t->cell.n);
}

static void text_key(struct out *o, const char *key, const char *value)
{
	(void)o;
	(void)key;
	(void)value;
}

static void text_real(struct out *o, const char *key, double value)
{
	(void)o;
	(void)key;
	(void)value;
}

static void text_open(struct out *o, const char *key, char bracket)
{
	(void)o;
	(void)key;
	(void)bracket;
}

static void text_close(struct out *o)
{
	(void)o;
}

static const char *text_result(struct out *o)
{
	/* A command that failed inside a table still shows its rows. */
	if (text_of(o)->in_table)
		text_table(o, TABLE_END);
	return buf_str(&o->buf);
}

static struct out *text_like(struct out *o)
{
	return out_new_text(o->arena, text_of(o)->color);
}

static const struct out_ops text_ops = {
	.text = text_write,
	.str = text_key,
	.word = text_key,
	.real = text_real,
	.open = text_open,
	.close = text_close,
	.cell = text_cell,
	.table = text_table,
	.in_table = text_in_table,
	.result = text_result,
	.like = text_like,
};

struct out *out_new_text(struct arena *arena, bool color)
{
	struct text_out *t = arena_new(arena, struct text_out);

	t->out.ops = &text_ops;
	t->out.arena = arena;
	t->out.buf.arena = arena;
	t->color = color;
	return &t->out;
}
