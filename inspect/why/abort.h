/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The findings of an abort: assertions, and what glibc noticed. */
#include "inspect/why/rule.h"

void abort_explain(struct rule *);
/* SIGTRAP of an instruction: how GLib ends a program, and others. */
void abort_trap(struct rule *);
/* -fstack-protector's check has failed, whatever signal libc ends with (musl
 * takes SIGSEGV): adds that finding and says true. */
bool abort_smashed(struct rule *);
