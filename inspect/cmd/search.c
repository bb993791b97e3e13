/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * find: bytes in memory.  Reads a chunk at a time; chunks overlap by a pattern
 * less one byte, and a hole is skipped by whole pages.
 */
#include "inspect/cmd/cmd.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FIND_CHUNK = 1 << 20, MAX_PATTERN = 4096 };

struct find {
	uint8_t pattern[MAX_PATTERN];
	size_t n;
	uint64_t start, end;
	uint64_t max, found, last;
	size_t unit; /* 0: by the value's own type */
};

/* One pattern: a string without its NUL, or an integer. */
static enum err add_pattern(struct session *s, struct find *f, const char *text)
{
	struct value_ctx *ctx = session_values(s);
	struct value v;
	int64_t n;

	TRY(session_eval(s, text, &v));
	const struct type *t = type_strip(v.type);
	size_t size = t->size;
	uint8_t bytes[MAX_PATTERN];
	enum absent absent;

	if (t->kind == TYPE_ARRAY && text[0] == '"' && size) {
		size--;
	} else if (type_is_integer(t) && f->unit) {
		TRY(value_int(&v, ctx, &n));
		size = f->unit;
		memcpy(bytes, &n, size);
	}
	if (!size || size > sizeof(f->pattern) - f->n)
		return err_set(ERR_LIMIT,
			"The pattern is too long: %d bytes at most.",
			MAX_PATTERN);
	if (!(type_is_integer(t) && f->unit))
		TRY(value_load(&v, ctx, bytes, t->size, &absent));
	memcpy(f->pattern + f->n, bytes, size);
	f->n += size;
	return OK;
}

static void report(
	struct session *s, struct find *f, uint64_t addr, struct out *o)
{
	const char *symbol = session_symbol(s, addr);

	out_record(o, NULL);
	out_addr(o, ".address", addr);
	out_str(o, ".symbol", symbol);
	out_style(o, STYLE_ADDRESS,
		arena_printf(&s->scratch, "0x%" PRIx64, addr));
	out_text(o, symbol ? " <%s>\n" : "\n", symbol);
	out_record_end(o);
	f->found++;
	f->last = addr;
}

static enum err search(struct session *s, struct find *f, struct out *o)
{
	uint8_t *chunk = arena_alloc(&s->scratch, FIND_CHUNK);
	uint64_t addr = f->start;

	while (addr < f->end && f->found < f->max) {
		size_t want = f->end - addr < FIND_CHUNK
				      ? (size_t)(f->end - addr)
				      : FIND_CHUNK;
		size_t n = mem_read_part(&s->image.mem, addr, chunk, want);

		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		for (const uint8_t *p = chunk;
			n >= f->n && f->found < f->max &&
			(p = memmem(
				 p, n - (size_t)(p - chunk), f->pattern, f->n));
			p++)
			report(s, f, addr + (uint64_t)(p - chunk), o);
		if (n < want) /* a hole: on at the next page */
			addr = (addr + n + 4096) & ~UINT64_C(4095);
		else if (want < FIND_CHUNK)
			break;
		else
			addr += want - f->n + 1;
	}
	return OK;
}

/* At the comma outside of quotes and brackets. */
static const char *split_comma(const char **text, struct arena *arena)
{
	const char *start = *text, *p = start;
	int depth = 0;
	char quote = 0;

	for (; *p; p++) {
		if (quote) {
			if (*p == '\\' && p[1])
				p++;
			else if (*p == quote)
				quote = 0;
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (strchr("([{", *p)) {
			depth++;
		} else if (strchr(")]}", *p)) {
			depth--;
		} else if (*p == ',' && !depth) {
			break;
		}
	}
	const char *part = arena_strndup(arena, start, (size_t)(p - start));
	part += strspn(part, " \t");
	*text = p + (*p == ',');
	return part;
}

static enum err find_everywhere(
	struct session *s, struct find *f, struct out *o)
{
	for (size_t i = 0; i < s->core.nloads && f->found < f->max; i++) {
		f->start = s->core.loads[i].addr;
		f->end = f->start + s->core.loads[i].memsz;
		TRY(search(s, f, o));
	}
	return OK;
}

/* find [/SIZE] [/N] START, END|+LENGTH, VALUE...; find all, VALUE... */
static enum err run_find(struct session *s, struct args *a, struct out *o)
{
	struct find *f = arena_new(&s->scratch, struct find);
	const char *text = a->text;
	const char *first;
	bool all;

	f->max = UINT64_MAX;
	for (const char *l = a->format; *l; l++) {
		if (strchr("bhwg", *l))
			f->unit = *l == 'b'   ? 1
				  : *l == 'h' ? 2
				  : *l == 'w' ? 4
					      : 8;
		else if (isdigit((unsigned char)*l)) {
			char *end;

			f->max = strtoull(l, &end, 10);
			l = end - 1;
		} else {
			return err_set(ERR_USAGE,
				"Invalid letter \"%c\" in find/%s: sizes are b "
				"h w g, a number is how many at most.",
				*l, a->format);
		}
	}
	first = split_comma(&text, &s->scratch);
	if (!*first)
		return err_usage(a);
	all = !strcmp(first, "all");
	if (!all) {
		TRY(session_eval_int(s, first, &f->start));
		const char *end = split_comma(&text, &s->scratch);

		if (!*end)
			return err_usage(a);
		TRY(session_eval_int(s, end + (*end == '+'), &f->end));
		f->end += *end == '+' ? f->start : 1;
	}
	while (*text) {
		const char *part = split_comma(&text, &s->scratch);

		if (*part)
			TRY(add_pattern(s, f, part));
	}
	if (!f->n)
		return err_usage(a);
	out_list(o, "matches");
	TRY(all ? find_everywhere(s, f, o) : search(s, f, o));
	out_list_end(o);
	if (!f->found)
		out_text(o, "Pattern not found.\n");
	else
		out_text(o, "%" PRIu64 " pattern%s found.\n", f->found,
			f->found == 1 ? "" : "s");
	out_unum(o, ".count", f->found);
	struct value last =
		value_of_int(type_new_pointer(type_basic("void"), &s->scratch),
			(int64_t)f->last, &s->scratch);
	if (f->found)
		session_set_convenience(s, "_", &last);
	return OK;
}

const struct cmd cmd_search[] = {
	{
		.name = "find",
		.usage = "[/SIZE N] START, END|+LENGTH, VALUE... | all, "
			 "VALUE...",
		.summary = "Search memory for bytes",
		.help = "A string is searched without its NUL.  SIZE: b h w g. "
			" N: at most\n"
			"so many.  all: the whole core.\n"
			"    find &buf, +sizeof(buf), \"abc\"\n"
			"    find/g all, 0x5581deadbeef",
		.run = run_find,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{ 0 },
};
