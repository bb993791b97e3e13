/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The mappings of a process, one at a time, read from /proc/PID/maps or
 * /proc/PID/smaps without allocation.
 *
 * smaps adds what the kernel's core dump filter needs (VmFlags, and whether a
 * mapping holds anonymous pages) at the price of a walk of the page tables.
 * The reader is a struct of some 20 KiB: make it static, or put it in mapped
 * memory; an alternate stack is too small for it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A line longer than this loses the end of its name (map.cut is set). */
enum { MAPS_LINE = 16384 };

enum map_perm {
	MAP_PERM_READ = 4,
	MAP_PERM_WRITE = 2,
	MAP_PERM_EXEC = 1,
	MAP_PERM_SHARED = 8, /* the 's' of maps: VM_MAYSHARE */
};

/* The VmFlags of smaps that matter here (Documentation/filesystems/proc). */
enum map_flag {
	MAP_FLAG_SHARED = 1,    /* sh */
	MAP_FLAG_DONTDUMP = 2,  /* dd */
	MAP_FLAG_IO = 4,        /* io */
	MAP_FLAG_HUGETLB = 8,   /* ht */
	MAP_FLAG_DONTFORK = 16, /* dc */
	MAP_FLAG_WIPE = 32,     /* wf: wiped on fork */
	MAP_FLAG_UFFD = 64,     /* um ui uw: userfaultfd */
	MAP_FLAG_PFN = 128,     /* pf: pages without a struct page */
};

struct map {
	uint64_t start, end;
	uint64_t offset; /* in the file */
	uint64_t inode;  /* 0: not a file */
	unsigned major, minor;
	unsigned perms;   /* enum map_perm */
	const char *name; /* "" without; borrowed until the next call */
	bool cut;         /* the name was too long */
	bool detailed;    /* what follows was read (smaps) */
	unsigned flags;   /* enum map_flag */
	uint64_t rss, anonymous, huge, swap; /* bytes; huge: of anonymous */
};

struct maps {
	int fd;
	bool smaps, eof;
	size_t at, n; /* the unread part of buf */
	char name[MAPS_LINE];
	char buf[MAPS_LINE + 4096];
};

/*
 * Opens PID/task/TID/maps (or smaps) in the folder proc, a descriptor of /proc
 * (-1: /proc itself).  The thread's own file also works when the main thread
 * has ended.  0 or -errno.
 */
int crashd_maps_open(struct maps *, int proc, pid_t pid, pid_t tid, bool smaps);
/* Reads from a descriptor, which maps_close will close. */
void crashd_maps_from(struct maps *, int fd, bool smaps);
/* 1 and a mapping, 0 at the end, -errno. */
int crashd_maps_next(struct maps *, struct map *ret);
void crashd_maps_close(struct maps *);
