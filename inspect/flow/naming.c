/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Location lists say which variable a register or a slot has at a pc; what a
 * register holds that is no variable is named by what put it there: the load
 * of a member is that member.  A union's members are told apart by nothing, so
 * that a name ends at the union.
 */
#include "inspect/flow/naming.h"

#include "inspect/base/buf.h"
#include "inspect/dwarf/index.h"
#include "inspect/dwarf/line.h"
#include "inspect/dwarf/scope.h"
#include "inspect/flow/reach.h"
#include "inspect/image/symbol.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_NAME_LOADS = 6, MAX_MEMBER_DEPTH = 16 };

/* ---- members ----------------------------------------------------------- */

static const struct member *member_around(
	const struct type *t, uint64_t offset, bool *ret_several)
{
	const struct member *found = NULL;

	*ret_several = false;
	for (size_t i = 0; i < t->nmembers; i++) {
		const struct member *m = &t->members[i];

		if (m->is_static || m->unknown_offset || offset < m->offset ||
			offset - m->offset >= type_size(m->type))
			continue;
		*ret_several |= found != NULL;
		found = found ? found : m;
	}
	return found;
}

/* Adds ".room.seats[3]" for what is at an offset in a type. */
static const struct type *add_path(
	struct buf *text, const struct type *type, uint64_t offset)
{
	for (unsigned depth = 0; depth < MAX_MEMBER_DEPTH; depth++) {
		const struct type *t = type_strip(type);
		bool several;

		if (t->kind == TYPE_ARRAY) {
			uint64_t stride = type_stride(t);

			if (!stride)
				return NULL;
			buf_printf(text, "[%" PRIu64 "]", offset / stride);
			offset %= stride;
			type = type_target(t);
			continue;
		}
		if (!type_is_record(t))
			return offset ? NULL : type;
		const struct member *m = member_around(t, offset, &several);
		if (!m)
			return NULL;
		if (several)
			return type;
		if (m->name && !m->is_base)
			buf_printf(text, ".%s", m->name);
		offset -= m->offset;
		type = m->type;
	}
	return NULL;
}

/* What a pointer of that name and type has at an offset. */
static bool pointee(struct arena *arena, const struct name *base,
	int64_t offset, struct name *ret)
{
	const struct type *p = type_strip(base->type);
	struct buf text = { .arena = arena }, path = { .arena = arena };

	if (p->kind != TYPE_POINTER && p->kind != TYPE_REFERENCE)
		return false;
	const struct type *target = type_target(p);
	const struct type *t = type_strip(target);
	uint64_t size = type_size(t);
	if (!size || t->kind == TYPE_VOID || t->kind == TYPE_FUNC)
		return false;
	int64_t index = offset / (int64_t)size;
	if (offset < 0 && offset % (int64_t)size)
		index--;
	ret->type = add_path(
		&path, target, (uint64_t)(offset - index * (int64_t)size));
	if (!ret->type)
		return false;
	const char *tail = buf_str(&path);
	bool plain = !strpbrk(base->text, "*+ ");
	const char *open = plain ? "" : "(", *close = plain ? "" : ")";
	if (index)
		buf_printf(&text, "%s%s%s[%" PRId64 "]%s", open, base->text,
			close, index, tail);
	else if (tail[0] == '.')
		buf_printf(
			&text, "%s%s%s->%s", open, base->text, close, tail + 1);
	else if (tail[0])
		buf_printf(&text, "(*%s)%s", base->text, tail);
	else
		buf_printf(&text, "*%s", base->text);
	ret->text = buf_str(&text);
	return true;
}

/* ---- variables --------------------------------------------------------- */

/* The frame as it was at pc: registers that are known, and the one asked
 * for, whose number matters and not what it holds. */
static struct frame frame_then(
	const struct spot *s, uint64_t pc, const struct place *p)
{
	const struct arch *arch = s->side->image->arch;
	struct frame f = *s->side->frame;
	struct spot at = *s;
	uint64_t v;

	f.pc = pc;
	f.interrupted = true;
	f.regs.known &= ~s->changed;
	f.regs.carried = 0;
	f.vregs = NULL;
	size_t i = code_at(&s->side->code, pc);
	if (i < s->side->code.n) {
		at.i = i;
		at.changed |= UINT64_C(1) << arch->sp;
		if (spot_register(&at, (int)arch->sp, &v))
			regs_set(&f.regs, arch->sp, v);
		at.changed |= UINT64_C(1) << arch->fp;
		if (spot_register(&at, (int)arch->fp, &v))
			regs_set(&f.regs, arch->fp, v);
	}
	if (p->kind == PLACE_REGISTER && !regs_has(&f.regs, (unsigned)p->reg))
		regs_set(&f.regs, (unsigned)p->reg, 0);
	return f;
}

static bool is_there(const struct value *v, const struct place *p,
	struct arena *arena, struct name *n)
{
	struct buf text = { .arena = arena };

