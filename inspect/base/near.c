/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Levenshtein's distance, bounded by the length of short words. */
#include "inspect/base/near.h"

#include <stddef.h>
#include <string.h>

unsigned near_distance(const char *a, const char *b)
{
	enum { MAX = 32 };
	unsigned row[MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > MAX || lb > MAX)
		return MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned up = row[j];
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = up;
			row[j] = best;
		}
	}
	return row[lb];
}

unsigned near_limit(const char *typed)
{
	return strlen(typed) > 3 ? 3 : 2;
}
