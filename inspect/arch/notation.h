/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* capstone's text of an instruction as objdump and gdb write it. */
#include "inspect/base/arena.h"

#include <capstone/capstone.h>

const char *notation_mnemonic(csh, const cs_insn *, bool att, struct arena *);
const char *notation_operands(const cs_insn *, bool att, struct arena *);
