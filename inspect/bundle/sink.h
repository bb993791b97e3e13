/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The file that a bundle is written to: mode 0600, complete or not at all, as
 * it is or in frames of zstd with a table, that image/packed.h reads in place.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink_packer;

struct sink {
	const char *path;      /* "-": standard output */
	const char *named;     /* what it is called before; NULL: a pipe */
	const char *temporary; /* the same, once it is so; else NULL */
	int fd;
	uint64_t bytes, written;    /* in; out */
	struct sink_packer *packer; /* NULL: not packed */
};

enum err sink_open(struct sink *, struct arena *, const char *path, bool pack);
enum err sink_write(struct sink *, const void *, size_t);
/* Gives the file its name, in place of what has it now. */
enum err sink_finish(struct sink *);
/* What is not finished is gone. */
void sink_close(struct sink *);
