/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* C++ names as debuggers and demanglers write them. */
#include "inspect/base/arena.h"

/* "pair<const A, B>" as "pair<A const, B>"; what it does not understand, and
 * what is written so already, as it is. */
const char *canonical_name(const char *name, struct arena *);
