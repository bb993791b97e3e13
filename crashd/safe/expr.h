/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* DWARF expressions, as far as call frame information uses them. */
#include "crashd/safe/context.h"

/*
 * Evaluates the size bytes at addr; *initial is pushed first, if not NULL.
 * 0; -EFAULT: memory, a register or an operator that is not to be had;
 * -EINVAL: it does not end.
 */
int crashd_expr_evaluate(uint64_t addr, uint32_t size,
	const struct crashd_regs *, const uint64_t *initial, uint64_t *ret);
