/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The findings of a segmentation fault. */
#include "inspect/why/rule.h"

void segv_explain(struct rule *);
/* The pc is where no code is: adds that finding and says true. */
bool segv_bad_call(struct rule *);
