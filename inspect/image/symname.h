/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Whether a table of symbols is worth making for one name. */
#include "inspect/image/module.h"

#include <stdbool.h>

/* Certainly no symbol of that name is in the module's .symtab, and nothing
 * else would be looked at; false: nobody knows yet, or it was asked so often
 * that a table is worth it. */
bool symname_is_missing(struct module *, const char *name);
