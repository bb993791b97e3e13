/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A process seen through /proc as the source of a core: its mappings chosen
 * as the kernel chooses them, its memory by process_vm_readv, what PRSTATUS
 * and PRPSINFO say of it.  It can be the caller's own process.  Registers come
 * from whoever has them: set `registers`.  No libc, no allocation; the struct
 * is large (some 80 KiB): static or mapped memory.
 */
#include "crashd/safe/elfcore.h"
#include "crashd/safe/maps.h"
#include "crashd/safe/pages.h"

/* Bits of /proc/PID/coredump_filter (core(5)); 128 and 256 are for DAX. */
enum core_filter {
	CORE_ANON_PRIVATE = 1,
	CORE_ANON_SHARED = 2,
	CORE_FILE_PRIVATE = 4,
	CORE_FILE_SHARED = 8,
	CORE_ELF_HEADERS = 16,
	CORE_HUGETLB_PRIVATE = 32,
	CORE_HUGETLB_SHARED = 64,
	CORE_ALL = 0x10000, /* ours: everything readable, DONTDUMP too */
};

enum { PROCESS_RUNS = 128 };

struct page_run {
	uint64_t start, end, categories;
};

struct process {
	struct core_source source; /* first: a core_source is a process */
	int proc;                  /* descriptor of /proc */
	pid_t pid;
	pid_t tid;       /* a thread that lives: its /proc files are read */
	unsigned filter; /* enum core_filter */
	/*
	 * The next thread's registers: fill prstatus.pr_reg, pr_cursig,
	 * pr_info, siginfo and regset[]; 1, 0 at the end, -errno.  *tid =
	 * whose.
	 */
	int (*registers)(struct process *, struct core_thread *ret, pid_t *tid);
	void *context;    /* for registers */
	int mem, pagemap; /* descriptors, -errno when they cannot be opened */
	struct map last;  /* the mapping before, and whether it was written */
	bool last_written;
	char name[16]; /* of the thread that was looked at last */
	/* Pages in use from runs_from up to runs_to, as the kernel told. */
	uint64_t runs_from, runs_to;
	int data;         /* the file of a PROCESS_MEMORY mapping … */
	uint64_t data_of; /* … which starts there */
	size_t nruns;
	struct page_run run[PROCESS_RUNS];
	struct maps maps;
	char text[4096]; /* of /proc files */
};

/*
 * Opens what it reads from and fills source.  proc: a descriptor of /proc, -1:
 * open it by name.  filter < 0: the process' own.  0 or -errno.
 */
int crashd_process_open(
	struct process *, int proc, pid_t pid, pid_t tid, int filter);
void crashd_process_close(struct process *);

/* Fills ids, times and masks of a thread's PRSTATUS from /proc.  0, -errno. */
int crashd_process_thread(
	struct process *, pid_t tid, struct elf_prstatus *ret);

/* core_map.tag */
enum {
	PROCESS_ANONYMOUS = 1,  /* only pages in use need to be read */
	PROCESS_MEMORY = 4,     /* a file in memory: only its data */
	PROCESS_UNREADABLE = 2, /* [vvar]: a hole, of its full size */
};

/* What /proc/PID/maps does not say of a mapping. */
struct map_facts {
	bool unlinked;   /* shared: no name is left of the file (i_nlink 0) */
	bool executable; /* the file has an x bit */
	bool elf;        /* starts with \177ELF */
	bool written;    /* has had private copies of pages (anon_vma) */
	bool memory;     /* shared: a file in memory, which may have holes */
};
void crashd_process_facts(
	struct process *, const struct map *, struct map_facts *ret);
/* How many bytes the kernel's vma_dump_size (fs/coredump.c) would dump. */
uint64_t crashd_map_dump(
	const struct map *, const struct map_facts *, unsigned filter);
/*
 * The file behind a mapping, by /proc/PID/map_files, which needs privilege: a
 * descriptor, or -errno.
 */
int crashd_process_file(
	struct process *, uint64_t start, uint64_t end, int flags);
/* [vdso] and kin: always in a core. */
bool crashd_map_special(const struct map *);

/* A mapping with its details, as the core will have it. */
void crashd_process_choose(
	struct process *, const struct map *, struct core_map *ret);

/* The members of core_source, for a source that adds to them. */
int crashd_process_next_thread(struct core_source *, struct core_thread *ret);
int crashd_process_next_map(struct core_source *, struct core_map *ret);
long crashd_process_read(
	struct core_source *, uint64_t addr, void *buf, size_t n);
