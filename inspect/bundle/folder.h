/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A private folder (mode 0700) in $TMPDIR, /var/tmp or /tmp that is gone when
 * the program is, however it ends.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct folder {
	const char *path;
	int fd;       /* of the folder */
	int leash;    /* its keeper reads the other end */
	pid_t keeper; /* removes it when nobody else does; 0: none */
};

enum err folder_make(struct folder *, struct arena *);
/* A new file of that relative name, its folders made; -1 and errno. */
int folder_create(const struct folder *, const char *name);
/* What may still be written there. */
uint64_t folder_room(const struct folder *);
void folder_remove(struct folder *);
