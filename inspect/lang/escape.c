/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Octal escapes have at most three digits, hexadecimal ones any number. */
#include "inspect/lang/escape.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* The text comes from a terminal or a script and was not checked: what is not
 * UTF-8 stands for its byte. */
static uint32_t decode(const char **s)
{
	const unsigned char *u = (const unsigned char *)*s;
	size_t n = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : u[0] >= 0xc0 ? 2 : 1;
	uint32_t code = n > 1 ? u[0] & (0x7fu >> n) : u[0];

	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80) {
			++*s;
			return u[0];
		}
		code = code << 6 | (u[i] & 0x3f);
	}
	*s += n;
	return code;
}

static uint32_t digits(const char **s, unsigned base, unsigned most)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < most && isxdigit((unsigned char)**s); i++) {
		unsigned char c = (unsigned char)**s;
		unsigned d = isdigit(c) ? c - 0u - '0' : tolower(c) + 10u - 'a';

		if (d >= base)
			break;
		n = n * base + d;
		++*s;
	}
	return n;
}

bool escape_next(const char **s, bool bytes, uint32_t *ret, bool *named)
{
	static const char letters[] = "abfnrtve\\'\"?";
	static const char meant[] = "\a\b\f\n\r\t\v\033\\'\"?";
	const char *at;
	char c = **s;

	*named = false;
	if (!c)
		return false;
	if (c != '\\') {
		*ret = bytes ? (unsigned char)*(*s)++ : decode(s);
		return true;
	}
	c = *++*s;
	if (c >= '0' && c <= '7') {
		*ret = digits(s, 8, 3);
		return !bytes || *ret <= 0xff;
	}
	if (c == 'x' && isxdigit((unsigned char)(*s)[1])) {
		++*s;
		*ret = digits(s, 16, 8);
		return !bytes || *ret <= 0xff;
	}
	if (c == 'u' || c == 'U') { /* C11, 6.4.3: exactly so many digits */
		unsigned most = c == 'u' ? 4 : 8;
		const char *first = ++*s;

		*ret = digits(s, 16, most);
		*named = true;
		return *s == first + most && *ret <= 0x10ffff;
	}
	at = c ? strchr(letters, c) : NULL;
	if (!at)
		return false;
	*ret = (unsigned char)meant[at - letters];
	++*s;
	return true;
}
