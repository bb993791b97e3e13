/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a user has open: the image, traces per thread, the selected thread and
 * frame, settings, history.  Passed to every command; there are no globals.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/dwarf/index.h"
#include "inspect/image/image.h"
#include "inspect/model/print.h"
#include "inspect/stack/trace.h"

#include <stdbool.h>
#include <stddef.h>

struct settings {
	struct print_options print;
	bool json, color, quiet, batch;
	const char **source_dirs;     /* --source-dir, directory */
	const char *(*substitute)[2]; /* --substitute-path FROM=TO */
	size_t nsource_dirs, nsubstitute;
	unsigned list_lines; /* lines around the current one: 10 */
	unsigned width;      /* of the terminal; 0: unlimited */
	bool att;            /* disassembly flavour: AT&T unless set */
};

struct session {
	struct arena arena;   /* until the core is closed */
	struct arena scratch; /* until the command ends */
	struct image image;
	struct core core;
	bool open; /* image and core are valid */
	const char *exe_path, *core_path;
	struct find_options find;
	struct settings set;

	size_t thread;         /* index into core.threads */
	size_t frame;          /* index into the trace's frames */
	struct trace **traces; /* by thread; NULL: not unwound yet */

	struct value *history; /* $1 .. */
	size_t nhistory, history_cap;
	struct convenience *vars; /* $foo */
	const char *last_file;    /* list: where it stands */
	int last_line;
	int shell_status;
	bool quit;
	int exit_status;
	volatile int interrupted; /* ^C */
	FILE *transcript;
	unsigned depth; /* commands inside commands */
};

void session_init(struct session *);
/* Opens by path; either may be NULL.  Sentences that a user must see first
 * (truncated, wrong file) are in image.notes. */
enum err session_open(struct session *, const char *exe, const char *core);
void session_close(struct session *);

/* The frames of a thread, unwound once. */
enum err session_trace(struct session *, size_t thread, struct trace **ret);
/* The selected thread and frame. */
struct core_thread *session_thread(struct session *);
enum err session_frame(struct session *, struct frame **ret);
/* The thread's name: from the core's note, or the library's names; NULL. */
const char *session_thread_name(struct session *, size_t thread);
/* A print context over the selected settings. */
struct print_ctx *session_print(struct session *, const struct print_options *);
/* An expression in the selected frame. */
enum err session_eval(struct session *, const char *text, struct value *ret);
