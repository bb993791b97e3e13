/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * People compare listings with objdump's and gdb's, and search them.  These
 * differ from capstone's in blanks, in the base of small numbers, in what is
 * left out (a scale of 1, a displacement of 0 that takes a byte) and in how a
 * negative number is written (as the operand's bits).
 */
#include "inspect/arch/notation.h"

#include "inspect/base/buf.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- mnemonics ---- */

/* "lock cmpxchgl": where the instruction's own name begins. */
static const char *behind_prefixes(const char *mnemonic)
{
	const char *blank = strrchr(mnemonic, ' ');

	return blank ? blank + 1 : mnemonic;
}

/*
 * AT&T's suffix of size is left out where a register tells the size, and of
 * jumps and stack operations, which have but one.
 */
static bool has_idle_suffix(csh h, const cs_insn *in)
{
	static const char *const one_size[] = { "call", "ret", "leave", "jmp",
		"push", "pop", NULL };
	const char *base = cs_insn_name(h, in->id);
	const char *name = behind_prefixes(in->mnemonic);
	const cs_x86 *x = &in->detail->x86;
	bool told = false;
	size_t n = strlen(base);

	for (uint8_t i = 0; i < x->op_count; i++)
		told |= x->operands[i].type == X86_OP_REG;
	for (size_t i = 0; one_size[i]; i++)
		told |= !strcmp(base, one_size[i]);
	return told && !strncmp(name, base, n) && name[n] &&
	       strchr("bwlq", name[n]) && !name[n + 1];
}

/* Padding before a loop: prefixes that do nothing, as many as were needed. */
static bool is_padding(const cs_insn *in)
{
	return in->id == X86_INS_NOP && strstr(in->op_str, "cs:");
}

static const char *padding(const cs_insn *in, struct arena *arena)
{
	struct buf b = { .arena = arena };

	for (uint16_t i = 1; i < in->size && in->bytes[i] == 0x66; i++)
		buf_puts(&b, "data16 ");
	buf_printf(&b, "cs %s", in->mnemonic);
	return buf_str(&b);
}

const char *notation_mnemonic(
	csh h, const cs_insn *in, bool att, struct arena *arena)
{
	if (is_padding(in))
		return padding(in, arena);
	size_t n = strlen(in->mnemonic);
	return arena_strndup(
		arena, in->mnemonic, n - (att && has_idle_suffix(h, in)));
}

/* ---- operands ---- */

struct rewrite {
	const cs_insn *in;
	const char *s; /* what is left */
	struct buf b;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '%';
}

/* D0 and D1, which have no byte for the count. */
static bool shifts_by_one(const cs_insn *in)
{
	return (in->detail->x86.opcode[0] & 0xfe) == 0xd0;
}

/* A displacement of 0 that the encoding has all the same (rbp, r13, nop). */
static bool has_zero_disp(const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;

	return x->encoding.disp_size && !x->disp;
}

static bool has_unit_index(const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;

	for (uint8_t i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_MEM &&
			x->operands[i].mem.index != X86_REG_INVALID &&
			x->operands[i].mem.scale == 1)
			return true;
	return false;
}

/* "-1" as an immediate: the bits of an operand of that size. */
static bool negative_immediate(struct rewrite *r)
{
	const cs_x86 *x = &r->in->detail->x86;
	char *end;

	if (r->s[0] != '-' || !isdigit((unsigned char)r->s[1]))
		return false;
	uint64_t v = (uint64_t)strtoll(r->s, &end, 0);
	for (uint8_t i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_IMM && x->operands[i].size &&
			x->operands[i].size < 8)
			v &= (UINT64_C(1) << x->operands[i].size * 8) - 1;
	buf_printf(&r->b, "0x%" PRIx64, v);
	r->s = end;
	return true;
}

/* A number that begins here, in hexadecimal. */
static bool number(struct rewrite *r, const char *start)
{
	char *end;

	if (!isdigit((unsigned char)*r->s) ||
		(r->s > start && is_word(r->s[-1])))
		return false;
	buf_printf(&r->b, "0x%llx", strtoull(r->s, &end, 0));
	r->s = end;
	return true;
}

/* (%rax,%rdx,8): the scale stays as it is, and 1 is written. */
static void att_memory(struct rewrite *r, const char *start)
{
	size_t n = strcspn(r->s, ")"), commas = 0;
	bool bare = r->s == start || strchr(",:* ", r->s[-1]);

	if (bare && has_zero_disp(r->in))
		buf_puts(&r->b, "0x0");
	for (size_t i = 0; i < n; i++) {
		commas += r->s[i] == ',';
		if (r->s[i] != ' ')
			buf_putc(&r->b, r->s[i]);
	}
	if (commas == 1)
		buf_puts(&r->b, ",1");
	r->s += n;
}

static const char *att_operands(const cs_insn *in, struct arena *arena)
{
	const char *start = in->op_str;
	struct rewrite r = { in, start, { .arena = arena } };

	if (is_padding(in))
		r.s = start = strstr(start, "cs:") + 3;
	if (shifts_by_one(in) && !strncmp(start, "$1, ", 4))
		r.s = start += 4;
	while (*r.s) {
		bool immediate = r.s > start && r.s[-1] == '$';

		if (*r.s == '(')
			att_memory(&r, start);
		else if (*r.s == ' ' && r.s > start && r.s[-1] == ',')
			r.s++;
		else if (!(immediate && negative_immediate(&r)) &&
			 !number(&r, start))
			buf_putc(&r.b, *r.s++);
	}
	return buf_str(&r.b);
}

/* "dword ptr" in capitals; capstone's xword is the x87's ten bytes. */
static bool intel_size(struct rewrite *r)
{
	size_t n = strcspn(r->s, " ");

	if (strncmp(r->s + n, " ptr ", 5) || !isalpha((unsigned char)*r->s))
		return false;
	if (!strncmp(r->s, "xword", n))
		buf_puts(&r->b, "TBYTE");
	else
		for (size_t i = 0; i < n; i++)
			buf_putc(&r->b, (char)toupper((unsigned char)r->s[i]));
	buf_puts(&r->b, " PTR ");
	r->s += n + 5;
	return true;
}

/* [rax + rdx*8 + 0x10] without blanks; fs:[0x28] without brackets. */
static void intel_memory(struct rewrite *r, const char *start)
{
	const char *open = r->s, *end = open + strcspn(open, "]");
	bool segment = open > start && open[-1] == ':';
	bool absolute = segment && isdigit((unsigned char)open[1]);
	unsigned terms = 0;

	r->s++;
	if (absolute) {
		buf_printf(
			&r->b, "0x%" PRIx64, (uint64_t)r->in->detail->x86.disp);
		r->s = end + (*end == ']');
		return;
	}
	buf_putc(&r->b, '[');
	while (r->s < end) {
		if (*r->s == ' ') {
			r->s++;
			continue;
		}
		bool scale = r->s[-1] == '*';
		if (isalpha((unsigned char)*r->s) && !is_word(r->s[-1]))
			terms++;
		if (scale || !number(r, open))
			buf_putc(&r->b, *r->s++);
		if (terms == 2 && has_unit_index(r->in) &&
			(r->s == end || *r->s == ' ')) {
			buf_puts(&r->b, "*1");
			terms++;
		}
	}
	buf_puts(&r->b, has_zero_disp(r->in) ? "+0x0]" : "]");
	r->s += *r->s == ']';
}

static const char *intel_operands(const cs_insn *in, struct arena *arena)
{
	const char *start = in->op_str;
	struct rewrite r = { in, start, { .arena = arena } };

	while (*r.s) {
		bool word = r.s == start || !is_word(r.s[-1]);

		if (*r.s == '[')
			intel_memory(&r, start);
		else if (!strncmp(r.s, "cs:", 3) && is_padding(in))
			r.s += 3;
		else if (!strcmp(r.s, "1") && shifts_by_one(in))
			buf_putc(&r.b, *r.s++);
		else if (*r.s == ' ' && r.s > start && r.s[-1] == ',')
			r.s++;
		else if (!(word && intel_size(&r)) && !negative_immediate(&r) &&
			 !number(&r, start))
			buf_putc(&r.b, *r.s++);
	}
	return buf_str(&r.b);
}

const char *notation_operands(const cs_insn *in, bool att, struct arena *arena)
{
	return att ? att_operands(in, arena) : intel_operands(in, arena);
}
