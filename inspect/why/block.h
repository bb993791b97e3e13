/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What the heap says about a fault that other rules have named already. */
#include "inspect/why/rule.h"

/* May put a finding before the others, or add evidence to the first. */
void block_explain(struct rule *);
