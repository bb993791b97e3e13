/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where a report goes, and a lock so that two of them do not interleave. */
#include <stdbool.h>

#include "crashd/note.h"

struct crashd_output {
	int fd;         /* to write to; -1: there is only the fallback */
	int opened;     /* fd was opened by us: close it; else -1 */
	int lock;       /* the description that is locked, or -1 */
	int file_error; /* why option file was not used, -errno */
	char fallback[CRASHD_PATH_SIZE]; /* a file for what fd does not take */
};

/*
 * file: append there, "" for none; dir: folder of the fallback, "" for /tmp.
 * fd: used when there is no file; 2 is looked at with suspicion.
 */
void crashd_output_open(
	struct crashd_output *, const char *file, const char *dir, int fd);
/* Waits for other reports to the same place, at most 2 s. */
void crashd_output_lock(struct crashd_output *);
void crashd_output_close(struct crashd_output *);
