/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * origin: the way of a value, backwards.  Without argument, of the registers
 * that the frame's instruction makes an address of: in a fault, the bad
 * pointer.
 */
#include "inspect/flow/origin.h"

#include "inspect/cmd/cmd.h"
#include "inspect/cmd/code.h"
#include "inspect/dwarf/line.h"
#include "inspect/flow/naming.h"

#include <inttypes.h>
#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void print_hex(
	struct session *s, const char *key, uint64_t v, struct out *o)
{
	out_str(o, key, arena_printf(&s->scratch, "0x%" PRIx64, v));
}

static void print_operands(
	struct session *s, const struct origin_step *t, struct out *o)
{
	out_list(o, "operands");
	for (size_t i = 0; i < t->noperands; i++) {
		const struct origin_operand *p = &t->operand[i];

		out_record(o, NULL);
		out_text(o, i ? ", " : " (with ");
		out_str(o, "register", p->text);
		out_text(o, p->known ? " = " : " not known");
		if (p->known)
			print_hex(s, "value", p->value, o);
		else
			out_null(o, "value");
		if (p->name)
			out_text(o, " ");
		out_styled(o, "name", STYLE_VARIABLE, p->name);
		out_bool(o, "as_memory_is_now", p->now);
		out_record_end(o);
	}
	out_list_end(o);
	out_text(o, t->noperands ? ")" : "");
}

static void print_memory(
	struct session *s, const struct origin_step *t, struct out *o)
{
	if (!t->has_address)
		return;
	out_text(o, " at ");
	print_hex(s, "memory_address", t->address, o);
	if (t->owner)
		out_text(o, " <");
	out_str(o, "owner", t->owner);
	if (t->owner)
		out_text(o, ">");
	if (t->has_memory && (!t->known || t->memory != t->value)) {
		out_text(o, ", where there is ");
		print_hex(s, "memory_now", t->memory, o);
		out_text(o, " now");
	} else if (t->has_memory) {
		print_hex(s, ".memory_now", t->memory, o);
	}
}

static void print_place_of(
	struct session *s, const struct origin_step *t, struct out *o)
{
	const char *symbol = session_symbol(s, t->pc);
	struct line row;

	out_num(o, ".frame", t->frame->level);
	out_addr(o, "address", t->pc);
	if (symbol)
		out_text(o, " <");
	out_str(o, "symbol", symbol);
	out_text(o, symbol ? ">" : "");
	if (line_at(&s->image, t->pc, &row) && row.line) {
		out_text(o, " ");
		out_str_as(o, "file", row.file, base_name(row.file));
		out_text(o, ":");
		out_num(o, "line", row.line);
	}
}

static void print_instruction(struct session *s, uint64_t pc, struct out *o)
{
	struct insn *in;
	size_t n;

	if (code_read(s, pc, 0, 1, &in, &n))
		return;
	out_text(o, "  ");
	out_str(o, "instruction",
		arena_printf(&s->scratch, "%s%s%s", in->mnemonic,
			in->operands[0] ? " " : "", in->operands));
}

static void print_step(struct session *s, const struct origin_step *t,
	unsigned indent, struct out *o)
{
	out_record(o, NULL);
	out_text(o, "%*s<- ", (int)indent, "");
	print_place_of(s, t, o);
	print_instruction(s, t->pc, o);
	out_text(o, "\n%*s     ", (int)indent, "");
	out_str(o, "how", t->how);
	out_text(o, ": ");
	out_str(o, "place", t->place);
	out_text(o, t->known ? " = " : ", value not known");
	if (t->known)
		print_hex(s, "value", t->value, o);
	else
		out_null(o, "value");
	out_bool(o, "as_memory_is_now", t->now);
	bool from = t->has_address || !strcmp(t->how, "load");
	if (t->name)
		out_text(o, from ? ", from " : " (");
	else if (from && !t->has_address)
		out_text(o, ", from memory");
	else if (from)
		out_text(o, ", from memory");
	out_styled(o, "name", STYLE_VARIABLE, t->name);
	if (t->name && !from)
		out_text(o, ")");
	print_memory(s, t, o);
	print_operands(s, t, o);
	out_text(o, "\n");
	out_record_end(o);
}

