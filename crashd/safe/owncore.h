/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The core that we write ourselves, where the kernel will write none. */
#include <stdint.h>

#include "crashd/note.h"
#include "crashd/safe/stop.h"

struct crashd_crash;

/*
 * Writes rec->core_path, whole or not at all: memory and mappings of rec->pid,
 * which may be the caller's own process, first the thread rec->tid with the
 * registers of the record, then those that stop holds stopped (NULL: none).
 * proc: a descriptor of /proc, or -1.  0 and the size, or -errno.  Not
 * reentrant.
 */
int crashd_owncore_write(const struct crashd_record *rec,
	const struct stop *stop, int proc, uint64_t *size);

/* By what preflight said: whether we write one, and where. */
void crashd_owncore_plan(struct crashd_crash *);
/* Notes for the journal's record what will come of the kernel's core. */
void crashd_owncore_foretell(struct crashd_crash *);
/* Says where the core is or will be, or why there is none, and what to type. */
void crashd_owncore_report(struct crashd_crash *);
