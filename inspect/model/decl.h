/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Types as text, while one is being written: what decl.c (declarations) and
 * record.c (definitions of structs and classes) hand to each other.  Others
 * ask by type.h.
 */
#include "inspect/base/buf.h"
#include "inspect/model/alias.h"
#include "inspect/model/type.h"

struct decl {
	struct arena *arena;
	enum type_offsets offsets;
	unsigned depth; /* of types in types: a file may be cyclic */
	struct aliases aliases;
};

/* The columns of ptype /o: where the last member ended. */
struct layout {
	uint64_t base_bits; /* of this struct in the outermost one */
	uint64_t end_bits;  /* of the last member in this struct */
	bool is_union;
};

/* "int (*name)[3]".  show: 1 spells out the type itself, 0 only what has no
 * name, -1 writes "struct {...}". */
const char *decl_write(struct decl *, const struct type *, const char *name,
	int show, unsigned level, const struct layout *);
