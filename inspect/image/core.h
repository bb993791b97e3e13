/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An ELF core file, read by ourselves: libdwfl's own reader gives the bytes of
 * a neighbour for what was not dumped.  Plain or compressed (.zst .xz .lz4 .gz
 * .bz2, recognised by content): .zst with a table of its frames is read in
 * place, the others are unpacked whole into an unlinked file.
 */
#include "inspect/arch/arch.h"
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/image/mem.h"
#include "inspect/image/stamp.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crashd_build_id;
struct packed;
struct unpack_watch;

struct core_thread {
	int id;  /* 1.. in the order of the notes, as gdb numbers them */
	int lwp; /* kernel's thread id */
	struct regs regs;
	const struct arch_fpnotes *fp; /* core_vregs() reads them; or NULL */
	int cursig;
	uint64_t sigpend, sighold;
	uint64_t utime_us, stime_us;
	const siginfo_t *siginfo; /* NULL: no note of its own */
	const char *name;         /* from our note, or NULL */
};

/* One line of NT_FILE: a file-backed mapping. */
struct core_file {
	uint64_t start, end, offset; /* offset in bytes */
	const char *path;
};

/* One PT_LOAD. */
struct core_load {
	uint64_t addr, memsz, filesz, offset;
	unsigned flags; /* PF_R | PF_W | PF_X */
};

struct core_auxv {
	uint64_t type, value;
};

struct core_annotation {
	const char *key, *value;
};

struct core_lost {
	uint64_t start, end;
};

/* Texts that csnap took from /proc: crashd/note.h. */
enum core_text {
	CORE_FILES,
	CORE_LIMITS,
	CORE_CGROUP,
	CORE_STATUS,
	CORE_TEXTS,
};

struct core {
	const char *path;
	const struct arch *arch;
	const uint8_t *data;     /* the whole file, unpacked if it was packed;
				    NULL when it is read in place */
	struct packed *packed;   /* that is read in place, or NULL */
	uint64_t size;           /* unpacked */
	uint64_t mapped;         /* bytes of data that are to be unmapped */
	int fd;                  /* of data, for its holes; 0: none */
	struct stamp stamp;      /* of that */
	const char *compression; /* "zstd", or NULL */
	const char *cut;  /* where unpacking stopped too early, or NULL */
	uint64_t missing; /* bytes that the headers promise and the file
			     does not have: the core is truncated */
	bool no_notes;

	struct core_thread *threads; /* the one that got the signal first */
	size_t nthreads;
	size_t n32; /* of them: in 32-bit code, their registers are not read */
	struct core_load *loads;
	size_t nloads;
	struct core_file *files;
	size_t nfiles;
	struct core_auxv *auxv;
	size_t nauxv;
	const siginfo_t *siginfo; /* of the process, or NULL */
	int pid, ppid, uid, gid;
	const char *fname;  /* NT_PRPSINFO: 15 bytes of the command's name */
	const char *psargs; /* 79 bytes of the command line */
	int signal;         /* 0: a snapshot */

	/* From crashd's own notes and pages; n may be 0. */
	const char *snapshot; /* how csnap took it, one sentence, or NULL */
	struct core_annotation *annotations;
	size_t nannotations;
	struct core_lost *lost; /* pages that csnap could not read */
	size_t nlost;
	const char *text[CORE_TEXTS];      /* NULL: no such note */
	const struct crashd_build_id *ids; /* of files, by csnap */
	size_t nids;
	const int *partial; /* threads that csnap could not stop, by lwp */
	size_t npartial;
};

/*
 * Opens and indexes.  ERR_BADDATA with a sentence that names the file for what
 * is not a core (and says what it is), or a core of a machine that is not
 * built in.  A truncated core opens: see missing.  The watch (NULL: none) is
 * told how far unpacking is, and can end it: ERR_INTERRUPTED.
 */
enum err core_open(struct core *ret, struct arena *, const char *path,
	const struct unpack_watch *);
/* The same of a core in an archive, which is closed with it, also on failure;
 * path is the archive's. */
enum err core_open_within(
	struct core *ret, struct arena *, const char *path, struct packed *);
/* The same of bytes that the caller keeps: tests. */
enum err core_open_bytes(
	struct core *ret, struct arena *, const void *bytes, size_t n);
void core_close(struct core *);
/* Gives back the pages that were read so far; they are read again on demand.
 * A process with thousands of stacks does not have to hold all of them. */
void core_forget(const struct core *);
/* The thread's vector and x87 registers; NULL: the core has no note of them. */
const struct vregs *core_vregs(
	const struct core *, const struct core_thread *, struct arena *);
/* The value of an auxv entry; 0 and false if it is not there. */
bool core_auxv(const struct core *, uint64_t type, uint64_t *ret);
/*
 * Adds a segment per PT_LOAD, and absent ones for what was not dumped.  In
 * three steps for who has bytes of files to put between them.
 */
void core_map(const struct core *, struct mem *);
void core_map_left_out(const struct core *, struct mem *);
void core_map_cut_off(const struct core *, struct mem *);
void core_map_bytes(const struct core *, struct mem *);
/* ET_CORE, ET_EXEC, ET_DYN..., or -1: not ELF; -2: a packed file. */
int core_elf_type(const char *path);
