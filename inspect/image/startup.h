/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the kernel put at the top of the first stack when the program started:
 * its arguments and its environment, as the memory there is now.
 */
#include "inspect/base/arena.h"
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stddef.h>

struct strings {
	const char **v;
	size_t n, cap;
	bool cut; /* some could not be read, or there are too many */
};

struct startup {
	struct strings args, env;
};

/* false: that part of the stack is not there. */
bool startup_read(struct image *, struct arena *, struct startup *ret);
/* The environment as libc has it now (environ); false: it cannot be found. */
bool startup_environ(struct image *, struct arena *, struct strings *ret);
