/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What csnap says of a snapshot: lines for people, one object for programs. */
#include "crashd/snap/snapshot.h"

#include <stdio.h>

/* The last line is gcore's; quiet: that line alone. */
void result_text(const struct snapshot *, bool quiet, FILE *);
void result_json(const struct snapshot *, FILE *);
void result_json_failed(pid_t, const struct problem *, FILE *);
/* s as a JSON string; bytes that are not UTF-8 become U+FFFD. */
void result_json_string(const char *s, FILE *);
