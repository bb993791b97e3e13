/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x: bytes as they are, up to the first that is not known, and then why; a gap
 * is never filled.
 */
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/code.h"
#include "inspect/cmd/registers.h"
#include "inspect/image/symbol.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- x ---- */

enum { MAX_X_COUNT = 1 << 20 };

struct x_format {
	long count;
	char format, size; /* as gdb's letters */
	bool has_size;
};

static enum err parse_format(
	struct session *s, const char *text, struct x_format *ret)
{
	char *end;

	*ret = (struct x_format){ 1, s->x_format ? s->x_format : 'x',
		s->x_size ? s->x_size : 'w', false };
	if (isdigit((unsigned char)*text) || *text == '-') {
		ret->count = strtol(text, &end, 10);
		text = end;
	}
	for (; *text; text++) {
		if (strchr("bhwg", *text)) {
			ret->size = *text;
			ret->has_size = true;
		} else if (strchr("xduotacfsiz", *text)) {
			ret->format = *text;
		} else {
			return err_set(ERR_USAGE,
				"Invalid letter \"%c\" in x/%s: formats are x "
				"d u o t z a c f s i, sizes b h w g.",
				*text, text);
		}
	}
	if (labs(ret->count) > MAX_X_COUNT)
		return err_set(
			ERR_LIMIT, "x shows at most %d units.", MAX_X_COUNT);
	if (ret->format == 'a' && !ret->has_size)
		ret->size = 'g';
	if (ret->format == 'f' && !ret->has_size &&
		(ret->size == 'b' || ret->size == 'h' || !s->x_format))
		ret->size = 'g';
	if (ret->format == 'c' && !ret->has_size)
		ret->size = 'b';
	return OK;
}

static size_t size_of(char letter)
{
	return letter == 'b' ? 1 : letter == 'h' ? 2 : letter == 'w' ? 4 : 8;
}

static const char *binary(uint64_t v, size_t bytes, struct arena *arena)
{
	struct buf b = { .arena = arena };

	for (size_t i = bytes * 8; i-- > 0;)
		buf_putc(&b, (char)('0' + (v >> i & 1)));
	return buf_str(&b);
}

/* A unit as gdb prints it; the value is n bytes, not extended. */
static const char *unit_text(
	struct session *s, const struct x_format *f, uint64_t v, size_t n)
{
	unsigned shift = (unsigned)(64 - n * 8);
	int64_t extended = (int64_t)(v << shift) >> shift;
	struct arena *arena = &s->scratch;
	const char *symbol;
	struct value value;

	switch (f->format) {
	case 'x':
	case 'z':
		return arena_printf(arena, "0x%0*" PRIx64, (int)n * 2, v);
	case 'd':
		return arena_printf(arena, "%" PRId64, extended);
	case 'u':
		return arena_printf(arena, "%" PRIu64, v);
	case 'o':
		return v ? arena_printf(arena, "0%" PRIo64, v) : "0";
	case 't':
		return binary(v, n, arena);
	case 'a':
		symbol = session_symbol(s, v);
		return arena_printf(arena,
			symbol ? "0x%" PRIx64 " <%s>" : "0x%" PRIx64, v,
			symbol);
	case 'c':
		value = value_of_int(type_basic("char"), extended, arena);
		return print_text(&value, session_print(s, NULL));
	default:
		break;
	}
	if (n < 4)
		return arena_printf(arena, "%" PRId64, extended);
	value = value_of_bytes(
		type_basic(n == 4 ? "float" : "double"), &v, arena);
	return print_text(&value, session_print(s, NULL));
}

static void print_address(struct session *s, uint64_t addr, struct out *o)
{
	const char *symbol = session_symbol(s, addr);

	out_style(o, STYLE_ADDRESS,
		arena_printf(&s->scratch, "0x%" PRIx64, addr));
	if (symbol)
		out_text(o, " <%s>", symbol);
	out_text(o, ":");
}

/* What mem_read says of the first byte that is not there. */
static enum err cannot_read(struct session *s, uint64_t addr)
{
	uint8_t byte;

	TRY(mem_read(&s->image.mem, addr, &byte, 1));
	return err_set(ERR_FAULT, "Cannot access memory at address 0x%" PRIx64,
		addr + 1);
}

