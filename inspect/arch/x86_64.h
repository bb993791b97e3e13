/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* x86-64 Linux: the one row that arch.c finds. */
#include "inspect/arch/arch.h"

extern const struct arch arch_x86_64;
