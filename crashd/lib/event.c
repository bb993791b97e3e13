/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring for each thread, so that nobody waits for anybody: the only writer of
 * a ring is its thread (and the signal handlers in it, which is why the place
 * is taken by one atomic addition).
 *
 * The ring is found by hashing the thread pointer; thread-local storage would
 * be simpler, but that of a library may be allocated at the first touch, in the
 * middle of a signal handler.  A thread that ends gives up its ring, and the
 * events stay until another thread needs it.
 *
 * The rings lie in one anonymous mapping, of which only used pages cost memory;
 * they are in every core.  A forked child starts with empty ones.
 */
#include "crashd/lib/event.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "crashd/crashd.h"
#include "crashd/lib/install.h"
#include "crashd/safe/timeline.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

enum { PROBES = 16 };

static struct crashd_rings rings;
static struct crashd_ring *ring; /* [CRASHD_RINGS] */
static pthread_key_t key;
static bool have_key;

static void give_up(void *mine)
{
	__atomic_store_n(
		&((struct crashd_ring *)mine)->owner, 0, __ATOMIC_RELEASE);
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int crashd_event_map(struct crashd_root *root)
{
	size_t n = CRASHD_RINGS * sizeof *ring;
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, n, "crashd:events");
	madvise(p, n, MADV_WIPEONFORK);
	rings = (struct crashd_rings){
		.count = CRASHD_RINGS,
		.ring_size = sizeof *ring,
		.event_count = CRASHD_RING_EVENTS,
		.event_size = sizeof(struct crashd_event),
		.first = (uintptr_t)p,
		.real_offset_ns =
			now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC),
	};
	have_key = pthread_key_create(&key, give_up) == 0;
	ring = p;
	root->events = (uintptr_t)&rings;
	return 0;
}

static uint64_t thread_pointer(void)
{
	uint64_t tp;

#if defined(__x86_64__)
	__asm__("movq %%fs:0, %0" : "=r"(tp));
#elif defined(__aarch64__)
	__asm__("mrs %0, tpidr_el0" : "=r"(tp));
#endif
	return tp;
}

static uint32_t place(uint64_t tp)
{
	return (uint32_t)((tp >> 6) * 0x9e3779b97f4a7c15ULL >> 40);
}

static bool claim(struct crashd_ring *r, uint64_t tp)
{
	uint64_t none = 0;

	if (!__atomic_compare_exchange_n(&r->owner, &none, tp, false,
		    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	if (r->tid) /* another thread's events, which ours would mix with */
		memset(r->event, 0, sizeof r->event);
	r->next = 0;
	r->tid = (int32_t)syscall(SYS_gettid);
	if (have_key)
		pthread_setspecific(key, r);
	return true;
}

/* The first event of a thread: a ring that nobody used, or nobody uses. */
static struct crashd_ring *claim_ring(uint64_t tp)
{
	for (int unused = 1; unused >= 0; unused--) {
		for (uint32_t i = 0; i < PROBES; i++) {
			struct crashd_ring *r =
				&ring[(place(tp) + i) % CRASHD_RINGS];

			if ((!unused || !r->tid) && claim(r, tp))
				return r;
		}
	}
	__atomic_fetch_add(&rings.dropped, 1, __ATOMIC_RELAXED);
	return NULL;
}

static struct crashd_ring *my_ring(void)
{
	uint64_t tp = thread_pointer();

	for (uint32_t i = 0; i < PROBES; i++) {
		struct crashd_ring *r = &ring[(place(tp) + i) % CRASHD_RINGS];

		if (r->owner == tp)
			return r;
		if (!r->tid) /* never used: nor is any behind it ours */
			break;
	}
	return claim_ring(tp);
}

CRASHD_API void crashd_event(const char *what, unsigned long long value)
{
	struct crashd_event *e;
	struct crashd_ring *r;
	uint64_t sequence;
	size_t n = 0;

	if (!ring) {
		crashd_install_once();
		if (!ring)
			return;
	}
	r = my_ring();
	if (!r)
		return;
	sequence = __atomic_add_fetch(&r->next, 1, __ATOMIC_RELAXED);
	e = &r->event[sequence % CRASHD_RING_EVENTS];
	__atomic_store_n(&e->sequence, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	e->time_ns = now_ns(CLOCK_MONOTONIC);
	e->value = value;
	for (; n < sizeof e->text - 1 && what[n]; n++)
		e->text[n] = what[n];
	e->text[n] = 0;
	__atomic_store_n(&e->sequence, sequence, __ATOMIC_RELEASE);
}

CRASHD_API int crashd_events(int fd)
{
	struct crashd_text text;

	crashd_install_once();
	if (!ring)
		return -ENOMEM;
	crashd_text_init(&text, fd);
	crashd_timeline_print(&text, &rings, now_ns(CLOCK_MONOTONIC),
		CRASHD_TIMELINE_ALL, "");
	crashd_text_flush(&text);
	return text.error;
}
