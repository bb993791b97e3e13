/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the place that is asked for to the instruction that wrote it last, to
 * what that instruction took it from, and so on, through registers, slots of
 * the frame and callers.  The trail goes on only where one instruction alone
 * can have written the place; where ways meet with several, each is shown,
 * unless it wrote a number that is not what the place held.
 */
#include "inspect/flow/origin.h"

#include "inspect/flow/step.h"

#include <inttypes.h>
#include <string.h>

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

/* A definition whose last result was another one than what the place held was
 * not the last to write it. */
static bool is_ruled_out(const struct trail *t, size_t def)
{
	struct spot at = spot_back(&t->at, def);
	struct past_value v;

	return t->known && !t->now && !t->supposed &&
	       past_result(&at, &t->place, &v) && !v.now &&
	       v.value != trail_low_bytes(t->value, t->place.size);
}

static bool is_entry_ruled_out(const struct trail *t)
{
	struct past_value v;
	struct spot caller;
	const char *why;

	return t->known && !t->now && !t->supposed &&
	       past_caller(&t->at, &t->place, &caller, &why) &&
	       past_value(&caller, &t->place, &v) && !v.now &&
	       v.value != trail_low_bytes(t->value, t->place.size);
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

static void join(struct trail *t, const struct reach *r)
{
	size_t ways = r->n + (r->entry ? 1 : 0);

	trail_end(t, ORIGIN_JOIN,
		"%zu%s definitions meet before 0x%" PRIx64
		" (branches or a loop), and nothing tells which one it was.",
		ways, r->more ? " or more" : "", spot_pc(&t->at));
	t->o->end_pc = spot_pc(&t->at);
	if (t->supposed)
		return;
	for (size_t i = 0; i < r->n; i++) {
		struct trail b = trail_branch(t, "one way");

		b.depth = MAX_ORIGIN_BRANCHES - 1;
		b.supposed = true;

		step_at(&b, r->def[i]);
		if (b.ended)
			continue;
		trail_follow(&b, BRANCH_STEPS);
	}
	if (!r->entry)
		return;
	struct trail b = trail_branch(t, "one way");
	trail_end(&b, ORIGIN_CALLER, "It is what was there on entry to %s.",
		trail_function(t));
}

static void enter_caller(struct trail *t)
{
	const char *why, *name = trail_function(t);
	struct spot caller;
	struct place p = t->place;
	bool reg = p.kind == PLACE_REGISTER;

	if (past_caller(&t->at, &p, &caller, &why)) {
		bool kept = reg &&
			    caller.side->image->arch->callee_saved >> p.reg & 1;
		t->at = caller;
		trail_learn(t);
		trail_add(t, caller.side->frame->how == HOW_TAILCALL ? "jump"
			     : kept                                  ? "kept"
				    : "argument");
		return;
	}
	if (why)
		trail_end(t, ORIGIN_CALLER,
			"It was there on entry to %s, and %s.", name, why);
	else if (reg)
		trail_end(t, ORIGIN_UNSET,
			"Nothing sets %s between the entry of %s and here, "
			"and no argument is passed in it.",
			origin_place_text(&t->at, &p), name);
	else if (p.own)
		trail_end(t, ORIGIN_UNSET,
			"Nothing has written this slot since the entry of "
			"%s: it was not initialized.",
			name);
	else
		trail_end(t, ORIGIN_MEMORY,
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
		trail_end(t, ORIGIN_WRITTEN,
			"Its address was given away, and %s%s at 0x%" PRIx64
			" may have written it.",
			e->kind == EFFECT_CALL ? "the call" : "the store",
			name ? arena_printf(t->arena, " of %s", name) : "",
			e->addr);
	else
		trail_end(t, ORIGIN_MEMORY,
			"No store in %s is known to have written it: other "
			"code did, before, or %s%s at 0x%" PRIx64 ".",
			trail_function(t),
			e->kind == EFFECT_CALL ? "what was called"
					       : "the store through a pointer",
			name ? arena_printf(t->arena, " (%s)", name) : "",
			e->addr);
}

static void look_back(struct trail *t)
{
	struct reach r;

	reach_find(&t->at, &t->place, &r);
	rule_out(t, &r);
	if (r.cut)
		trail_end(t, ORIGIN_LIMIT,
			"%s is too large to be walked further.",
			trail_function(t));
	else if (r.maybe)
		perhaps_written(t, &r);
	else if (r.lost)
		trail_end(t, ORIGIN_JUMP,
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

void trail_follow(struct trail *t, size_t steps)
{
	for (size_t i = 0; !t->ended && i < steps; i++)
		look_back(t);
	if (!t->ended)
		trail_end(t, ORIGIN_LIMIT, "Not followed further.");
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
	trail_learn(&t);
	trail_follow(&t, MAX_ORIGIN_STEPS);
}
