/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each fault is a small story about a coworking space, with a few frames,
 * arguments and structs to look at, that ends in a true mistake.  A compiler
 * may do what it likes with a mistake that it can see, so what makes each one
 * is kept in volatile objects: the same happens at -O0 and -O2, with gcc and
 * clang.  What glibc's malloc notices is described at each; another allocator
 * may notice less.
 */
#undef NDEBUG
#include "demo/faults.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum fault_limits {
	LEAK_MAX = 256 << 20,  /* enough to be seen; the machine is not ours */
	LEAK_NOTES = 64,       /* lost in each round */
	PARTY_DEPTH = 1 << 30, /* rooms within rooms: more than any stack */
};

#define NOINLINE __attribute__((noinline))

struct guest {
	char name[24];
	int seats;
};

struct reservation {
	int number;
	struct guest *guest;
	struct reservation *next;
};

/* null-deref: the second reservation of a list has no guest */

static NOINLINE int count_seats(const struct reservation *first)
{
	int seats = 0;

	for (const struct reservation *reservation = first; reservation;
		reservation = reservation->next)
		seats += reservation->guest->seats;
	return seats;
}

static void fault_null_deref(void)
{
	struct guest ann = { "Ann", 2 };
	struct reservation second = { 2, NULL, NULL };
	struct reservation first = { 1, &ann, &second };
	const struct reservation *volatile list = &first;

	printf("%d seats\n", count_seats(list));
}

/*
 * use-after-free: the memory of a listener is recycled for a note of the same
 * size, and the listener is then called.  Its function pointer is eight
 * letters of the note: no canonical address, so that the call itself faults.
 */

struct listener {
	void (*notify)(struct listener *listener, int event);
	char name[24];
};

static void say(struct listener *listener, int event)
{
	fprintf(stderr, "%s hears of event %d\n", listener->name, event);
}

static NOINLINE void ring(struct listener *listener, int event)
{
	listener->notify(listener, event);
}

/* The allocator may take a few tries to hand the same memory out again. */
static NOINLINE char *recycle(uintptr_t freed, size_t size)
{
	char *volatile note = NULL;

	for (int i = 0; i < 64 && (uintptr_t)note != freed; i++)
		note = malloc(size);
	return note;
}

static void fault_use_after_free(void)
{
	struct listener *volatile bell = malloc(sizeof(*bell));
	struct listener *volatile stale = bell;

	if (!bell)
		return;
	bell->notify = say;
	strcpy(bell->name, "reception");
	ring(bell, 1);
	uintptr_t freed = (uintptr_t)bell;
	free(bell);
	char *volatile note = recycle(freed, sizeof(struct listener));
	if (note)
		memcpy(note, "a window seat, if you please, Ann",
			sizeof(struct listener));
	ring(stale, 2);
}

/* double-free: "free(): double free detected in tcache 2" */

static NOINLINE void guest_leave(struct guest *guest)
{
	free(guest);
}

static void fault_double_free(void)
{
	struct guest *volatile guest = malloc(sizeof(*guest));

	if (!guest)
		return;
	strcpy(guest->name, "Bob");
	guest_leave(guest);
	guest_leave(guest);
}

/*
 * heap-overflow: badges of 24 bytes lie side by side; a longer name runs over
 * the size of the next one, which free() then finds impossible.
 */

static NOINLINE void badge_print(char *badge, const char *name)
{
	char *volatile to = badge;

	for (const char *from = name; *from; from++)
		*to++ = *from;
	*to = '\0';
}

static void fault_heap_overflow(void)
{
	static const char *volatile name =
		"Wolfeschlegelsteinhausenbergerdorff the 7th";
	char *badges[32];
	size_t n = sizeof(badges) / sizeof(*badges);

	for (size_t i = 0; i < n; i++)
		if (!(badges[i] = malloc(24)))
			return;
	for (size_t i = 0; i < n; i++)
		badge_print(badges[i], name);
	for (size_t i = 0; i < n; i++)
		free(badges[i]);
}

/* stack-overflow: what is used after the call makes it no tail call */

static NOINLINE unsigned open_door(unsigned depth, volatile unsigned *opened)
{
	volatile unsigned rooms[128];

	rooms[depth % 128] = depth;
	*opened = depth;
	if (depth == PARTY_DEPTH)
		return depth;
	return open_door(depth + 1, opened) + rooms[depth % 128];
}

static void fault_stack_overflow(void)
{
	volatile unsigned opened = 0;

	printf("%u doors\n", open_door(0, &opened));
}

/* assert */

struct space {
	const char *name;
	int capacity, people;
};

static NOINLINE void check_in(struct space *space, int people)
{
	space->people += people;
	assert(space->people <= space->capacity);
}

static void fault_assert(void)
{
	struct space lounge = { "lounge", 6, 0 };
	volatile int people = 4;

	check_in(&lounge, people);
	check_in(&lounge, people);
}

/* abort */

static NOINLINE void give_up(const char *reason)
{
	fprintf(stderr, "giving up: %s\n", reason);
	abort();
}

static void fault_abort(void)
{
	give_up("the coffee machine is out of order");
}

/* div-by-zero */

static NOINLINE int share_of(int bill, int people)
{
	volatile int among = people;

	return bill / among;
}

static void fault_div_by_zero(void)
{
	volatile int people = 0;

	printf("%d each\n", share_of(120, people));
}

