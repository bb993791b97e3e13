/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prices are an hourly price times the factors of a table of rules.
 */
#include "demo/quote.h"

static bool is_weekend(const struct room *room, struct slot slot)
{
	struct tm tm;

	(void)room;
	return gmtime_r(&slot.start, &tm) &&
	       (tm.tm_wday == 0 || tm.tm_wday == 6);
}

static bool is_long(const struct room *room, struct slot slot)
{
	return room->kind != ROOM_PHONE && slot_hours(slot) >= 4;
}

static bool is_basement(const struct room *room, struct slot slot)
{
	(void)slot;
	return room->location.floor < 0;
}

static const struct price_rule price_rules[QUOTE_RULES] = {
	{ "weekend", 1.25, is_weekend },
	{ "half a day and more", 0.85, is_long },
	{ "basement", 0.9, is_basement },
};

struct quote quote_make(const struct room *room, struct slot slot)
{
	struct quote quote = { .hours = slot_hours(slot) };
	double price = quote.hours * room->price;

	quote.base = price;
	for (size_t i = 0; i < QUOTE_RULES; i++) {
		const struct price_rule *rule = &price_rules[i];

		if (!rule->applies(room, slot))
			continue;
		quote.applied[quote.napplied++] = rule;
		price *= rule->factor;
	}
	quote.total = (double)(long long)(price * 100 + 0.5) / 100;
	return quote;
}
