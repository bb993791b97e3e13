/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * printf and echo.  A conversion is given to C's printf once its argument is
 * known to fit it; as in C, %d and %x are of an int unless a length says more.
 */
#include "inspect/base/cleanup.h"
#include "inspect/base/limits.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/line.h"
#include "inspect/out/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char unescape(const char **text)
{
	static const char from[] = "abefnrtv", to[] = "\a\b\033\f\n\r\t\v";
	const char *s = *text;
	const char *at = *s ? strchr(from, *s) : NULL;

	if (*s >= '0' && *s <= '7') {
		int v = 0;

		for (int i = 0; i < 3 && *s >= '0' && *s <= '7'; i++)
			v = v * 8 + *s++ - '0';
		*text = s;
		return (char)v;
	}
	*text = s + (*s != 0);
	return at ? to[at - from] : *s;
}

static enum err run_echo(struct session *s, struct args *a, struct out *o)
{
	struct buf b = { .arena = &s->scratch };

	for (const char *t = a->text; *t;) {
		if (*t != '\\') {
			buf_putc(&b, *t++);
			continue;
		}
		t++;
		if (*t)
			buf_putc(&b, unescape(&t));
	}
	out_str(o, "text", buf_str(&b));
	return OK;
}

/* The arguments of printf. */
static const char *next_argument(const char **text, struct arena *arena)
{
	const char *start = *text + strspn(*text, " \t,");
	size_t n = line_comma(start);

	*text = start + n;
	return n ? arena_strndup(arena, start, n) : NULL;
}

struct conversion {
	char spec[48];     /* "%-5", without lengths */
	bool is_long;      /* l, ll, j, z, t */
	unsigned short_by; /* bits that h and hh cut off an int */
	char letter;
};

