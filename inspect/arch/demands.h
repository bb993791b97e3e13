/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What an instruction demands of who executes it, and of its operand. */
#include "inspect/arch/disasm.h"

#include <capstone/capstone.h>

enum insn_privilege demands_privilege(csh, const cs_insn *);
/* 1: any address will do. */
unsigned demands_alignment(csh, const cs_insn *, const cs_x86_op *);
/* Does it access the stack without naming it? */
bool demands_stack(const cs_insn *);
