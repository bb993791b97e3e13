/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pool of two hundred threads that wait for work is one line of a report and
 * not four thousand.  Stacks are compared by functions and lines, and where
 * there are none by addresses; arguments and locals may differ.
 */
#include "inspect/cmd/group.h"

#include "inspect/base/hash.h"

#include <stdlib.h>
#include <string.h>

static uint64_t key_of(const struct trace *t, size_t max)
{
	uint64_t hash = HASH64_START;

	for (size_t i = 0; i < t->n && (!max || i < max); i++) {
		const struct frame *f = &t->frames[i];

		if (f->function)
			hash = hash64_on(
				hash, f->function, strlen(f->function) + 1);
		if (f->file && f->line > 0)
			hash = hash64_on(hash, &f->line, sizeof(f->line));
		else if (!f->inlined)
			hash = hash64_on(hash, &f->pc, sizeof(f->pc));
	}
	return hash;
}

static enum err keys_of(struct session *s, size_t max, uint64_t *keys)
{
	for (size_t i = 0; i < s->core.nthreads; i++) {
		struct arena_mark mark = arena_mark(&s->scratch);
		struct trace *t;

		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		TRY(session_trace_once(s, i, max, &t));
		keys[i] = key_of(t, max);
		arena_release(&s->scratch, mark);
	}
	return OK;
}

struct keyed {
	uint64_t key;
	size_t thread;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->thread < y->thread ? -1 : 1;
}

static int by_size(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	/* The kernel writes the thread that got the signal first. */
	if (!x->thread[0] || !y->thread[0])
		return x->thread[0] ? 1 : -1;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return x->thread[0] < y->thread[0] ? -1 : 1;
}

enum err group_threads(
	struct session *s, size_t max, struct group **ret, size_t *ret_n)
{
	size_t n = s->core.nthreads, ngroups = 0;
	uint64_t *keys = arena_array(&s->scratch, uint64_t, n + 1);
	struct keyed *all = arena_array(&s->scratch, struct keyed, n + 1);
	size_t *threads = arena_array(&s->scratch, size_t, n + 1);
	struct group *g = arena_array(&s->scratch, struct group, n + 1);

	TRY(keys_of(s, max, keys));
	for (size_t i = 0; i < n; i++)
		all[i] = (struct keyed){ keys[i], i };
	qsort(all, n, sizeof(*all), by_key);
	for (size_t i = 0; i < n; i++) {
		threads[i] = all[i].thread;
		if (!i || all[i].key != all[i - 1].key)
			g[ngroups++] = (struct group){ .key = all[i].key,
				.thread = &threads[i] };
		g[ngroups - 1].n++;
	}
	qsort(g, ngroups, sizeof(*g), by_size);
	*ret = g;
	*ret_n = ngroups;
	return OK;
}

const char *group_ids(struct session *s, const struct group *g)
{
	struct buf b = { .arena = &s->scratch };

	for (size_t i = 0; i < g->n;) {
		int first = s->core.threads[g->thread[i]].id, last = first;

		for (i++; i < g->n &&
			  s->core.threads[g->thread[i]].id == last + 1;
			i++)
			last++;
		buf_printf(&b, b.n ? ", %d" : "%d", first);
		if (last > first)
			buf_printf(&b, "-%d", last);
	}
	return buf_str(&b);
}

void group_fields(struct session *s, const struct group *g, struct out *o)
{
	out_unum(o, ".count", g->n);
	out_list(o, ".ids");
	for (size_t i = 0; i < g->n; i++)
		out_num(o, ".", s->core.threads[g->thread[i]].id);
	out_list_end(o);
	out_list(o, ".lwps");
	for (size_t i = 0; i < g->n; i++)
		out_num(o, ".", s->core.threads[g->thread[i]].lwp);
	out_list_end(o);
}
