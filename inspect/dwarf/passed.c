/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "chain(n - 1, tag + 2)" in chain(): what tag was in a frame, the caller knows
 * as the entry value of its own tag, plus two; and so on to main, a hundred or
 * fifty thousand frames further out.  To follow that by calls of the expression
 * machine takes as much of our own stack as the program had.  So the machine
 * goes a few frames far.  What it then lacks is worked out by itself, from
 * there and first, and kept; then it begins anew and finds it.
 *
 * Kept is only what was too far away, which short chains never are; by the
 * registers of its frame, for frames come and go.  Where the trace was cut
 * before its end, what is not known there may be known by another trace: it is
 * kept for the one answer.
 */
#include "inspect/dwarf/passed.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/call_site.h"
#include "inspect/dwarf/place.h"
#include "inspect/dwarf/scope.h"
#include "inspect/dwarf/table.h"

#include <string.h>

/* Frames; the other half is for the nesting of what a call site says. */
enum { FAR = MAX_EXPR_CALLS / 2 };

struct question {
	struct expr_ctx c;
	struct passed_what what;
};

struct answer {
	uint64_t registers, pc, cfa, of;
	const void *function;
	enum passed_kind kind;
	uint64_t search; /* good for that one alone; 0: for all */
	struct cell cell;
	struct answer *next;
};

/* What image->passed points at. */
struct passed {
	struct table *answers; /* by the hash of the question */
	uint64_t search;
	bool searching, too_far;
	struct question next; /* what was too far away */
};

static struct passed *passed_of(struct image *image)
{
	struct passed *p = image->passed;

	if (!p) {
		image->passed = p = arena_new(image->arena, struct passed);
		p->answers = table_new(image->arena);
	}
	return p;
}

/* ---- answers ----------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t v)
{
	hash = (hash ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static struct answer key_of(
	const struct expr_ctx *c, const struct passed_what *what)
{
	const struct frame *f = c->frame;
	struct answer a = {
		.kind = what->kind,
		.of = what->kind == PASSED_PARAMETER
			      ? (uintptr_t)what->parameter.addr
			      : what->reg,
		.function = c->scope ? c->scope->function->die.addr : NULL,
	};

	if (!f)
		return a;
	a.pc = f->pc;
	a.cfa = f->cfa;
	a.registers = f->regs.known;
	for (unsigned i = 0; i < ARCH_MAX_REGS; i++)
		if (f->regs.known >> i & 1)
			a.registers = mix(a.registers, f->regs.v[i]);
	return a;
}

static uint64_t hash_of(const struct answer *a)
{
	uint64_t hash = mix(a->registers, a->of);

	hash = mix(hash, (uint64_t)a->kind);
	return mix(hash, (uintptr_t)a->function) | 1;
}

static bool same_key(const struct answer *a, const struct answer *b)
{
	return a->registers == b->registers && a->pc == b->pc &&
	       a->cfa == b->cfa && a->of == b->of && a->kind == b->kind &&
	       a->function == b->function;
}

static const struct answer *answer_find(
	const struct passed *p, const struct answer *key)
{
	struct answer *a;

	if (!p->answers->n)
		return NULL;
	for (a = table_find(p->answers, hash_of(key)); a; a = a->next)
		if (same_key(a, key) && (!a->search || a->search == p->search))
			return a;
	return NULL;
}

static void answer_add(struct passed *p, struct arena *arena,
	const struct question *q, struct cell cell, bool for_all)
{
	struct answer *a = arena_new(arena, struct answer), *first;

	*a = key_of(&q->c, &q->what);
	a->search = for_all ? 0 : p->search;
	a->cell = cell;
	if (cell.why)
		a->cell.why = arena_strdup(arena, cell.why);
	first = table_find(p->answers, hash_of(a));
	if (first) {
		a->next = first->next;
		first->next = a;
	} else {
		table_add(p->answers, hash_of(a), a);
	}
}

/* ---- one call ---------------------------------------------------------- */

