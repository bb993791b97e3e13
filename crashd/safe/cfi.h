/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Call frame information out of .eh_frame in memory: for a pc, the rules that
 * give the caller's registers, and their application.  Every byte is read
 * through crashd_peek, so nothing here faults on a smashed stack or on tables
 * that have been unmapped.
 */
#include <stdbool.h>
#include <stdint.h>

#include "crashd/safe/context.h"

enum crashd_rule_kind {
	CRASHD_RULE_SAME, /* also what is not mentioned */
	CRASHD_RULE_UNDEFINED,
	CRASHD_RULE_AT_CFA,  /* saved at CFA + offset */
	CRASHD_RULE_IS_CFA,  /* is CFA + offset */
	CRASHD_RULE_REG,     /* in register offset */
	CRASHD_RULE_AT_EXPR, /* saved at what the expression gives */
	CRASHD_RULE_IS_EXPR, /* is what the expression gives */
};

struct crashd_rule {
	uint8_t kind;
	int64_t offset; /* or the expression's address */
	uint32_t size;  /* of the expression */
};

struct crashd_row {
	uint64_t start, end; /* the function's range */
	/* CFA: AT_CFA never; REG: register cfa_reg + offset; IS_EXPR */
	struct crashd_rule cfa;
	uint32_t cfa_reg;
	struct crashd_rule reg[CRASHD_REGS];
	uint32_t ra; /* the column that holds the return address */
	bool signal; /* a signal trampoline: the caller was interrupted */
};

/*
 * hdr: address of the module's PT_GNU_EH_FRAME segment.  0; -ENOENT: no rules
 * for pc; -EFAULT, -EINVAL, -ENOTSUP: the tables cannot be read.
 */
int crashd_cfi_find(uint64_t hdr, uint64_t pc, struct crashd_row *ret);
/*
 * The caller's registers, its sp the CFA.  0; -ENODATA: the return address is
 * undefined, the outermost frame; -EFAULT: the stack cannot be read.
 */
int crashd_cfi_apply(const struct crashd_row *, const struct crashd_regs *,
	struct crashd_regs *ret);
