/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Futex words over memory made by hand: what they belong to, who has them. */
#include "inspect/locks/futex.h"
#include "inspect/locks/syscall.h"
#include "tests/lib/tap.h"

#include <linux/futex.h>
#include <string.h>

enum { AT = 0x1000, SELF = 70, OTHER = 71 };

static struct arena arena;
static uint32_t words[16];

static bool is_thread(const void *ctx, int tid)
{
	(void)ctx;
	return tid == SELF || tid == OTHER;
}

static enum futex_kind look(
	uint64_t op, uint64_t expected, const char *function, int *ret_owner)
{
	struct mem mem;
	struct frame frame = { .function = function };
	struct trace trace = { .frames = &frame, .n = 1 };
	struct futex_process p = { .mem = &mem, .is_thread = is_thread };
	uint64_t arg[6] = { AT, op, expected };

	mem_init(&mem, &arena);
	mem_add_bytes(&mem, AT, words, sizeof(words), "words");
	return futex_of(&p, arg, function ? &trace : NULL, ret_owner);
}

static void set(uint32_t lock, uint32_t owner, uint32_t kind)
{
	memset(words, 0, sizeof(words));
	words[0] = lock;
	words[2] = owner;
	words[4] = kind;
}

static void mutexes(void)
{
	int owner;

	set(2, OTHER, 1);
	is_int(look(FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, NULL, &owner),
		FUTEX_MUTEX, "a locked mutex is known by its words");
	is_int(owner, OTHER, "and its owner is in them");
	is_int(look(FUTEX_WAIT, 2, "___pthread_cond_wait", &owner), FUTEX_COND,
		"under pthread_cond_wait it is a condition variable");
	is_int(owner, 0, "that nobody has");
	set(2, 9999, 0);
	is_int(look(FUTEX_WAIT, 2, NULL, &owner), FUTEX_OTHER,
		"an owner that is no thread of the process is not believed");
	is_int(look(FUTEX_WAIT, 2, "___pthread_mutex_lock", &owner),
		FUTEX_MUTEX, "but the function says that it is a mutex");
	set(2, OTHER, 0x12345678);
	is_int(look(FUTEX_WAIT, 2, NULL, &owner), FUTEX_OTHER,
		"nor are words whose kind no mutex has");
	set(FUTEX_WAITERS | OTHER, 0, 0);
	is_int(look(FUTEX_WAIT, words[0], NULL, &owner), FUTEX_MUTEX,
		"a robust mutex has its owner in the word");
	is_int(owner, OTHER, "which is masked");
	set(OTHER, 0, 0);
	is_int(look(FUTEX_LOCK_PI, 0, NULL, &owner), FUTEX_MUTEX,
		"as has one with priority inheritance");
	is_int(owner, OTHER, "without a flag too");
}

static void joins(void)
{
	int owner;

	set(OTHER, 0, 0);
	is_int(look(FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, OTHER, NULL,
		       &owner),
		FUTEX_JOIN, "a thread's id, expected as it is, is a join");
	is_int(owner, OTHER, "of that thread");
	is_int(look(FUTEX_WAIT, 5, NULL, &owner), FUTEX_OTHER,
		"expected otherwise it is not");
	set(0, 0, 0);
	is_int(look(FUTEX_WAIT, OTHER, "__pthread_clockjoin_ex", &owner),
		FUTEX_JOIN, "the thread may have ended already");
	is_int(owner, 0, "then nobody is waited for");
}

static void others(void)
{
	int owner;

	is_int(look(FUTEX_WAKE, 1, NULL, &owner), FUTEX_NONE,
		"who wakes does not wait");
	is_int(look(FUTEX_WAIT, 0, "__new_sem_wait_slow64", &owner), FUTEX_SEM,
		"a semaphore");
	is_int(look(FUTEX_WAIT, 0, "__pthread_rwlock_wrlock", &owner),
		FUTEX_RWLOCK, "a read-write lock");
	is_int((int64_t)syscall_restarted(219, "__GI___clock_nanosleep"), 230,
		"an interrupted sleep that goes on is a sleep");
	is_int((int64_t)syscall_restarted(219, NULL), 219,
		"without a name it is what the kernel calls it");
	is_int((int64_t)syscall_restarted(0, "poll"), 0,
		"what was not restarted stays what it is");
}

int main(void)
{
	mutexes();
	joins();
	others();
	return tap_done();
}