/* Reads what follows '%'; returns the character behind it. */
static enum err conversion_read(
	const char **text, const char *end, struct conversion *ret)
{
	const char *t = *text;
	size_t n = 1 + strspn(t + 1, "-+ #0123456789.");
	size_t len = strspn(t + n, "hljztL");
	char letter = t + n + len < end ? t[n + len] : 0;

	if (letter == '*')
		return err_set(ERR_SYNTAX,
			"`*' not supported for precision or width in printf.");
	if (n >= sizeof(ret->spec) || !letter ||
		!strchr("diouxXcspeEfgGV", letter))
		return err_set(ERR_SYNTAX,
			"Unrecognized format specifier \"%.*s\" in printf.",
			(int)(end - t < 16 ? end - t : 16), t);
	snprintf(ret->spec, sizeof(ret->spec), "%.*s", (int)n, t);
	ret->is_long = memchr(t + n, 'l', len) || memchr(t + n, 'j', len) ||
		       memchr(t + n, 'z', len) || memchr(t + n, 't', len);
	ret->short_by = !memchr(t + n, 'h', len) ? 0 : len > 1 ? 24 : 16;
	ret->letter = letter == 'i' ? 'd' : letter;
	*text = t + n + len + 1;
	return OK;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_text(
	struct buf *b, const struct conversion *c, const char *text)
{
	_cleanup_(free) char *padded = NULL;
	char fmt[64];

	snprintf(fmt, sizeof(fmt), "%ss", c->spec);
	if (asprintf(&padded, fmt, text) >= 0)
		buf_puts(b, padded);
}

static void put_int(struct buf *b, const struct conversion *c, int64_t n)
{
	_cleanup_(free) char *text = NULL;
	char fmt[64];

	if (!c->is_long)
		n = c->letter == 'd'
			    ? (int64_t)((int32_t)((uint32_t)n << c->short_by) >>
					c->short_by)
			    : (int64_t)((uint32_t)n << c->short_by >>
					c->short_by);
	snprintf(fmt, sizeof(fmt), "%sll%c", c->spec, c->letter);
	if (asprintf(&text, fmt, (long long)n) >= 0)
		buf_puts(b, text);
}

static void put_real(struct buf *b, const struct conversion *c, long double d)
{
	_cleanup_(free) char *text = NULL;
	char fmt[64];

	snprintf(fmt, sizeof(fmt), "%sL%c", c->spec, c->letter);
	if (asprintf(&text, fmt, d) >= 0)
		buf_puts(b, text);
}

static void put_pointer(struct buf *b, const struct conversion *c, int64_t n)
{
	_cleanup_(free) char *text = NULL;
	char fmt[64];

	if (!n) {
		put_text(b, c, "(nil)");
		return;
	}
	snprintf(fmt, sizeof(fmt), "%%#%sllx", c->spec + 1);
	if (asprintf(&text, fmt, (long long)n) >= 0)
		buf_puts(b, text);
}
#pragma GCC diagnostic pop

/* Wide characters up to their NUL as UTF-8; false: there is none. */
static bool put_wide(const char *bytes, size_t n, unsigned width, struct buf *b)
{
	char utf8[4];

	for (size_t i = 0; i < n; i++) {
		uint32_t code = 0;
		uint16_t low = 0;

		memcpy(&code, bytes + i * width, width);
		if (!code)
			return true;
		if (width == 2 && i + 1 < n)
			memcpy(&low, bytes + (i + 1) * width, width);
		/* RFC 2781: two surrogates are one character. */
		if (code >> 10 == 0xd800 >> 10 && low >> 10 == 0xdc00 >> 10) {
			code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
			i++;
		}
		buf_add(b, utf8, utf8_put(code, utf8));
	}
	return false;
}

static bool is_wide(const struct type *t, const struct conversion *c)
{
	const struct type *element;

	t = type_bare(t);
	if (t->kind != TYPE_ARRAY && t->kind != TYPE_POINTER)
		return false;
	element = type_target(t);
	if (!element)
		return false;
	uint64_t size = type_size(element);
	return type_text_prefix(element) ||
	       (c->is_long && (size == 2 || size == 4));
}

/* %ls, and %s of L"x": gdb has both. */
static enum err put_wide_string(struct session *s, const struct value *v,
	const struct conversion *c, struct buf *b)
{
	struct value_ctx *ctx = session_values(s);
	const struct type *t = type_bare(v->type);
	unsigned width = (unsigned)type_size(type_target(t));
	struct buf text = { .arena = &s->scratch };
	size_t n = MAX_STRING / width;
	char *bytes;
	enum absent absent;
	int64_t addr;

	if (t->kind == TYPE_ARRAY) {
		n = t->size < MAX_STRING ? (size_t)t->size / width : n;
		bytes = arena_alloc(&s->scratch, n * width + 1);
		TRY(value_load(v, ctx, bytes, n * width, &absent));
		put_wide(bytes, n, width, &text);
		put_text(b, c, buf_str(&text));
		return OK;
	}
	TRY(value_int(v, ctx, &addr));
	if (!addr) {
		put_text(b, c, "(null)");
		return OK;
	}
	bytes = arena_alloc(&s->scratch, n * width);
	size_t got = mem_read_part(ctx->mem, (uint64_t)addr, bytes, n * width);
	if (!put_wide(bytes, got / width, width, &text))
		TRY(mem_read(ctx->mem, (uint64_t)addr + got, bytes, 1));
	put_text(b, c, buf_str(&text));
	return OK;
}

/* An array's own bytes, which may be nowhere in memory ("ab"), or what a
 * pointer points to. */
static enum err put_string(struct session *s, const struct value *v,
	const struct conversion *c, struct buf *b)
{
	struct value_ctx *ctx = session_values(s);
	const struct type *t = type_bare(v->type);
	enum absent absent;
	int64_t addr;
	char *text;
	bool whole;

	if (is_wide(v->type, c))
		return put_wide_string(s, v, c, b);
	if (t->kind == TYPE_ARRAY && t->size < MAX_STRING) {
		text = arena_alloc(&s->scratch, t->size + 1);
		TRY(value_load(v, ctx, text, t->size, &absent));
		put_text(b, c, text);
		return OK;
	}
	TRY(value_int(v, ctx, &addr));
	if (!addr) {
		put_text(b, c, "(null)");
		return OK;
	}
	TRY(mem_read_str(&s->image.mem, (uint64_t)addr, MAX_STRING, &s->scratch,
		&text, &whole));
	put_text(b, c, text);
	return OK;
}

static enum err put_value(struct session *s, const char *expr,
	const struct conversion *c, struct buf *b)
{
	struct value_ctx *ctx = session_values(s);
	long double d;
	struct value v;
	int64_t n;

	TRY(session_eval(s, expr, &v));
	if (c->letter == 's')
		return put_string(s, &v, c, b);
	if (c->letter == 'V') {
		buf_puts(b, print_text(&v, session_print(s, NULL)));
		return OK;
	}
	if (strchr("eEfgG", c->letter)) {
		TRY(value_double(&v, ctx, &d));
		put_real(b, c, d);
		return OK;
	}
	TRY(value_int(&v, ctx, &n));
	if (c->letter == 'c' && (c->is_long || type_text_prefix(v.type))) {
		char utf8[5] = { 0 };

		utf8_put((uint32_t)n, utf8);
		put_text(b, c, utf8);
	} else if (c->letter == 'c')
		put_text(b, c, (char[]){ (char)n, 0 });
	else if (c->letter == 'p')
		put_pointer(b, c, n);
	else
		put_int(b, c, n);
	return OK;
}

/* The text between the quotes of "..."; *rest: what follows. */
static enum err find_format(
	struct args *a, const char **ret, const char **ret_end)
{
	const char *s = a->text;

	if (!*s)
		return err_usage(a);
	if (*s != '"')
		return err_set(ERR_USAGE, "Bad format string, missing '\"'.");
	for (*ret = ++s; *s && *s != '"'; s++)
		s += *s == '\\' && s[1];
	if (!*s)
		return err_set(
			ERR_SYNTAX, "Bad format string, non-terminated '\"'.");
	*ret_end = s;
	return OK;
}

static enum err run_printf(struct session *s, struct args *a, struct out *o)
{
	struct buf b = { .arena = &s->scratch };
	struct conversion c;
	const char *t = NULL, *end = NULL, *rest;

	TRY(find_format(a, &t, &end));
	rest = end + 1;
	while (t < end) {
		if (*t == '\\') {
			t++;
			buf_putc(&b, unescape(&t));
		} else if (*t != '%') {
			buf_putc(&b, *t++);
		} else if (t[1] == '%') {
			buf_putc(&b, '%');
			t += 2;
		} else {
			TRY(conversion_read(&t, end, &c));
			const char *expr = next_argument(&rest, &s->scratch);
			if (!expr)
				return err_set(ERR_SYNTAX,
					"Wrong number of arguments for "
					"specified format-string: one is "
					"missing.");
			TRY(put_value(s, expr, &c, &b));
		}
	}
	if (next_argument(&rest, &s->scratch))
		return err_set(ERR_SYNTAX,
			"Wrong number of arguments for specified "
			"format-string: there are too many.");
	out_str(o, "text", buf_str(&b));
	return OK;
}

const struct cmd cmd_printf[] = {
	{
		.name = "printf",
		.usage = "\"FORMAT\"[, EXPR...]",
		.summary = "Print values with C's printf formats",
		.help = "%V prints as print does.\n"
			"    printf \"%s has %d\\n\", room->name, room->seats",
		.run = run_printf,
		.group = GROUP_DATA,
		.needs = CMD_EXPR,
	},
	{
		.name = "echo",
		.usage = "TEXT",
		.summary = "Print a text with C's escapes",
		.help = "    echo done\\n",
		.run = run_echo,
		.group = GROUP_DATA,
		.needs = CMD_EXPR,
	},
	{ 0 },
};
