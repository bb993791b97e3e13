/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * All that is known of the process: memory, threads, modules.  Made from a
 * core (cinspect) or from a stopped live process (crashd-report).  Everything
 * above this folder looks at a process through a struct image.
 */
#include "inspect/arch/arch.h"
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/image/core.h"
#include "inspect/image/mem.h"
#include "inspect/image/module.h"

#include <stdbool.h>
#include <stddef.h>

struct fetch;

/* A file that is missing in a bundle, and why. */
struct find_gap {
	const char *role; /* "executable", "library", "debug", ... */
	const char *path, *build_id, *why;
};

/* What the user said about where files are; all may be zero. */
struct find_options {
	/* The process's / in an unpacked bundle (inspect/bundle), or NULL.
	 * With it, what is only probably right elsewhere is not used. */
	const char *bundle;
	const struct find_gap *gap; /* of it */
	size_t ngaps;
	const char *sysroot;
	const char **debug_dirs; /* NULL-terminated, before /usr/lib/debug */
	bool force;              /* use files whose build-id differs */
	bool no_debuginfod;
	struct fetch *fetch; /* whom to ask otherwise; NULL: nobody */
	int living;          /* the core is a snapshot of this process, or 0 */
	const char *proc;  /* of a live process: where /proc is; NULL: there */
	const char *cache; /* folder for unpacked debug info; NULL: none */
};

struct image {
	struct arena *arena;
	const struct arch *arch;
	struct mem mem;
	struct core *core; /* NULL: a live process */
	const char *proc;  /* "/proc/PID" of a live one, or NULL */
	const struct core_auxv *auxv;
	size_t nauxv;
	struct mapping *maps; /* of files, sorted: layout.h */
	size_t nmaps;
	struct module **modules; /* sorted by start; the executable is exe */
	size_t nmodules, modules_cap;
	struct module **ordered; /* by image_link_order() */
	size_t nordered;
	struct module *exe; /* NULL: not known */
	struct find_options find;
	int pid;
	char **notes; /* sentences for the first screen: truncated, wrong file…
		       */
	size_t nnotes, notes_cap;
	bool change_told;     /* that files were written to while open */
	const char *unusable; /* a sentence: an ELF file lost bytes; or NULL */
	size_t notes_told;    /* how many of them a user has seen */
	void *passed;         /* owned by inspect/dwarf/passed.c */
};

/*
 * From a core.  exe may be NULL: found from the core.  An exe whose build-id
 * differs is refused (state MODULE_WRONG, a note is kept) unless find.force;
 * the image opens all the same.
 */
enum err image_open_core(struct image *ret, struct arena *, struct core *,
	const char *exe, const struct find_options *);
/*
 * From a live process whose threads are stopped by the caller.  Memory is read
 * through /proc/PID/mem (memfd is its descriptor), modules from /proc/PID/maps
 * and files through /proc/PID/map_files or root, so that deleted and chrooted
 * ones work.
 */
enum err image_open_live(struct image *ret, struct arena *, int pid, int memfd,
	const struct find_options *);
/* Puts memory together anew, after a file was found that was missing. */
void image_remap(struct image *);
void image_close(struct image *);
/* All modules in the order in which the dynamic linker looks names up. */
struct module **image_link_order(struct image *);
/* The value of an auxv entry; false: not there. */
bool image_auxv(const struct image *, uint64_t type, uint64_t *ret);
void image_note(struct image *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
