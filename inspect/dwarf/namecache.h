/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A module's table of names, kept in the user's cache folder by build-id. */
#include "inspect/dwarf/nametable.h"

/* The table's arrays come from the cache, block by block; false: there is no
 * such file, or it is not of this debug info, or it is damaged. */
bool namecache_open(struct nametable *);
/* Block i of one of the arrays, which now has it; NULL: it is damaged, and the
 * file is gone. */
void *namecache_block(struct nametable *, void **array, size_t i);
/* Keeps a table that was made; in silence when that cannot be. */
void namecache_write(struct nametable *);
