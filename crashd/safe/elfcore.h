/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * An ELF core, laid out as the kernel lays it out (fs/binfmt_elf.c,
 * fs/coredump.c), written without libc and without allocation.
 *
 * Who is being dumped is behind struct core_source: threads, mappings, bytes.
 * crashd/safe/process.h has one for any process that can be seen through
 * /proc, the caller's own included.  The writer works in memory that the
 * caller maps for it, and it keeps the first error: after that each call does
 * nothing, so a caller checks once, at the end.
 *
 *	struct elfcore core;
 *
 *	crashd_elfcore_init(&core, scratch, scratch_size);
 *	crashd_elfcore_maps(&core, source);          the mappings, first
 *	crashd_elfcore_notes(&core, source);         the kernel's notes
 *	crashd_elfcore_note(&core, "crashd", type, desc, size);   ours
 *	crashd_elfcore_write(&core, source, fd);     headers, notes, memory
 *	error = core.error;
 *
 * csnap copies memory with several threads: it calls _headers and _trailer
 * itself and puts the bytes where seg[i].at says.
 *
 * Scratch: 64 bytes a mapping, the names of files, and some 4 KiB a thread
 * (12 with AMX).  Untouched scratch costs nothing when mapped with
 * MAP_NORESERVE: ask for plenty, and mark it MADV_DONTDUMP in one's own core.
 */
#include "crashd/safe/xstate.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/procfs.h>
#include <sys/types.h>

enum {
	CORE_PAGE = 4096,   /* p_align, as ELF_EXEC_PAGESIZE of the kernel */
	CORE_REGSETS = 6,   /* register sets of a thread besides PRSTATUS */
	CORE_SIGINFO = 128, /* sizeof(siginfo_t) */
	CORE_AUXV = 1024,
};

/* A note in the making; the bytes are borrowed until the call returns. */
struct core_regset {
	const char *owner; /* "CORE" or "LINUX" */
	uint32_t type;     /* NT_PRFPREG, NT_X86_XSTATE, … */
	size_t size;       /* 0: not there */
	const void *data;
};

struct core_thread {
	/* With everything in it: registers, times, signal masks, ids. */
	struct elf_prstatus prstatus;
	bool has_siginfo;
	unsigned char siginfo[CORE_SIGINFO];
	struct core_regset regset[CORE_REGSETS]; /* in the order of the file */
	size_t nregsets;
};

struct core_map {
	uint64_t start, end;
	uint64_t dump;    /* how many bytes from start go into the file */
	uint64_t offset;  /* bytes, in the mapped file */
	uint32_t flags;   /* PF_R | PF_W | PF_X */
	const char *file; /* for NT_FILE; NULL: not a file.  Borrowed */
	uint32_t tag;     /* the source's own, kept in core_segment */
};

/* What is known of the process as a whole; notes with size 0 are left out. */
struct core_process {
	struct elf_prpsinfo prpsinfo;
	size_t auxv_size;
	unsigned char auxv[CORE_AUXV];
};

struct core_segment {
	uint64_t start, end;
	uint64_t dump;   /* p_filesz */
	uint64_t at;     /* p_offset; set by _headers and _write */
	uint64_t offset; /* in the mapped file, bytes */
	uint64_t name;   /* of the mapped file, from the base; 0: none */
	uint32_t flags, tag;
};

struct core_source {
	/* 1 and a thread, 0 at the end, -errno.  The first is NOTE 1's. */
	int (*next_thread)(struct core_source *, struct core_thread *ret);
	/* 1 and a mapping, in order of address; 0 at the end, -errno. */
	int (*next_map)(struct core_source *, struct core_map *ret);
	/*
	 * How many bytes were read, up to the first that cannot be: 0 says
	 * that the page at addr cannot be read.  -errno: nothing can any more.
	 */
	long (*read)(struct core_source *, uint64_t addr, void *buf, size_t n);
	/*
	 * May be NULL.  The next run of pages of the segment, at or after addr
	 * and within what is dumped, that may hold something other than zeros:
	 * 1 and *start, *stop, or 0 when all that is left is zeros.  What is
	 * not in a run becomes a hole, unread.
	 */
	int (*next_run)(struct core_source *, const struct core_segment *,
		uint64_t addr, uint64_t *start, uint64_t *stop);
	struct core_process process;
};

struct elfcore {
	int error;  /* the first, -errno; 0: none yet */
	char *base; /* the scratch */
	size_t size, low,
		high; /* tables grow up from 0, names down from size */
	struct core_segment *seg;
	size_t nseg;
	char *note;
	size_t note_size;
	size_t nthreads;
	struct xstate xstate;
	uint64_t end; /* of the data; late notes and a trailer come after it */
	/*
	 * Set before _layout: bytes of notes that are known only when all
	 * memory has been written.  They have a PT_NOTE of their own, the last
	 * header, and room for them is left at `end`.
	 */
	size_t late;
	/* of the writing */
	uint64_t lost;   /* pages that could not be read */
	uint64_t stored; /* bytes written that were not zeros */
	size_t nbuf;
	int fd;
	bool pipe;
	uint64_t pos;
	char buf[CORE_PAGE];
};

void crashd_elfcore_init(struct elfcore *, void *scratch, size_t size);
/* Drains next_map. */
void crashd_elfcore_maps(struct elfcore *, struct core_source *);
/* Drains next_thread.  After _maps: NT_FILE is among the notes. */
void crashd_elfcore_notes(struct elfcore *, struct core_source *);
/* Adds a note after those; returns where its desc is in scratch, or NULL. */
void *crashd_elfcore_note(struct elfcore *, const char *owner, uint32_t type,
	const void *desc, size_t size);

/* Where each segment goes; after it no note can be added. */
void crashd_elfcore_layout(struct elfcore *);
/* ELF header, program headers, notes, padding, at the start of fd. */
void crashd_elfcore_headers(struct elfcore *, int fd);
/* One segment's memory: holes for zeros, a hole for an unreadable page. */
void crashd_elfcore_memory(
	struct elfcore *, struct core_source *, const struct core_segment *);
/* The section header that counts the segments beyond 65534; sets the size. */
void crashd_elfcore_trailer(struct elfcore *);
/* All of these, in one go.  A file that can be sought gets holes, a pipe 0s. */
void crashd_elfcore_write(struct elfcore *, struct core_source *, int fd);
