/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What is behind a file descriptor of the process, in words. */
#include "crashd/report/target.h"
#include "inspect/base/arena.h"
#include "inspect/base/buf.h"

/* "fd 5 (socket 127.0.0.1:80 -> 10.0.0.7:41000)"; "fd 5" of one that is
 * closed. */
const char *descriptor_text(const struct target *, int fd, struct arena *);
/* The descriptors that an epoll instance watches, at most max of them; how
 * many there are. */
size_t descriptor_watched(const struct target *, int fd, int *ret, size_t max);
