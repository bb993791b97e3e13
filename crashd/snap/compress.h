/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A sparse file into zstd, as `zstd -d` and coredumpctl read it. */

/* 0 or -errno; -ECANCELED when *stop was set. */
int compress_file(int from, int to, int level, const volatile int *stop);
