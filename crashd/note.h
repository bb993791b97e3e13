/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What libcrashd leaves in memory for others to find: cinspect in a core,
 * crashd-report in the dying process.  Data only; offsets are frozen by the
 * assertions; every struct says its size, so that a reader can tell an older
 * writer's (shorter) from a newer one's (longer: ignore the rest).
 *
 * How to find it: libcrashd.so, or the program that libcrashd.a is linked
 * into, has an ELF note (section .note.crashd, in a PT_NOTE segment) with
 * name "crashd" and type CRASHD_NOTE_ROOT.  Its descriptor is one int64_t:
 * the distance from the descriptor's own address to a struct crashd_root.  No
 * symbol, no relocation: it works for stripped, static and unlinked files.
 *
 * Addresses are those of the process, as uint64_t; 0 is absent.
 */
#include <stddef.h>
#include <stdint.h>

enum {
	CRASHD_NOTE_ROOT = 1,
	CRASHD_NOTE_VERSION = 1,
	CRASHD_KEY_SIZE = 56,
	CRASHD_VALUE_SIZE = 448,
	CRASHD_ANNOTATIONS = 128,
	CRASHD_PATH_SIZE = 512,
	CRASHD_GREGS = 27,
	CRASHD_EVENT_TEXT = 40,
	CRASHD_RING_EVENTS = 64,
	CRASHD_RINGS = 1024,
	CRASHD_NAMES = 16384,
};

#define CRASHD_ROOT_MAGIC "crashd.root.v1\r"
#define CRASHD_RECORD_MAGIC "crashd.last.v1\r"

/*
 * One key=value.  sequence is even and not 0 when key and value are whole, odd
 * while they are being written, 0 when the slot is free.  Strings end with NUL.
 */
struct crashd_annotation {
	uint32_t sequence;
	uint32_t reserved;
	char key[CRASHD_KEY_SIZE];
	char value[CRASHD_VALUE_SIZE];
};

/* Where everything starts.  In .data of libcrashd. */
struct crashd_root {
	char magic[16]; /* CRASHD_ROOT_MAGIC once installed */
	uint32_t size, version;
	uint64_t annotations;      /* struct crashd_annotation[count] */
	uint32_t annotation_count; /* slots, not all of them used */
	uint32_t annotation_size;
	uint64_t record; /* struct crashd_record of the last report, or 0 */
	uint64_t events; /* struct crashd_rings, or 0 */
	int32_t pid;     /* that installed; a forked child keeps it */
	int32_t level;   /* enum crashd_level */
};

/*
 * The flight recorder: a ring of events for each thread.  An event with
 * sequence 0 is absent, or was being written; else it is the ring's
 * sequence-th.  A ring with tid 0 was never used; with owner 0 its thread has
 * ended.  Times are of CLOCK_MONOTONIC; real_offset_ns more is CLOCK_REALTIME.
 */
struct crashd_event {
	uint64_t sequence;
	int64_t time_ns;
	uint64_t value;
	char text[CRASHD_EVENT_TEXT]; /* ends with NUL */
};

struct crashd_ring {
	uint64_t owner; /* the thread's pointer (fs base), or 0 */
	int32_t tid;
	uint32_t reserved0;
	uint64_t next; /* sequence of the last event begun */
	uint64_t reserved[5];
	struct crashd_event event[CRASHD_RING_EVENTS];
};

struct crashd_rings {
	uint32_t count, ring_size, event_count, event_size;
	uint64_t first; /* struct crashd_ring[count] */
	int64_t real_offset_ns;
	uint64_t dropped; /* events for which there was no ring */
	uint64_t reserved[2];
};

/* crashd_record.flags */
enum {
	CRASHD_RECORD_CONTINUE = 1 << 0, /* the process will live on */
	CRASHD_RECORD_HOLD = 1 << 1,    /* keep the others stopped after DONE */
	CRASHD_RECORD_CORE = 1 << 2,    /* write core_path */
	CRASHD_RECORD_JOURNAL = 1 << 3, /* send a record to the journal too */
	CRASHD_RECORD_API = 1 << 4,     /* crashd_traceback: no signal */
	CRASHD_RECORD_BAD_INFO = 1 << 5, /* siginfo, gregs: not trustworthy */
	CRASHD_RECORD_STORED = 1 << 6,   /* systemd-coredump may get a core */
};

