/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the place that is asked for to the instruction that wrote it last, to
 * what that instruction took it from, and so on, through registers, slots of
 * the frame and callers.  The trail goes on only where one instruction alone
 * can have written the place; where ways meet with several, each is shown,
 * unless it wrote a number that is not what the place held.
 */
#include "inspect/flow/origin.h"

#include "inspect/base/buf.h"
#include "inspect/flow/naming.h"

#include <inttypes.h>
#include <string.h>

enum {
	MAX_ORIGIN_STEPS = 200,
	MAX_ORIGIN_BRANCHES = 3, /* of branches */
	BRANCH_STEPS = 12,
};

struct trail {
	struct origin *o;
	struct spot at;
	struct place place;
	bool known, now;
	uint64_t value;
	unsigned depth;
	bool supposed; /* the value, if this way was gone */
	struct arena *arena;
	bool ended;
};

const char *origin_end_name(enum origin_end end)
{
	static const char *const names[] = {
		[ORIGIN_CONSTANT] = "constant",
		[ORIGIN_ADDRESS] = "address",
		[ORIGIN_MEMORY] = "memory",
		[ORIGIN_WRITTEN] = "perhaps-written",
		[ORIGIN_RESULT] = "call-result",
		[ORIGIN_CLOBBERED] = "clobbered",
		[ORIGIN_COMPUTED] = "computed",
		[ORIGIN_JOIN] = "join",
		[ORIGIN_JUMP] = "unknown-jump",
		[ORIGIN_UNSET] = "unset",
		[ORIGIN_CALLER] = "caller",
		[ORIGIN_PART] = "part",
		[ORIGIN_UNKNOWN] = "unknown-address",
		[ORIGIN_LIMIT] = "limit",
	};

	return names[end];
}

__attribute__((format(printf, 3, 4))) static void end(
	struct trail *t, enum origin_end why, const char *fmt, ...)
{
	struct buf text = { .arena = t->arena };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	t->o->end = why;
	t->o->why = buf_str(&text);
	t->ended = true;
}

static uint64_t low_bytes(uint64_t v, unsigned size)
{
	return size && size < 8 ? v & ((UINT64_C(1) << (8 * size)) - 1) : v;
}

static const char *function_of(const struct trail *t)
{
	const struct side *side = t->at.side;
	size_t i = side->level;

	while (i + 1 < side->trace->n && side->trace->frames[i].inlined)
		i++;
	const char *name = side->trace->frames[i].function;
	return name ? name : "the function";
}

static const struct effect *insn_of(const struct trail *t)
{
	return &t->at.side->code.insn[t->at.i];
}

static const char *register_text(const struct trail *t, int reg)
{
	return arena_printf(
		t->arena, "$%s", t->at.side->image->arch->reg[reg].name);
}

const char *origin_place_text(const struct spot *s, const struct place *p)
{
	struct arena *arena = s->side->arena;

	switch (p->kind) {
	case PLACE_REGISTER:
		return arena_printf(
			arena, "$%s", s->side->image->arch->reg[p->reg].name);
	case PLACE_VECTOR:
		return arena_printf(arena,
			p->offset ? "$xmm%d, bytes from %u" : "$xmm%d", p->reg,
			p->offset);
	default:
		break;
	}
	if (!p->own || !s->side->frame->cfa_known)
		return arena_printf(arena, "memory at 0x%" PRIx64, p->addr);
	int64_t off = (int64_t)(p->addr - s->side->frame->cfa);
	return arena_printf(arena, "stack slot 0x%" PRIx64 " (CFA%+" PRId64 ")",
		p->addr, off);
}

/* ---- one step ---------------------------------------------------------- */

static void add_operand(struct trail *t, struct origin_step *s, int reg)
{
	struct place p = { .kind = PLACE_REGISTER, .reg = reg, .size = 8 };
	struct past_value v;
	struct name name;

	if (reg < 0 || reg == (int)t->at.side->image->arch->fs_base)
		return;
	for (size_t i = 0; i < s->noperands; i++)
		if (!strcmp(s->operand[i].text, register_text(t, reg)))
			return;
	if (s->noperands >= EFFECT_OPERANDS * 2)
		return;
	struct origin_operand *o = &s->operand[s->noperands++];
	o->text = register_text(t, reg);
	o->known = past_value(&t->at, &p, &v);
	if (o->known) {
		o->value = v.value;
		o->now = v.now;
	}
	if (naming_variable(&t->at, spot_pc(&t->at), &p, &name))
		o->name = name.text;
}