/* bad-jump: a handler whose address was never one; the pc is wrong itself */

struct hook {
	const char *name;
	int (*call)(const char *name);
};

static NOINLINE int hook_call(const struct hook *hook)
{
	return hook->call(hook->name) + 1;
}

static void fault_bad_jump(void)
{
	/* Below vm.mmap_min_addr, where nothing can be mapped. */
	volatile uintptr_t nowhere = 0x1234;
	struct hook hook = {
		"door-opened",
		(int (*)(const char *))nowhere,
	};

	printf("%d\n", hook_call(&hook));
}

/* deadlock: two threads that take two locks in opposite order */

struct table {
	const char *name;
	pthread_mutex_t lock;
	int chairs;
};

static struct table kitchen = { "kitchen", PTHREAD_MUTEX_INITIALIZER, 4 };
static struct table terrace = { "terrace", PTHREAD_MUTEX_INITIALIZER, 6 };
static pthread_barrier_t both_have_one;

static NOINLINE void move_chair(struct table *from, struct table *to)
{
	pthread_mutex_lock(&from->lock);
	pthread_barrier_wait(&both_have_one);
	pthread_mutex_lock(&to->lock);
	from->chairs--;
	to->chairs++;
	pthread_mutex_unlock(&to->lock);
	pthread_mutex_unlock(&from->lock);
}

static void *mover_out(void *arg)
{
	pthread_setname_np(pthread_self(), "mover-out");
	move_chair(&kitchen, &terrace);
	return arg;
}

static void *mover_in(void *arg)
{
	pthread_setname_np(pthread_self(), "mover-in");
	move_chair(&terrace, &kitchen);
	return arg;
}

static void fault_deadlock(void)
{
	pthread_t out, in;

	pthread_barrier_init(&both_have_one, NULL, 2);
	if (pthread_create(&out, NULL, mover_out, NULL) ||
		pthread_create(&in, NULL, mover_in, NULL))
		return;
	pthread_join(out, NULL);
	pthread_join(in, NULL);
}

/* leak: nobody keeps the address of the notes */

struct note {
	int number;
	char text[200];
	struct note *older;
};

static NOINLINE struct note *take_notes(int first)
{
	struct note *volatile newest = NULL;

	for (int i = 0; i < LEAK_NOTES; i++) {
		struct note *note = malloc(sizeof(*note));

		if (!note)
			break;
		*note = (struct note){ .number = first + i, .older = newest };
		snprintf(note->text, sizeof(note->text),
			"note %d: bring a plant", note->number);
		newest = note;
	}
	return newest;
}

static void fault_leak(void)
{
	struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	size_t most = LEAK_MAX / (LEAK_NOTES * sizeof(struct note));

	for (size_t round = 0;; round++) {
		if (round < most)
			take_notes((int)round * LEAK_NOTES);
		nanosleep(&pause, NULL);
	}
}

/* busy-loop: a list whose end is its start */

static NOINLINE int find_guest(const struct reservation *list, int number)
{
	const struct reservation *volatile at = list;

	while (at && at->number != number)
		at = at->next;
	return at ? at->guest->seats : 0;
}

static void fault_busy_loop(void)
{
	struct guest ann = { "Ann", 2 };
	struct reservation second = { 2, &ann, NULL };
	struct reservation first = { 1, &ann, &second };

	second.next = &first;
	printf("%d seats\n", find_guest(&first, 3));
}

const struct fault faults[] = {
	{ "null-deref", "a read through a NULL member of a list's element",
		SIGSEGV, fault_null_deref },
	{ "use-after-free", "a call through a function pointer in freed memory",
		SIGSEGV, fault_use_after_free },
	{ "double-free", "the allocator's complaint about a second free",
		SIGABRT, fault_double_free },
	{ "heap-overflow", "an overlong name over the next chunk's header",
		SIGABRT, fault_heap_overflow },
	{ "stack-overflow", "a recursion without end", SIGSEGV,
		fault_stack_overflow },
	{ "assert", "a failed assertion and its message", SIGABRT,
		fault_assert },
	{ "abort", "a program that gives up", SIGABRT, fault_abort },
	{ "div-by-zero", "an integer division by zero", SIGFPE,
		fault_div_by_zero },
	{ "bad-jump", "a call to an address where there is no code", SIGSEGV,
		fault_bad_jump },
	{ "deadlock", "two threads that wait for each other's lock", 0,
		fault_deadlock },
	{ "leak", "memory whose address nobody keeps", 0, fault_leak },
	{ "busy-loop", "a list that runs in a circle", 0, fault_busy_loop },
	{ 0 },
};

const struct fault *fault_find(const char *name)
{
	for (const struct fault *fault = faults; fault->name; fault++)
		if (!strcmp(fault->name, name))
			return fault;
	return NULL;
}

void fault_list(FILE *out)
{
	for (const struct fault *fault = faults; fault->name; fault++)
		fprintf(out, "%-16s %s%-10s %s\n", fault->name,
			fault->signal ? "SIG" : "",
			fault->signal ? sigabbrev_np(fault->signal)
				      : "never ends",
			fault->shows);
}

void fault_run(const struct fault *fault)
{
	fflush(stdout);
	fault->fn();
	fprintf(stderr, "the fault %s did not end the process\n", fault->name);
}