/* crashd_record.state; only ever grows. */
enum {
	CRASHD_STATE_STARTED = 1, /* by the handler */
	CRASHD_STATE_WORKING = 2, /* by the reporter: I run */
	CRASHD_STATE_CORE = 3,    /* the threads are printed; now the core */
	CRASHD_STATE_DONE = 4,    /* all is printed, written */
};

/*
 * The report being made, or the last one.  Written by the handler before it
 * starts a reporter; the fields of the last group by the reporter.
 */
struct crashd_record {
	char magic[16]; /* CRASHD_RECORD_MAGIC */
	uint32_t size, version;
	int32_t pid, tid;     /* of the thread that got the signal */
	int32_t signo, level; /* signo 0: crashd_traceback */
	uint32_t flags;       /* CRASHD_RECORD_… */
	uint32_t reserved0;
	int64_t deadline_ms;  /* CLOCK_MONOTONIC: DONE must be set by then */
	int64_t time_ms;      /* CLOCK_REALTIME of the signal */
	uint64_t ucontext;    /* of the handler; 0 with CRASHD_RECORD_API */
	uint64_t fault_addr;  /* cr2, if the fault has one */
	uint8_t siginfo[128]; /* siginfo_t as the kernel gave it */
	/* Registers at the signal, in the order of struct user_regs_struct. */
	uint64_t gregs[CRASHD_GREGS];
	uint64_t root;                   /* struct crashd_root */
	char fallback[CRASHD_PATH_SIZE]; /* crashd_text.fallback, or "" */
	/* With CRASHD_RECORD_CORE ours; else the kernel's, or "". */
	char core_path[CRASHD_PATH_SIZE];

	uint32_t state;       /* CRASHD_STATE_… */
	int32_t core_error;   /* -errno; 0 when written */
	uint64_t core_bytes;  /* size of the core written, 0: none */
	uint32_t threads;     /* found */
	uint32_t unreachable; /* of them without a traceback */
	/*
	 * struct crashd_thread_name[name_count], with room for CRASHD_NAMES:
	 * the kernel's core has no name of a thread but the main one.  Written
	 * by whoever lists the threads.
	 */
	uint64_t names;
	uint32_t name_count, name_size;
	int64_t signal_ns; /* CLOCK_MONOTONIC of the signal */
	uint64_t repeats;  /* mask of signals that are for reports alone */
};

_Static_assert(sizeof(struct crashd_annotation) == 512, "frozen");
_Static_assert(sizeof(struct crashd_event) == 64, "frozen");
_Static_assert(sizeof(struct crashd_ring) == 64 + 64 * 64, "frozen");
_Static_assert(sizeof(struct crashd_rings) == 56, "frozen");
_Static_assert(sizeof(struct crashd_root) == 64, "frozen");
_Static_assert(offsetof(struct crashd_root, annotations) == 24, "frozen");
_Static_assert(offsetof(struct crashd_root, record) == 40, "frozen");
_Static_assert(offsetof(struct crashd_record, deadline_ms) == 48, "frozen");
_Static_assert(offsetof(struct crashd_record, siginfo) == 80, "frozen");
_Static_assert(offsetof(struct crashd_record, gregs) == 208, "frozen");
_Static_assert(offsetof(struct crashd_record, fallback) == 432, "frozen");
_Static_assert(offsetof(struct crashd_record, state) == 1456, "frozen");
_Static_assert(sizeof(struct crashd_record) == 1512, "frozen");

/*
 * Notes that csnap adds to a core, owner "crashd", after the kernel's.  A
 * debugger that does not know them passes over them.
 */
