/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Whose malloc a process uses. */
#include "inspect/image/image.h"

/* A sentence that names the allocator; NULL: nothing but glibc's was seen. */
const char *allocator_other(struct image *, struct arena *);