/* The registers that an instruction reads, with what they held. */
static void add_operands(struct trail *t, struct origin_step *s)
{
	const struct effect *e = insn_of(t);

	s->operand = arena_array(
		t->arena, struct origin_operand, EFFECT_OPERANDS * 2);
	if (e->kind == EFFECT_ZERO || e->kind == EFFECT_CALL)
		return;
	for (size_t i = 0; i < e->noperands; i++) {
		const struct operand *o = &e->operand[i];

		if (o->kind == OPERAND_MEMORY) {
			add_operand(t, s, o->base);
			add_operand(t, s, o->index);
		} else if (o->kind == OPERAND_REG && o->read) {
			add_operand(t, s, o->reg);
		}
	}
}

static struct origin_step *add_step(struct trail *t, const char *how)
{
	struct origin *o = t->o;
	struct name name;
	struct spot after = t->at;
	const struct effect *e = insn_of(t);

	o->step =
		arena_grow(t->arena, o->step, o->n, &o->cap, sizeof(*o->step));
	struct origin_step *s = &o->step[o->n++];
	*s = (struct origin_step){
		.how = how,
		.frame = t->at.side->frame,
		.pc = e->addr,
		.place = origin_place_text(&t->at, &t->place),
		.known = t->known,
		.now = t->now,
		.value = t->value,
		.size = t->place.size,
	};
	add_operands(t, s);
	after.changed |= e->writes;
	if (naming_variable(&after, e->addr + e->size, &t->place, &name))
		s->name = name.text;
	return s;
}

/* The value is worked out where it is not known; where it is, it has to be the
 * one that the trail brought here, or the trail is wrong. */
static void learn(struct trail *t)
{
	struct past_value v;

	if (!past_value(&t->at, &t->place, &v))
		return;
	if (!t->known) {
		t->known = true;
		t->value = v.value;
		t->now = v.now;
	} else if (!t->supposed && !t->now && !v.now && v.value != t->value) {
		end(t, ORIGIN_UNKNOWN,
			"%s held 0x%" PRIx64 " before 0x%" PRIx64
			", which is not the value: the trail cannot be "
			"trusted from here on.",
			origin_place_text(&t->at, &t->place), v.value,
			spot_pc(&t->at));
	}
}

/* The place becomes another one of the moment before the instruction. */
static void go_on(struct trail *t, const struct place *p)
{
	t->place = *p;
	t->value = low_bytes(t->value, p->size);
	learn(t);
}

static void go_on_register(struct trail *t, const struct operand *o)
{
	struct place p = {
		.kind = PLACE_REGISTER,
		.reg = o->reg,
		.offset = o->shift / 8,
		.size = o->size < t->place.size ? o->size : t->place.size,
	};

	go_on(t, &p);
}

/* ---- branches ---------------------------------------------------------- */

static void follow(struct trail *t, size_t steps);

static struct trail branch(struct trail *t, const char *label)
{
	struct origin *o = t->o;

	if (!o->branch) {
		o->branch = arena_array(
			t->arena, struct origin, MAX_DEFINITIONS + 1);
		o->label = arena_array(
			t->arena, const char *, MAX_DEFINITIONS + 1);
	}
	struct trail b = *t;
	b.o = &o->branch[o->nbranches];
	o->label[o->nbranches++] = label;
	b.depth++;
	b.ended = false;
	return b;
}

static void branch_register(struct trail *t, int reg)
{
	struct place p = { .kind = PLACE_REGISTER, .reg = reg, .size = 8 };

	if (reg < 0 || t->depth >= MAX_ORIGIN_BRANCHES)
		return;
	struct trail b = branch(t, register_text(t, reg));
	b.known = false;
	go_on(&b, &p);
	follow(&b, BRANCH_STEPS);
}

/* ---- what the instruction is ------------------------------------------- */