enum {
	CRASHD_NOTE_SNAPSHOT = 0x10001, /* struct crashd_snapshot */
	CRASHD_NOTE_THREADS = 0x10002,  /* struct crashd_thread_name[] */
	CRASHD_NOTE_LOST = 0x10003,     /* struct crashd_lost[]; 0: unused */
	CRASHD_NOTE_TORN = 0x10004, /* the same, of what is not of the moment */
	CRASHD_NOTE_PARTIAL = 0x10005,   /* struct crashd_partial[] */
	CRASHD_NOTE_FILES = 0x10006,     /* text: see below */
	CRASHD_NOTE_LIMITS = 0x10007,    /* text of /proc/PID/limits */
	CRASHD_NOTE_CGROUP = 0x10008,    /* text of /proc/PID/cgroup */
	CRASHD_NOTE_STATUS = 0x10009,    /* text of /proc/PID/status */
	CRASHD_NOTE_BUILD_IDS = 0x1000a, /* struct crashd_build_id[] */
};

/*
 * FILES: the open descriptors, a line each: number, flags as open(2) has them
 * (octal), offset, and what it is (a path, socket:[inode], …), with a tab
 * between them.  Backslashes and control characters in the last are \\ooo.
 * FILES, LIMITS, CGROUP and STATUS are of the moment just before the stop.
 */

enum {
	CRASHD_SNAPSHOT_DIRECT = 1, /* copied while all threads were stopped */
	CRASHD_SNAPSHOT_FORK = 2,   /* copied from a copy-on-write child */
};

enum {
	CRASHD_SNAPSHOT_CONSISTENT = 1 << 0, /* memory and registers agree */
	CRASHD_SNAPSHOT_EVERYTHING = 1
				     << 1, /* with what the filter leaves out */
	/* some threads could not be stopped: see CRASHD_NOTE_PARTIAL */
	CRASHD_SNAPSHOT_PARTIAL = 1 << 2,
	/* another process shares the memory (vfork, CLONE_VM) and went on */
	CRASHD_SNAPSHOT_RELATIVES = 1 << 3,
};

/* How the core was taken. */
struct crashd_snapshot {
	uint32_t size, version;
	int32_t pid;    /* as csnap saw it */
	uint32_t mode;  /* CRASHD_SNAPSHOT_DIRECT … */
	uint32_t flags; /* CRASHD_SNAPSHOT_CONSISTENT … */
	uint32_t threads;
	int64_t time_ns;   /* CLOCK_REALTIME when all threads had stopped */
	uint64_t pause_ns; /* from the first interruption to the last resumption
			    */
	uint64_t filter;   /* coredump_filter in force */
	uint64_t lost;     /* pages that could not be read */
};

/* The kernel's notes have no name of a thread but the main one. */
struct crashd_thread_name {
	int32_t tid; /* as in PRSTATUS */
	char name[20];
};

/*
 * LOST: pages in the core that are zero because they could not be read.  TORN:
 * shared memory that was copied while the process, and whoever shares it, went
 * on writing.
 */
struct crashd_lost {
	uint64_t start, end;
};

/*
 * A thread that could not be stopped: it waits in the kernel, and could not run
 * a step of its own.  Of its registers only those are known that a system call
 * tells: pc, sp, the call's number and arguments; the others are 0.
 */
struct crashd_partial {
	int32_t tid;    /* as in PRSTATUS */
	int32_t number; /* of the system call; -1: none */
	char where[32]; /* the kernel's function (wchan), or "" */
};

/* The build id of the ELF file that is mapped from start on. */
struct crashd_build_id {
	uint64_t start;
	uint32_t size; /* of the id, in bytes */
	uint8_t id[36];
};

_Static_assert(sizeof(struct crashd_partial) == 40, "frozen");
_Static_assert(sizeof(struct crashd_build_id) == 48, "frozen");
_Static_assert(sizeof(struct crashd_snapshot) == 56, "frozen");
_Static_assert(offsetof(struct crashd_snapshot, time_ns) == 24, "frozen");
_Static_assert(sizeof(struct crashd_thread_name) == 24, "frozen");
_Static_assert(sizeof(struct crashd_lost) == 16, "frozen");
