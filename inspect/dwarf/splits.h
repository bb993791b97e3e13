/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Which .dwo files a module's debug info is split into. */
#include "inspect/image/image.h"

struct split {
	const char *name;   /* DW_AT_dwo_name */
	const char *folder; /* DW_AT_comp_dir, or NULL */
};

/* None where the debug info is whole, or a package (.dwp) has them. */
void splits_list(
	struct image *, struct module *, struct split **ret, size_t *ret_n);
