/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A futex is a word; what it is a part of, the words around it tell, as glibc
 * lays them out on x86-64:
 *
 *	pthread_mutex_t has the lock word at 0 (0, 1, 2: free, locked, locked
 *	and waited for), its owner's thread id at 8 and its kind at 16 (struct
 *	__pthread_mutex_s); one that is robust or inherits priority has the
 *	owner in the word itself, as the kernel wants it (futex(2));
 *
 *	pthread_join waits on the other thread's id in its struct pthread, with
 *	that id as the value expected: the kernel clears it at the end.
 *
 * What memory cannot tell, the names of the innermost functions can: a futex
 * under pthread_cond_wait belongs to a condition variable, whatever its words
 * look like.  An owner is believed only if it is a thread of this process.
 */
#include "inspect/locks/futex.h"

#include <linux/futex.h>
#include <string.h>

enum {
	NAMED_FRAMES = 8,  /* of glibc, above the program's own */
	KIND_BITS = 0x3ff, /* all that nptl/pthreadP.h gives a meaning */
	LOCK_PI2 = 13,     /* FUTEX_LOCK_PI2, of Linux 5.14 */
};

struct mutex_words {
	uint32_t lock, count, owner, users, kind;
};

static const struct {
	const char *part;
	enum futex_kind kind;
} functions[] = {
	{ "pthread_cond_", FUTEX_COND },
	{ "rwlock", FUTEX_RWLOCK },
	{ "pthread_barrier_", FUTEX_BARRIER },
	{ "pthread_once", FUTEX_ONCE },
	{ "sem_wait", FUTEX_SEM },
	{ "sem_timedwait", FUTEX_SEM },
	{ "sem_clockwait", FUTEX_SEM },
	{ "new_sem", FUTEX_SEM },
	{ "_dl_", FUTEX_LOADER },
	{ "dlopen", FUTEX_LOADER },
	{ "malloc", FUTEX_MALLOC },
	{ "_int_free", FUTEX_MALLOC },
	{ "mutex_lock", FUTEX_MUTEX },
	{ "mutex_clocklock", FUTEX_MUTEX },
	{ "mutex_timedlock", FUTEX_MUTEX },
	{ "pthread_join", FUTEX_JOIN },
	{ "pthread_clockjoin", FUTEX_JOIN },
};

static enum futex_kind kind_by_name(const struct trace *t)
{
	for (size_t i = 0; t && i < t->n && i < NAMED_FRAMES; i++) {
		const char *f = t->frames[i].function;

		for (size_t k = 0;
			f && k < sizeof(functions) / sizeof(*functions); k++)
			if (strstr(f, functions[k].part))
				return functions[k].kind;
	}
	return FUTEX_OTHER;
}

static bool is_wait(uint64_t op)
{
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_LOCK_PI:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
	case LOCK_PI2:
		return true;
	default:
		return false;
	}
}

static int thread_or_0(const struct futex_process *p, uint32_t tid)
{
	return tid && p->is_thread(p->ctx, (int)tid) ? (int)tid : 0;
}

static int mutex_owner(
	const struct futex_process *p, uint64_t word, uint64_t op)
{
	struct mutex_words m = { 0 };

	op &= FUTEX_CMD_MASK;
	if (mem_read_part(p->mem, word, &m, sizeof(m)) != sizeof(m))
		return 0;
	if (op == FUTEX_LOCK_PI || op == LOCK_PI2 ||
		m.lock & (FUTEX_WAITERS | FUTEX_OWNER_DIED))
		return thread_or_0(p, m.lock & FUTEX_TID_MASK);
	if ((m.lock != 1 && m.lock != 2) || m.kind & ~(uint32_t)KIND_BITS)
		return 0;
	return thread_or_0(p, m.owner);
}

static int joined(const struct futex_process *p, const uint64_t arg[6])
{
	uint64_t value;

	if (mem_read_uint(p->mem, arg[0], 4, &value) ||
		value != (uint32_t)arg[2] || value & ~(uint64_t)FUTEX_TID_MASK)
		return 0;
	return thread_or_0(p, (uint32_t)value);
}

enum futex_kind futex_of(const struct futex_process *p, const uint64_t arg[6],
	const struct trace *trace, int *ret_owner)
{
	enum futex_kind kind = kind_by_name(trace);

	*ret_owner = 0;
	if (!is_wait(arg[1]))
		return FUTEX_NONE;
	if (kind == FUTEX_OTHER || kind == FUTEX_JOIN) {
		*ret_owner = joined(p, arg);
		if (*ret_owner)
			return FUTEX_JOIN;
	}
	if (kind == FUTEX_OTHER || kind == FUTEX_MUTEX ||
		kind == FUTEX_LOADER || kind == FUTEX_MALLOC) {
		*ret_owner = mutex_owner(p, arg[0], arg[1]);
		if (*ret_owner && kind == FUTEX_OTHER)
			kind = FUTEX_MUTEX;
	}
	return kind;
}

const char *futex_words(enum futex_kind kind)
{
	switch (kind) {
	case FUTEX_MUTEX:
		return "mutex";
	case FUTEX_COND:
		return "condition variable";
	case FUTEX_RWLOCK:
		return "read-write lock";
	case FUTEX_BARRIER:
		return "barrier";
	case FUTEX_ONCE:
		return "pthread_once in another thread";
	case FUTEX_SEM:
		return "semaphore";
	case FUTEX_LOADER:
		return "lock of the dynamic linker";
	case FUTEX_MALLOC:
		return "lock of malloc";
	case FUTEX_NONE:
	case FUTEX_OTHER:
	case FUTEX_JOIN:
		break;
	}
	return NULL;
}
