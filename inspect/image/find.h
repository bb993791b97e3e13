/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Which file on this machine is a module's, and where its debug info is.
 * Places are tried in a fixed order; the build-id decides.
 */
#include "inspect/image/image.h"

/*
 * Finds, verifies and opens the module's file; sets state, why, file, found.
 * given is the user's word for it (the only place to look then), or NULL.
 */
void find_file(struct image *, struct module *, const char *given);
/* The separate debug file: sets separate_file, debug_file or debug_why. */
void find_debug_file(struct image *, struct module *);
/* The dwz file that dwarf refers to, if libdw would not find it itself. */
void find_alt_file(struct image *, struct module *);
/* Whether there are debuginfod servers to ask. */
bool find_can_fetch(const struct image *);
/* The module's file from a server; true: it is verified and in use now. */
bool find_fetched_file(struct image *, struct module *);
/* Where a source file of the module is that a server had, or NULL. */
const char *find_source(
	struct image *, const struct module *, const char *source);
