/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A command is a row: name, help and function in one place.  Family files
 * (stack.c, thread.c, data.c ...) end in their table; table.c lists the
 * families and does lookup, prefixes, usage, needs, pipes and the outer JSON
 * object.  Commands take a session, never globals, and never print errors.
 */
#include "inspect/base/err.h"
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

enum cmd_group {
	GROUP_STACK,
	GROUP_DATA,
	GROUP_THREADS,
	GROUP_SYMBOLS,
	GROUP_STATUS,
	GROUP_OTHER,
};

enum cmd_needs {
	CMD_CORE = 1,    /* a core is open */
	CMD_THREAD = 2,  /* a thread is selected */
	CMD_FRAME = 4,   /* a frame is selected */
	CMD_EXPR = 8,    /* the argument is one expression: '|' is C's */
	CMD_WRAPS = 16,  /* the argument ends in a command: its rule counts */
	CMD_REPEAT = 32, /* an empty line does it again, without arguments */
	CMD_ONCE = 64,   /* an empty line does not do it again */
};

/* The words after the command, and the raw text. */
struct args {
	const struct cmd *cmd;
	const char *name;   /* as it was typed */
	const char *text;   /* all after the name, trimmed */
	const char *format; /* print/x: "x"; "": none */
	char **word;        /* split at blanks; quotes keep words together */
	const char **at;    /* where each word begins in text */
	size_t n;
};

struct cmd {
	const char *name, *alias; /* alias: words separated by blanks */
	const char *usage;
	const char *summary; /* one line */
	const char *help;    /* paragraphs, with examples */
	enum err (*run)(struct session *, struct args *, struct out *);
	const char *(*word)(size_t i); /* the i'th setting that it takes */
	enum cmd_group group;
	unsigned needs;
};

/* Every family, NULL-terminated; each ends in a row without a name. */
extern const struct cmd *const cmd_families[];

/* Exact name or alias, then a unique prefix.  NULL with a sentence kept that
 * suggests the nearest command or lists the candidates. */
const struct cmd *cmd_find(const char *name);
/* As cmd_find without a sentence, and exact names only. */
const struct cmd *cmd_exact(const char *name);
/*
 * Runs one line and writes its output (text, or one JSON object) to stdout;
 * the error sentence goes to stderr.  Empty lines and comments (#) are OK.
 */
enum err cmd_run(struct session *, const char *line);
/* As cmd_run, but the text goes to ret: transcripts, thread apply, pipes. */
enum err cmd_run_to(struct session *, const char *line, struct out *);
/* The text that a line prints, in the scratch arena, whatever the backend. */
enum err cmd_run_text(struct session *, const char *line, const char **ret);
/* Sentences of wrong arguments: shows the usage. */
enum err err_usage(const struct args *);
/* The text from word i on; "" after the last. */
const char *args_from(const struct args *, size_t i);
/* Text into words and their places. */
void args_split(struct args *, const char *text, struct arena *);
/* Is word i an abbreviation of name, at least min characters long? */
bool args_is(const struct args *, size_t i, const char *name, size_t min);
/* A whole decimal number; false: something else. */
bool args_number(const char *word, long *ret);
/* docs/commands.md, in the arena. */
const char *cmd_markdown(struct arena *);
extern const char cmd_version[];

/* Runs a row with other arguments: `info locals` is `locals`. */
enum err cmd_forward(struct session *, const char *name, const char *text,
	const char *format, struct out *);

extern const struct cmd cmd_stack[], cmd_thread[], cmd_locks[], cmd_data[],
	cmd_printf[], cmd_variables[], cmd_globals[], cmd_memory[],
	cmd_search[], cmd_dump[], cmd_refs[], cmd_regs[], cmd_code[],
	cmd_origin[], cmd_again[], cmd_symbols[], cmd_lookup[], cmd_source[],
	cmd_here[], cmd_info[], cmd_status[], cmd_process[], cmd_maps[],
	cmd_settings[], cmd_show[], cmd_script[], cmd_around[], cmd_misc[],
	cmd_later[], cmd_events[], cmd_walk[], cmd_views[], cmd_macros[],
	cmd_heap[], cmd_bundle[];
