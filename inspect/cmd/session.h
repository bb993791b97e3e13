/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a user has open: the image, traces per thread, the selected thread and
 * frame, settings, history.  Passed to every command; there are no globals.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/dwarf/index.h"
#include "inspect/image/fetch.h"
#include "inspect/image/image.h"
#include "inspect/image/unpack.h"
#include "inspect/journal/record.h"
#include "inspect/model/print.h"
#include "inspect/stack/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

struct substitute {
	const char *from, *to;
};

struct settings {
	struct print_options print;
	bool json, color, quiet, batch;
	bool entry_values; /* print entry-values: name@entry in frame lines */
	unsigned input_radix;     /* of numbers in expressions; 0: 10 */
	char frame_arguments;     /* s scalars, a all, n none, p presence */
	const char **source_dirs; /* --source-dir, directory */
	struct substitute *substitute; /* --substitute-path FROM=TO */
	size_t nsource_dirs, nsubstitute, source_dirs_cap, substitute_cap;
	unsigned list_lines;      /* lines that list shows: 10 */
	unsigned backtrace_limit; /* 0: none */
	bool past_main;           /* show what called main */
	unsigned width;           /* of the terminal; 0: unlimited */
	bool width_set; /* by the user: the terminal's own is not asked for */
	bool att;       /* disassembly flavour: AT&T unless set */
	bool no_pagination, height_set;
	unsigned height; /* set height: lines of a page, 0: no pages */
};

/* $foo = 3 */
struct convenience {
	struct convenience *next;
	const char *name;
	struct value value;
};

/* define NAME ... end, and alias */
struct user_command {
	struct user_command *next;
	const char *name;
	const char *document;
	const char **line;
	size_t n, cap;
	bool alias; /* one line: the words after the name are added to it */
};

struct macro_table;
struct session_views;
struct source;
struct bundle;
struct heap;
struct graph;
struct typed;

struct opening;

struct session {
	struct arena life;    /* until the program ends: settings, commands */
	struct arena arena;   /* until the core is closed */
	struct arena scratch; /* until the command ends, or less: see stack.c */
	struct arena output;  /* what a command has written, until it ends */
	struct image image;
	struct core core;
	bool open;               /* image and core are valid */
	struct opening *opening; /* -p: again takes another; else NULL */
	const char *exe_path, *core_path;
	struct bundle *bundle;   /* that is open, or NULL */
	const char *with_bundle; /* for cores that are in none, or NULL */
	struct journal_place
		journals;   /* --list, --journal: -D, --file, --root */
	const char *cursor; /* of the record that was opened, or NULL */
	const struct record *record; /* crashes_record(): read on first use */
	bool record_known;
	struct find_options find;
	struct fetch fetch; /* debuginfod: download.h */
	struct unpack_watch unpack;
	/* A line about a wait for a file (NULL: it is over), and a sentence
	 * about one that failed; both may be NULL. */
	void (*wait)(struct session *, const char *line);
	void (*say)(struct session *, const char *sentence);
	time_t wait_began; /* ui's; 0: nobody waits */
	size_t debug_dirs_cap, ndebug_dirs;
	struct settings set;

	size_t thread;         /* index into core.threads */
	size_t frame;          /* index into the trace's frames */
	struct trace **traces; /* by thread; NULL: not unwound yet */
	size_t *trace_max;     /* how far: 0 to the end */

	struct value *history; /* $1 .. */
	size_t nhistory, history_cap;
	struct convenience *vars;
	struct arena blocks[3]; /* heap.h: of the next three, each its own */
	struct heap *heap;      /* walked on first use */
	struct graph *graph;    /* who points to whom in it */
	struct typed *typed;    /* and what its blocks are */
	const struct type *siginfo_type;    /* made on first use */
	const struct type *vector_types[3]; /* xmm, ymm, zmm */

	struct source *sources; /* text of source files, read once */
	const char *list_file;  /* list: where it stands */
	int list_first, list_last;
	uint64_t x_next; /* x: where it goes on, and as what */
	const struct type *x_type;
	char x_format, x_size;
	bool x_valid;

	struct macro_table *macros;  /* cmd/macros.c: of units looked at */
	struct session_views *views; /* cmd/views.c; NULL: none yet */
	/* On a terminal: a question to its user; NULL: nobody is there. */
	bool (*ask)(struct session *, const char *question);

	struct user_command *user;
	struct user_command *defining; /* lines go here until "end" */
	bool documenting;
	struct user_command *block; /* an if or a while that is read */
	unsigned nesting;           /* ifs and whiles still open */

	const char *repeat; /* what an empty line does; NULL: nothing */
	int shell_status;
	bool shell_ran; /* shell_status is known */
	bool quit, failed;
	int exit_status;
	volatile int interrupted; /* ^C */
	/* On a terminal: shows a result; NULL: stdout as it is. */
	void (*page)(struct session *, const char *text);
	FILE *transcript;
	bool transcript_only; /* and not to the screen */
	unsigned depth;       /* commands inside commands */
};

void session_init(struct session *);
/* Opens by path, a core or a bundle; exe may be NULL.  Closes what was open.
 * Sentences that a user must see first (truncated, wrong file) are in
 * image.notes. */
enum err session_open(struct session *, const char *exe, const char *core);
/* $XDG_CACHE_HOME/cinspect; NULL: there is no place for it. */
const char *session_cache(struct session *);
/* The core goes, settings stay. */
void session_close(struct session *);
/* Everything goes. */
void session_end(struct session *);

/* The frames of a thread, unwound once; max frames at least (0: all). */
enum err session_trace(
	struct session *, size_t thread, size_t max, struct trace **ret);
/* The same for who looks at many threads, one after the other: what was not
 * unwound yet is in scratch, and not kept. */
enum err session_trace_once(
	struct session *, size_t thread, size_t max, struct trace **ret);
/* Whether traces go on below main. */
void session_set_past_main(struct session *, bool);
/* The selected thread; NULL: the core has none. */
struct core_thread *session_thread(struct session *);
enum err session_frame(struct session *, struct frame **ret);
/* Selects; frame 0 is the innermost. */
void session_select(struct session *, size_t thread, size_t frame);
/* The thread's name: from the core's note, or the library's names; NULL. */
const char *session_thread_name(struct session *, size_t thread);
/* A print context over the options, or the selected settings for NULL. */
struct print_ctx *session_print(struct session *, const struct print_options *);
struct value_ctx *session_values(struct session *);
/* An expression in the selected frame. */
enum err session_eval(struct session *, const char *text, struct value *ret);
/* The same, to an address or an integer. */
enum err session_eval_int(struct session *, const char *text, uint64_t *ret);
/* As session_eval, or a type alone: *ret_type is then set. */
enum err session_eval_type(struct session *, const char *text,
	struct value *ret, const struct type **ret_type);
/* Keeps the value in the history and returns its number. */
size_t session_remember(struct session *, const struct value *);
/* $name = value */
void session_set_convenience(
	struct session *, const char *name, const struct value *);
/* "f+4" for an address with a symbol, or NULL. */
const char *session_symbol(struct session *, uint64_t addr);
