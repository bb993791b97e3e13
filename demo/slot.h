/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A slot: a half-open stretch of time, [start, end), in UTC.  On the wire it
 * is two RFC 3339 strings that end in Z.
 */
#include <stdbool.h>
#include <time.h>

enum slot_limits {
	SLOT_GRAIN = 15 * 60,        /* starts and ends on quarter hours */
	SLOT_LONGEST = 12 * 60 * 60, /* nobody lives here */
	SLOT_HORIZON = 365 * 24 * 60 * 60, /* how far ahead one may book */
	SLOT_TEXT = sizeof "2030-01-02T03:04:05Z",
};

struct slot {
	time_t start, end;
};

/* Hours of the day in which a room can be used: [from, to). */
struct hours {
	unsigned char from, to;
};

bool slot_time_parse(const char *text, time_t *ret);
void slot_time_print(time_t when, char text[SLOT_TEXT]);

bool slot_overlaps(struct slot a, struct slot b);
double slot_hours(struct slot slot);

/*
 * NULL when the slot can be booked at the time now in a room with these
 * hours (Sunday first); else a sentence about what is wrong with it.
 */
const char *slot_refusal(
	struct slot slot, const struct hours opening[7], time_t now);