/* $_ and $__: the last address, and what is there. */
static void remember(struct session *s, const struct type *t, uint64_t addr)
{
	struct value there = value_at(t, addr);
	struct value here = value_of_int(
		type_new_pointer(t, &s->scratch), (int64_t)addr, &s->scratch);

	session_set_convenience(s, "_", &here);
	session_set_convenience(s, "__", &there);
}

static const struct type *unit_type(size_t n)
{
	return type_basic(n == 8   ? "long"
			  : n == 4 ? "int"
			  : n == 2 ? "short"
				   : "char");
}

static enum err x_units(struct session *s, const struct x_format *f,
	uint64_t addr, struct out *o)
{
	size_t n = size_of(f->size);
	long per_line = f->format == 'c' || n <= 2 ? 8 : n == 4 ? 4 : 2;
	enum err e = OK;
	long i;

	out_list(o, "units");
	for (i = 0; i < f->count; i++, addr += n) {
		uint64_t v = 0;

		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		e = mem_read(&s->image.mem, addr, &v, n);
		if (e)
			break;
		if (i % per_line == 0) {
			out_text(o, "%s", i ? "\n" : "");
			print_address(s, addr, o);
		}
		out_record(o, NULL);
		out_addr(o, ".address", addr);
		out_str(o, ".symbol", session_symbol(s, addr));
		out_text(o, "\t");
		out_str(o, "value", unit_text(s, f, v, n));
		out_record_end(o);
		remember(s, unit_type(n), addr);
	}
	out_list_end(o);
	if (i)
		out_text(o, "\n");
	s->x_next = addr;
	return e;
}

/* The units of a string up to its null, which is counted, or a limit. */
static enum err string_at(struct session *s, uint64_t addr, size_t width,
	const uint8_t **ret, size_t *ret_n, bool *ret_whole)
{
	size_t limit =
		s->set.print.elements ? s->set.print.elements : MAX_STRING;
	struct buf b = { .arena = &s->scratch };
	uint32_t unit = 1;
	size_t n = 0;

	while (n < limit && unit) {
		unit = 0;
		enum err e =
			mem_read(&s->image.mem, addr + n * width, &unit, width);
		if (e && !n)
			return e;
		if (e)
			break;
		buf_add(&b, (const char *)&unit, width);
		n++;
	}
	*ret = (const uint8_t *)buf_str(&b);
	*ret_n = n;
	*ret_whole = !unit;
	return OK;
}

static enum err x_strings(struct session *s, const struct x_format *f,
	uint64_t addr, struct out *o)
{
	/* Without a size of its own a string is one of bytes. */
	size_t width = f->has_size && f->size != 'g' ? size_of(f->size) : 1;
	const struct type *unit = type_basic(width == 4   ? "char32_t"
					     : width == 2 ? "char16_t"
							  : "char");
	enum err e = OK;

	out_list(o, "units");
	for (long i = 0; i < f->count && !e; i++) {
		const uint8_t *bytes;
		size_t n;
		bool whole;

		e = string_at(s, addr, width, &bytes, &n, &whole);
		if (e)
			break;
		const struct type *t = type_new_array(unit, n, &s->scratch);
		struct value v = value_of_bytes(t, bytes, &s->scratch);
		out_record(o, NULL);
		print_address(s, addr, o);
		out_addr(o, ".address", addr);
		out_str(o, ".symbol", session_symbol(s, addr));
		out_text(o, "\t%s%s\n",
			print_text(&v, session_print(s, &print_defaults)),
			whole ? "" : "...");
		out_str(o, ".value",
			width == 1 ? arena_strndup(&s->scratch,
					     (const char *)bytes, n)
				   : print_text(&v, session_print(s, NULL)));
		out_record_end(o);
		remember(s, t, addr);
		addr += n * width;
	}
	out_list_end(o);
	s->x_next = addr;
	return e;
}

/*
 * Instructions can only be decoded forwards: those before addr are counted
 * from the start of the function that they are in.
 */
