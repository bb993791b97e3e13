/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What /proc says of the threads, read before they are stopped.  It costs more
 * than all their registers, and of a thread that sleeps in a system call it is
 * as true in the pause as a moment before.
 */
#include "crashd/safe/process.h"
#include "crashd/safe/stop.h"

struct known_thread {
	pid_t tid;
	struct elf_prstatus
		prstatus; /* ids and times; pr_sighold is not used */
	char name[16];
};

struct known {
	struct known_thread *thread; /* in the order of the table of stop */
	size_t n, next;
};

/* All threads that are seized, and run.  Without memory nothing is known. */
void known_read(struct known *, struct process *, const struct stop *);
/*
 * In the pause, with pr_reg filled.  Fills the rest of ret, and p->name, as
 * crashd_process_thread does; false: it is to be read anew.
 */
bool known_fill(struct known *, struct process *, const struct stop_thread *,
	struct elf_prstatus *ret);
void known_close(struct known *);
