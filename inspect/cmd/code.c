/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disassemble, and instructions for x/i. */
#include "inspect/cmd/code.h"

#include "inspect/cmd/cmd.h"
#include "inspect/cmd/place.h"
#include "inspect/cmd/source.h"
#include "inspect/cmd/values.h"
#include "inspect/dwarf/line.h"
#include "inspect/image/symbol.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FUNCTION = 1 << 20 }; /* bytes of one function that are shown */

enum err code_read(struct session *s, uint64_t addr, uint64_t end, size_t max,
	struct insn **ret, size_t *ret_n)
{
	size_t want = end ? (size_t)(end - addr) : max * MAX_INSN_BYTES;
	uint8_t *bytes = arena_alloc(&s->scratch, want + 1);
	size_t n = mem_read_part(&s->image.mem, addr, bytes, want);

	if (!n) {
		const char *why;
		enum absent absent = mem_absent(&s->image.mem, addr, &why);

		return err_set(ERR_FAULT,
			"Cannot access memory at address 0x%" PRIx64 ": %s",
			addr, why ? why : absent_text(absent));
	}
	if (max > n)
		max = n;
	*ret = arena_array(&s->scratch, struct insn, max + 1);
	*ret_n = disasm_decode(s->image.arch, s->set.att, bytes, n, addr, *ret,
		max, &s->scratch);
	if (!*ret_n)
		return err_set(ERR_UNSUPPORTED, "No disassembler for %s.",
			s->image.arch->name);
	return OK;
}

static void print_bytes(struct session *s, const struct insn *in, struct out *o)
{
	uint8_t b[MAX_INSN_BYTES + 1];
	struct buf text = { .arena = &s->scratch };
	size_t n = mem_read_part(&s->image.mem, in->addr, b, in->size);

	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s%02x", i ? " " : "", b[i]);
	out_str(o, "bytes", buf_str(&text));
	out_text(o, "\t");
}

void code_print(struct session *s, const struct insn *in,
	const struct code_style *style, struct out *o)
{
	uint64_t base = style->base;
	struct frame *f;
	bool here = !session_frame(s, &f) && f->pc == in->addr;
	const char *symbol = session_symbol(s, in->addr);

	out_record(o, NULL);
	out_text(o, "%s", here ? "=> " : "   ");
	if (base) {
		out_addr(o, "address", in->addr);
		out_text(o, " <+%" PRIu64 ">:\t", in->addr - base);
	} else {
		out_addr(o, ".address", in->addr);
		out_style(o, STYLE_ADDRESS,
			arena_printf(&s->scratch, "0x%" PRIx64, in->addr));
		if (symbol)
			out_text(o, " <%s>", symbol);
		out_text(o, ":\t");
	}
	out_str(o, ".symbol", symbol);
	if (style->bytes)
		print_bytes(s, in, o);
	out_str(o, ".text",
		arena_printf(&s->scratch, "%s%s%s", in->mnemonic,
			in->operands[0] ? " " : "", in->operands));
	if (in->operands[0])
		out_text(o, "%-6s %s", in->mnemonic, in->operands);
	else
		out_text(o, "%s", in->mnemonic);
	const char *target = in->has_target ? session_symbol(s, in->target)
			     : in->has_ref  ? session_symbol(s, in->ref)
					    : NULL;
	if (in->has_ref)
		out_text(o, "        # 0x%" PRIx64, in->ref);
	if (target)
		out_text(o, " <%s>", target);
	out_str(o, ".refers_to", target);
	values_print(s, style->values, in->addr, o);
	if (here)
		out_bool(o, "current", true);
	out_text(o, "\n");
	out_record_end(o);
}

/* ---- disassemble ---- */

struct range {
	uint64_t start, end;
	const char *function; /* NULL: two addresses */
};

static enum err function_at(struct session *s, uint64_t pc, struct range *ret)
{
	struct symbol sym;

	if (!symbol_at(&s->image, pc, &sym) || !sym.is_func || !sym.size)
		return err_set(ERR_NOTFOUND,
			"No function contains 0x%" PRIx64
			"; give two addresses: disassemble START,+LENGTH.",
			pc);
	*ret = (struct range){ sym.addr, sym.addr + sym.size, sym.name };
	return OK;
}

static enum err parse_range(
	struct session *s, const char *text, struct range *ret)
{
	const char *comma = strchr(text, ',');
	struct frame *f;

	if (!*text) {
		TRY(session_frame(s, &f));
		/* After a call that does not return the pc is another's. */
		return function_at(s, frame_lookup_pc(f), ret);
	}
	if (!comma) {
		uint64_t pc;

		TRY(session_eval_int(s, text, &pc));
		return function_at(s, pc, ret);
	}
	const char *second = comma + 1 + strspn(comma + 1, " \t");
	TRY(session_eval_int(s,
		arena_strndup(&s->scratch, text, (size_t)(comma - text)),
		&ret->start));
	TRY(session_eval_int(s, second + (*second == '+'), &ret->end));
	if (*second == '+')
		ret->end += ret->start;
	ret->function = NULL;
	if (ret->end <= ret->start)
		return err_set(ERR_USAGE, "The range ends before it begins.");
	return OK;
}

