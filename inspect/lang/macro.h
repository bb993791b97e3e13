/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * C's macros in expressions, where the debug info has them (-g3).  The text is
 * expanded before it is parsed; what a macro means is asked for by name.
 */
#include "inspect/lang/eval.h"

#include <stddef.h>

struct macro {
	const char *name;
	bool has_params; /* name(...) */
	bool variadic;   /* the last parameter takes the rest */
	const char **param;
	size_t nparams;
	const char *body;
	const char *file; /* where it is defined; may be NULL */
	unsigned line;
};

/* "NAME body", "NAME(a,b) body", as DWARF has it; NULL: it is neither. */
struct macro *macro_parse(const char *definition, struct arena *);
/*
 * The text with all macros expanded (C11 6.10.3), in env's scratch arena: the
 * text itself when it has none.  ERR_LIMIT when it grows beyond bounds.
 */
enum err macro_expand(struct eval_env *, const char *text, const char **ret);
