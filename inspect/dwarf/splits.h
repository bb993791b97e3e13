/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Which .dwo files a module's debug info is split into. */
#include "inspect/image/image.h"

/* A name that stands changed in the debug info, until splits_restore(). */
struct split_name {
	char *at; /* NULL: it is not changed */
	const char *before;
};

struct split {
	const char *name;   /* DW_AT_dwo_name */
	const char *folder; /* DW_AT_comp_dir, or NULL */
};

/* None where the debug info is whole, or a package (.dwp) has them. */
void splits_list(
	struct image *, struct module *, struct split **ret, size_t *ret_n);
/*
 * libdw looks for an absolute name at that very place.  In an unpacked bundle
 * the file lies where a relative one would: the name becomes one.
 */
void splits_relative(
	const struct image *, const char *name, struct split_name *ret);
void splits_restore(const struct split_name *);
