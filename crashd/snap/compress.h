/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A sparse file into seekable zstd, as `zstd -d` and coredumpctl read it. */

#include "crashd/snap/sink.h"

/* 0 or -errno. */
int compress_file(int from, struct sink *to, int level);