static enum err insns_before(
	struct session *s, uint64_t addr, size_t wanted, uint64_t *ret)
{
	while (wanted) {
		struct symbol sym;
		struct insn *in;
		size_t n;

		if (!symbol_at(&s->image, addr - 1, &sym) || !sym.is_func ||
			sym.addr >= addr)
			return err_set(ERR_NOTFOUND,
				"No function is known before 0x%" PRIx64
				" to count instructions from.",
				addr);
		TRY(code_read(
			s, sym.addr, addr, (size_t)(addr - sym.addr), &in, &n));
		if (!n)
			return cannot_read(s, sym.addr);
		size_t taken = n < wanted ? n : wanted;
		addr = in[n - taken].addr;
		wanted -= taken;
	}
	*ret = addr;
	return OK;
}

static enum err x_insns(struct session *s, const struct x_format *f,
	uint64_t addr, struct out *o)
{
	struct insn *in;
	size_t n;

	TRY(code_read(s, addr, 0, (size_t)f->count, &in, &n));
	out_list(o, "instructions");
	for (size_t i = 0; i < n; i++) {
		code_print(s, &in[i], &(struct code_style){ 0 }, o);
		s->x_next = in[i].addr + in[i].size;
	}
	out_list_end(o);
	return (long)n < f->count ? cannot_read(s, s->x_next) : OK;
}

/* delve's: examinemem -fmt hex -count 4 -size 8 ADDR | -x EXPR */
static enum err delve_options(
	struct session *s, const char **text, struct x_format *f)
{
	struct args a = { 0 };
	size_t i = 0;

	args_split(&a, *text, &s->scratch);
	for (; i + 1 < a.n && a.word[i][0] == '-'; i += 2) {
		const char *v = a.word[i + 1];

		if (!strcmp(a.word[i], "-fmt")) {
			f->format = *v == 'h' || *v == 'r' ? 'x'
				    : *v == 'b'            ? 't'
							   : *v;
		} else if (!strcmp(a.word[i], "-count") ||
			   !strcmp(a.word[i], "-len")) {
			f->count = strtol(v, NULL, 10);
		} else if (!strcmp(a.word[i], "-size")) {
			f->size = *v == '1'   ? 'b'
				  : *v == '2' ? 'h'
				  : *v == '4' ? 'w'
					      : 'g';
		} else if (!strcmp(a.word[i], "-x")) {
			i++;
			break;
		} else {
			return OK; /* an expression that begins with a minus */
		}
	}
	*text = args_from(&a, i);
	return OK;
}

/* x/-N: the N units that end at addr. */
static enum err go_back(struct session *s, struct x_format *f, uint64_t *addr)
{
	f->count = -f->count;
	if (f->format == 'i')
		return insns_before(s, *addr, (size_t)f->count, addr);
	if (f->format == 's')
		return err_set(ERR_UNSUPPORTED,
			"Strings before an address cannot be told from other "
			"bytes.");
	*addr -= (uint64_t)f->count * size_of(f->size);
	return OK;
}

static enum err run_x(struct session *s, struct args *a, struct out *o)
{
	struct x_format f;
	const char *text = a->text;
	uint64_t addr = s->x_next;

	TRY(parse_format(s, a->format, &f));
	if (text[0] == '-' && isalpha((unsigned char)text[1]))
		TRY(delve_options(s, &text, &f));
	if (*text)
		TRY(session_eval_int(s, text, &addr));
	else if (!s->x_valid)
		return err_set(ERR_USAGE,
			"Argument required (starting display address).");
	if (f.count < 0)
		TRY(go_back(s, &f, &addr));
	s->x_format = f.format;
	s->x_size = f.size;
	s->x_valid = true;
	remember(s, unit_type(size_of(f.size)), addr);
	switch (f.format) {
	case 's':
		return x_strings(s, &f, addr, o);
	case 'i':
		return x_insns(s, &f, addr, o);
	default:
		return x_units(s, &f, addr, o);
	}
}

const struct cmd cmd_memory[] = {
	{
		.name = "x",
		.alias = "examinemem",
		.usage = "[/COUNT FORMAT SIZE] [ADDRESS]",
		.summary = "Examine memory",
		.help = "FORMAT: x d u o t z, a address, c character, f float, "
			"s string,\n"
			"i instruction.  SIZE: b 1, h 2, w 4, g 8 bytes.  "
			"Without an address it\n"
			"goes on where it stopped.\n"
			"    x/8gx $rsp\n"
			"    x/s name\n"
			"    x/5i $pc",
		.run = run_x,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR | CMD_REPEAT,
	},
	{ 0 },
};
