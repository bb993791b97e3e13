/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The macros that the selected frame's file knows. */
#include "inspect/cmd/session.h"
#include "inspect/lang/macro.h"

/* eval_env.macro, when the unit of the frame has macros. */
void macros_use(struct session *, const struct frame *, struct eval_env *);
