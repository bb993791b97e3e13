/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists as arrays, records as structures; a list that broke off says why in
 * its last place. */
#include "inspect/model/shown.h"

#include "inspect/base/limits.h"
#include "inspect/model/print.h"

static void new_line(const struct print_ctx *p, unsigned depth, struct buf *b)
{
	if (p->options->pretty)
		buf_printf(b, "\n%*s", (int)(2 * depth), "");
}

static void print_items(const struct shown *s, const struct print_ctx *p,
	unsigned depth, struct buf *b)
{
	bool lines = s->kind == SHOWN_RECORD || p->options->pretty;

	buf_putc(b, '{');
	for (size_t i = 0; i < s->n; i++) {
		if (i)
			buf_puts(b, lines && p->options->pretty ? "," : ", ");
		new_line(p, depth + 1, b);
		if (s->item[i].label)
			buf_printf(b, "%s = ", s->item[i].label);
		shown_print(&s->item[i], p, depth + 1, b);
	}
	if (s->more)
		buf_puts(b, "...");
	else if (s->why)
		buf_printf(b, "%s<%s>", s->n ? ", " : "", s->why);
	if (s->n)
		new_line(p, depth, b);
	buf_putc(b, '}');
}

void shown_print(const struct shown *s, const struct print_ctx *p,
	unsigned depth, struct buf *b)
{
	switch (s->kind) {
	case SHOWN_NOT:
		buf_printf(b, "<%s>", s->why);
		break;
	case SHOWN_VALUE:
		print_value_at(&s->value, p, depth, b);
		break;
	case SHOWN_LIST:
	case SHOWN_RECORD:
		if (depth >= p->options->max_depth || depth >= MAX_PRINT_DEPTH)
			buf_puts(b, "{...}");
		else
			print_items(s, p, depth, b);
	}
}
