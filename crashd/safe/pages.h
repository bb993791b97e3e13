/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Which pages of a mapping are there to be read, as the kernel's own dump would
 * find them, without making any that are not.
 */
#include "crashd/safe/elfcore.h"
#include "crashd/safe/maps.h"

struct process;

/*
 * Has a private mapping pages of its own?  Asked of the page map, for one whose
 * details are older: 1, 0, or -errno when this kernel cannot tell (PAGEMAP_SCAN
 * is of Linux 6.7).
 */
int crashd_process_written(struct process *, const struct map *);
/* core_source.next_run. */
int crashd_process_next_run(struct core_source *, const struct core_segment *,
	uint64_t addr, uint64_t *start, uint64_t *stop);
