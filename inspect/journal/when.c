/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd.time(7), "PARSING TIME SPANS" and "PARSING TIMESTAMPS".  Dates are
 * of the local time zone unless UTC stands behind them; mktime() puts a day
 * that a month does not have into the next month, as journalctl does.
 */
#include "inspect/journal/when.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const int64_t SECOND = 1000000;
static const double MAX_SPAN = 1e18; /* microseconds: 30,000 years */

static const char *skip_space(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* ---- spans ---- */

struct time_unit {
	const char *names; /* each between spaces */
	double us;
};

static const struct time_unit units[] = {
	{ " us usec \u00b5s \u03bcs ", 1 },
	{ " ms msec ", 1e3 },
	{ " s sec second seconds ", 1e6 },
	{ " m min minute minutes ", 60e6 },
	{ " h hr hour hours ", 3600e6 },
	{ " d day days ", 86400e6 },
	{ " w week weeks ", 7 * 86400e6 },
	{ " M month months ", 2629800e6 },
	{ " y year years ", 31557600e6 },
};

static double unit_us(const char *name, size_t n)
{
	char word[24];

	if (!n)
		return 1e6;
	if (n + 3 > sizeof(word))
		return 0;
	word[0] = ' ';
	memcpy(word + 1, name, n);
	memcpy(word + 1 + n, " ", 2);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strstr(units[i].names, word))
			return units[i].us;
	return 0;
}

/* "1h 30min", all of s. */
static bool parse_span(const char *s, size_t len, int64_t *ret)
{
	const char *end = s + len;
	double sum = 0;

	s = skip_space(s);
	if (s >= end)
		return false;
	while (s < end) {
		char *after;

		if (!isdigit((unsigned char)*s) && *s != '.')
			return false;
		double v = strtod(s, &after);
		s = skip_space(after);
		const char *unit = s;
		while (s < end && !isspace((unsigned char)*s) &&
			!isdigit((unsigned char)*s))
			s++;
		double us = unit_us(unit, (size_t)(s - unit));
		if (us <= 0 || after > end)
			return false;
		sum += v * us;
		s = skip_space(s);
	}
	if (!(sum < MAX_SPAN))
		return false;
	*ret = llround(sum);
	return true;
}

static bool ends_with(const char *s, const char *end, size_t *ret_n)
{
	size_t n = strlen(s), k = strlen(end);

	if (n < k || strcmp(s + n - k, end))
		return false;
	*ret_n = n - k;
	return true;
}

/* "-2h", "2h ago", "+2h", "2h left" */
static bool parse_relative(const char *s, int64_t now, int64_t *ret)
{
	int64_t span;
	size_t n;

	if (*s == '-' && parse_span(s + 1, strlen(s + 1), &span))
		*ret = now - span;
	else if (*s == '+' && parse_span(s + 1, strlen(s + 1), &span))
		*ret = now + span;
	else if (ends_with(s, " ago", &n) && parse_span(s, n, &span))
		*ret = now - span;
	else if (ends_with(s, " left", &n) && parse_span(s, n, &span))
		*ret = now + span;
	else
		return false;
	return true;
}

/* ---- dates ---- */

static int64_t seconds_of(struct tm *tm, bool utc)
{
	tm->tm_isdst = -1;
	return utc ? timegm(tm) : mktime(tm);
}

static bool parse_word(const char *s, int64_t now, int64_t *ret)
{
	static const char *const words[] = { "yesterday", "today", "tomorrow" };
	time_t seconds = (time_t)(now / SECOND);
	struct tm tm;

	if (!strcmp(s, "now")) {
		*ret = now;
		return true;
	}
	for (int i = 0; i < 3; i++) {
		if (strcmp(s, words[i]))
			continue;
		localtime_r(&seconds, &tm);
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		tm.tm_mday += i - 1;
		*ret = seconds_of(&tm, false) * SECOND;
		return true;
	}
	return false;
}

