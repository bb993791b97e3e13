/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Without memory to sort in: the events are counted, then printed by finding
 * again and again the next one in order of time, ring and place.  That reads
 * all rings for each line, so a report asks for the last few only: it goes back
 * by a window of times first.  Events that a running thread replaces meanwhile
 * are seen by their sequence number, and left out.
 */
#include "crashd/safe/timeline.h"

struct key {
	int64_t time;
	uint32_t ring;
	uint64_t sequence;
};

static bool before(const struct key *a, const struct key *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	if (a->ring != b->ring)
		return a->ring < b->ring;
	return a->sequence < b->sequence;
}

/* A copy of the event, if it is whole. */
static bool take(const struct crashd_event *e, struct crashd_event *ret)
{
	uint64_t sequence = __atomic_load_n(&e->sequence, __ATOMIC_ACQUIRE);

	if (!sequence)
		return false;
	*ret = *(const volatile struct crashd_event *)e;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&e->sequence, __ATOMIC_RELAXED) == sequence;
}

static const struct crashd_ring *ring_at(
	const struct crashd_rings *rings, uint32_t i)
{
	return (const struct crashd_ring *)(uintptr_t)rings->first + i;
}

/* The nearest event after (forward) or before `from`; false: none. */
static bool next(const struct crashd_rings *rings, const struct key *from,
	bool forward, struct key *ret, struct crashd_event *event)
{
	struct crashd_event e;
	bool found = false;

	for (uint32_t r = 0; r < rings->count; r++) {
		const struct crashd_ring *ring = ring_at(rings, r);

		if (!ring->tid)
			continue;
		for (int i = 0; i < CRASHD_RING_EVENTS; i++) {
			struct key k;

			if (!take(&ring->event[i], &e))
				continue;
			k = (struct key){ e.time_ns, r, e.sequence };
			if (forward ? !before(from, &k) : !before(&k, from))
				continue;
			if (found &&
				(forward ? !before(&k, ret) : !before(ret, &k)))
				continue;
			*ret = k;
			*event = e;
			found = true;
		}
	}
	return found;
}

static void print(struct crashd_text *t, const struct crashd_ring *ring,
	const struct crashd_event *e, int64_t now)
{
	int64_t us = (now - e->time_ns) / 1000;

	if (us < 0)
		us = 0;
	crashd_text_str(t, "  -");
	crashd_text_udec(t, (uint64_t)us / 1000000);
	crashd_text_char(t, '.');
	for (uint64_t digit = 100000; digit; digit /= 10)
		crashd_text_char(t, (char)('0' + (uint64_t)us / digit % 10));
	crashd_text_str(t, " s  thread ");
	crashd_text_dec(t, ring->tid);
	crashd_text_str(t, "  ");
	crashd_text_name(t, e->text, sizeof e->text);
	crashd_text_char(t, ' ');
	crashd_text_udec(t, e->value);
	crashd_text_char(t, '\n');
}

unsigned crashd_timeline_print(struct crashd_text *t,
	const struct crashd_rings *rings, int64_t now_ns, unsigned most,
	const char *heading)
{
	struct key at = { INT64_MAX, UINT32_MAX, UINT64_MAX }, last;
	struct crashd_event e;
	unsigned n = 0;

	if (most == CRASHD_TIMELINE_ALL) {
		at = (struct key){ INT64_MIN, 0, 0 };
	} else {
		while (n < most && next(rings, &at, false, &last, &e)) {
			at = last;
			n++;
		}
		at.time--; /* before the oldest one wanted */
	}
	for (n = 0; next(rings, &at, true, &last, &e); n++) {
		if (n == 0)
			crashd_text_str(t, heading);
		print(t, ring_at(rings, last.ring), &e, now_ns);
		at = last;
	}
	return n;
}
