/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of crashes, in journal files made by systemd-journal-remote. */
#include "inspect/journal/journal.h"
#include "inspect/journal/record.h"

#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char remote[] = "/lib/systemd/systemd-journal-remote";
static const char coredump_id[] = "fc2e22bc6ee647b6b90729ab34a250b1";
static const char backtrace_id[] = "1f4e0a44a88649939aaea34fc6da8c95";

static char dir[] = "/tmp/crashd-unit-journal.XXXXXX";
static char core[64];
static char boot = '1';

static void record(FILE *f, int seconds, const char *id, int pid,
	const char *comm, const char *more)
{
	long long time = (1700000000LL + seconds) * 1000000;

	fprintf(f,
		"__REALTIME_TIMESTAMP=%lld\n__MONOTONIC_TIMESTAMP=%d\n"
		"_BOOT_ID=%.32s\nMESSAGE_ID=%s\n"
		"COREDUMP_TIMESTAMP=%lld\nCOREDUMP_PID=%d\nCOREDUMP_COMM=%s\n"
		"COREDUMP_SIGNAL=11\n%s\n",
		time, seconds,
		boot == '1' ? "11111111111111111111111111111111"
			    : "22222222222222222222222222222222",
		id, time, pid, comm, more);
}

static bool make_journal(void)
{
	char command[256], more[256];

	snprintf(command, sizeof(command), "%s -o %s/x.journal - 2>/dev/null",
		remote, dir);
	FILE *f = popen(command, "w");
	if (!f)
		return false;
	snprintf(more, sizeof(more),
		"COREDUMP_FILENAME=%s\nCOREDUMP_UNIT=a.service\n"
		"COREDUMP_EXE=/bin/a\nCOREDUMP_UID=5\n",
		core);
	record(f, 1, coredump_id, 10, "a", more);
	record(f, 100, backtrace_id, 11, "b",
		"CRASHD_CRASH_ID=0123456789abcdef\n");
	record(f, 103, coredump_id, 11, "b",
		"COREDUMP_FILENAME=/nonexistent/core\n");
	snprintf(more, sizeof(more),
		"COREDUMP_FILENAME=%s\nCOREDUMP_TRUNCATED=1\n", core);
	record(f, 200, coredump_id, 12, "b", more);
	record(f, 300, coredump_id, 13, "c", "COREDUMP=in the journal\n");
	boot = '2';
	record(f, 400, backtrace_id, 14, "a-name-that-is-",
		"COREDUMP_EXE=/opt/a-name-that-is-too-long\n");
	return pclose(f) == 0;
}

static struct journal_place place;

struct listed {
	struct arena *arena;
	struct journal_crash crash[16];
	size_t n, max;
};

static bool add(void *ctx, const struct journal_crash *c)
{
	struct listed *l = ctx;

	l->crash[l->n++] = journal_keep(l->arena, c);
	return l->n < l->max;
}

static enum err list_query(struct arena *a, const struct journal_query *q,
	bool newest_first, struct listed *ret)
{
	struct journal_visit visit = { .crash = add, .ctx = ret };

	*ret = (struct listed){ .arena = a, .max = 16 };
	return journal_each(q, newest_first, &visit);
}

static struct listed list_words(
	struct arena *a, size_t n, const char *const *words)
{
	struct journal_query q = {
		.place = &place,
		.word = words,
		.nwords = n,
	};
	struct listed l;

	if (list_query(a, &q, true, &l))
		printf("# %s\n", err_msg());
	return l;
}

static struct listed list(struct arena *a, const char *word)
{
	return list_words(a, word != NULL, &word);
}

static size_t count(struct arena *a, size_t n, const char *const *words)
{
	return list_words(a, n, words).n;
}

#define COUNT(...)                                                             \
	count(a, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *),     \
		(const char *[]){ __VA_ARGS__ })

static void test_match(struct arena *a)
{
	struct listed l = list(a, NULL);

	is_int(l.n, 5, "each crash is listed once");
	is_int(l.crash[0].pid, 14, "the newest first");
	is_str(l.crash[3].id, "0123456789abcdef",
		"what the other record of a crash says is kept");
	is_int(COUNT("11"), 1, "digits are a PID");
	is_int(COUNT("b"), 2, "a word is a command");
	is_int(COUNT("/bin/a"), 1, "a path is an executable");
	is_int(COUNT("a.service"), 1, "a unit");
	is_int(COUNT("a", "b"), 3, "words are alternatives");
	is_int(COUNT("b", "12"), 1, "a name and a PID are not");
	is_int(COUNT("b", "10"), 0, "even when none is left");
	is_int(COUNT("COREDUMP_PID=10", "COREDUMP_PID=12"), 2,
		"one field: alternatives");
	is_int(COUNT("COREDUMP_COMM=b", "COREDUMP_PID=12"), 1,
		"two fields: both");
	is_int(COUNT("COREDUMP_COMM=b", "COREDUMP_PID=12", "+", "a"), 2,
		"or another group");
	l = list(a, "a-name-that-is-too-long");
	is_int(l.n, 1, "a name that the kernel cut");
	l = list(a, "10");
	ok(l.crash[0].uid == 5 && !strcmp(l.crash[0].unit, "a.service"),
		"with all that was recorded");
	is_int(COUNT("nosuch"), 0, "no match is no error");
}

