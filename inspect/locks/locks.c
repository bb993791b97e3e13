/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A wait has at most one owner, so the graph of waits is a function and its
 * circles are found by walking: from each thread along its owners until a
 * thread that was seen on this walk (a circle) or on an earlier one (none).
 */
#include "inspect/locks/locks.h"

#include "inspect/image/symbol.h"
#include "inspect/locks/wait.h"

#include <inttypes.h>
#include <string.h>

enum {
	/* glibc, struct __pthread_rwlock_arch_t (x86-64) */
	RWLOCK_WRPHASE = 8,
	RWLOCK_WRITERS = 12,
	RWLOCK_CUR_WRITER = 24,
};

static const char *kind_name(enum futex_kind kind)
{
	switch (kind) {
	case FUTEX_MUTEX:
		return "mutex";
	case FUTEX_JOIN:
		return "join";
	case FUTEX_COND:
		return "cond";
	case FUTEX_RWLOCK:
		return "rwlock";
	case FUTEX_ONCE:
		return "once";
	case FUTEX_SEM:
		return "sem";
	case FUTEX_LOADER:
		return "loader";
	case FUTEX_MALLOC:
		return "malloc";
	case FUTEX_NONE:
	case FUTEX_OTHER:
	case FUTEX_BARRIER:
		break;
	}
	return "futex";
}

static const char *object_name(
	struct image *image, uint64_t addr, struct arena *arena)
{
	struct symbol sym;

	if (!symbol_at(image, addr, &sym) || sym.is_func)
		return arena_printf(arena, "0x%" PRIx64, addr);
	if (sym.addr == addr)
		return arena_strdup(arena, sym.name);
	return arena_printf(arena, "%s+%" PRIu64, sym.name, addr - sym.addr);
}

static bool is_thread(const struct core *core, int lwp)
{
	for (size_t i = 0; i < core->nthreads; i++)
		if (core->threads[i].lwp == lwp)
			return true;
	return false;
}

/* A reader waits at one word, a writer at another; the writer who has the
 * lock is in a third. */
static int rwlock_writer(struct image *image, uint64_t word)
{
	static const unsigned words[] = { RWLOCK_WRPHASE, RWLOCK_WRITERS };

	for (size_t i = 0; i < 2; i++) {
		uint64_t owner;

		if (!mem_read_uint(&image->mem,
			    word - words[i] + RWLOCK_CUR_WRITER, 4, &owner) &&
			owner && is_thread(image->core, (int)owner))
			return (int)owner;
	}
	return 0;
}

static void add_wait(struct image *image, size_t thread, const struct wait *w,
	struct arena *arena, struct locks *l)
{
	struct lock_wait wait = {
		.thread = thread,
		.lwp = image->core->threads[thread].lwp,
		.kind = kind_name(w->futex),
		.address = w->address,
		.owner = w->owner,
		.owner_exists = w->owner != 0,
		.timed = w->arg[3] != 0, /* futex(2): timeout */
	};

	if (w->futex == FUTEX_RWLOCK) {
		wait.owner = rwlock_writer(image, w->address);
		wait.owner_exists = wait.owner != 0;
	}
	wait.object = object_name(image, w->address, arena);
	l->waits = arena_grow(
		arena, l->waits, l->nwaits, &l->waits_cap, sizeof(*l->waits));
	l->waits[l->nwaits++] = wait;
}

const struct lock_wait *locks_wait(const struct locks *l, int lwp)
{
	for (size_t i = 0; i < l->nwaits; i++)
		if (l->waits[i].lwp == lwp)
			return &l->waits[i];
	return NULL;
}

static void add_cycle(struct locks *l, int first, struct arena *arena)
{
	struct lock_cycle c = { 0 };
	int lwp = first;

	c.lwp = arena_array(arena, int, l->nwaits);
	do {
		c.lwp[c.n++] = lwp;
		lwp = locks_wait(l, lwp)->owner;
	} while (lwp != first);
	l->cycles = arena_grow(arena, l->cycles, l->ncycles, &l->cycles_cap,
		sizeof(*l->cycles));
	l->cycles[l->ncycles++] = c;
}

static void find_cycles(struct locks *l, struct arena *arena)
{
	/* Walk in which each wait was seen; 0: not yet. */
	size_t *seen = arena_array(arena, size_t, l->nwaits + 1);

	for (size_t start = 0; start < l->nwaits; start++) {
		const struct lock_wait *w = &l->waits[start];

		while (w && !seen[w - l->waits]) {
			seen[w - l->waits] = start + 1;
			w = w->owner ? locks_wait(l, w->owner) : NULL;
		}
		if (w && seen[w - l->waits] == start + 1)
			add_cycle(l, w->lwp, arena);
	}
}

enum err locks_find(struct image *image, locks_trace_fn *trace, void *ctx,
	struct arena *arena, struct locks *ret)
{
	const struct core *core = image->core;

	*ret = (struct locks){ 0 };
	for (size_t i = 0; core && i < core->nthreads; i++) {
		struct wait w = wait_of(
			image, &core->threads[i], trace ? trace(ctx, i) : NULL);

		if (image->mem.interrupted && *image->mem.interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		if (w.kind == WAIT_FUTEX)
			add_wait(image, i, &w, arena, ret);
	}
	find_cycles(ret, arena);
	return OK;
}
