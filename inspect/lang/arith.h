/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* C's operators on values: conversions, arithmetic, pointers, comparisons. */
#include "inspect/model/value.h"

/* - + ! ~ */
enum err arith_unary(const char *op, const struct value *, struct value_ctx *,
	struct value *);
/* + - * / % << >> & | ^ == != < > <= >= */
enum err arith_binary(const char *op, const struct value *,
	const struct value *, struct value_ctx *, struct value *);
/* Arrays and functions become pointers; anything else stays. */
enum err arith_decay(
	const struct value *, struct value_ctx *, struct value *ret);