static void step_memory(struct trail *t, const struct operand *o)
{
	const struct effect *e = insn_of(t);
	bool own = spot_is_own(&t->at, o);
	struct origin_step *s = add_step(t, own ? "reload" : "load");
	struct past_value addr;
	struct place p;
	struct name name;
	bool known = past_address(&t->at, o, &addr);

	if (naming_memory(&t->at, o, known ? addr.value : 0, &name))
		s->name = name.text;
	if (!known) {
		end(t, ORIGIN_UNKNOWN,
			"It was loaded from memory%s%s at 0x%" PRIx64
			"; the address is not known any more: what it was "
			"made of has been overwritten since.",
			s->name ? ", " : "", s->name ? s->name : "", e->addr);
		return;
	}
	p = past_memory(&t->at, o, addr.value);
	if (t->place.kind == PLACE_VECTOR && e->kind == EFFECT_COPY)
		p.addr += t->place.offset;
	if (t->place.size && t->place.size < p.size)
		p.size = t->place.size;
	s->has_address = true;
	s->address = p.addr;
	s->owner = naming_address(&t->at, p.addr);
	s->size = p.size;
	s->has_memory = p.size <= 8 && !(p.size & (p.size - 1)) &&
			!mem_read_uint(&t->at.side->image->mem, p.addr, p.size,
				&s->memory);
	go_on(t, &p);
}

static void step_number(struct trail *t, uint64_t v)
{
	add_step(t, "constant");
	end(t, ORIGIN_CONSTANT,
		"The instruction at 0x%" PRIx64 " sets it to "
		"the constant 0x%" PRIx64 ".",
		insn_of(t)->addr, v);
}

static void step_computed(struct trail *t)
{
	const struct effect *e = insn_of(t);
	uint64_t done = 0;

	add_step(t, "compute");
	end(t, ORIGIN_COMPUTED, "The instruction at 0x%" PRIx64 " computes it.",
		e->addr);
	for (size_t i = 0; i < e->noperands; i++) {
		const struct operand *o = &e->operand[i];
		const int regs[] = { o->kind == OPERAND_REG && o->read ? o->reg
								       : -1,
			o->kind == OPERAND_MEMORY ? o->base : -1,
			o->kind == OPERAND_MEMORY ? o->index : -1 };

		for (size_t k = 0; k < 3; k++)
			if (regs[k] >= 0 && !(done >> regs[k] & 1) &&
				regs[k] != (int)t->at.side->image->arch->sp) {
				done |= UINT64_C(1) << regs[k];
				branch_register(t, regs[k]);
			}
	}
}

static void step_address(struct trail *t, const struct operand *o)
{
	struct past_value v;
	struct place p = { .kind = PLACE_REGISTER, .reg = o->base, .size = 8 };
	bool own = spot_is_own(&t->at, o);

	if (!own && o->base >= 0 && o->index < 0 && !o->unclear) {
		add_step(t, "add");
		t->value -= (uint64_t)o->disp;
		go_on(t, &p);
		return;
	}
	if (!own && !o->is_absolute) {
		step_computed(t);
		return;
	}
	struct origin_step *s = add_step(t, "address");
	if (past_address(&t->at, o, &v))
		s->owner = naming_address(&t->at, v.value);
	end(t, ORIGIN_ADDRESS, "It is the address of %s.",
		s->owner ? s->owner
		: own    ? "something on the stack"
			 : "something in a module");
}

static void step_sum(struct trail *t)
{
	const struct effect *e = insn_of(t);
	const struct operand *to = &e->operand[0], *by = &e->operand[1];

	if (to->kind != OPERAND_REG || by->kind != OPERAND_NUMBER ||
		t->place.kind != PLACE_REGISTER) {
		step_computed(t);
		return;
	}
	add_step(t, "add");
	t->value += e->kind == EFFECT_ADD ? -by->number : by->number;
	go_on_register(t, to);
}