static void print_trail(struct session *s, const struct origin *g,
	unsigned indent, struct out *o)
{
	out_list(o, "steps");
	for (size_t i = 0; i < g->n; i++)
		print_step(s, &g->step[i], indent, o);
	out_list_end(o);
	out_str(o, ".end", origin_end_name(g->end));
	out_text(o, "%*s", (int)indent, "");
	out_str(o, "why", g->why);
	out_text(o, "\n");
	out_list(o, "branches");
	for (size_t i = 0; i < g->nbranches; i++) {
		out_record(o, NULL);
		out_text(o, "%*s- ", (int)indent, "");
		out_str(o, "of", g->label[i]);
		out_text(o, ":\n");
		print_trail(s, &g->branch[i], indent + 4, o);
		out_record_end(o);
	}
	out_list_end(o);
}

static void print_origin(struct session *s, const struct spot *at,
	const struct place *p, const char *what, struct out *o)
{
	struct past_value v;
	struct name name;
	struct origin g;
	bool known = past_value(at, p, &v);
	const char *place = origin_place_text(at, p);

	out_record(o, NULL);
	out_str(o, "of", what);
	if (known) {
		out_text(o, " = ");
		print_hex(s, "value", v.value, o);
	} else {
		out_text(o, ", value not known");
		out_null(o, "value");
	}
	if (strcmp(place, what)) {
		out_text(o, ", in ");
		out_str(o, "place", place);
	} else {
		out_str(o, ".place", place);
	}
	if (naming_variable(at, spot_pc(at), p, &name) &&
		strcmp(name.text, what)) {
		out_text(o, " (");
		out_styled(o, "name", STYLE_VARIABLE, name.text);
		out_text(o, ")");
	}
	out_text(o, ", before ");
	struct origin_step here = {
		.frame = at->side->frame,
		.pc = spot_pc(at),
	};
	print_place_of(s, &here, o);
	print_instruction(s, here.pc, o);
	out_text(o, "\n");
	origin_find(at, p, &g);
	print_trail(s, &g, 0, o);
	out_record_end(o);
}

/* ---- what is asked for ------------------------------------------------- */

enum { MAX_DEFAULTS = 4 };

static bool named_register(
	struct session *s, const char *text, struct place *ret)
{
	unsigned shift = 0, bits = 64;
	int reg;

	if (text[0] != '$')
		return false;
	reg = arch_find_reg(s->image.arch, text + 1);
	if (reg < 0)
		reg = arch_find_subreg(s->image.arch, text + 1, &shift, &bits);
	if (reg < 0)
		return false;
	*ret = (struct place){
		.kind = PLACE_REGISTER,
		.reg = reg,
		.offset = shift / 8,
		.size = bits / 8,
	};
	return true;
}

static enum err place_of_value(struct session *s, const struct spot *at,
	const char *text, const struct value *v, struct place *ret)
{
	const struct type *t = type_strip(v->type);
	uint64_t size = type_size(t);
	const char *why = NULL;

	if (v->loc.kind == LOC_NONE) {
		enum absent absent = value_unknown(v, session_values(s), &why);

		return err_set(ERR_ABSENT,
			"%s is not known here (%s): print -why %s tells where "
			"it lived; origin $REGISTER follows a register.",
			text, why ? why : absent_text(absent), text);
	}
	if (type_is_record(t) || t->kind == TYPE_ARRAY || size > 8 || !size)
		return err_set(ERR_TYPE,
			"%s has %" PRIu64
			" bytes; origin follows a number or a pointer: give "
			"one of its members.",
			text, size);
	if (v->loc.kind == LOC_REG || v->loc.kind == LOC_VREG) {
		*ret = (struct place){
			.kind = v->loc.kind == LOC_REG ? PLACE_REGISTER
						       : PLACE_VECTOR,
			.reg = (int)v->loc.reg,
			.offset = (unsigned)v->loc.offset,
			.size = (unsigned)size,
		};
		return OK;
	}
	if (v->loc.kind != LOC_ADDR)
		return err_set(ERR_UNSUPPORTED,
			"%s is in no register and not in memory: it is "
			"computed from others.  Give one of them.",
			text);
	struct operand o = {
		.size = (unsigned)size,
		.base = -1,
		.index = -1,
		.segment = -1,
	};
	*ret = past_memory(at, &o, v->loc.addr + v->loc.offset);
	return OK;
}

