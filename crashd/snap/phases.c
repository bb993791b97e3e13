/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One clock reading ends a part and begins the next, so that none is missed. */
#include "crashd/snap/phases.h"

#include <time.h>

int64_t phases_now(void)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

void phases_end(int64_t *phase, int64_t *at)
{
	int64_t now = phases_now();

	*phase += now - *at;
	*at = now;
}