static void step_call(struct trail *t)
{
	const struct effect *e = insn_of(t);
	const char *name = code_call_name(&t->at.side->code, t->at.i);
	const char *reg = t->at.side->image->arch->reg[t->place.reg].name;
	bool result = t->place.kind == PLACE_REGISTER ? !strcmp(reg, "rax")
						      : t->place.reg == 0;

	add_step(t, "call");
	if (!name)
		name = "a function through a pointer";
	if (result)
		end(t, ORIGIN_RESULT,
			"It is what %s returned, called at "
			"0x%" PRIx64 ".",
			name, e->addr);
	else
		end(t, ORIGIN_CLOBBERED,
			"%s, called at 0x%" PRIx64 ", may leave anything "
			"there%s.",
			name, e->addr,
			t->place.kind == PLACE_REGISTER && !strcmp(reg, "rdx")
				? " (or returned it, as the second half of "
				  "its result)"
				: "");
}

static void step_choice(struct trail *t)
{
	const struct operand *o = insn_of(t)->operand;

	add_step(t, "choose");
	end(t, ORIGIN_JOIN,
		"The instruction at 0x%" PRIx64 " keeps what was there or "
		"takes another value; the condition is not known any more.",
		insn_of(t)->addr);
	branch_register(t, o[0].reg);
	if (o[1].kind == OPERAND_REG)
		branch_register(t, o[1].reg);
}

/* A vector register is written: which bytes of what? */
static void step_vector(struct trail *t)
{
	const struct effect *e = insn_of(t);
	const struct operand *from = &e->operand[1];
	struct place p = t->place;
	bool high = p.offset >= 8;

	if (e->kind == EFFECT_ZERO) {
		step_number(t, 0);
	} else if ((e->kind == EFFECT_PAIR || e->kind == EFFECT_HIGH) &&
		   p.offset < 8 && p.offset + p.size <= 8) {
		/* The low half stays. */
	} else if (e->kind == EFFECT_PAIR && high &&
		   from->kind == OPERAND_VECTOR) {
		add_step(t, "move");
		p.reg = from->reg;
		p.offset -= 8;
		go_on(t, &p);
	} else if (e->kind == EFFECT_HIGH && high &&
		   from->kind == OPERAND_MEMORY) {
		t->place.offset -= 8;
		step_memory(t, from);
	} else if (e->kind != EFFECT_COPY) {
		step_computed(t);
	} else if (from->kind == OPERAND_VECTOR) {
		add_step(t, "move");
		p.reg = from->reg;
		go_on(t, &p);
	} else if (p.offset >= from->size) {
		step_number(t, 0);
	} else if (from->kind == OPERAND_MEMORY) {
		step_memory(t, from);
	} else if (from->kind == OPERAND_REG) {
		add_step(t, "move");
		go_on_register(t, from);
	} else {
		step_computed(t);
	}
}

static void step_copy(struct trail *t, const struct operand *from)
{
	struct place p = { .kind = PLACE_VECTOR, .size = t->place.size };

	switch (from->kind) {
	case OPERAND_REG:
		add_step(t, t->place.kind == PLACE_MEMORY ? "store" : "move");
		go_on_register(t, from);
		break;
	case OPERAND_VECTOR:
		add_step(t, t->place.kind == PLACE_MEMORY ? "store" : "move");
		p.reg = from->reg;
		p.offset = t->place.offset;
		go_on(t, &p);
		break;
	case OPERAND_NUMBER:
		step_number(t, from->number);
		break;
	case OPERAND_MEMORY:
		step_memory(t, from);
		break;
	default:
		step_computed(t);
	}
}

static void step_register(struct trail *t)
{
	const struct effect *e = insn_of(t);
	const struct operand *to = &e->operand[0];
	struct operand slot = {
		.kind = OPERAND_MEMORY,
		.size = 8,
		.base = (int)t->at.side->image->arch->sp,
		.index = -1,
		.segment = -1,
	};

	if (e->kind == EFFECT_CALL || e->kind == EFFECT_SYSCALL) {
		step_call(t);
		return;
	}
	if (e->kind == EFFECT_LEAVE && t->place.reg != slot.base) {
		slot.base = t->place.reg;
		step_memory(t, &slot);
		return;
	}
	bool explicit = to->kind == OPERAND_REG && to->reg == t->place.reg;
	if (e->kind == EFFECT_EXCHANGE) {
		step_copy(t, &e->operand[explicit ? 1 : 0]);
		return;
	}
	if (!explicit) {
		step_computed(t);
		return;
	}
	if (to->size < 4 && to->size < t->place.size) {
		add_step(t, "part");
		end(t, ORIGIN_PART,
			"The instruction at 0x%" PRIx64 " writes only %u "
			"byte%s of it.",
			e->addr, to->size, to->size == 1 ? "" : "s");
		return;
	}
	switch (e->kind) {
	case EFFECT_COPY:
		step_copy(t, &e->operand[1]);
		break;
	case EFFECT_ADDRESS:
		step_address(t, &e->operand[1]);
		break;
	case EFFECT_ADD:
	case EFFECT_SUBTRACT:
		step_sum(t);
		break;
	case EFFECT_CHOOSE:
		step_choice(t);
		break;
	case EFFECT_ZERO:
		step_number(t, 0);
		break;
	case EFFECT_POP:
		step_memory(t, &slot);
		break;
	default:
		step_computed(t);
	}
}

