/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a room costs, and how that came about.
 */
#include "demo/rooms.h"

enum { QUOTE_RULES = 3 };

struct price_rule {
	const char *name;
	double factor; /* of the price, where the rule applies */
	bool (*applies)(const struct room *room, struct slot slot);
};

struct quote {
	double hours;
	double base; /* hours times the room's price */
	const struct price_rule *applied[QUOTE_RULES];
	unsigned napplied;
	double total; /* rounded to cents */
};

struct quote quote_make(const struct room *room, struct slot slot);