static void add_register(struct place *ret, size_t *n, int reg, int sp)
{
	if (reg < 0 || reg == sp || *n >= MAX_DEFAULTS)
		return;
	ret[(*n)++] = (struct place){
		.kind = PLACE_REGISTER,
		.reg = reg,
		.size = 8,
	};
}

/* Where a jump or call goes, and the registers of the operand in memory. */
static size_t default_places(const struct spot *at, struct place *ret)
{
	const struct effect *e = &at->side->code.insn[at->i];
	int sp = (int)at->side->image->arch->sp;
	bool jumps = e->is_jump || e->kind == EFFECT_CALL;
	uint64_t addr;
	size_t n = 0;

	if (e->kind == EFFECT_ADDRESS || e->has_target)
		return 0;
	for (size_t i = 0; i < e->noperands; i++) {
		const struct operand *o = &e->operand[i];

		if (o->kind == OPERAND_REG && jumps)
			add_register(ret, &n, o->reg, sp);
		if (o->kind != OPERAND_MEMORY)
			continue;
		if (jumps && spot_address(at, o, &addr))
			ret[n++] = past_memory(at, o, addr);
		add_register(ret, &n, o->base, sp);
		add_register(ret, &n, o->index, sp);
	}
	return n;
}

static enum err run_origin(struct session *s, struct args *a, struct out *o)
{
	struct trace *trace;
	struct side side;
	struct place p[MAX_DEFAULTS];
	struct value v;
	size_t n = 1;

	TRY(session_trace(s, s->thread, 0, &trace));
	/* Where a bad call has led there is no code: it is the caller's. */
	size_t level = s->frame;
	if (level + 1 < trace->n && trace->frames[level + 1].how == HOW_CALL)
		level++;
	TRY(side_open(&s->image, trace, level, &s->scratch, &side));
	struct spot at = side_spot(&side);
	if (!*a->text) {
		n = default_places(&at, p);
		if (!n)
			return err_set(ERR_USAGE,
				"The frame's instruction takes no address from "
				"a register: origin $REGISTER or origin "
				"EXPRESSION says what to follow.");
	} else if (!named_register(s, a->text, &p[0])) {
		TRY(session_eval(s, a->text, &v));
		TRY(place_of_value(s, &at, a->text, &v, &p[0]));
	}
	out_list(o, "origins");
	for (size_t i = 0; i < n; i++) {
		if (i)
			out_text(o, "\n");
		print_origin(s, &at, &p[i],
			*a->text ? a->text : origin_place_text(&at, &p[i]), o);
	}
	out_list_end(o);
	if (s->interrupted)
		return err_set(ERR_INTERRUPTED, "Interrupted.");
	return OK;
}

const struct cmd cmd_origin[] = {
	{
		.name = "origin",
		.usage = "[$REGISTER | EXPRESSION]",
		.summary = "Where a value came from, instruction by "
			   "instruction",
		.help = "Goes backwards from the frame's instruction: to the "
			"one that has written the\n"
			"register or the memory last, to what that took it "
			"from, and so on, through\n"
			"moves, slots of the stack and callers, with the "
			"values "
			"of the operands where\n"
			"they can be worked out, and the names of variables "
			"and "
			"members.  It stops, and\n"
			"says why, where the core does not tell: memory that "
			"other code has written,\n"
			"the result of a call, branches that meet with "
			"different values.\n"
			"Without argument: the registers that the instruction "
			"takes its address from,\n"
			"and where a jump or call goes.\n"
			"    origin\n"
			"    origin $rax\n"
			"    origin room->name",
		.run = run_origin,
		.group = GROUP_STATUS,
		.needs = CMD_CORE | CMD_THREAD | CMD_FRAME | CMD_EXPR,
	},
	{ 0 },
};
