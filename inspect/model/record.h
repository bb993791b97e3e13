/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The definition of a struct, a union or a class, as ptype prints it. */
#include "inspect/model/decl.h"

/* From behind the name to the brace that ends it. */
void record_print(struct decl *, struct buf *, const struct type *, int show,
	unsigned level, const struct layout *outer);
