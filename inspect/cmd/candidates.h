/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What could stand where the cursor is. */
#include "inspect/cmd/session.h"

struct candidates {
	const char **word; /* in the scratch arena; each begins with the text */
	size_t n, cap;
	size_t common; /* bytes that all of them begin with, also of those
			  that there was no room for */
	bool files;    /* file names: readline knows them better */
	bool open;     /* no blank after the word */
};

/* before: the line up to the word; text: the word so far. */
void candidates_find(struct session *, const char *before, const char *text,
	struct candidates *ret);
/* Is the word that follows the name of a file?  It then ends at blanks alone.
 */
bool candidates_are_paths(struct session *, const char *before);
