/* SPDX-License-Identifier: Apache-2.0 */
/* What does not fit is cut: the call that takes the path says so then. */
#include "crashd/safe/word.h"

char *crashd_word_put(char *at, char *end, const char *s)
{
	while (*s && at < end)
		*at++ = *s++;
	*at = 0;
	return at;
}

char *crashd_word_number(char *at, char *end, uint64_t value, unsigned base)
{
	char digits[24];
	char *first = digits + sizeof digits - 1;

	*first = 0;
	do
		*--first = "0123456789abcdef"[value % base];
	while (value /= base);
	return crashd_word_put(at, end, first);
}
