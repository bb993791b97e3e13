/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A string is first read as a list of units: a character that can be shown, or
 * a byte that is not text in UTF-8 (UTF-16 and UTF-32 for wide ones).  Equal
 * units in a row make a run; a long run is counted instead of shown, which
 * splits the string into parts with commas between them.
 */
#include "inspect/model/quote.h"

#include "inspect/out/utf8.h"

#include <string.h>

enum unit_kind { UNIT_TEXT, UNIT_RAW, UNIT_INCOMPLETE };

struct unit {
	enum unit_kind kind;
	uint32_t code;
	size_t size; /* in the string, in characters of its width */
};

static uint32_t char_at(const struct quote *q, size_t i)
{
	uint32_t c = 0;

	memcpy(&c, q->bytes + i * q->width, q->width);
	return c;
}

/* The string ends inside of a character: all that is there fits one. */
static bool cut_short(const uint8_t *s, size_t n)
{
	size_t want = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

	if (s[0] < 0xc2 || s[0] > 0xf4 || n >= want)
		return false;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return false;
	return true;
}

static struct unit unit_at(const struct quote *q, size_t i)
{
	struct unit u = { .kind = UNIT_TEXT, .code = char_at(q, i), .size = 1 };
	const uint8_t *s = q->bytes + i;

	if (q->width != 1) {
		bool high = u.code >= 0xd800 && u.code < 0xdc00;
		uint32_t low = q->width == 2 && high && i + 1 < q->n
				       ? char_at(q, i + 1)
				       : 0;

		if (low >= 0xdc00 && low < 0xe000) {
			u.code = 0x10000 + ((u.code - 0xd800) << 10) +
				 (low - 0xdc00);
			u.size = 2;
		} else if (u.code > 0x10ffff ||
			   (u.code >= 0xd800 && u.code < 0xe000)) {
			u.kind = UNIT_RAW;
		}
		return u;
	}
	size_t size = utf8_length((const char *)s, q->n - i, &u.code);
	if (size) {
		u.size = size;
	} else {
		u.code = s[0];
		u.kind = cut_short(s, q->n - i) ? UNIT_INCOMPLETE : UNIT_RAW;
		if (u.kind == UNIT_INCOMPLETE)
			u.size = q->n - i;
	}
	return u;
}

static bool same_unit(const struct unit *a, const struct unit *b)
{
	return a->kind == b->kind && a->code == b->code && a->size == b->size;
}

/* Numbers for what has no sign: octal for bytes, as GDB has them. */
static void put_raw(uint32_t code, unsigned width, struct buf *b)
{
	char utf8[4];

	if (width != 1) {
		buf_printf(b, code <= 0777 ? "\\%03o" : "\\x%x", code);
		return;
	}
	size_t n = utf8_put(code, utf8);
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "\\%03o", (unsigned char)utf8[i]);
}

static void put_unit(
	const struct unit *u, unsigned width, char quote, struct buf *b)
{
	static const char letters[] = "abtnvfr"; /* \a is 7 and so on */
	uint32_t c = u->code;
	char utf8[4];

	if (u->kind != UNIT_TEXT) {
		if (width == 1)
			buf_printf(b, "\\%03o", c);
		else
			put_raw(c, width, b);
		return;
	}
	if (c >= 7 && c <= 13) {
		buf_printf(b, "\\%c", letters[c - 7]);
		return;
	}
	if (!utf8_printable(c)) {
		put_raw(c, width, b);
		return;
	}
	if (c == (uint32_t)quote || c == '\\')
		buf_putc(b, '\\');
	buf_add(b, utf8, utf8_put(c, utf8));
}

struct writer {
	struct buf *b;
	bool started, open; /* anything written; inside double quotes */
};

/* Ends the quoted part, or puts the comma, before a part of another sort. */
static void next_part(struct writer *w, bool quoted)
{
	if (w->open && !quoted) {
		buf_putc(w->b, '"');
		w->open = false;
	} else if (w->open) {
		return;
	}
	if (w->started)
		buf_puts(w->b, ", ");
	if (quoted)
		buf_putc(w->b, '"');
	w->open = quoted;
	w->started = true;
}

static void put_run(struct writer *w, const struct quote *q,
	const struct unit *u, size_t times, size_t at)
{
	if (u->kind == UNIT_INCOMPLETE) {
		next_part(w, false);
		buf_puts(w->b, "<incomplete sequence ");
		for (size_t i = 0; i < u->size; i++)
			buf_printf(w->b, "\\%03o", q->bytes[at + i]);
		buf_putc(w->b, '>');
	} else if (q->repeats && times > q->repeats) {
		next_part(w, false);
		buf_putc(w->b, '\'');
		put_unit(u, q->width, '\'', w->b);
		buf_printf(w->b, "' <repeats %zu times>", times);
	} else {
		next_part(w, true);
		for (size_t i = 0; i < times; i++)
			put_unit(u, q->width, '"', w->b);
	}
}

void quote_string(const struct quote *string, struct buf *b)
{
	struct writer w = { .b = b };
	struct quote q = *string;
	size_t i = 0, shown = 0;

	if (q.prefix)
		buf_putc(b, q.prefix);
	if (q.n && !q.more && !char_at(&q, q.n - 1)) {
		if (q.tail)
			q.tail--;
		else
			q.n--;
	}
	while (i < q.n && (!q.limit || shown < q.limit)) {
		struct unit u = unit_at(&q, i), next;
		size_t times = 1, end = i + u.size;

		/* A run is shown whole, even beyond the limit, as GDB does. */
		while (u.kind != UNIT_INCOMPLETE && end < q.n &&
			(next = unit_at(&q, end), same_unit(&u, &next))) {
			times++;
			end += u.size;
		}
		if (end == q.n)
			times += q.tail;
		put_run(&w, &q, &u, times, i);
		shown += times;
		i = end;
	}
	if (w.open)
		buf_putc(b, '"');
	if (!w.started)
		buf_puts(b, "\"\"");
	if (q.more || i < q.n)
		buf_puts(b, "...");
}

void quote_char(uint32_t code, unsigned width, char prefix, struct buf *b)
{
	uint8_t bytes[4];
	struct quote q = { .bytes = bytes, .n = 1, .width = width };

	memcpy(bytes, &code, sizeof(bytes));
	struct unit u = unit_at(&q, 0);
	if (u.kind == UNIT_INCOMPLETE)
		u.kind = UNIT_RAW;
	if (prefix)
		buf_putc(b, prefix);
	buf_putc(b, '\'');
	put_unit(&u, width, '\'', b);
	buf_putc(b, '\'');
}

void quote_encode(uint32_t code, unsigned width, struct buf *b)
{
	char utf8[4];

	if (width == 1) {
		buf_add(b, utf8, utf8_put(code, utf8));
	} else if (width == 2 && code > 0xffff) { /* surrogates: RFC 2781 */
		uint16_t pair[2] = {
			(uint16_t)(0xd800 + ((code - 0x10000) >> 10)),
			(uint16_t)(0xdc00 + ((code - 0x10000) & 0x3ff)),
		};
		buf_add(b, (const char *)pair, sizeof(pair));
	} else {
		buf_add(b, (const char *)&code, width);
	}
}
