/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Names that begin with a text: of the program, its threads and files. */
#include "inspect/cmd/candidates.h"
#include "inspect/cmd/session.h"

struct offers {
	struct session *s;
	struct candidates *c;
	const char *text;   /* what a name must begin with */
	const char *prefix; /* what stands before it in the word */
};

/* Once each; those that do not begin with the text are passed over. */
void offers_add(struct offers *, const char *word);
/* All of a list that ends in NULL. */
void offers_words(struct offers *, const char *const *);
/* Of the executable's debug info; kinds: enum index_kind. */
void offers_names(struct offers *, unsigned kinds);
/* Functions and variables of the libraries, or of an executable without debug
 * info; in C++ the first part of a name. */
void offers_symbols(struct offers *);
void offers_locals(struct offers *);
/* What follows "." or "->" in the word, which begins after before.  False:
 * there is none of them. */
bool offers_members(struct offers *, const char *before);
/* The members of a structure, or of what a pointer points to. */
void offers_type_members(struct offers *, const struct type *);
void offers_registers(struct offers *); /* without their $ */
void offers_threads(struct offers *);
void offers_stack(struct offers *); /* functions of the selected thread */
void offers_sources(struct offers *);
void offers_modules(struct offers *);