/* Memory is written: of which of the bytes of the operand is it? */
static void step_store(struct trail *t)
{
	const struct effect *e = insn_of(t);
	const struct operand *to = &e->operand[0], *from = &e->operand[1];
	struct past_value addr;

	if (e->kind == EFFECT_PUSH) {
		step_copy(t, to);
		return;
	}
	if (e->kind != EFFECT_COPY || to->kind != OPERAND_MEMORY) {
		step_computed(t);
		return;
	}
	if (to->size < t->place.size) {
		add_step(t, "part");
		end(t, ORIGIN_PART,
			"The store at 0x%" PRIx64 " writes only a part of it.",
			e->addr);
		return;
	}
	if (past_address(&t->at, to, &addr))
		t->place.offset = (unsigned)(t->place.addr - addr.value);
	if (t->place.offset && from->kind != OPERAND_VECTOR) {
		step_computed(t);
		return;
	}
	step_copy(t, from);
}

/* ---- the way back ------------------------------------------------------ */

/* A definition whose last result was another one than what the place held was
 * not the last to write it. */
static bool is_ruled_out(const struct trail *t, size_t def)
{
	struct spot at = spot_back(&t->at, def);
	struct past_value v;

	return t->known && !t->now && !t->supposed &&
	       past_result(&at, &t->place, &v) && !v.now &&
	       v.value != low_bytes(t->value, t->place.size);
}

static bool is_entry_ruled_out(const struct trail *t)
{
	struct past_value v;
	struct spot caller;
	const char *why;

	return t->known && !t->now && !t->supposed &&
	       past_caller(&t->at, &t->place, &caller, &why) &&
	       past_value(&caller, &t->place, &v) && !v.now &&
	       v.value != low_bytes(t->value, t->place.size);
}

/* What meets, without what cannot have been; all of it when nothing is left,
 * which then is for who reads it to see. */
static void rule_out(const struct trail *t, struct reach *r)
{
	size_t kept = 0, def[MAX_DEFINITIONS];

	if (r->n + r->entry < 2 || r->more)
		return;
	for (size_t i = 0; i < r->n; i++)
		if (!is_ruled_out(t, r->def[i]))
			def[kept++] = r->def[i];
	bool entry = r->entry && !is_entry_ruled_out(t);
	if (!kept && !entry)
		return;
	memcpy(r->def, def, kept * sizeof(*def));
	r->n = kept;
	r->entry = entry;
}

static bool is_round(struct trail *t)
{
	for (size_t i = 0; i < t->o->n; i++)
		if (t->o->step[i].pc == insn_of(t)->addr &&
			t->o->step[i].frame == t->at.side->frame)
			return true;
	return false;
}

static void step_at(struct trail *t, size_t def)
{
	t->at = spot_back(&t->at, def);
	if (is_round(t)) {
		end(t, ORIGIN_JOIN,
			"The instruction at 0x%" PRIx64 " again: a loop, and "
			"how often it went around is not known.",
			insn_of(t)->addr);
		return;
	}
	if (t->place.kind == PLACE_REGISTER)
		step_register(t);
	else if (t->place.kind == PLACE_VECTOR)
		step_vector(t);
	else
		step_store(t);
}

