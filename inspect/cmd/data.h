/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The options in front of an expression: -pretty, -elements 5, /x. */
#include "inspect/cmd/cmd.h"

struct print_args {
	struct print_options options;
	bool children;
	bool why;
	bool each;        /* the text is a walk: view/clause.h */
	const char *text; /* the expression */
};

enum err data_print_args(
	struct session *, struct args *, struct print_args *ret);
