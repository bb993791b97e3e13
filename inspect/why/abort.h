/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The findings of an abort: assertions, and what glibc noticed. */
#include "inspect/why/rule.h"

void abort_explain(struct rule *);
