/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The value that a DIE of a variable, a parameter or a constant stands for. */
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/expr.h"
#include "inspect/dwarf/scope.h"
#include "inspect/dwarf/unit.h"

struct expr_ctx variable_ctx(
	struct units *, const struct scope *, const struct scope_ctx *);
enum err variable_value(struct units *, Dwarf_Die *, const struct scope *,
	const struct scope_ctx *, struct value *ret);
/* It has one place for the whole life of the program or thread. */
bool variable_is_static(Dwarf_Die *);
