/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a name means in an expression: a local of the selected frame, a static
 * of its file, a global, a function, an enumerator, an ELF symbol; with a
 * dollar, a register, a value of the history, a convenience variable.
 */
#include "inspect/cmd/session.h"
#include "inspect/lang/eval.h"

/* Fills an environment whose names are the session's. */
void names_env(struct session *, struct eval_env *ret);
/* The selected frame if there is one: an expression of globals needs none. */
struct frame *names_frame(struct session *);
/* The place of an entry of the index in the selected frame, or without one. */
void names_scope_ctx(struct session *, struct scope_ctx *ret);
/* Is "rooms", "rooms.c", "demo/rooms.c" a name of this file? */
bool names_is_file(const char *path, const char *name);
/* How a user has to write it: "name", "function::name", or "file.c::name" where
 * a static name is ambiguous in its module. */
const char *names_expression(struct session *, const struct index_entry *);
