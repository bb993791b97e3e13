/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a backend of out.h provides.  Keys come without their dot, and never
 * for text that is muted.
 */
#include "inspect/out/out.h"

enum { MAX_OUT_DEPTH = 64 }; /* records in records; ours, not a file's */

struct out_ops {
	void (*text)(struct out *, enum out_style, const char *);
	void (*str)(struct out *, const char *key, const char *value);
	/* A number, true, false, null: text that is JSON already. */
	void (*word)(struct out *, const char *key, const char *word);
	void (*real)(struct out *, const char *key, double value);
	void (*open)(struct out *, const char *key, char bracket);
	void (*close)(struct out *);
	void (*cell)(struct out *, bool end_row);
	void (*table)(struct out *, bool end);
	const char *(*result)(struct out *);
};

struct out {
	const struct out_ops *ops;
	struct arena *arena;
	struct buf buf;
	unsigned depth; /* open records and lists */
	unsigned muted; /* depth at which text was muted; 0: it is not */
};
