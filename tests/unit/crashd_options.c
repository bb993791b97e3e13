/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TRACEBACK, as people type it. */
#include "crashd/lib/options.h"

#include "crashd/crashd.h"
#include "tests/lib/tap.h"

#include <signal.h>

static char complaint[400];
static struct options o;

static bool parse(const char *text)
{
	complaint[0] = 0;
	return crashd_options_parse(text, &o, complaint, sizeof complaint);
}

static void levels(void)
{
	static const struct {
		const char *word;
		int level;
	} rows[] = {
		{ "none", CRASHD_NONE },
		{ "0", CRASHD_NONE },
		{ "single", CRASHD_SINGLE },
		{ "all", CRASHD_ALL },
		{ "1", CRASHD_ALL },
		{ "system", CRASHD_SYSTEM },
		{ "2", CRASHD_SYSTEM },
		{ "crash", CRASHD_CRASH },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ok(parse(rows[i].word) && o.level == rows[i].level,
			rows[i].word);
	ok(parse(NULL) && o.level == -1, "not set: nothing is said");
	ok(parse("") && o.level == -1, "empty: nothing is said");
}

static void words(void)
{
	ok(parse("all,continue,journal") && o.level == CRASHD_ALL && o.go_on &&
			o.journal,
		"options follow after commas");
	ok(parse("crash,file=/x/y,dir=/tmp,signal=RTMIN+5"), "with values");
	is_str(o.file, "/x/y", "file");
	is_str(o.dir, "/tmp", "dir");
	is_int(o.report_signal, SIGRTMIN + 5, "signal RTMIN+5");
	ok(parse("signal=usr1") && o.report_signal == SIGUSR1, "signal usr1");
	ok(parse("signal=SIGHUP") && o.report_signal == SIGHUP, "and SIGHUP");
	ok(parse("continue") && o.level == -1 && o.go_on,
		"an option alone leaves the level");
}

static void unknown(void)
{
	ok(!parse("ful") && strstr(complaint, "\"ful\""), "a typo is quoted");
	ok(o.level == -1, "and is the default level");
	ok(!parse("all,contineu") && o.level == CRASHD_ALL,
		"the rest is understood all the same");
	ok(!parse("signal=NOSUCH"), "no such signal");
	ok(!parse("signal=99"), "a number that is none");
	ok(!parse("signal=KILL") && !o.report_signal, "one not to be caught");
	ok(!parse("signal=SEGV") && !o.report_signal,
		"one that would come again at once");
	ok(!parse("file="), "a path that is missing");
	ok(!parse("3"), "there is no level 3");
	ok(!parse("Single"), "words are lower case");
}

int main(void)
{
	levels();
	words();
	unknown();
	return tap_done();
}
