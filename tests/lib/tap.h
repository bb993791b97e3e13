/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * TAP for C tests under prove: ok(), is_int(), is_str(), and tap_done() as
 * the last statement of main.  A test is a sentence.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

static inline bool tap_ok(
	bool pass, const char *file, int line, const char *name)
{
	printf("%sok %d - %s\n", pass ? "" : "not ", ++tap_count, name);
	if (!pass) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return pass;
}

static inline bool tap_is_int(long long got, long long want, const char *file,
	int line, const char *name)
{
	bool pass = tap_ok(got == want, file, line, name);

	if (!pass)
		printf("#  got %lld (0x%llx)\n# want %lld (0x%llx)\n", got, got,
			want, want);
	return pass;
}

static inline bool tap_is_str(const char *got, const char *want,
	const char *file, int line, const char *name)
{
	bool same = got && want ? !strcmp(got, want) : got == want;
	bool pass = tap_ok(same, file, line, name);

	if (!pass)
		printf("#  got \"%s\"\n# want \"%s\"\n", got ? got : "(null)",
			want ? want : "(null)");
	return pass;
}

#define ok(cond, name) tap_ok((cond), __FILE__, __LINE__, (name))
#define is_int(got, want, name)                                                \
	tap_is_int((long long)(got), (long long)(want), __FILE__, __LINE__,    \
		(name))
#define is_str(got, want, name)                                                \
	tap_is_str((got), (want), __FILE__, __LINE__, (name))

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}
