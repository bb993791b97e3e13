/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include "inspect/why/rule.h"

/*
 * A general protection fault or a stack fault: the signal comes from the kernel
 * (SI_KERNEL) without an address.
 */
void protection_explain(struct rule *);
