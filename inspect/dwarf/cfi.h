/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Call frame information: pc to the rules that give the caller's registers
 * (DWARF 5, 6.4).  libdw finds and runs the programs of .eh_frame and
 * .debug_frame; here their outcome becomes a row of plain data, kept per pc,
 * because thousands of threads wait in the same few places.
 */
#include "inspect/base/err.h"
#include "inspect/dwarf/frame.h"
#include "inspect/image/image.h"

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

enum cfi_kind {
	CFI_UNDEFINED, /* cannot be recovered; of the return address: the end */
	CFI_SAME,      /* the callee did not touch it */
	CFI_AT,        /* saved at CFA + offset */
	CFI_IS,        /* is CFA + offset */
	CFI_REGISTER,  /* is in another register, number offset */
	CFI_AT_EXPR,   /* saved where an expression says */
	CFI_IS_EXPR,   /* an expression's value */
};

struct cfi_rule {
	enum cfi_kind kind;
	int64_t offset;
	const Dwarf_Op *ops; /* live as long as the module */
	size_t nops;
};

enum { CFI_REGS = 17 }; /* x86-64: 16 general ones and the return address */

struct cfi_row {
	uint64_t pc;        /* the run-time lookup pc that it was made for */
	const char *source; /* ".eh_frame" or ".debug_frame" */
	bool signal;        /* augmentation 'S': a signal trampoline */
	unsigned ra;        /* column of the return address */
	/* CFA: register cfa_reg + cfa.offset (CFI_IS), or CFI_IS_EXPR; or
	 * CFI_UNDEFINED. */
	unsigned cfa_reg;
	struct cfi_rule cfa;
	struct cfi_rule reg[CFI_REGS]; /* by DWARF number */
};

/*
 * The row for a lookup pc (already minus one in a caller); NULL: the module
 * has none for it.  Lives as long as the image.
 */
const struct cfi_row *cfi_at(struct image *, struct module *, uint64_t pc);
/* The frame's CFA by its row; false: a register or memory that it needs is
 * not known (the reason is kept as err_msg). */
bool cfi_cfa(struct image *, const struct frame *, const struct cfi_row *,
	uint64_t *ret);
/*
 * The caller's value of one register, or where it was saved, by the row of a
 * frame whose CFA is known.  ERR_ABSENT: undefined, or needs what is not
 * known; ERR_FAULT: memory could not be read.
 */
enum err cfi_register(struct image *, const struct frame *,
	const struct cfi_row *, unsigned dwarf_reg, uint64_t *ret);
/* False: it was not saved in memory. */
bool cfi_saved(struct image *, const struct frame *, const struct cfi_row *,
	unsigned dwarf_reg, uint64_t *ret_addr);
