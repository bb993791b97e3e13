/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Lists in braces, with a type in front or without. */
#include "inspect/lang/evaluator.h"

/* Of a NODE_LIST. */
enum err list_evaluate(
	struct evaluator *, const struct node *, struct value *ret);
