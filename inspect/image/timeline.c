/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each thread wrote a ring of its own without waiting for anybody; here they
 * are read one by one and sorted.  An event that was being written has the
 * sequence 0 and is left out, as is one whose sequence cannot be at its place.
 */
#include "inspect/image/timeline.h"

#include "crashd/note.h"
#include "inspect/image/root.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_RINGS = 65536,      /* the library has 1024 */
	MAX_RING_EVENTS = 4096, /* 64 */
};

static bool read_part(struct image *im, uint64_t addr, void *buf, size_t n)
{
	return mem_read_part(&im->mem, addr, buf, n) == n;
}

static bool plausible(const struct crashd_rings *r)
{
	return r->first && r->count <= MAX_RINGS &&
	       r->event_count <= MAX_RING_EVENTS && r->event_count &&
	       r->event_size >= sizeof(struct crashd_event) &&
	       r->ring_size >= offsetof(struct crashd_ring, event) +
				       (uint64_t)r->event_count * r->event_size;
}

static void add(struct timeline *t, struct arena *a,
	const struct crashd_ring *ring, uint64_t at,
	const struct crashd_event *e)
{
	t->event = arena_grow(a, t->event, t->n, &t->cap, sizeof(*t->event));
	t->event[t->n++] = (struct timeline_event){
		.lwp = ring->tid,
		.ended = !ring->owner,
		.time_ns = e->time_ns,
		.ring = at,
		.sequence = e->sequence,
		.text = arena_strndup(a, e->text, sizeof(e->text)),
		.value = e->value,
	};
}

static void read_ring(struct image *im, struct arena *a,
	const struct crashd_rings *rings, uint64_t at, struct timeline *t)
{
	struct crashd_ring ring;
	struct crashd_event e;

	if (!read_part(im, at, &ring, offsetof(struct crashd_ring, event)) ||
		!ring.tid)
		return;
	at += offsetof(struct crashd_ring, event);
	for (uint32_t i = 0; i < rings->event_count; i++)
		if (read_part(im, at + (uint64_t)i * rings->event_size, &e,
			    sizeof(e)) &&
			e.sequence && e.sequence % rings->event_count == i)
			add(t, a, &ring, at, &e);
}

static int by_time(const void *x, const void *y)
{
	const struct timeline_event *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->ring != b->ring)
		return a->ring < b->ring ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

enum err timeline_read(struct image *im, struct arena *a, struct timeline *ret)
{
	struct crashd_record record;
	struct crashd_rings rings;
	struct crashd_root root;

	*ret = (struct timeline){ 0 };
	if (!root_find(im, &root) || !root.events)
		return err_set(ERR_NOTFOUND,
			"There is no flight recorder in this process: "
			"libcrashd was not in it.");
	if (!read_part(im, root.events, &rings, sizeof(rings)))
		return err_set(ERR_FAULT,
			"The flight recorder at 0x%llx is not in the core.",
			(unsigned long long)root.events);
	if (!plausible(&rings))
		return err_set(ERR_BADDATA,
			"The flight recorder at 0x%llx was overwritten.",
			(unsigned long long)root.events);
	ret->real_offset_ns = rings.real_offset_ns;
	ret->dropped = rings.dropped;
	for (uint32_t i = 0; i < rings.count; i++)
		read_ring(im, a, &rings,
			rings.first + (uint64_t)i * rings.ring_size, ret);
	if (ret->n)
		qsort(ret->event, ret->n, sizeof(*ret->event), by_time);
	ret->has_crash = root_record(im, &root, &record);
	ret->crash_ns = ret->has_crash ? record.signal_ns : 0;
	return OK;
}
