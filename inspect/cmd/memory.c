/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x, find, regs: bytes as they are.  x prints up to the first byte that is not
 * known and then says why; it never fills a gap.
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

static enum err cannot_read(struct session *s, uint64_t addr)
{
	const char *why = NULL;
	enum absent absent = mem_absent(&s->image.mem, addr, &why);

	return err_set(ERR_FAULT,
		"Cannot access memory at address 0x%" PRIx64 " %s%s%s", addr,
		absent_text(absent), why ? ": " : "", why ? why : "");
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
		if (mem_read(&s->image.mem, addr, &v, n)) {
			e = cannot_read(s, addr);
			break;
		}
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
		struct value last = value_at(type_basic(n == 8   ? "long"
							: n == 4 ? "int"
							: n == 2 ? "short"
								 : "char"),
			addr);
		session_set_convenience(s, "__", &last);
	}
	out_list_end(o);
	if (i)
		out_text(o, "\n");
	s->x_next = addr;
	return e;
}

static enum err x_strings(struct session *s, const struct x_format *f,
	uint64_t addr, struct out *o)
{
	enum err e = OK;

	out_list(o, "units");
	for (long i = 0; i < f->count && !e; i++) {
		size_t limit = s->set.print.elements ? s->set.print.elements
						     : MAX_STRING;
		bool whole;
		char *text;

		if (mem_read_str(&s->image.mem, addr, limit, &s->scratch, &text,
			    &whole)) {
			e = cannot_read(s, addr);
			break;
		}
		size_t n = strlen(text) + whole;
		const struct type *t = type_new_array(
			type_basic("char"), n ? n : 1, &s->scratch);
		struct value v = value_of_bytes(t, text, &s->scratch);
		out_record(o, NULL);
		print_address(s, addr, o);
		out_addr(o, ".address", addr);
		out_text(o, "\t%s%s\n",
			print_text(&v, session_print(s, &print_defaults)),
			whole ? "" : "...");
		out_str(o, ".value", text);
		out_record_end(o);
		addr += n;
	}
	out_list_end(o);
	s->x_next = addr;
	return e;
}

static enum err x_insns(struct session *s, const struct x_format *f,
	uint64_t addr, struct out *o)
{
	struct insn *in;
	size_t n;

	TRY(code_read(s, addr, 0, (size_t)f->count, &in, &n));
	out_list(o, "instructions");
	for (size_t i = 0; i < n; i++) {
		code_print(s, &in[i], 0, false, o);
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
	if (f.count < 0) {
		addr -= (uint64_t)-f.count * size_of(f.size);
		f.count = -f.count;
	}
	s->x_format = f.format;
	s->x_size = f.size;
	s->x_valid = true;
	struct value here =
		value_of_int(type_new_pointer(type_basic("int"), &s->scratch),
			(int64_t)addr, &s->scratch);
	session_set_convenience(s, "_", &here);
	switch (f.format) {
	case 's':
		return x_strings(s, &f, addr, o);
	case 'i':
		return x_insns(s, &f, addr, o);
	default:
		return x_units(s, &f, addr, o);
	}
}

/* ---- find ---- */

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
			f->unit = size_of(*l);
		else if (isdigit((unsigned char)*l)) {
			char *end;

			f->max = strtoull(l, &end, 10);
			l = end - 1;
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

/* ---- regs ---- */

/* gdb's order; a register of another architecture is appended as it comes. */
static const char *const order[] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi",
	"rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
	"rip", "eflags", "cs", "ss", "ds", "es", "fs", "gs", "fs_base",
	"gs_base" };

static enum err print_register(struct session *s, const struct frame *f,
	const char *name, struct out *o)
{
	struct value_ctx *ctx = session_values(s);
	struct print_ctx *p = session_print(s, NULL);
	struct value v;
	int64_t n;

	TRY(register_value(s, f, name, &v));
	const struct type *t = type_strip(v.type);
	out_record(o, NULL);
	out_text(o, "%-15s", name);
	out_str(o, ".name", name);
	if (!type_is_scalar(t) || t->kind == TYPE_FLOAT ||
		value_int(&v, ctx, &n)) {
		const char *text = print_text(&v, p);

		out_str(o, ".value", text);
		out_text(o, "%s\n", text);
		out_record_end(o);
		return OK;
	}
	const char *hex = arena_printf(&s->scratch, "0x%" PRIx64,
		t->size == 4 ? (uint64_t)(uint32_t)n : (uint64_t)n);
	out_str(o, ".value", hex);
	const char *natural =
		register_is_flags(t)
			? register_flags_text((uint64_t)n, &s->scratch)
			: print_text(&v, p);
	out_text(o, "%-19s %s\n", hex, natural);
	out_str(o, ".text", natural);
	out_record_end(o);
	return OK;
}

static bool in_order(const char *name)
{
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (!strcmp(order[i], name))
			return true;
	return false;
}

static enum err all_registers(
	struct session *s, const struct frame *f, bool vectors, struct out *o)
{
	const struct arch *arch = s->image.arch;
	char name[8];

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (arch_find_reg(arch, order[i]) >= 0)
			TRY(print_register(s, f, order[i], o));
	for (unsigned i = 0; i < arch->nregs; i++)
		if (!in_order(arch->reg[i].name) && i != arch->orig_rax)
			TRY(print_register(s, f, arch->reg[i].name, o));
	if (!vectors)
		return OK;
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "st%d", i);
		TRY(print_register(s, f, name, o));
	}
	TRY(print_register(s, f, "mxcsr", o));
	for (int i = 0; i < 16; i++) {
		bool wide = f->vregs && f->vregs->size[i] >= 32;

		snprintf(name, sizeof(name), wide ? "ymm%d" : "xmm%d", i);
		TRY(print_register(s, f, name, o));
	}
	return OK;
}

static enum err run_regs(struct session *s, struct args *a, struct out *o)
{
	bool vectors = false;
	struct frame *f;
	size_t i = 0;

	TRY(session_frame(s, &f));
	if (i < a->n &&
		(!strcmp(a->word[i], "-a") || !strcmp(a->word[i], "all"))) {
		vectors = true;
		i++;
	}
	out_list(o, "registers");
	if (i == a->n)
		TRY(all_registers(s, f, vectors, o));
	for (; i < a->n; i++)
		TRY(print_register(
			s, f, a->word[i] + (a->word[i][0] == '$'), o));
	out_list_end(o);
	return OK;
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
	{
		.name = "regs",
		.usage = "[-a | NAME...]",
		.summary = "Print the registers of the selected frame",
		.help = "In an outer frame, as they are when it goes on; what "
			"a callee was free\n"
			"to clobber is <not saved>.  -a: vector and x87 "
			"registers too.",
		.run = run_regs,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_FRAME,
	},
	{ 0 },
};