static void test_mistakes(struct arena *a)
{
	const char *word = "lower=case", *plus[] = { "+", "a" };
	struct journal_query q = {
		.place = &place, .word = &word, .nwords = 1
	};
	struct listed l;

	is_int(list_query(a, &q, true, &l), ERR_USAGE,
		"a field in small letters is a mistake");
	q.word = plus;
	q.nwords = 2;
	is_int(list_query(a, &q, true, &l), ERR_USAGE, "a + that is alone too");
	q.nwords = 0;
	q.boot = "yesterday";
	is_int(list_query(a, &q, true, &l), ERR_USAGE, "and what is no boot");
	q.boot = "-5";
	is_int(list_query(a, &q, true, &l), ERR_NOTFOUND,
		"or one that the journal does not have");
}

static void test_bounds(struct arena *a)
{
	const int64_t second = 1000000, start = 1700000000 * second;
	const char *unit = "a*", *other = "b";
	struct journal_query q = { .place = &place };
	struct listed l;

	q.since = start + 200 * second;
	ok(!list_query(a, &q, false, &l) && l.n == 3 && l.crash[0].pid == 12,
		"since: from then on, the oldest first");
	q.until = start + 300 * second;
	ok(!list_query(a, &q, false, &l) && l.n == 2 && l.crash[1].pid == 13,
		"until: no longer");
	q = (struct journal_query){ .place = &place, .boot = "0" };
	ok(!list_query(a, &q, true, &l) && l.n == 1 && l.crash[0].pid == 14,
		"the last boot");
	q.boot = "-1";
	ok(!list_query(a, &q, true, &l) && l.n == 4, "the one before it");
	q.boot = "11111111-1111-1111-1111-111111111111";
	ok(!list_query(a, &q, true, &l) && l.n == 4, "a boot by its id");
	q = (struct journal_query){
		.place = &place, .unit = &unit, .nunits = 1
	};
	ok(!list_query(a, &q, true, &l) && l.n == 1, "a unit by a pattern");
	q.unit = &other;
	ok(!list_query(a, &q, true, &l) && l.n == 0, "one that has no crash");
}

static void test_cores(struct arena *a)
{
	struct journal_crash c = list(a, "10").crash[0];
	const char *path;
	char text[32] = "";

	ok(c.core == JOURNAL_CORE_PRESENT &&
			!journal_core_path(a, &place, &c, &path) &&
			!strcmp(path, core),
		"a core that is there can be opened");
	c = list(a, "11").crash[0];
	is_str(journal_core_name(c.core), "missing", "one can be gone");
	is_int(journal_core_path(a, &place, &c, &path), ERR_NOTFOUND,
		"and then not be opened");
	ok(strstr(err_msg(), "/nonexistent/core"), "it says which");
	c = list(a, "12").crash[0];
	is_str(journal_core_name(c.core), "truncated", "or cut off");
	c = list(a, "14").crash[0];
	is_str(journal_core_name(c.core), "none", "or never have been");
	is_int(journal_core_path(a, &place, &c, &path), ERR_NOTFOUND,
		"which is said too");
	c = list(a, "13").crash[0];
	is_int(journal_core_path(a, &place, &c, &path), OK,
		"one in the journal itself is taken out");
	FILE *f = fopen(path, "r");
	ok(f && fread(text, 1, sizeof(text) - 1, f) &&
			!strcmp(text, "in the journal"),
		"byte by byte");
	if (f)
		fclose(f);
}

static void test_record(struct arena *a)
{
	struct journal_crash c = list(a, "13").crash[0];
	struct record *r;
	int64_t pid;

	ok(!record_load(a, &place, c.cursor, &r), "a record by its place");
	is_str(record_text(r, "COREDUMP_COMM"), "c", "a field by its name");
	ok(record_number(r, "COREDUMP_PID", &pid) && pid == 13, "a number");
	ok(!record_number(r, "COREDUMP_COMM", &pid), "a name is none");
	ok(!record_text(r, "COREDUMP"), "the core itself is no field");
	ok(!record_text(NULL, "COREDUMP_PID"), "no record has no field");
	ok(!record_find(a, &place, "COREDUMP_PID=12", &r) && r &&
			!strcmp(record_text(r, "COREDUMP_TRUNCATED"), "1"),
		"a record by a field");
	ok(!record_find(a, &place, "COREDUMP_PID=99", &r) && !r, "or none");
}

int main(void)
{
	struct arena a = { 0 };
	char command[64];
	FILE *f;

	if (access(remote, X_OK) < 0) {
		printf("1..0 # SKIP needs systemd-journal-remote\n");
		return 0;
	}
	if (!mkdtemp(dir))
		return 1;
	snprintf(core, sizeof(core), "%s/the-core", dir);
	f = fopen(core, "w");
	if (f)
		fclose(f);
	if (ok(make_journal(), "journal files can be made")) {
		place.dir = dir;
		test_match(&a);
		test_mistakes(&a);
		test_bounds(&a);
		test_cores(&a);
		test_record(&a);
	}
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ok(!system(command), "and removed");
	arena_clear(&a);
	return tap_done();
}
