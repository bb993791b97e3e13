/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libc's tables (Unicode's East Asian Width and combining marks) are asked in
 * a locale of UTF-8, whatever the user's is: what is printed is UTF-8.
 */
#include "inspect/out/width.h"

#include "inspect/out/utf8.h"

#include <locale.h>
#include <wchar.h>

static size_t width_of_code(uint32_t code)
{
	static locale_t utf8;
	static bool tried;

	if (code < 0x300)
		return 1;
	if (!tried) {
		tried = true;
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	}
	if (!utf8)
		return 1;
	locale_t old = uselocale(utf8);
	int width = wcwidth((wchar_t)code);
	uselocale(old);
	return width < 0 ? 1 : (size_t)width;
}

size_t width_after(const char *text, size_t n, size_t column)
{
	for (size_t i = 0; i < n;) {
		uint32_t code;
		size_t len = utf8_length(text + i, n - i, &code);

		if (text[i] == '\033') { /* up to the letter of an SGR */
			while (i < n && text[i] != 'm')
				i++;
			i += i < n;
			continue;
		}
		if (text[i] == '\t')
			column = (column | 7) + 1;
		else
			column += len ? width_of_code(code) : 1;
		i += len ? len : 1;
	}
	return column;
}

size_t width_of(const char *text)
{
	return width_after(text, strlen(text), 0);
}

int width_padding(const char *text, size_t columns)
{
	size_t width = width_of(text);

	return width < columns ? (int)(columns - width) : 0;
}

const char *width_wrapped(const char *text, size_t columns, size_t from,
	size_t indent, struct arena *arena)
{
	struct buf b = { .arena = arena };
	size_t column = from;

	if (!columns || from + width_of(text) <= columns)
		return text;
	while (*text) {
		size_t blanks = strspn(text, " ");
		size_t n = strcspn(text + blanks, " \n");
		size_t end = width_after(text, blanks + n, column);

		if (n && end > columns && column > indent) {
			buf_printf(&b, "\n%*s", (int)indent, "");
			column = indent;
			text += blanks;
			blanks = 0;
		}
		buf_add(&b, text, blanks + n);
		column = width_after(text, blanks + n, column);
		text += blanks + n;
		if (*text == '\n') {
			buf_putc(&b, *text++);
			column = 0;
		}
	}
	return buf_str(&b);
}
