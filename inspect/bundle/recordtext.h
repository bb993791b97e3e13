/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A record of the journal as text, and back: an object of its fields, as
 * "journalctl -o json" prints it. */
#include "inspect/journal/record.h"

/* In the arena. */
const char *recordtext_write(struct arena *, const struct record *);
/* NULL: it is none. */
struct record *recordtext_read(struct arena *, const char *text, size_t n);
