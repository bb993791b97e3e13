/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A value as text in GDB's notation, with limits; and as the fields of the
 * JSON contract.  Printing goes on past a bad part.
 */
#include "inspect/base/buf.h"
#include "inspect/model/shown.h"
#include "inspect/model/value.h"
#include "inspect/out/out.h"

struct print_options {
	unsigned elements;  /* 200: of arrays and strings; 0: no limit */
	unsigned repeats;   /* 10: more become <repeats N times>; 0: never */
	unsigned max_depth; /* 20: structs inside structs */
	bool pretty;        /* one member a line */
	bool brief;         /* for bt: structs and arrays as ... */
	bool symbols;       /* <f+4> after pointers */
	bool addresses;     /* pointers with their number */
	bool null_stop;
	bool unions; /* print unions inside structs */
	bool array_pretty, array_indexes;
	bool raw;    /* print/r: no views */
	char radix;  /* output-radix: x or o for integers without a format */
	char format; /* 0, or x d u o t z c a f s r of print/FMT */
};

struct print_ctx {
	struct value_ctx *values;
	const struct print_options *options;
	/* Address to "<f+4>" without brackets, or NULL; may be NULL itself. */
	const char *(*symbol)(void *ctx, uint64_t addr, struct arena *);
	void *symbol_ctx;
	/* What the value is shown as; false: as what it is.  May be NULL. */
	bool (*view)(void *ctx, const struct value *, const struct print_ctx *,
		struct shown *ret);
	void *view_ctx;
};

extern const struct print_options print_defaults;

/* Appends the value's text; never fails: bad parts say why in place. */
void print_value(const struct value *, const struct print_ctx *, struct buf *);
/* The same inside of depth other structures. */
void print_value_at(const struct value *, const struct print_ctx *,
	unsigned depth, struct buf *);
/* The text on its own. */
const char *print_text(const struct value *, const struct print_ctx *);
/* As the print command shows it: "(int *) 0x5581 <g>". */
const char *print_top(const struct value *, const struct print_ctx *);
/*
 * The JSON fields of a variable or a value inside an open record: type, value,
 * kind, address, size, bits, absent, why, note, and children when asked.
 */
void print_fields(const struct value *, const struct print_ctx *, struct out *,
	bool children);
/* As print_fields, of what a value is shown as. */
void print_shown_fields(
	const struct shown *, const struct print_ctx *, struct out *);