static enum err cell_of(
	const struct expr_ctx *c, const struct loc *loc, struct cell *ret)
{
	enum absent absent;
	uint64_t v;

	if (loc->kind == LOC_NONE) {
		*ret = cell_absent(loc->absent, loc->why);
		return OK;
	}
	if (loc->kind == LOC_BYTES && loc->n > sizeof(uint64_t)) {
		*ret = cell_of_bytes(
			CELL_UNSIGNED, CELL_MAX_SIZE, loc->bytes, loc->n);
		return OK;
	}
	enum err e = place_number(c, loc, &absent, &v);

	if (e != OK && e != ERR_ABSENT)
		return e;
	*ret = e ? cell_absent(absent, arena_strdup(c->arena, err_msg()))
		 : cell_generic(v);
	return OK;
}

static enum err one_call(const struct expr_ctx *c, unsigned depth,
	const struct passed_what *what, struct cell *ret)
{
	struct expr_ctx in = *c;
	struct loc loc;

	in.depth = depth;
	switch (what->kind) {
	case PASSED_REGISTER:
		TRY(call_site_register(&in, what->reg, &loc));
		break;
	case PASSED_POINTEE:
		TRY(call_site_pointee(&in, what->reg, &loc));
		break;
	case PASSED_PARAMETER:
		TRY(call_site_parameter(&in, &what->parameter, &loc));
		break;
	}
	return cell_of(&in, &loc, ret);
}

/* ---- all of them ------------------------------------------------------- */

static bool is_cut(const struct frame *f)
{
	while (f && f->caller)
		f = f->caller;
	return f && f->cut;
}

/* What was too far away, and what that lacks in turn, outermost first. */
static enum err look_further(struct passed *p, struct image *image)
{
	struct arena arena = { 0 };
	struct question *todo = NULL;
	size_t n = 0, cap = 0;
	bool for_all = !is_cut(p->next.c.frame);
	enum err e = OK;

	do {
		struct cell cell;

		if (p->too_far) {
			todo = arena_grow(&arena, todo, n, &cap, sizeof(*todo));
			todo[n++] = p->next;
		}
		p->too_far = false;
		if (n < MAX_FRAMES)
			e = one_call(
				&todo[n - 1].c, 0, &todo[n - 1].what, &cell);
		else
			cell = cell_absent(ABSENT_OPTIMIZED_OUT,
				"it was passed on by too many calls");
		if (e == ERR_INTERRUPTED)
			break;
		if (p->too_far)
			continue;
		if (e)
			cell = cell_absent(ABSENT_OPTIMIZED_OUT,
				arena_strdup(image->arena, err_msg()));
		answer_add(p, image->arena, &todo[--n], cell, for_all);
	} while (n);
	arena_clear(&arena);
	return e == ERR_INTERRUPTED ? e : OK;
}

static enum err search(struct passed *p, const struct expr_ctx *c,
	const struct passed_what *what, struct cell *ret)
{
	enum err e;

	p->searching = true;
	p->search++;
	p->too_far = false;
	while ((e = one_call(c, c->depth + 1, what, ret)) != ERR_INTERRUPTED &&
		p->too_far)
		if ((e = look_further(p, c->image)))
			break;
	p->searching = p->too_far = false;
	return e;
}

enum err passed_cell(const struct expr_ctx *c, const struct passed_what *what,
	struct cell *ret)
{
	struct passed *p = passed_of(c->image);
	struct answer key = key_of(c, what);
	const struct answer *known = answer_find(p, &key);

	if (known) {
		*ret = known->cell;
		return OK;
	}
	if (!p->searching)
		return search(p, c, what, ret);
	if (c->depth < FAR)
		return one_call(c, c->depth + 1, what, ret);
	if (!p->too_far) {
		p->too_far = true;
		p->next = (struct question){ *c, *what };
		p->next.c.attr = NULL;
	}
	return err_set(ERR_LIMIT, "it was passed on by many calls");
}
