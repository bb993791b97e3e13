/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The core that the kernel will not write, from the stopped threads. */
#include "crashd/report/target.h"

#include <stdint.h>

/*
 * Writes record.core_path: complete, or not at all.  The thread of the record
 * gets the registers it had at the signal.  0 and the size, or -errno.
 */
int corefile_write(struct target *, uint64_t *ret_bytes);
