/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The events of libcrashd's flight recorder (crashd/note.h), in one order. */
#include "inspect/image/image.h"

struct timeline_event {
	int lwp;
	bool ended;      /* the thread had */
	int64_t time_ns; /* CLOCK_MONOTONIC */
	uint64_t ring, sequence;
	const char *text;
	uint64_t value;
};

struct timeline {
	struct timeline_event *event; /* oldest first */
	size_t n, cap;
	int64_t real_offset_ns; /* more is CLOCK_REALTIME */
	int64_t crash_ns; /* CLOCK_MONOTONIC of the signal, if has_crash */
	bool has_crash;
	uint64_t dropped; /* events of threads that got no ring */
};

/* ERR_NOTFOUND: the process had no flight recorder, or never used it. */
enum err timeline_read(struct image *, struct arena *, struct timeline *ret);
