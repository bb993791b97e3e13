/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing
 * beyond U+10FFFF.  File names and strings of a dead process are any bytes.
 */
#include "inspect/out/utf8.h"

#include <locale.h>
#include <wctype.h>

static bool follows(const unsigned char *s, size_t n, size_t i)
{
	return i < n && (s[i] & 0xc0) == 0x80;
}

size_t utf8_length(const char *text, size_t n, uint32_t *ret_code)
{
	const unsigned char *s = (const unsigned char *)text;
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0 },
		{ 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};

	for (size_t len = 1; len <= 4 && n; len++) {
		if ((s[0] & forms[len - 1].mask) != forms[len - 1].lead)
			continue;
		uint32_t code = s[0] & (uint8_t)~forms[len - 1].mask;

		for (size_t i = 1; i < len; i++) {
			if (!follows(s, n, i))
				return 0;
			code = code << 6 | (s[i] & 0x3f);
		}
		if (code < forms[len - 1].least || code > 0x10ffff ||
			(code >= 0xd800 && code < 0xe000))
			return 0;
		*ret_code = code;
		return len;
	}
	return 0;
}

size_t utf8_put(uint32_t code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* Whether a character is assigned and visible: libc's tables know. */
static bool is_character(uint32_t code)
{
	static locale_t utf8;
	static bool tried;

	if (!tried) {
		tried = true;
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	}
	return !utf8 || iswprint_l((wint_t)code, utf8);
}

bool utf8_printable(uint32_t code)
{
	if (code >= 0x20 && code < 0x7f)
		return true;
	if (code < 0xa0)
		return false;
	/* Line and paragraph separators, directions, joiners, private use:
	 * a terminal would not show them, or be led astray by them.  From
	 * plane 4 on there are no characters. */
	if ((code >= 0x200b && code <= 0x200f) ||
		(code >= 0x2028 && code <= 0x202e) ||
		(code >= 0x2060 && code <= 0x206f) || code == 0xfeff)
		return false;
	return !(code >= 0xe000 && code <= 0xf8ff) && code < 0x40000 &&
	       is_character(code);
}

const char *utf8_escaped(const char *s, struct arena *arena)
{
	struct buf b = { .arena = arena };
	size_t n = strlen(s);
	uint32_t code;
	size_t i = 0, len;

	while (i < n && (len = utf8_length(s + i, n - i, &code)))
		i += len;
	if (i == n)
		return s;
	for (i = 0; i < n; i += len) {
		len = utf8_length(s + i, n - i, &code);
		if (len) {
			buf_add(&b, s + i, len);
			continue;
		}
		buf_printf(&b, "\\%03o", (unsigned char)s[i]);
		len = 1;
	}
	return buf_str(&b);
}

static bool obeyed(unsigned char c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

const char *utf8_defused(const char *s, struct arena *arena)
{
	struct buf b = { .arena = arena };
	const char *at = s;

	while (*at && !obeyed((unsigned char)*at))
		at++;
	if (!*at)
		return s;
	for (at = s; *at; at++)
		if (obeyed((unsigned char)*at))
			buf_printf(&b, "\\%03o", (unsigned char)*at);
		else
			buf_putc(&b, *at);
	return buf_str(&b);
}
