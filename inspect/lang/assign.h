/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* $x = 1, $x += 2, $x++: convenience variables alone can be changed. */
#include "inspect/lang/evaluator.h"

/* Of a NODE_ASSIGN or a NODE_STEP. */
enum err assign_evaluate(
	struct evaluator *, const struct node *, struct value *ret);