/* /s: the source line in front of the instructions that it became. */
static void print_line_of(
	struct session *s, uint64_t pc, struct line *last, struct out *o)
{
	struct source *src;
	struct line row;

	if (!line_at(&s->image, pc, &row))
		return;
	bool same_file = last->file && !strcmp(last->file, row.file);
	if (same_file && last->line == row.line)
		return;
	if (!same_file)
		out_text(o, "%s%s:\n", last->file ? "\n" : "", row.name);
	else
		out_text(o, "\n");
	if (!source_get(s, row.file, &src) && row.line > 0 &&
		(size_t)row.line <= src->n)
		out_text(o, "%d\t%s\n", row.line, src->line[row.line - 1]);
	else
		out_text(o, "%d\n", row.line);
	*last = row;
}

/* /m: instructions in the order of the source lines that they became, as gdb
 * has it; those of other files stay with what is in front of them. */
struct sourced {
	struct insn insn;
	int line;
	size_t i;
};

static int by_line(const void *a, const void *b)
{
	const struct sourced *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

static void sort_by_line(struct session *s, struct insn *in, size_t n)
{
	struct sourced *v = arena_array(&s->scratch, struct sourced, n + 1);
	const char *file = NULL;
	struct line row;

	for (size_t i = 0; i < n; i++) {
		bool known = line_at(&s->image, in[i].addr, &row) && row.line;

		if (known && !file)
			file = row.file;
		v[i].insn = in[i];
		v[i].i = i;
		v[i].line = known && !strcmp(file, row.file) ? row.line
			    : i                              ? v[i - 1].line
							     : 0;
	}
	if (n)
		qsort(v, n, sizeof(*v), by_line);
	for (size_t i = 0; i < n; i++)
		in[i] = v[i].insn;
}

struct options {
	bool source, by_line, bytes, plain;
};

static void read_options(struct options *ret, const char *letters, size_t n)
{
	ret->by_line |= memchr(letters, 'm', n) != NULL;
	ret->source |= memchr(letters, 's', n) != NULL || ret->by_line;
	ret->bytes |= memchr(letters, 'r', n) != NULL;
	ret->plain |= memchr(letters, 'p', n) != NULL;
}

static void print_heading(const struct range *r, struct out *o)
{
	if (r->function)
		out_text(o, "Dump of assembler code for function %s:\n",
			r->function);
	else
		out_text(o,
			"Dump of assembler code from 0x%" PRIx64
			" to 0x%" PRIx64 ":\n",
			r->start, r->end);
	out_str(o, ".function", r->function);
}

static enum err run_disassemble(
	struct session *s, struct args *a, struct out *o)
{
	struct options opt = { 0 };
	const char *text = a->text;
	struct line last = { 0 };
	struct insn *in;
	struct range r;
	size_t n;

	read_options(&opt, a->format, strlen(a->format));
	while (text[0] == '/' || (text[0] == '-' && text[1] == 'l')) {
		size_t len = strcspn(text, " \t");

		read_options(&opt, text, len);
		opt.source |= text[0] == '-';
		text += len + strspn(text + len, " \t");
	}
	TRY(parse_range(s, text, &r));
	bool cut = r.end - r.start > MAX_FUNCTION;
	if (cut)
		r.end = r.start + MAX_FUNCTION;
	TRY(code_read(s, r.start, r.end, (size_t)(r.end - r.start), &in, &n));
	if (opt.by_line)
		sort_by_line(s, in, n);
	struct code_style style = {
		.base = r.function ? r.start : 0,
		.bytes = opt.bytes,
		.values = opt.plain ? NULL : values_open(s, r.start, r.end),
	};
	print_heading(&r, o);
	out_list(o, "instructions");
	for (size_t i = 0; i < n; i++) {
		if (opt.source)
			print_line_of(s, in[i].addr, &last, o);
		code_print(s, &in[i], &style, o);
	}
	out_list_end(o);
	if (cut)
		out_text(o,
			"The first %d bytes; disassemble START,+LENGTH shows "
			"others.\n",
			MAX_FUNCTION);
	out_bool(o, "cut", cut);
	out_text(o, "End of assembler dump.\n");
	return OK;
}

const struct cmd cmd_code[] = {
	{
		.name = "disassemble",
		.alias = "disass",
		.usage = "[/s] [/m] [/r] [/p] [FUNCTION|ADDRESS | START,END | "
			 "START,+LENGTH]",
		.summary = "Print machine instructions",
		.help = "Without argument: the function of the selected frame, "
			"=> at its pc.\n"
			"/s: with source lines.  /m: the same, in their "
			"order.  /r: with the bytes.\n"
			"In the function of the selected frame a comment says "
			"what the operands of an\n"
			"instruction held when it was executed last: of those "
			"that every way to the\n"
			"frame's goes through, and where nothing has "
			"overwritten it since; \"now\" is\n"
			"memory that may have changed.  /p: without them.\n"
			"    disassemble /s\n"
			"    disassemble $pc-16,+32",
		.run = run_disassemble,
		.group = GROUP_DATA,
		.needs = CMD_CORE,
	},
	{ 0 },
};
