/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Names of a module's debug info: which DIE defines a function, a variable, a
 * type.  Made on first use, one pass over the top-level DIEs of every unit.
 * Also the table of unit ranges that answers pc to unit, since clang writes
 * no .debug_aranges.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/dwarf/die.h"
#include "inspect/dwarf/scope.h"
#include "inspect/image/image.h"
#include "inspect/model/type.h"

#include <stdbool.h>
#include <stddef.h>

enum index_kind {
	INDEX_FUNCTION = 1, /* with code, or inlined somewhere */
	INDEX_VARIABLE = 2, /* global or file static */
	INDEX_TYPE = 4,     /* struct, union, enum tags and typedefs */
	INDEX_CONSTANT = 8, /* enumerators */
	/* Asked for together with INDEX_VARIABLE: static locals too, for which
	 * every function has to be read once.  Entries have INDEX_VARIABLE. */
	INDEX_LOCAL = 16,
	/* index_prefixed, with INDEX_TYPE: what "struct" and its like name,
	 * not typedefs and basic types. */
	INDEX_TAG = 32,
};

struct index_entry {
	const char *name;
	enum index_kind kind;
	struct die die;
	struct die cu;
	struct module *module;
	const char *file;      /* name of the unit, as DW_AT_name has it */
	const char *decl_file; /* where it is declared: a path, or NULL */
	const char *decl_name; /* that as the compiler was given it */
	int decl_line;
	const char *function; /* static local: of which function; or NULL */
	bool external;        /* false: file static or static local */
	bool declaration;
	int tag;          /* DW_TAG_*: struct foo and typedef foo differ */
	int64_t constant; /* enumerator */
};

/* Entries of that name in one module (NULL: all, executable first). */
enum err index_find(struct image *, struct module *, const char *name,
	unsigned kinds, struct arena *, struct index_entry **ret,
	size_t *ret_n);
/*
 * The same in all modules, for one who stands in a frame (NULL: nowhere) and
 * prefers its unit, then its module, then what is external: where the
 * executable has that, and the frame's unit and module have nothing of the
 * name, the debug info of other modules is not read.
 */
enum err index_find_near(struct image *, const struct frame *, const char *name,
	unsigned kinds, struct arena *, struct index_entry **ret,
	size_t *ret_n);
/* Calls fn for each entry of these kinds, by unit, until it returns false. */
void index_each(struct image *, struct module *, unsigned kinds,
	bool (*fn)(const struct index_entry *, void *ctx), void *ctx);
/* Their names alone, without reading anything else of them. */
void index_names(struct image *, struct module *, unsigned kinds,
	bool (*fn)(const char *name, void *ctx), void *ctx);
/*
 * The names that begin with a text, as an expression may spell them: "b" or
 * "a::b".  Only those that are so called are read any further, and of those
 * that have all of "a::" before them no more than MAX_QUALIFIED.
 */
void index_prefixed(struct image *, struct module *, unsigned kinds,
	const char *prefix, bool (*fn)(const char *name, void *ctx), void *ctx);
/* The value of a global, file static or static local. */
enum err index_value(const struct index_entry *, const struct scope_ctx *,
	struct value *ret);
/* The variable's or function's type, or the type itself. */
const struct type *index_type(struct image *, const struct index_entry *);
/* Run-time entry of a function with code; 0: inlined everywhere. */
uint64_t index_pc(struct image *, const struct index_entry *);
/* A type by C's spelling of its name: tag is "struct", "union", "enum" or NULL
 * for a typedef or basic type.  A definition is preferred over declarations,
 * near (may be NULL) is the module to look in first. */
const struct type *index_find_type(
	struct image *, struct module *near, const char *tag, const char *name);
/* One that no index knows: in a type unit of split debug info that nothing
 * refers to.  All of them are opened for it. */
const struct type *index_split_type(
	struct image *, struct module *near, const char *tag, const char *name);
/* The same in one unit, the frame's; NULL: it does not define it. */
const struct type *index_unit_type(struct image *, struct module *,
	const struct die *cu, const char *tag, const char *name);
