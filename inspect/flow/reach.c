/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All ways back, nearest first, each ending at the instruction that writes the
 * place.  A register is written by whatever writes any part of it.  Memory is
 * written by a store whose address is worked out and overlaps; a store whose
 * address is not known, and a call, may have written what somebody else can
 * name: everything but slots of the frame whose address is never taken.
 */
#include "inspect/flow/reach.h"

#include "inspect/dwarf/table.h"
#include "inspect/flow/naming.h"

#include <string.h>

/* Arrays as long as the function, for walks inside each other. */
struct work {
	struct work *next;
	uint8_t *seen;
	size_t *queue;
};

struct search {
	const struct spot *from;
	const struct place *place;
	struct reach *ret;
	uint8_t *seen;
	size_t *queue;
	size_t head, tail;
	size_t stop; /* the ways end before it; code.n: they do not */
	int open;    /* the place's memory may be named by others: -1 unasked */
};

static struct work *work_take(struct side *side)
{
	struct work *w = side->work;

	if (w) {
		side->work = w->next;
		memset(w->seen, 0, side->code.n);
		return w;
	}
	w = arena_new(side->arena, struct work);
	w->seen = arena_alloc(side->arena, side->code.n + 1);
	w->queue = arena_array(side->arena, size_t, side->code.n + 2);
	return w;
}

static void work_give(struct side *side, struct work *w)
{
	w->next = side->work;
	side->work = w;
}

static uint64_t below_sp(const struct spot *s, bool *ret_known)
{
	uint64_t sp = 0;

	*ret_known = spot_register(s, (int)s->side->image->arch->sp, &sp);
	return sp - 8;
}

/* Where an instruction stores, and how much. */
static bool stored_at(const struct spot *from, size_t i, uint64_t *ret_addr,
	unsigned *ret_size)
{
	const struct code *c = &from->side->code;
	const struct effect *e = &c->insn[i];
	struct spot at = *from;
	bool known;

	at.i = i;
	at.changed = UINT64_MAX; /* the cheap way first: by the CFI */
	if (e->kind == EFFECT_PUSH) {
		*ret_size = 8;
		*ret_addr = below_sp(&at, &known);
		if (!known) {
			at = spot_back(from, i);
			*ret_addr = below_sp(&at, &known);
		}
		return known;
	}
	for (size_t k = 0; k < e->noperands; k++) {
		const struct operand *o = &e->operand[k];

		if (o->kind != OPERAND_MEMORY || !o->written)
			continue;
		*ret_size = o->size;
		if (spot_address(&at, o, ret_addr))
			return true;
		at = spot_back(from, i);
		return spot_address(&at, o, ret_addr);
	}
	return false;
}

static bool is_open(struct search *s)
{
	if (s->open < 0)
		s->open = !s->place->own ||
			  naming_is_exposed(s->from->side, s->place->addr);
	return s->open;
}

static enum touch touch_memory(struct search *s, size_t i)
{
	const struct effect *e = &s->from->side->code.insn[i];
	const struct place *p = s->place;
	unsigned size = 0;
	uint64_t addr;

	if (!e->stores)
		return TOUCH_NOT;
	if (e->stores_unclear)
		return is_open(s) ? TOUCH_MAYBE : TOUCH_NOT;
	if (!stored_at(s->from, i, &addr, &size))
		return is_open(s) ? TOUCH_MAYBE : TOUCH_NOT;
	if (addr <= p->addr && addr + size >= p->addr + p->size)
		return TOUCH_WHOLE;
	return addr < p->addr + p->size && p->addr < addr + size ? TOUCH_PART
								 : TOUCH_NOT;
}

static enum touch touch(struct search *s, size_t i)
{
	const struct effect *e = &s->from->side->code.insn[i];

	switch (s->place->kind) {
	case PLACE_REGISTER:
		return e->writes >> s->place->reg & 1 ? TOUCH_WHOLE : TOUCH_NOT;
	case PLACE_VECTOR:
		return e->vector_writes >> s->place->reg & 1 ? TOUCH_WHOLE
							     : TOUCH_NOT;
	default:
		return touch_memory(s, i);
	}
}

static void add_definition(struct reach *r, size_t i)
{
	if (r->n < MAX_DEFINITIONS)
		r->def[r->n++] = i;
	else
		r->more = true;
}

static void visit(size_t i, void *ctx)
{
	struct search *s = ctx;
	const struct effect *e = &s->from->side->code.insn[i];

	if (s->seen[i])
		return;
	s->seen[i] = 1;
	const volatile int *stop = s->from->side->image->mem.interrupted;
	if (!s->from->side->budget || (stop && *stop)) {
		s->ret->cut = true;
		return;
	}
	s->from->side->budget--;
	enum touch t = touch(s, i);
	if (t == TOUCH_WHOLE || t == TOUCH_PART) {
		add_definition(s->ret, i);
		return;
	}
	if (t == TOUCH_MAYBE && !s->ret->maybe) {
		s->ret->maybe = true;
		s->ret->maybe_at = i;
	}
	s->ret->writes |= e->writes;
	s->ret->vector_writes |= e->vector_writes;
	if (i != s->stop)
		s->queue[s->tail++] = i;
}

