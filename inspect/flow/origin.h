/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where a value came from: the instructions that have carried it, last first,
 * and why the trail ends where it does.
 */
#include "inspect/flow/past.h"

enum origin_end {
	ORIGIN_CONSTANT,  /* the instruction has it */
	ORIGIN_ADDRESS,   /* it is the address of something */
	ORIGIN_MEMORY,    /* nothing in the function stored it */
	ORIGIN_WRITTEN,   /* a call or a store may have written it */
	ORIGIN_RESULT,    /* of a call or a system call */
	ORIGIN_CLOBBERED, /* a call may leave anything there */
	ORIGIN_COMPUTED,  /* of more than one value, or by other means */
	ORIGIN_JOIN,      /* ways meet, with different definitions */
	ORIGIN_JUMP,      /* a way into the code is not known */
	ORIGIN_UNSET,     /* nothing sets it on the way from the entry */
	ORIGIN_CALLER,    /* the caller is not known, or is no code of ours */
	ORIGIN_PART,      /* only a part of it was written */
	ORIGIN_UNKNOWN,   /* an address that cannot be worked out */
	ORIGIN_LIMIT,
};

struct origin_operand {
	const char *text; /* "$rbx" */
	bool known, now;
	uint64_t value;
	const char *name; /* of a variable, or NULL */
};

struct origin_step {
	const char *how; /* "load", "move", "reload", "argument" ... */
	const struct frame *frame;
	uint64_t pc;
	const char *place; /* what has the value after it: "$rax", a slot */
	const char *name;  /* of that place, or of what is loaded; or NULL */
	bool known, now;
	uint64_t value;
	bool has_address; /* of the memory that it reads or writes */
	uint64_t address;
	const char *owner; /* what that address is in, or NULL */
	/* A load: what is there now, as far as the core has it. */
	bool has_memory;
	uint64_t memory;
	unsigned size;
	struct origin_operand *operand;
	size_t noperands;
};

struct origin {
	struct origin_step *step;
	size_t n, cap;
	enum origin_end end;
	const char *why;    /* a sentence */
	uint64_t end_pc;    /* where it ended; 0 */
	const char **label; /* of branches: the way or the operand */
	struct origin *branch;
	size_t nbranches;
};

/* "memory", "join" ...: the words of the JSON. */
const char *origin_end_name(enum origin_end);
/* The trail of a place at a spot.  All lives in the side's arena. */
void origin_find(const struct spot *, const struct place *, struct origin *ret);
/* "$rax", "0x7ffc… (i)": for headings. */
const char *origin_place_text(const struct spot *, const struct place *);
