/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A crash's id: the same for the same fault in the same place of a program,
 * whatever addresses, lines and library versions are, and whoever looks:
 * crashd-report, cinspect, or a record that has no more than the text of a
 * stack.  docs/journal.md says what goes into it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CRASH_ID_SIZE = 17,   /* 16 hex digits and NUL */
	CRASH_ID_WINDOW = 64, /* innermost frames that are looked at: what
				 systemd-coredump writes of a thread */
};

/* A machine frame, not an inlined call. */
struct id_frame {
	const char *function; /* mangled; NULL: stripped */
	const char *module;   /* path or name; NULL: code of no module */
	bool lost;            /* the caller of such code: counts if no other
				 does, for elfutils' unwinder does not see it */
	uint64_t offset;      /* pc minus the module's first address */
};

/* The frames of the thread that got the signal, innermost first.  True: it is
 * the same whatever the frames further out are. */
bool crash_id(int signo, const struct id_frame *frames, size_t n,
	char out[CRASH_ID_SIZE]);

/*
 * From the text of systemd-coredump's stack traces, as in MESSAGE of its
 * records: the first thread's.  The lines may be indented.  MESSAGE does not
 * tell the signal; it is in COREDUMP_SIGNAL.  False: there is no such trace, or
 * it does not tell where the crash was (after a call to nowhere
 * systemd-coredump's unwinder may find no callers).
 */
bool crash_id_of_stack(int signo, const char *message, char out[CRASH_ID_SIZE]);

/* The same of what `coredumpctl info` prints, which has a line "Signal: 11
 * (SEGV)" before; false also without one. */
bool crash_id_of_text(const char *message, char out[CRASH_ID_SIZE]);