/* Behind "Fri" or "Friday", the number in *ret; none: s. */
static const char *day_of_week(const char *s, int *ret)
{
	static const char *const days[] = { "Sunday", "Monday", "Tuesday",
		"Wednesday", "Thursday", "Friday", "Saturday" };

	*ret = -1;
	for (int i = 0; i < 7; i++) {
		size_t n = strlen(days[i]);

		if (strncasecmp(s, days[i], n))
			n = 3;
		if (strncasecmp(s, days[i], n) || (s[n] != ' ' && s[n] != ','))
			continue;
		*ret = i;
		return skip_space(s + n + (s[n] == ','));
	}
	return s;
}

/* Seconds may have a fraction; NULL: no time of day. */
static const char *parse_clock(const char *s, struct tm *tm, int64_t *ret_us)
{
	char *after;
	const char *end = strptime(s, "%H:%M", tm);

	tm->tm_sec = 0;
	*ret_us = 0;
	if (!end || *end != ':')
		return end;
	double seconds = strtod(end + 1, &after);
	if (after == end + 1 || !isdigit((unsigned char)end[1]) ||
		seconds >= 61)
		return NULL;
	tm->tm_sec = (int)seconds;
	*ret_us = llround((seconds - tm->tm_sec) * 1e6);
	return after;
}

/* tm is set only if it is a day. */
static const char *parse_day(const char *s, struct tm *tm)
{
	const char *dash = strchr(s, '-');
	struct tm day = *tm;
	/* %Y takes two digits for a year of the first century. */
	const char *end = strptime(
		s, dash && dash - s == 2 ? "%y-%m-%d" : "%Y-%m-%d", &day);

	if (end)
		*tm = day;
	return end;
}

static bool cut_utc(char *s)
{
	size_t n = strlen(s);

	if (n > 4 && !strcmp(s + n - 4, " UTC"))
		s[n - 4] = '\0';
	else if (n > 1 && s[n - 1] == 'Z' && isdigit((unsigned char)s[n - 2]))
		s[n - 1] = '\0';
	else
		return false;
	return true;
}

static bool parse_date(char *s, int64_t now, int64_t *ret)
{
	time_t seconds = (time_t)(now / SECOND);
	bool utc = cut_utc(s);
	int64_t fraction = 0;
	struct tm tm;
	int day;

	if (utc)
		gmtime_r(&seconds, &tm);
	else
		localtime_r(&seconds, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	const char *at = day_of_week(s, &day);
	const char *end = parse_day(at, &tm);
	if (end && (*end == 'T' || isspace((unsigned char)*end)))
		end = parse_clock(*end == 'T' ? end + 1 : skip_space(end), &tm,
			&fraction);
	else if (!end)
		end = parse_clock(at, &tm, &fraction);
	if (!end || *skip_space(end))
		return false;
	*ret = seconds_of(&tm, utc) * SECOND + fraction;
	return day < 0 || tm.tm_wday == day;
}

enum err when_parse(const char *text, int64_t now_us, int64_t *ret)
{
	const char *s = skip_space(text);
	char copy[64];
	double seconds;
	char *end;

	if (*s == '@' && isdigit((unsigned char)s[1])) {
		seconds = strtod(s + 1, &end);
		if (!*end && seconds * 1e6 < MAX_SPAN) {
			*ret = llround(seconds * 1e6);
			return OK;
		}
	}
	if (strlen(s) < sizeof(copy)) {
		strcpy(copy, s);
		if (parse_word(s, now_us, ret) ||
			parse_relative(s, now_us, ret) ||
			parse_date(copy, now_us, ret))
			return OK;
	}
	return err_set(ERR_USAGE,
		"%s is no time: \"2026-11-20 18:00\", \"18:00\", "
		"\"yesterday\", "
		"\"-2h\", \"3 days ago\" are (man systemd.time)",
		text);
}
