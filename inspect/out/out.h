/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One output API, two backends.  Text prints glue and the fields' texts; JSON
 * drops glue and prints keys.  A command never asks which one it has.
 *
 *	out_list(o, "frames");
 *	out_record(o, NULL);
 *	out_text(o, "#"); out_num(o, "level", i);
 *	out_record_end(o);
 *	out_list_end(o);
 *
 * A field whose key begins with a dot is for JSON alone (".offset"); a key of
 * NULL is for text alone.
 */
#include "inspect/base/arena.h"
#include "inspect/base/buf.h"
#include "inspect/base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct out;

/* A style is a meaning; only the text backend knows colours. */
enum out_style {
	STYLE_NONE,
	STYLE_FUNCTION,
	STYLE_FILE,
	STYLE_VARIABLE,
	STYLE_ADDRESS,
	STYLE_STRING,
	STYLE_TYPE,
	STYLE_ERROR,
	STYLE_HEADING,
	STYLE_DIM,
};

/* Fields for JSON alone need not be made for it. */
bool out_is_text(const struct out *);
/* Text into a buffer (the dispatcher pipes or prints it), or JSON. */
struct out *out_new_text(struct arena *, bool color);
struct out *out_new_json(struct arena *);
/* An empty one of the same kind, for out_nest; held where this one is. */
struct out *out_new_like(struct out *);
/*
 * What is written from now on, and what was, is kept in that arena; the one
 * that the out was made with may then be released between two fields.
 */
void out_hold(struct out *, struct arena *);
bool out_is_held(const struct out *);
/* Text goes there, piece by piece, whenever somebody says out_flush(). */
void out_stream(
	struct out *, void (*sink)(void *ctx, const char *text), void *ctx);
/* What was written so far goes to the sink, if there is one. */
void out_flush(struct out *);
/* The same of JSON too: for what is too long to be held until its end, and can
 * no longer fail as a whole. */
void out_drain(struct out *);
/* What was written so far: text, or one JSON object on one line, no newline.
 * Records that are still open are closed in the result, not in the out. */
const char *out_result(struct out *);

void out_text(struct out *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Glue in a style. */
void out_style(struct out *, enum out_style, const char *text);
/* A value of NULL is null in JSON and nothing in text. */
void out_str(struct out *, const char *key, const char *value);
/* As out_str, where a newline in the value must not begin a row. */
void out_line(struct out *, const char *key, const char *value);
/* As out_str, in a style; the text may differ from the value. */
void out_styled(
	struct out *, const char *key, enum out_style, const char *value);
/* JSON gets the value, text gets the words. */
void out_str_as(
	struct out *, const char *key, const char *value, const char *words);
void out_num(struct out *, const char *key, int64_t);
void out_unum(struct out *, const char *key, uint64_t);
void out_bool(struct out *, const char *key, bool); /* no text */
void out_null(struct out *, const char *key);       /* no text */
/* Text: 0x and 16 digits; JSON: "0x401136" as a string. */
void out_addr(struct out *, const char *key, uint64_t);
void out_real(struct out *, const char *key, double, int decimals);

void out_record(struct out *, const char *key); /* key NULL inside a list */
void out_record_end(struct out *);
void out_list(struct out *, const char *key);
void out_list_end(struct out *);

/*
 * Aligned columns: between these two, out_cell() ends a cell and out_row()
 * ends a row; only text pads.
 */
void out_table(struct out *);
void out_cell(struct out *);
void out_row(struct out *);
/* A row of titles; "" is an empty cell. */
void out_heading(struct out *, const char *const *titles, size_t n);
void out_table_end(struct out *);
/*
 * In the middle of a long table: lays out the rows so far, for out_flush().
 * Those that follow go on below them, with columns at least as wide.
 */
void out_table_pause(struct out *);

/* The result of another out of the same kind becomes a field (text: words). */
void out_nest(struct out *, const char *key, struct out *inner);

/*
 * What a backend provides: text.c and json.c.  Keys come without their dot,
 * and glue that is muted does not come at all.
 */
/* Records in records; ours, not a file's: commands inside commands take three
 * each (MAX_COMMAND_DEPTH), what the last of them prints the rest. */
enum { MAX_OUT_DEPTH = 192 };

enum out_table { TABLE_BEGIN, TABLE_PAUSE, TABLE_END };

struct out_ops {
	void (*text)(struct out *, enum out_style, const char *);
	void (*str)(struct out *, const char *key, const char *value);
	/* A number, true, false, null: text that is JSON already. */
	void (*word)(struct out *, const char *key, const char *word);
	void (*real)(struct out *, const char *key, double value);
	void (*open)(struct out *, const char *key, char bracket);
	void (*close)(struct out *);
	void (*cell)(struct out *, bool end_row);
	void (*table)(struct out *, enum out_table);
	bool (*in_table)(struct out *);
	const char *(*result)(struct out *);
	struct out *(*like)(struct out *);
};

struct out {
	const struct out_ops *ops;
	struct arena *arena;
	struct buf buf;
	unsigned depth; /* open records and lists */
	unsigned muted; /* depth at which text was muted; 0: it is not */
	void (*sink)(void *ctx, const char *text); /* or NULL */
	void *sink_ctx;
};
