/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Starting crashd-report from a process that is dying, and the processes that
 * stand in for it.
 *
 * The protocol.  The handler of thread T of process P fills a struct
 * crashd_record (crashd/note.h) in P's memory and starts
 *
 *     crashd-report --pid=P --tid=T --level=0…4 --fd=1 --record=0xADDR
 *                   --ask=0xADDR [--proc=3]
 *
 * with an empty environment, default signal dispositions, no signal blocked
 * but SIGPIPE and SIGTTOU, and these descriptors: 1 and 2 the report's output
 * (may be non-blocking, a socket, a full pipe: write through crashd_text, with
 * record.fallback as its fallback), 3 an O_PATH descriptor of /proc when
 * --proc=3 is there (openat(3, "P/maps") works after chroot and without a
 * /proc mount), nothing else open.  Its parent is a child of P's that no wait
 * of P's can see, and PR_SET_PTRACER is set for it.
 *
 * The reporter
 *  1. writes CRASHD_STATE_WORKING to record.state (process_vm_writev),
 *  2. ptraces every thread of P except T: T runs the handler, and watches the
 *     reporter; its registers at the signal are record.gregs,
 *     a thread that it may not trace, and that does not wait in a system call
 *     (whose place /proc knows), it asks for by struct crashd_ask,
 *  3. prints the threads, T first; from level CRASHD_ALL on the others.  The
 *     first line, registers, mappings and everything about the core, and the
 *     end line, are the handler's: it prints them before and after,
 *  4. with CRASHD_RECORD_CORE in record.flags writes CRASHD_STATE_CORE, then
 *     record.core_path from the stopped threads (T as record.gregs says), and
 *     sets core_error, core_bytes; this may take longer than the deadline,
 *  5. without CRASHD_RECORD_HOLD detaches from the threads,
 *  6. writes CRASHD_STATE_DONE,
 *  7. with CRASHD_RECORD_HOLD keeps the other threads stopped until T is dead
 *     or record.deadline_ms, so that report and core agree,
 *  8. exits with 0.
 * Any other exit status, or no DONE by deadline_ms (the handler then kills it),
 * makes the handler go to the next tier and say why.
 *
 * Statuses other than 0: 1 cannot (it has said why on its output), 2 usage,
 * 126 and 127 as a shell's: could not be executed, not there.
 */
#include <stdint.h>

#include "crashd/note.h"

struct crashd_crash;

/* crashd_ask.state */
enum {
	CRASHD_ASK_NONE,     /* by the reporter, too: let the thread go */
	CRASHD_ASK_WANTED,   /* by the reporter: the registers of tid */
	CRASHD_ASK_ANSWERED, /* by the handler: and the thread is held */
	CRASHD_ASK_REFUSED,
};

/* In P's memory. */
struct crashd_ask {
	uint32_t state;
	int32_t tid;
	uint64_t gregs[CRASHD_GREGS];
};

/*
 * Runs the reporter on this crash, until it is done or its deadline passes.
 * NULL, or why its report is missing or not whole: words for the report.
 */
const char *crashd_spawn_reporter(struct crashd_crash *);
/*
 * The same for a child that shares our memory and runs run(crash): it may
 * ptrace our threads, as a thread of our own may not.
 */
const char *crashd_spawn_tracer(struct crashd_crash *, int (*run)(void *crash));

/* clone(2) on another stack: run(arg), then exit with what it returns. */
long crashd_clone(
	unsigned long flags, void *stack, int (*run)(void *), void *arg);
