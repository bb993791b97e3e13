/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Pages of mapped files that are gone: somebody made a file shorter while it
 * was open, and whoever looks at such a page gets SIGBUS (mmap(2)).
 */
#include <stddef.h>

/* From now on such a page reads as zeros, and is remembered. */
void gone_watch(void);
/* How many pages so far. */
size_t gone_count(void);
/* How many of the n bytes at p, which have been read, were there: what comes
 * after them are zeros of ours. */
size_t gone_before(const void *p, size_t n);
