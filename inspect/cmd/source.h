/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The text of source files: found through --substitute-path and --source-dir,
 * read once, kept as lines.
 */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

struct source {
	struct source *next;
	const char *wanted;  /* as the debug info has it */
	const char *path;    /* where it was found; NULL: it was not */
	const char *missing; /* the sentence then */
	const char **line;
	size_t n, cap;
	bool newer; /* changed after the executable was built */
};

/* ERR_NOTFOUND with a sentence that says where it was looked for. */
enum err source_get(struct session *, const char *file, struct source **ret);
/*
 * Prints lines first..last (clipped to the file), "=>" at current (0: none).
 * Fields: file, path, lines[] of line, text, current.
 */
enum err source_print(struct session *, const char *file, int first, int last,
	int current, struct out *);
/* One line, in colours, without its newline: as much as the file has of it. */
void source_print_one(
	struct session *, const struct source *, int line, struct out *);
/* Lines around one: list_lines of them. */
enum err source_print_around(
	struct session *, const char *file, int line, struct out *);
