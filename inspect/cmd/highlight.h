/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Source text in colours: comments, strings, keywords, directives. */
#include "inspect/out/out.h"

#include <stdbool.h>

/* What a line leaves behind for the next one. */
struct highlight {
	bool comment; /* it ended inside of one */
};

/* Writes the line; o NULL: only follows it. */
void highlight_line(struct highlight *, const char *line, struct out *o);