static void join(struct trail *t, const struct reach *r)
{
	size_t ways = r->n + (r->entry ? 1 : 0);

	end(t, ORIGIN_JOIN,
		"%zu%s definitions meet before 0x%" PRIx64
		" (branches or a loop), and nothing tells which one it was.",
		ways, r->more ? " or more" : "", spot_pc(&t->at));
	t->o->end_pc = spot_pc(&t->at);
	if (t->depth >= MAX_ORIGIN_BRANCHES)
		return;
	for (size_t i = 0; i < r->n; i++) {
		struct trail b = branch(t, "one way");

		b.depth = MAX_ORIGIN_BRANCHES;
		b.supposed = true;

		step_at(&b, r->def[i]);
		if (b.ended)
			continue;
		follow(&b, BRANCH_STEPS);
	}
	if (!r->entry)
		return;
	struct trail b = branch(t, "one way");
	end(&b, ORIGIN_CALLER, "It is what was there on entry to %s.",
		function_of(t));
}

static void enter_caller(struct trail *t)
{
	const char *why, *name = function_of(t);
	struct spot caller;
	struct place p = t->place;
	bool reg = p.kind == PLACE_REGISTER;

	if (past_caller(&t->at, &p, &caller, &why)) {
		bool kept = reg &&
			    caller.side->image->arch->callee_saved >> p.reg & 1;
		t->at = caller;
		learn(t);
		add_step(t, kept ? "kept" : "argument");
		return;
	}
	if (why)
		end(t, ORIGIN_CALLER, "It was there on entry to %s, and %s.",
			name, why);
	else if (reg)
		end(t, ORIGIN_UNSET,
			"Nothing sets %s between the entry of %s and here, "
			"and no argument is passed in it.",
			origin_place_text(&t->at, &p), name);
	else if (p.own)
		end(t, ORIGIN_UNSET,
			"Nothing has written this slot since the entry of "
			"%s: it was not initialized.",
			name);
	else
		end(t, ORIGIN_MEMORY,
			"Nothing in %s has written it before: other code did, "
			"and the core does not tell which.",
			name);
}

static void perhaps_written(struct trail *t, const struct reach *r)
{
	const struct code *c = &t->at.side->code;
	const struct effect *e = &c->insn[r->maybe_at];
	const char *name =
		e->kind == EFFECT_CALL ? code_call_name(c, r->maybe_at) : NULL;

	t->o->end_pc = e->addr;
	if (t->place.own)
		end(t, ORIGIN_WRITTEN,
			"Its address was given away, and %s%s at 0x%" PRIx64
			" may have written it.",
			e->kind == EFFECT_CALL ? "the call" : "the store",
			name ? arena_printf(t->arena, " of %s", name) : "",
			e->addr);
	else
		end(t, ORIGIN_MEMORY,
			"No store in %s wrote it: other code did, before, or "
			"called from here (%s%s at 0x%" PRIx64 " may have).",
			function_of(t),
			e->kind == EFFECT_CALL ? "the call" : "the store",
			name ? arena_printf(t->arena, " of %s", name) : "",
			e->addr);
}

static void look_back(struct trail *t)
{
	struct reach r;

	reach_find(&t->at, &t->place, &r);
	rule_out(t, &r);
	if (r.cut)
		end(t, ORIGIN_LIMIT, "%s is too large to be walked further.",
			function_of(t));
	else if (r.maybe)
		perhaps_written(t, &r);
	else if (r.lost)
		end(t, ORIGIN_JUMP,
			"How control came to 0x%" PRIx64
			" is not known: a jump through a table that was not "
			"found, or an exception.",
			t->at.side->code.insn[r.lost_at].addr);
	else if (r.more || r.n + r.entry > 1)
		join(t, &r);
	else if (r.n)
		step_at(t, r.def[0]);
	else
		enter_caller(t);
}

static void follow(struct trail *t, size_t steps)
{
	for (size_t i = 0; !t->ended && i < steps; i++)
		look_back(t);
	if (!t->ended)
		end(t, ORIGIN_LIMIT, "Not followed further.");
}

void origin_find(
	const struct spot *s, const struct place *p, struct origin *ret)
{
	struct trail t = {
		.o = ret,
		.at = *s,
		.place = *p,
		.arena = s->side->arena,
	};

	*ret = (struct origin){ 0 };
	learn(&t);
	follow(&t, MAX_ORIGIN_STEPS);
}