static void search(const struct spot *from, size_t stop,
	const struct place *place, struct reach *ret)
{
	struct side *side = from->side;
	struct code *c = &side->code;
	struct search s = {
		.from = from,
		.place = place,
		.ret = ret,
		.stop = stop,
		.open = -1,
	};

	struct work *w = work_take(side);

	*ret = (struct reach){ 0 };
	s.seen = w->seen;
	s.queue = w->queue;
	s.queue[s.tail++] = from->i;
	while (s.head < s.tail && !ret->cut) {
		size_t i = s.queue[s.head++];

		if (c->insn[i].addr == c->entry)
			ret->entry = true;
		if (!code_before(c, i, visit, &s) && !ret->lost) {
			ret->lost = true;
			ret->lost_at = i;
		}
	}
	work_give(side, w);
}

void reach_find(
	const struct spot *from, const struct place *place, struct reach *ret)
{
	struct side *side = from->side;
	uint64_t key = from->i * 4 + place->kind + 1;

	key = key * 64 + (uint64_t)(place->reg & 63);
	if (place->kind == PLACE_MEMORY) {
		search(from, side->code.n, place, ret);
		return;
	}
	if (!side->reaches)
		side->reaches = table_new(side->arena);
	struct reach *known = table_find(side->reaches, key);
	if (!known) {
		known = arena_new(side->arena, struct reach);
		search(from, side->code.n, place, known);
		table_add(side->reaches, key, known);
	}
	*ret = *known;
}

bool reach_untouched(
	const struct spot *from, size_t i, const struct place *place)
{
	struct reach r;

	if (i == from->i)
		return true;
	search(from, i, place, &r);
	return !r.n && !r.more && !r.maybe && !r.cut;
}

/* ---- between two instructions ------------------------------------------ */

struct between {
	struct code *code;
	struct side *side;
	uint8_t *seen;
	size_t *queue;
	size_t head, tail, stop;
	uint64_t writes, vector_writes;
};

static void visit_between(size_t i, void *ctx)
{
	struct between *b = ctx;
	const struct effect *e = &b->code->insn[i];

	if (b->seen[i])
		return;
	b->seen[i] = 1;
	b->writes |= e->writes;
	b->vector_writes |= e->vector_writes;
	if (i != b->stop)
		b->queue[b->tail++] = i;
	if (b->side->budget)
		b->side->budget--;
}

static void between(const struct spot *from, size_t stop, uint64_t *writes)
{
	struct side *side = from->side;
	struct work *w = work_take(side);
	struct between b = {
		.code = &side->code,
		.side = side,
		.stop = stop,
		.seen = w->seen,
		.queue = w->queue,
	};

	b.queue[b.tail++] = from->i;
	while (b.head < b.tail && side->budget)
		(void)code_before(b.code, b.queue[b.head++], visit_between, &b);
	if (!side->budget || !b.seen[stop])
		b.writes = b.vector_writes = UINT64_MAX;
	writes[0] = b.writes;
	writes[1] = b.vector_writes;
	work_give(side, w);
}

void reach_between(const struct spot *from, size_t stop, uint64_t *writes,
	uint64_t *vector_writes)
{
	struct side *side = from->side;
	uint64_t key = ((uint64_t)from->i << 32 | stop) + 1;

	if (!side->betweens)
		side->betweens = table_new(side->arena);
	uint64_t *known = table_find(side->betweens, key);
	if (!known) {
		known = arena_array(side->arena, uint64_t, 2);
		between(from, stop, known);
		table_add(side->betweens, key, known);
	}
	*writes |= known[0];
	*vector_writes |= known[1];
}

/* ---- all instructions -------------------------------------------------- */

struct spread {
	struct code *code;
	uint64_t *changed;
	uint8_t *seen, *queued;
	size_t *queue; /* a ring */
	size_t head, n;
	size_t from;
};

static void enqueue(struct spread *s, size_t i)
{
	if (s->queued[i])
		return;
	s->queued[i] = 1;
	s->queue[(s->head + s->n++) % (s->code->n + 1)] = i;
}

static void spread_to(size_t i, void *ctx)
{
	struct spread *s = ctx;
	uint64_t mask = s->changed[s->from] | s->code->insn[i].writes;

	if (s->seen[i] && (s->changed[i] | mask) == s->changed[i])
		return;
	s->seen[i] = 1;
	s->changed[i] |= mask;
	enqueue(s, i);
}

void reach_all(struct side *side, uint64_t *changed, uint8_t *seen)
{
	struct work *w = work_take(side);
	struct spread s = {
		.code = &side->code,
		.changed = changed,
		.seen = seen,
		.queued = w->seen,
		.queue = w->queue,
	};

	memset(changed, 0, side->code.n * sizeof(*changed));
	memset(seen, 0, side->code.n);
	seen[side->at] = 1;
	enqueue(&s, side->at);
	while (s.n) {
		s.from = s.queue[s.head];
		s.head = (s.head + 1) % (side->code.n + 1);
		s.n--;
		s.queued[s.from] = 0;
		(void)code_before(s.code, s.from, spread_to, &s);
	}
	work_give(side, w);
}
