/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Files that somebody writes to while they are open. */
#include "inspect/image/image.h"

/*
 * A sentence about a file that is not as it was opened, or NULL; each change
 * is told once.  What a shorter core has not got any more is truncated from
 * then on.
 */
const char *changed_find(struct image *);
