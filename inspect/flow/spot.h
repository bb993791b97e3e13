/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A moment in the past of a frame: just before an instruction was executed for
 * the last time.  What its registers held is known as far as nothing between
 * that moment and the frame's own may have written them.
 */
#include "inspect/flow/code.h"
#include "inspect/stack/trace.h"

struct open_range;
struct table;
struct work;

/* A machine frame whose past is walked. */
struct side {
	struct image *image;
	const struct trace *trace;
	size_t level; /* index into the trace: the innermost of its inlines */
	const struct frame *frame;
	struct code code;
	size_t at;       /* the instruction that the frame stands before, or its
			    call */
	bool after_call; /* at is a call that has not come back */
	struct arena *arena;
	size_t budget; /* instructions that may still be looked at */
	/* Answers of reach.c that were worked out, and room for its work. */
	struct table *reaches, *betweens;
	struct work *work;
	struct side *caller; /* by side_caller() */
	const char *caller_why;
	/* Of the frame's memory, what somebody else may name: naming.c */
	struct open_range *open;
	size_t nopen, open_cap;
	bool have_open;
};

struct open_range {
	uint64_t start, end;
};

struct spot {
	struct side *side;
	size_t i;
	uint64_t changed; /* registers written between here and the frame */
	uint64_t vector_changed;
};

enum place_kind { PLACE_REGISTER, PLACE_VECTOR, PLACE_MEMORY };

/* What is asked for at a spot: bytes of a register or of memory. */
struct place {
	enum place_kind kind;
	int reg;
	unsigned offset; /* bytes into the register */
	unsigned size;
	uint64_t addr;
	bool own; /* memory of the frame that only it names: a spill, an
		     argument on the stack */
};

/* The frame's own moment.  ERR_NOTFOUND, ERR_FAULT with a sentence. */
enum err side_open(struct image *, const struct trace *, size_t level,
	struct arena *, struct side *ret);
struct spot side_spot(struct side *);
/* The frame that called this one; NULL with the reason. */
struct side *side_caller(struct side *, const char **ret_why);
/* The address of the instruction. */
uint64_t spot_pc(const struct spot *);
/* A register whose value nothing has changed since, or which the CFI gives. */
bool spot_register(const struct spot *, int reg, uint64_t *ret);
/* The same for the address of an operand. */
bool spot_address(const struct spot *, const struct operand *, uint64_t *ret);
/* The moment before instruction i, which is on the way to this one. */
struct spot spot_back(const struct spot *, size_t i);
/* The operand is of the frame itself: through the stack or frame pointer. */
bool spot_is_own(const struct spot *, const struct operand *);
