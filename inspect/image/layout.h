/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The steps from a list of mapped files to an image, the same for a core and
 * for a live process: find the modules, find and verify their files, put the
 * bytes of those files into memory.
 */
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stdint.h>

/* A mapping of a file: a line of NT_FILE, or of /proc/PID/maps. */
struct mapping {
	uint64_t start, end, offset; /* offset in bytes */
	const char *path;            /* without " (deleted)" */
	bool deleted;
	enum { EXEC_UNKNOWN, EXEC_NO, EXEC_YES } exec;
	bool claimed; /* a module's */
};

/* Each module keeps its file open: raises the soft limit to the hard one. */
void layout_allow_files(void);
/* Cuts " (deleted)" off; true if it was there. */
bool layout_clean_path(struct arena *, const char **path);
/*
 * Modules of image->maps, of what looks like ELF in memory, and the vdso; then
 * the executable among them.  exe_path is what the user named, or NULL.
 */
void layout_discover(struct image *, const char *exe_path);
/*
 * Names and handles from the dynamic linker's list; adds what is new.  False:
 * the list cannot be found in memory as it is.
 */
bool layout_link_map(struct image *);
/* DT_SONAME in memory, or NULL. */
const char *layout_soname(struct image *, const struct module *);
/* Linked with -Bsymbolic: its code uses what it defines itself. */
bool layout_is_symbolic(struct image *, const struct module *);
/* Finds the files of all modules that have not been looked for yet. */
void layout_find(struct image *, const char *exe_path);
/* Adds segments for file-backed ranges that nothing else answers for. */
void layout_map_files(struct image *, bool writable);
/* Absent segments that name the file, for ranges of files not to be had. */
void layout_map_missing(struct image *);
/* A new module at the end of image->modules, not sorted in yet. */
struct module *layout_add(struct image *, const char *path);
void layout_sort(struct image *);
