/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * C expressions: text to value.  Names are asked for through a struct
 * eval_env, so that this folder knows neither DWARF nor cores.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/model/value.h"

#include <stdbool.h>

struct macro;
struct node;

struct eval_env {
	struct value_ctx *values;
	/*
	 * A variable, function, enumerator or static by name.  The
	 * qualifier is NULL, that of file.c::name or func::name, or "" of
	 * ::name, which is not local.
	 * ERR_NOTFOUND when there is none.
	 */
	enum err (*name)(struct eval_env *, const char *file_or_func,
		const char *name, struct value *ret);
	/* tag: "struct", "union", "enum", or NULL for typedefs; NULL: none. */
	const struct type *(*type)(
		struct eval_env *, const char *tag, const char *name);
	/* Whether a variable of the name hides a typedef; NULL: any does. */
	bool (*hides)(struct eval_env *, const char *name);
	/* $rip, $1, $$, $foo, $_siginfo; the name without its dollar. */
	enum err (*dollar)(
		struct eval_env *, const char *name, struct value *ret);
	/* $foo = value, of a name that is no number; NULL: refused. */
	enum err (*assign)(
		struct eval_env *, const char *name, const struct value *value);
	/* $_any_caller_is("f"): functions beyond lang/function.h's, or NULL. */
	enum err (*call)(struct eval_env *, const char *name,
		const struct value *args, size_t n, struct value *ret);
	/* The definition of a macro, or NULL; may be NULL itself. */
	const struct macro *(*macro)(struct eval_env *, const char *name);
	unsigned radix; /* of numbers without a prefix; 0: 10 */
	void *ctx;
};

/*
 * Evaluates a whole expression.  An error of syntax says at which column and
 * shows what stands there.  The value may be absent (see value.h).
 */
enum err eval_text(struct eval_env *, const char *text, struct value *ret);
/* The same of a tree that parse() made: for an expression used many times. */
enum err eval_tree(struct eval_env *, const struct node *, struct value *ret);
/*
 * For whatis and ptype: nothing of the program is read.  A type name alone is
 * accepted and sets *ret_type; else ret has the expression's type and no
 * contents.
 */
enum err eval_text_or_type(struct eval_env *, const char *text,
	struct value *ret, const struct type **ret_type);
