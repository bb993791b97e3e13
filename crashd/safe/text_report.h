/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The raw text report: one function per section, and the table that says in
 * which order they run.  The order is the order of trust: what can fail least
 * comes first, and a section that crashes does not take the next with it.
 */
#include "crashd/safe/handler.h"

struct crashd_section {
	const char *name;
	int level; /* from which level on */
	void (*run)(struct crashd_crash *);
};

/* Ends with a section without a name. */
extern const struct crashd_section crashd_sections[]
	__attribute__((visibility("hidden")));
/*
 * For a program that gave itself a seccomp filter: each system call may be the
 * last.  What needs none but those of any program comes first, and is all there
 * is below level all.
 */
extern const struct crashd_section crashd_jail_sections[]
	__attribute__((visibility("hidden")));

/* "[section NAME failed: SIGSEGV at 0x…]" */
void crashd_report_failed(
	struct crashd_crash *, const char *section, const siginfo_t *);
