/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One way back to the entry is taken, any one.  Each of its instructions is on
 * all ways unless a detour leads around it: from every instruction of the way,
 * in order, what can be reached beside the way is walked, and how far along it
 * that comes back is noted.  Each instruction is visited twice at most.
 */
#include "inspect/flow/waypoint.h"

#include <string.h>

struct way {
	struct code *code;
	size_t *from;  /* the instruction that led here, plus one; 0: unseen */
	size_t *queue; /* of the first walk; then the way itself */
	size_t head, tail, at;
	size_t *step; /* place on the way, plus one; 0: beside it */
	uint8_t *beside;
	size_t far; /* on the way, by detours so far */
};

static void visit(size_t i, void *ctx)
{
	struct way *w = ctx;

	if (w->from[i])
		return;
	w->from[i] = w->at + 1;
	w->queue[w->tail++] = i;
}

/* The first place found that is the entry, or one that nothing leads to. */
static size_t find_start(struct way *w, size_t at)
{
	w->from[at] = at + 1;
	w->queue[w->tail++] = at;
	while (w->head < w->tail) {
		w->at = w->queue[w->head++];
		if (w->code->insn[w->at].addr == w->code->entry ||
			!code_before(w->code, w->at, visit, w))
			return w->at;
	}
	return at;
}

static void detour(size_t i, void *ctx)
{
	struct way *w = ctx;

	if (w->step[i]) {
		if (w->step[i] - 1 > w->far)
			w->far = w->step[i] - 1;
	} else if (!w->beside[i]) {
		w->beside[i] = 1;
		w->queue[w->tail++] = i;
	}
}

static void walk_beside(struct way *w, size_t i, size_t length)
{
	w->head = w->tail = 0;
	w->queue[w->tail++] = i;
	while (w->head < w->tail) {
		size_t at = w->queue[w->head++];
		bool start = w->code->insn[at].addr == w->code->entry;

		bool lost = !code_before(w->code, at, detour, w);

		/* Another way in: it leads around all that is left. */
		if (lost || (start && !w->step[at]))
			w->far = length;
	}
}

void waypoint_find(struct side *side, uint8_t *certain)
{
	size_t n = side->code.n, length = 0;
	struct way w = {
		.code = &side->code,
		.from = arena_array(side->arena, size_t, n + 1),
		.queue = arena_array(side->arena, size_t, n + 2),
		.step = arena_array(side->arena, size_t, n + 1),
		.beside = arena_alloc(side->arena, n + 1),
	};
	size_t *way = arena_array(side->arena, size_t, n + 1);
	size_t i = find_start(&w, side->at);

	memset(certain, 0, n);
	for (;; i = w.from[i] - 1) {
		way[length++] = i;
		if (i == side->at)
			break;
	}
	/* It was noted from the start on; it is walked from the frame back. */
	for (size_t k = 0; k < length; k++)
		w.step[way[length - 1 - k]] = k + 1;
	for (size_t k = 0; k < length; k++) {
		size_t at = way[length - 1 - k];

		certain[at] = w.far <= k;
		walk_beside(&w, at, length);
	}
}
