/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A core into seekable zstd, as `zstd -d` and coredumpctl read it. */

#include "crashd/snap/drain.h"
#include "crashd/snap/window.h"

/* 0 or -errno. */
int compress_pass(struct window *from, struct drain *to, int level);
