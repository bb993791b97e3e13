/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* TRACEBACK=LEVEL[,OPTION]..., read into words that install.c acts upon. */
#include <stdbool.h>

#include "crashd/note.h"

enum { CRASHD_PATH_ROOM = 64 }; /* for names that are put behind a folder's */

struct options {
	int level; /* -1: not said */
	bool go_on, journal;
	int report_signal; /* 0: not said */
	char file[CRASHD_PATH_SIZE], dir[CRASHD_PATH_SIZE];
};

/*
 * Reads text (NULL: nothing said) into ret.  false when something in it was
 * not understood: then complaint, of size bytes, says what, in one line
 * without a newline; what was understood stands, an unknown level is the
 * default one.
 */
bool crashd_options_parse(
	const char *text, struct options *ret, char *complaint, int size);

/* Is this a signal that can print a report without ending the program? */
bool crashd_options_can_report(int sig);
