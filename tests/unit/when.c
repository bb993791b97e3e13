/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times as journalctl has them; systemd-analyze is asked for the same. */
#include "inspect/journal/when.h"

#include "tests/lib/tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const int64_t SECOND = 1000000;
/* 2026-11-20 18:17:16.5 UTC, a Friday */
static const int64_t now = 1795198636500000;

static int64_t parsed(const char *text)
{
	int64_t t = -1;

	return when_parse(text, now, &t) ? -1 : t;
}

static void test_relative(void)
{
	is_int(parsed("now"), now, "now");
	is_int(parsed("-2h"), now - 7200 * SECOND, "-2h");
	is_int(parsed("2h ago"), now - 7200 * SECOND, "2h ago");
	is_int(parsed("1h 30min ago"), now - 5400 * SECOND, "1h 30min ago");
	is_int(parsed("-1h30min"), now - 5400 * SECOND, "-1h30min");
	is_int(parsed("1.5h ago"), now - 5400 * SECOND, "1.5h ago");
	is_int(parsed("3 days ago"), now - 3 * 86400 * SECOND, "3 days ago");
	is_int(parsed("-5"), now - 5 * SECOND, "seconds");
	is_int(parsed("+500ms"), now + SECOND / 2, "+500ms");
	is_int(parsed("1w left"), now + 7 * 86400 * SECOND, "1w left");
	is_int(parsed("-2M"), now - 2 * INT64_C(2629800) * SECOND,
		"M is a month, m a minute");
	is_int(parsed("@1700000000.5"), 1700000000500000, "@seconds");
}

static void test_dates(void)
{
	is_int(parsed("today"), 1795132800 * SECOND, "today");
	is_int(parsed("yesterday"), 1795046400 * SECOND, "yesterday");
	is_int(parsed("tomorrow"), 1795219200 * SECOND, "tomorrow");
	is_int(parsed("2023-11-14 22:13:20"), 1700000000 * SECOND,
		"a date and a time");
	is_int(parsed("2023-11-14 22:13:20.25 UTC"), 1700000000250000,
		"with a fraction");
	is_int(parsed("2023-11-14T22:13:20Z"), 1700000000 * SECOND,
		"as --list --json prints it");
	is_int(parsed("2023-11-14 22:13"), 1699999980 * SECOND, "no seconds");
	is_int(parsed("2023-11-14"), 1699920000 * SECOND, "a date");
	is_int(parsed("23-11-14"), 1699920000 * SECOND, "in short");
	is_int(parsed("Tue 2023-11-14"), 1699920000 * SECOND, "its day");
	is_int(parsed("18:15"), 1795198500 * SECOND, "a time of today");
}

static void test_mistakes(void)
{
	static const char *const texts[] = { "", "never", "2h", "2 parsecs ago",
		"2023-13-01", "2023-11-14 25:00", "Mon 2023-11-14", "12:61",
		"@", "@x", "-", "+-2h", "2023-11-14x",
		"99999999999999999999y ago",
		"2023-11-14 10:00:00 Europe/Nowhere" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		is_int(parsed(texts[i]), -1, texts[i]);
}

/* "   UNIX seconds: @1700000000.5"; -1: it has no such time either. */
static int64_t peer(const char *text)
{
	char command[256], line[256];
	int64_t t = -1;
	double seconds;

	snprintf(command, sizeof(command),
		"TZ=America/New_York systemd-analyze timestamp '%s' 2>&1",
		text);
	FILE *f = popen(command, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " UNIX seconds: @%lf", &seconds) == 1)
			t = (int64_t)(seconds * 1e6 + 0.5);
	if (f)
		pclose(f);
	return t;
}

static void test_peer(void)
{
	static const char *const texts[] = { "2023-11-14 22:13:20",
		"2023-02-31", "2024-03-10 02:30", "Mon 2023-11-14",
		"Friday 2026-11-20 18:17", "1999-12-31 UTC",
		"2023-11-14 22:13:20.123456", "70-01-02", "2023-1-2 3:4:5",
		"2023-11-14 24:00", "@5.25" };

	if (system("systemd-analyze timestamp now >/dev/null 2>&1"))
		return;
	setenv("TZ", "America/New_York", 1);
	tzset();
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		is_int(parsed(texts[i]), peer(texts[i]), texts[i]);
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	test_relative();
	test_dates();
	test_mistakes();
	test_peer();
	return tap_done();
}
