/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Times come from strangers, so parsing is strict: exactly
 * YYYY-MM-DDThh:mm:ssZ, and a date that survives the way there and back
 * (timegm would turn February 30th into March 2nd without a word).
 */
#include "demo/slot.h"

#include <stdio.h>
#include <string.h>

bool slot_time_parse(const char *text, time_t *ret)
{
	struct tm tm = { 0 };
	char back[SLOT_TEXT];

	if (strlen(text) != SLOT_TEXT - 1)
		return false;
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end)
		return false;
	time_t when = timegm(&tm);
	slot_time_print(when, back);
	if (strcmp(back, text))
		return false;
	*ret = when;
	return true;
}

void slot_time_print(time_t when, char text[SLOT_TEXT])
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) ||
		!strftime(text, SLOT_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm))
		strcpy(text, "?");
}

bool slot_overlaps(struct slot a, struct slot b)
{
	return a.start < b.end && b.start < a.end;
}

double slot_hours(struct slot slot)
{
	return difftime(slot.end, slot.start) / 3600;
}

static bool open_during(struct slot slot, const struct hours opening[7])
{
	struct tm first, last;
	time_t last_second = slot.end - 1;

	if (!gmtime_r(&slot.start, &first) || !gmtime_r(&last_second, &last))
		return false;
	const struct hours *day = &opening[first.tm_wday];
	if (day->from == 0 && day->to == 24)
		return true;
	return first.tm_yday == last.tm_yday && first.tm_hour >= day->from &&
	       last.tm_hour < day->to;
}

const char *slot_refusal(
	struct slot slot, const struct hours opening[7], time_t now)
{
	if (slot.start >= slot.end)
		return "end must be later than start";
	if (slot.start % SLOT_GRAIN || slot.end % SLOT_GRAIN)
		return "start and end must be on a quarter of an hour";
	if (slot.end - slot.start > SLOT_LONGEST)
		return "a booking lasts 12 hours at most";
	if (slot.start < now)
		return "start is in the past";
	if (slot.start - now > SLOT_HORIZON)
		return "start is more than a year ahead";
	if (!open_during(slot, opening))
		return "the room is closed at that time";
	return NULL;
}
