/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Another process, stopped, as the source of a core: crashd/safe/process.h
 * with registers from ptrace.  What takes time (the details of mappings, which
 * cost a walk of the page tables) is read beforehand, while it still runs.
 */
#include "crashd/note.h"
#include "crashd/safe/process.h"
#include "crashd/safe/regsets.h"
#include "crashd/safe/stop.h"
#include "crashd/snap/about.h"
#include "crashd/snap/known.h"
#include "crashd/snap/target.h"

/* core_map.tag, besides those of crashd/safe/process.h */
enum remote_tag {
	REMOTE_SHARED = 1 << 8,   /* a child shares it: it goes on changing */
	REMOTE_UNFORKED = 1 << 9, /* a child does not get it, or gets zeros */
	REMOTE_HUGE = 1 << 10,    /* a child may lose it, when pages run out */
	REMOTE_EARLY = 1 << 11,   /* copied in the pause */
};

struct remote {
	struct process process; /* first: a core_source is a remote */
	struct stop *stop;
	size_t at; /* in stop->thread: whose registers come next */
	struct known known;
	struct about about;
	struct crashd_partial *partial; /* of threads that are stuck */
	size_t npartial;
	struct crashd_thread_name *names; /* in the order of the notes */
	size_t nnames;
	struct map *before; /* details, as they were when it still ran */
	size_t nbefore, hint;
	const struct stop_thread *held_thread; /* see remote_hold; NULL */
	struct core_thread held;
	char held_sets[REGSETS_SIZE], held_name[16];
	bool details;      /* are being read now: before[] was no use */
	uint64_t in_use;   /* bytes that will have to be copied, an estimate */
	uint64_t huge;     /* of these, in huge pages, at most */
	uint64_t apart;    /* of these, what a child cannot be asked for */
	uint64_t unforked; /* of these, what it has not got */
	uint64_t hugetlb;  /* private pages of hugetlbfs, at most */
	bool userfault;    /* pages that come from userfaultfd */
	bool program32;    /* its words have 32 bits: narrow.h */
	size_t n64;        /* of such a program: threads in 64-bit code */
	char sets[REGSETS_SIZE]; /* of one thread */
};

/* everything: also what the filter and MADV_DONTDUMP leave out.  0, -errno. */
int remote_open(
	struct remote *, const struct target *, struct stop *, bool everything);
/* Is what was read then of the program that runs now? */
bool remote_is_current(const struct remote *);
/* Is it certainly another one?  What may not be read says nothing. */
bool remote_is_other(const struct remote *);
/* All threads are seized, and run. */
void remote_seized(struct remote *);
/*
 * All is stopped: mappings are read as they are now.  Without details those of
 * before are used; when they no longer fit, next_map says -EAGAIN: call this
 * again, with details.  -ESTALE: it has executed another program since
 * remote_open, and nothing that was read then holds.
 */
int remote_stopped(struct remote *, bool details);
/*
 * Reads a thread's registers now; next_thread gives these when its turn comes,
 * though it is used for something else by then.  0 or -errno.
 */
int remote_hold(struct remote *, struct stop_thread *);
void remote_close(struct remote *);
