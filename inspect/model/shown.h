/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A value shown as something else than its members: the elements of a list,
 * a few named expressions.  Made by whoever knows how (print_ctx.view), shown
 * by print_value() and print_fields() as they show arrays and structures.
 */
#include "inspect/model/value.h"

#include <stddef.h>

struct buf;
struct print_ctx;

enum shown_kind {
	SHOWN_VALUE,  /* value */
	SHOWN_LIST,   /* item, n: its elements */
	SHOWN_RECORD, /* item, n: with labels */
	SHOWN_NOT,    /* why: it could not be computed */
};

struct shown {
	enum shown_kind kind;
	const char *label; /* NULL: none */
	struct value value;
	struct shown *item;
	size_t n;
	/* A list that ends before its end: the reason.  NULL: it is whole. */
	const char *why;
	bool more;        /* the reason is the limit of elements */
	bool has_address; /* an element: of which node */
	uint64_t address;
};

/* In GDB's notation, as deep in other structures as depth says. */
void shown_print(const struct shown *, const struct print_ctx *, unsigned depth,
	struct buf *);
