/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * csnap why: if this process crashed now, would there be a core, where, and if
 * not, why not; by the rules of core(5) and fs/coredump.c.
 */
#include "crashd/snap/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct why_reason {
	char text[200];
	char remedy[200]; /* what to do; "" when there is nothing */
};

enum { WHY_REASONS = 12 };

struct why {
	pid_t pid;
	char name[64];
	const char *kind; /* "file", "pipe", "socket", "systemd" */
	char path[4096];  /* file, program or socket */
	size_t nagainst, nnotes;
	struct why_reason against[WHY_REASONS]; /* none: there would be one */
	struct why_reason note[WHY_REASONS];    /* about that core */
};

int why_get(pid_t, struct why *ret, struct problem *);
void why_text(const struct why *, FILE *);
void why_json(const struct why *, FILE *);
