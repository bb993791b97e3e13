/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The operands of an expression, and how parse.c parses what is inside them. */
#include "inspect/lang/parser.h"

/* An operand with all that is appended to it: a.b[2]->c. */
enum err primary_parse(struct parser *, struct node **ret);
/* "(type)", "(a, b)"; the first is a NODE_TYPE. */
enum err primary_parentheses(struct parser *, struct node **ret);
/* Expressions with commas between them, up to a bracket: owner's NODE_ARGs. */
enum err primary_list(struct parser *, struct node *owner, const char *close);
