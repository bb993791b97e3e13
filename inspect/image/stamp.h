/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What a file was like when it was opened. */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct stamp {
	uint64_t size;
	struct timespec changed;
	bool set; /* false: there is no file */
};

struct stamp stamp_of(int fd);
bool stamp_same(const struct stamp *, const struct stamp *);
