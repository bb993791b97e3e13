/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The lists of what was freed: thread caches, fastbins and bins. */
#include "inspect/heap/heap.h"

/* Marks the chunks that they hold; what is wrong with them are errors. */
enum err lists_find(struct heap *);
