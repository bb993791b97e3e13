/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What belongs into a bundle: the files that an open core is read with, each
 * where tools that know a sysroot and a debug directory look for it, and what
 * is missing, with the reason.
 *
 *	manifest.json		what is in it, what is not
 *	record.json		the journal's record, if it was opened from one
 *	root/usr/bin/prog	files of the process, at their paths
 *	debug/.build-id/ab/...	debug info, and files without a path of theirs
 *	sources/...		source files, at the paths in the debug info
 *	core.1234		the core, not packed
 */
#include "inspect/base/arena.h"
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUNDLE_MANIFEST "manifest.json"
#define BUNDLE_RECORD "record.json"
#define BUNDLE_ROOT "root"
#define BUNDLE_DEBUG "debug"
#define BUNDLE_SOURCES "sources"

struct bundle_file {
	const char *name;     /* in the archive */
	const char *role;     /* "executable", "library", "debug", ... */
	const char *path;     /* where it was */
	const char *build_id; /* in hex, or NULL */
	const char *checked;  /* how it is known to be right, or NULL */
	uint64_t size;
	int64_t seconds; /* when it was changed */
	uint32_t nanoseconds;

	/* Where its bytes are: one of the four. */
	const char *from;
	int fd; /* 0: none */
	const void *bytes;
	struct core *core;
};

struct contents {
	struct arena *arena;
	struct bundle_file *file;
	size_t n, cap;
	struct find_gap *gap; /* what is missing */
	size_t ngaps, gaps_cap;
};

/* The files of all modules; debuginfod may be asked for what is not here. */
void contents_add_modules(struct contents *, struct image *);
void contents_add_core(struct contents *, struct core *);
/* Of the path in the debug info; from NULL: it was not found, and why. */
void contents_add_source(
	struct contents *, const char *path, const char *from, const char *why);
void contents_add_text(struct contents *, const char *name, const char *role,
	const char *text);
