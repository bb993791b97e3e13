/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * pc to function, chain of inlined calls, and the variables in scope there.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/dwarf/die.h"
#include "inspect/dwarf/frame.h"
#include "inspect/image/image.h"
#include "inspect/model/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call_facts;
struct unit;

/*
 * One function or inlined call at a pc.  scope_at() gives them innermost
 * first; the last one is the function that has the machine frame.
 */
struct scope {
	struct module *module;
	struct die cu;    /* its compile unit (the split one, if split) */
	struct die die;   /* DW_TAG_subprogram or DW_TAG_inlined_subroutine */
	const char *name; /* through abstract origin and specification */
	const char *linkage_name; /* or NULL */
	bool inlined;
	uint64_t low_pc; /* run-time entry */
	/* Inlined: where the call stands, in the next outer function. */
	const char *call_file;      /* absolute */
	const char *call_file_name; /* as the compiler was given it */
	int call_line;
	const char *decl_file;
	int decl_line;
	uint64_t lookup_pc;     /* the pc it was made for, run-time */
	const char *producer;   /* of the unit */
	int language;           /* DW_LANG_* */
	struct scope *function; /* the one that has the machine frame: itself,
				   or the last of its chain */
	struct unit *unit;
	/* What scope_variables() has found, for variables_line; NULL: not
	 * asked yet. */
	struct variable *variables;
	size_t nvariables;
	int variables_line;
	struct call_facts *calls; /* of a function: call_site.c */
};

struct variable {
	const char *name; /* never NULL; unnamed parameters are skipped */
	struct die die;
	struct scope *scope; /* NULL: a global */
	struct module *module;
	const struct type *type; /* never NULL */
	bool is_arg, is_static, artificial;
	unsigned depth;   /* block depth: larger is further in */
	bool shadowed;    /* a variable further in has the same name */
	bool not_yet;     /* declared after the current line */
	const char *file; /* declaration, or NULL */
	int line;
};

/* What a location expression needs; all but image may be NULL or 0. */
struct scope_ctx {
	struct image *image;
	const struct frame *frame;
	struct arena *arena; /* for places and bytes */
};

/* Whether it was read from the module's own file, and not from a separate debug
 * file or one of split debug info. */
bool scope_is_own(const struct scope *);

/*
 * The functions at a run-time address, innermost first; *ret_n 0: no debug
 * info for it.  pc is the lookup pc: already minus one for a caller.  The
 * array lives as long as the image.
 */
enum err scope_at(
	struct image *, uint64_t pc, struct scope **ret, size_t *ret_n);
/*
 * Every argument and variable of every block that encloses the pc, innermost
 * block first, in order of declaration within a block; arguments in order.
 */
enum err scope_variables(struct scope *, int current_line, struct arena *,
	struct variable **ret, size_t *ret_n);
/* The variable's value in a frame; absent ones are values too.  Fails only
 * for broken DWARF, with a sentence. */
enum err scope_value(
	const struct variable *, const struct scope_ctx *, struct value *ret);
/* A scalar parameter's value on entry to its function, from the caller's call
 * site; false: not known. */
bool scope_entry_value(
	const struct variable *, const struct scope_ctx *, struct value *ret);