	if (p->kind == PLACE_REGISTER)
		return v->loc.kind == LOC_REG && !v->loc.offset &&
		       v->loc.reg == (unsigned)p->reg && !p->offset;
	if (p->kind != PLACE_MEMORY || v->loc.kind != LOC_ADDR || v->note)
		return false;
	uint64_t start = v->loc.addr + v->loc.offset;
	if (p->addr < start || p->addr - start >= type_size(v->type))
		return false;
	buf_puts(&text, n->text);
	n->type = add_path(&text, v->type, p->addr - start);
	n->text = buf_str(&text);
	return n->type != NULL;
}

bool naming_variable(const struct spot *s, uint64_t pc, const struct place *p,
	struct name *ret)
{
	struct side *side = s->side;
	struct frame f = frame_then(s, pc, p);
	struct scope_ctx ctx = {
		.image = side->image,
		.frame = &f,
		.arena = side->arena,
	};
	struct scope *scope;
	struct line row = { 0 };
	size_t n;

	if (scope_at(side->image, pc, &scope, &n))
		return false;
	(void)line_at(side->image, pc, &row);
	for (size_t i = 0; i < n; i++) {
		struct variable *v;
		size_t nv;

		if (scope_variables(&scope[i], row.line, side->arena, &v, &nv))
			continue;
		for (size_t k = 0; k < nv; k++) {
			struct name name = { v[k].name, v[k].type };
			struct value value;

			v[k].not_yet = false;
			if (v[k].is_static || v[k].artificial ||
				scope_value(&v[k], &ctx, &value) ||
				!is_there(&value, p, side->arena, &name))
				continue;
			*ret = name;
			return true;
		}
	}
	return false;
}

