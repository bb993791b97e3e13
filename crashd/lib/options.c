/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A word that is not known is said, never dropped in silence (Go takes it for
 * "no tracebacks").  Words are separated by commas; so a path cannot have one.
 */
#include "crashd/lib/options.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "crashd/crashd.h"
#include "crashd/safe/signals.h"

static const struct {
	const char *word;
	int level;
} levels[] = {
	{ "none", CRASHD_NONE },
	{ "0", CRASHD_NONE },
	{ "single", CRASHD_SINGLE },
	{ "all", CRASHD_ALL },
	{ "1", CRASHD_ALL },
	{ "system", CRASHD_SYSTEM },
	{ "2", CRASHD_SYSTEM },
	{ "crash", CRASHD_CRASH },
};

static bool is_word(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && !memcmp(s, word, n);
}

static bool parse_level(const char *s, size_t n, int *ret)
{
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
		if (is_word(s, n, levels[i].word)) {
			*ret = levels[i].level;
			return true;
		}
	return false;
}

/* "name=" at s: what follows it, its length in *n; else NULL. */
static const char *value_of(const char *s, size_t *n, const char *name)
{
	size_t k = strlen(name);

	if (*n <= k || memcmp(s, name, k))
		return NULL;
	*n -= k;
	return s + k;
}

static bool copy_path(char ret[CRASHD_PATH_SIZE], const char *s, size_t n)
{
	if (n >= CRASHD_PATH_SIZE - CRASHD_PATH_ROOM)
		return false;
	memcpy(ret, s, n);
	ret[n] = 0;
	return true;
}

/*
 * Ones that the program can go on after: not those that cannot be caught, nor
 * those of faults, which would happen again at once.
 */
bool crashd_options_can_report(int sig)
{
	static const int never[] = { SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL,
		SIGFPE, SIGTRAP, SIGSYS, SIGABRT };

	if (sig < 1 || sig > SIGRTMAX)
		return false;
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		if (sig == never[i])
			return false;
	return true;
}

static bool parse_signal(const char *s, size_t n, int *ret)
{
	int sig = crashd_signal_number(s, n);

	if (crashd_options_can_report(sig))
		*ret = sig;
	return crashd_options_can_report(sig);
}

static bool parse_option(const char *s, size_t n, struct options *ret)
{
	const char *value;
	size_t k;

	if (is_word(s, n, "continue"))
		return ret->go_on = true;
	if (is_word(s, n, "journal"))
		return ret->journal = true;
	k = n;
	if ((value = value_of(s, &k, "file=")))
		return copy_path(ret->file, value, k);
	k = n;
	if ((value = value_of(s, &k, "dir=")))
		return copy_path(ret->dir, value, k);
	k = n;
	if ((value = value_of(s, &k, "signal=")))
		return parse_signal(value, k, &ret->report_signal);
	return false;
}

bool crashd_options_parse(
	const char *text, struct options *ret, char *complaint, int size)
{
	bool good = true;

	*ret = (struct options){ .level = -1 };
	if (!text)
		return true;
	for (const char *s = text; *s;) {
		size_t n = strcspn(s, ",");

		if (n && !parse_level(s, n, &ret->level) &&
			!parse_option(s, n, ret) && good) {
			good = false;
			snprintf(complaint, (size_t)size,
				"TRACEBACK: \"%.*s\" is not understood%s; "
				"known "
				"are none, single, all, system, crash, "
				"continue, "
				"journal, file=PATH, dir=PATH, signal=NAME "
				"(not "
				"of a fault)",
				n > 80 ? 80 : (int)n, s,
				s == text ? ", \"single\" is used" : "");
		}
		s += n;
		s += *s == ',';
	}
	return good;
}
