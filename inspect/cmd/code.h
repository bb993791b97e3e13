/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Instructions of the process as text, for disassemble and x/i. */
#include "inspect/arch/disasm.h"
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

enum { MAX_INSN_BYTES = 15 };

struct values;

struct code_style {
	uint64_t base; /* for <+n>, or 0 for <symbol+n> */
	bool bytes;
	struct values *values; /* of operands, as a comment; or NULL */
};

/* Prints one instruction as a record. */
void code_print(struct session *, const struct insn *,
	const struct code_style *, struct out *);
/* Reads and decodes up to max instructions in [addr, end); end 0: no limit. */
enum err code_read(struct session *, uint64_t addr, uint64_t end, size_t max,
	struct insn **ret, size_t *ret_n);