/* A global variable, or a part of it. */
static bool name_global(
	const struct side *side, uint64_t addr, struct name *ret)
{
	struct scope_ctx ctx = { .image = side->image, .arena = side->arena };
	struct buf text = { .arena = side->arena };
	struct index_entry *e;
	struct symbol sym;
	struct value v;
	size_t n;

	if (!symbol_at(side->image, addr, &sym) || sym.is_func || sym.is_tls ||
		index_find(side->image, sym.module, sym.name, INDEX_VARIABLE,
			side->arena, &e, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (e[i].declaration || index_value(&e[i], &ctx, &v) ||
			v.loc.kind != LOC_ADDR || v.loc.addr != sym.addr)
			continue;
		buf_puts(&text, sym.name);
		ret->type = add_path(&text, v.type, addr - sym.addr);
		ret->text = buf_str(&text);
		return ret->type != NULL;
	}
	return false;
}

/* ---- operands ---------------------------------------------------------- */

static bool name_register(
	const struct spot *, int reg, unsigned depth, struct name *ret);

static bool name_memory(const struct spot *s, const struct operand *o,
	uint64_t addr, unsigned depth, struct name *ret)
{
	struct place p = {
		.kind = PLACE_MEMORY,
		.addr = addr,
		.size = o->size,
	};
	struct name base;
	uint64_t pointer;

	if (!addr && spot_address(s, o, &p.addr))
		addr = p.addr;
	if (spot_is_own(s, o))
		return addr && naming_variable(s, spot_pc(s), &p, ret);
	if (o->is_absolute && o->index < 0)
		return name_global(s->side, addr, ret);
	if (o->is_absolute || o->base < 0)
		return false;
	if (o->segment >= 0 || !name_register(s, o->base, depth, &base))
		return false;
	if (o->index < 0)
		return pointee(s->side->arena, &base, o->disp, ret);
	return addr && spot_register(s, o->base, &pointer) &&
	       pointee(s->side->arena, &base, (int64_t)(addr - pointer), ret);
}

/* What the instruction that has set the register loads or copies. */
static bool name_source(const struct spot *s, size_t def, int reg,
	unsigned depth, struct name *ret)
{
	const struct effect *e = &s->side->code.insn[def];
	const struct operand *o = &e->operand[1];
	struct spot at = spot_back(s, def);

	if (e->kind != EFFECT_COPY || e->operand[0].kind != OPERAND_REG ||
		e->operand[0].reg != reg || e->operand[0].size < 8)
		return false;
	if (o->kind == OPERAND_MEMORY)
		return name_memory(&at, o, 0, depth - 1, ret);
	return o->kind == OPERAND_REG &&
	       name_register(&at, o->reg, depth - 1, ret);
}

static bool name_register(
	const struct spot *s, int reg, unsigned depth, struct name *ret)
{
	struct place p = { .kind = PLACE_REGISTER, .reg = reg, .size = 8 };
	struct reach r;

	if (naming_variable(s, spot_pc(s), &p, ret))
		return true;
	if (!depth)
		return false;
	reach_find(s, &p, &r);
	if (r.n != 1 || r.entry || r.lost || r.cut || r.more)
		return false;
	/* Some variables are there from the next instruction on. */
	const struct effect *e = &s->side->code.insn[r.def[0]];
	struct spot at = *s;
	at.changed = UINT64_MAX;
	if (naming_variable(&at, e->addr + e->size, &p, ret))
		return true;
	return name_source(s, r.def[0], reg, depth, ret);
}

bool naming_memory(const struct spot *s, const struct operand *o, uint64_t addr,
	struct name *ret)
{
	return name_memory(s, o, addr, MAX_NAME_LOADS, ret);
}

/* ---- addresses --------------------------------------------------------- */

/* The innermost machine frame that has addr: frames lie above one another. */
static const char *name_in_frames(const struct side *side, uint64_t addr)
{
	struct place p = { .kind = PLACE_MEMORY, .addr = addr, .size = 1 };
	uint64_t low = 0;
	struct name name;

	for (size_t i = 0; i < side->trace->n; i++) {
		const struct frame *f = &side->trace->frames[i];

		if (f->inlined || !f->cfa_known)
			continue;
		if (addr >= low && addr < f->cfa &&
			regs_has(&f->regs, side->image->arch->sp) &&
			addr + 256 >= f->regs.v[side->image->arch->sp]) {
			struct side other = { .image = side->image,
				.trace = side->trace,
				.level = i,
				.frame = f,
				.arena = side->arena };
			struct spot s = { .side = &other };

			if (f->function &&
				naming_variable(
					&s, frame_lookup_pc(f), &p, &name))
				return arena_printf(side->arena,
					"%s of %s (frame %u)", name.text,
					f->function, f->level);
			return arena_printf(side->arena,
				"the stack of %s (frame %u)",
				f->function ? f->function : "??", f->level);
		}
		low = f->cfa;
	}
	return NULL;
}

const char *naming_address(const struct spot *s, uint64_t addr)
{
	struct side *side = s->side;
	struct symbol sym;
	const char *text = name_in_frames(side, addr);

	if (text)
		return text;
	if (!symbol_at(side->image, addr, &sym) || sym.is_tls)
		return NULL;
	if (sym.addr == addr)
		return sym.name;
	return arena_printf(
		side->arena, "%s+%" PRIu64, sym.name, addr - sym.addr);
}

/* ---- memory of the frame that others may name -------------------------- */

static void add_open(struct side *side, uint64_t start, uint64_t end)
{
	side->open = arena_grow(side->arena, side->open, side->nopen,
		&side->open_cap, sizeof(*side->open));
	side->open[side->nopen++] = (struct open_range){ start, end };
}

/* The address start is taken: of which object?  Without debug info of any that
 * may begin there. */
static void open_object(struct side *side, const struct spot *s, uint64_t start)
{
	struct place p = { .kind = PLACE_MEMORY, .addr = start, .size = 1 };
	uint64_t pc = spot_pc(s);
	struct scope *scope;
	size_t n;
	struct frame f = frame_then(s, pc, &p);
	struct scope_ctx ctx = { side->image, &f, side->arena };

	if (scope_at(side->image, pc, &scope, &n))
		n = 0;
	for (size_t i = 0; i < n; i++) {
		struct variable *v;
		size_t nv;

		if (scope_variables(&scope[i], 0, side->arena, &v, &nv))
			continue;
		for (size_t k = 0; k < nv; k++) {
			struct value value;

			if (v[k].is_static ||
				scope_value(&v[k], &ctx, &value) ||
				value.loc.kind != LOC_ADDR)
				continue;
			uint64_t at = value.loc.addr + value.loc.offset;
			if (start < at || start - at >= type_size(value.type))
				continue;
			add_open(side, at, at + type_size(value.type));
			return;
		}
	}
	add_open(side, start, UINT64_MAX);
}

static void find_open(struct side *side)
{
	const struct arch *arch = side->image->arch;
	struct spot s = { .side = side, .changed = UINT64_MAX };

	for (s.i = 0; s.i < side->code.n; s.i++) {
		const struct effect *e = &side->code.insn[s.i];
		const struct operand *o = &e->operand[1];
		uint64_t addr;

		bool lea = e->kind == EFFECT_ADDRESS &&
			   (o->base == (int)arch->sp ||
				   (o->base == (int)arch->fp &&
					   spot_register(&s, o->base, &addr)));
		bool move = e->kind == EFFECT_COPY && o->kind == OPERAND_REG &&
			    o->reg == (int)arch->sp &&
			    e->operand[0].reg != (int)arch->fp;
		/* lea -16(%rbp),%rsp ends a frame, and points at nothing. */
		if ((!lea && !move) || e->operand[0].reg == (int)arch->sp)
			continue;
		struct operand base = *o;
		if (move)
			base = (struct operand){
				.base = o->reg,
				.index = -1,
				.segment = -1,
			};
		base.index = -1;
		if (spot_address(&s, &base, &addr))
			open_object(side, &s, addr);
		else
			add_open(side, 0, UINT64_MAX);
	}
}

bool naming_is_exposed(struct side *side, uint64_t addr)
{
	if (!side->have_open) {
		side->have_open = true;
		find_open(side);
	}
	for (size_t i = 0; i < side->nopen; i++)
		if (addr >= side->open[i].start && addr < side->open[i].end)
			return true;
	return false;
}
