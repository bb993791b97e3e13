/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The folder where what was made of large files is kept for the next time:
 * $XDG_CACHE_HOME/cinspect.  Files are written aside and renamed, so that
 * nobody sees half of one; they may go at any time, and nobody has to know. A
 * folder that cannot be written is no error.
 */
#include "inspect/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes the folder; false: it cannot be, or it is not ours alone. */
bool cache_ready(const char *folder);
/* A file of ours that nobody else can write, for reading; -1: none. */
int cache_open(const char *path);
/* It was good: it goes later than those that were not used. */
void cache_used(int fd);
/* A new file with room for size bytes, once room was made by removing what was
 * not used for the longest time; -1: there cannot be one. */
int cache_create(const char *folder, uint64_t size, struct arena *,
	char **ret_temporary);
/* Gives it its name; false, and it is gone: that cannot be. */
bool cache_commit(const char *temporary, const char *path);
/* Adds bytes to a sum: n is a multiple of 8.  One wrong word is always seen. */
void cache_sum(const void *bytes, uint64_t n, uint64_t sum[4]);
