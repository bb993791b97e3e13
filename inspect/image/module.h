/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The executable, its libraries and the vdso: where each one lies in inferior
 * memory, which file is right for it (by build-id), and that file's ELF and
 * DWARF handles.  A file whose build-id differs is named and not used.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct Elf;
struct Dwarf;
struct Dwarf_CFI_s;
struct ehcfi;
struct image;
struct symtab;
struct dwarf_index;
struct elf_file;
struct phdrs;

struct build_id {
	uint8_t bytes[MAX_BUILD_ID];
	size_t n; /* 0: none, or not known */
};

enum module_state {
	MODULE_OK,         /* the file's build-id is the core's */
	MODULE_UNVERIFIED, /* the core does not tell; the file is used */
	MODULE_FORCED,     /* --force: differs, and is used */
	MODULE_WRONG,      /* a file was found, and it differs: not used */
	MODULE_MISSING,    /* no file */
	MODULE_IN_CORE,    /* read from the core itself: vdso, deleted files */
};

struct more_handles {
	struct more_handles *next;
	struct Elf *elf;
	struct Dwarf *dwarf;
};

struct module {
	const char *path;    /* as the kernel named it; "[vdso]" */
	const char *linked;  /* as the dynamic linker named it, or NULL */
	uint64_t start, end; /* of all its mappings */
	uint64_t bias;       /* run-time minus link-time address */
	bool is_exe, is_vdso;
	bool deleted;   /* the file was gone from path already then */
	bool has_range; /* start, end, bias are known */
	enum module_state state;
	const char *why;  /* WRONG, MISSING: a sentence with both build-ids */
	const char *file; /* the file that is used, or NULL */
	struct build_id wanted;      /* from the core's memory */
	struct build_id found;       /* from the file */
	const struct phdrs *headers; /* from memory, else from the file */

	/*
	 * The ELF handle: of the file, else (MODULE_IN_CORE, and what the core
	 * has whole of the others) made of memory.  NULL: neither.
	 */
	struct Elf *elf;
	bool elf_is_memory; /* file offsets are addresses minus start */
	struct elf_file *main_file, *separate_file; /* owners of the handles */
	struct Elf *former_elf; /* of memory, before the file came */
	bool tried_fetch;       /* debuginfod was asked for the file */

	/* Opened on first use by the functions below. */
	const char *given_debug; /* the user named it as the executable */
	const char *debug_file;  /* separate debug file in use, or NULL */
	const char *debug_why;   /* why there is no debug info */
	struct Elf *debug_elf;
	struct Dwarf *dwarf;
	struct Dwarf *alt; /* of the dwz file */
	struct elf_file *alt_file;
	const char *alt_missing;    /* where the dwz file would be, or NULL */
	struct build_id alt_wanted; /* of that */
	/* A package of split debug info: set by inspect/dwarf/dwp.c. */
	struct elf_file *package, *package_main;
	struct Dwarf *package_dwarf;
	int names_fd;              /* of inspect/dwarf/namecache.c; 0: none */
	struct more_handles *more; /* of inspect/dwarf, closed with the rest */
	struct Dwarf_CFI_s *eh_cfi, *debug_cfi;
	struct ehcfi *eh_view; /* what eh_cfi stands on, or NULL */
	bool tried_dwarf, tried_eh_cfi, tried_debug_cfi;
	struct symtab *symtab;
	unsigned names_sought;     /* without it, by symname.c */
	struct Elf *mini_elf;      /* .gnu_debugdata, unpacked; symbols only */
	struct dwarf_index *index; /* owned by inspect/dwarf */
	void *scopes;              /* owned by inspect/dwarf/scope.c */
	void *cfi_rows;            /* owned by inspect/dwarf/cfi.c */
	void *tailcalls;           /* owned by inspect/dwarf/tailcall.c */
	uint64_t tls_modid;        /* 0: not known */
	uint64_t link_map;         /* address of its struct link_map, or 0 */
	/* Its place among those where names are looked up, from 1; 0: not
	 * known, or in a namespace of dlmopen(3). */
	unsigned link_order;
};

/* "8d3f…" in hex; "none" when n is 0. */
const char *build_id_hex(const struct build_id *, struct arena *);
bool build_id_equal(const struct build_id *, const struct build_id *);

/* The module that has pc inside its mappings, or NULL. */
struct module *module_at(const struct image *, uint64_t addr);
/* What to call it: a user knows /lib/libc.so.6 from ldd, and gdb says so too,
 * when the kernel mapped /usr/lib/libc-2.36.so. */
const char *module_name(const struct module *);
/* The section of the module's file that has addr (".text"); NULL: none. */
const char *module_section(const struct module *, uint64_t addr);
/* By path or name, or by its last component with or without ".so…"; NULL: none.
 */
struct module *module_find(const struct image *, const char *name);
/*
 * The module's DWARF, opened on first use (build-id path, debuglink, --debug-
 * dir, alt file); NULL: none, and module->debug_why says why.  Addresses in
 * it are link-time ones: add bias.
 */
struct Dwarf *module_dwarf(struct image *, struct module *);
/* Whether it has DWARF on this machine: no server is asked for it. */
bool module_has_dwarf(struct image *, struct module *);
/* CFI of .eh_frame and .debug_frame; NULL: none. */
struct Dwarf_CFI_s *module_eh_cfi(struct image *, struct module *);
struct Dwarf_CFI_s *module_debug_cfi(struct image *, struct module *);
/* A note like "[wrong file: build-id …]" for a frame's line, or NULL. */
const char *module_mark(const struct module *);
/* Ends all handles; the module itself is the arena's. */
void module_close(struct module *);
