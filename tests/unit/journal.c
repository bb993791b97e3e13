/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of crashes, in journal files made by systemd-journal-remote. */
#include "inspect/journal/journal.h"

#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char remote[] = "/lib/systemd/systemd-journal-remote";
static const char coredump_id[] = "fc2e22bc6ee647b6b90729ab34a250b1";
static const char backtrace_id[] = "1f4e0a44a88649939aaea34fc6da8c95";

static char dir[] = "/tmp/crashd-unit-journal.XXXXXX";
static char core[64];

static void record(FILE *f, int seconds, const char *id, int pid,
	const char *comm, const char *more)
{
	long long time = (1700000000LL + seconds) * 1000000;

	fprintf(f,
		"__REALTIME_TIMESTAMP=%lld\n__MONOTONIC_TIMESTAMP=%d\n"
		"_BOOT_ID=11111111111111111111111111111111\nMESSAGE_ID=%s\n"
		"COREDUMP_TIMESTAMP=%lld\nCOREDUMP_PID=%d\nCOREDUMP_COMM=%s\n"
		"COREDUMP_SIGNAL=11\n%s\n",
		time, seconds, id, time, pid, comm, more);
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
	record(f, 100, backtrace_id, 11, "b", "");
	record(f, 103, coredump_id, 11, "b",
		"COREDUMP_FILENAME=/nonexistent/core\n");
	snprintf(more, sizeof(more),
		"COREDUMP_FILENAME=%s\nCOREDUMP_TRUNCATED=1\n", core);
	record(f, 200, coredump_id, 12, "b", more);
	record(f, 300, coredump_id, 13, "c", "COREDUMP=in the journal\n");
	record(f, 400, backtrace_id, 14, "d", "");
	return pclose(f) == 0;
}

static size_t list(
	struct arena *a, const char *match, struct journal_crash **ret)
{
	size_t n = 0;

	*ret = NULL;
	if (journal_list(a, dir, match, 100, ret, &n))
		printf("# %s\n", err_msg());
	return n;
}

static void test_match(struct arena *a)
{
	struct journal_crash *c;

	is_int(list(a, NULL, &c), 5, "each crash is listed once");
	is_int(c[0].pid, 14, "the newest first");
	is_int(list(a, "11", &c), 1, "digits are a PID");
	is_int(list(a, "b", &c), 2, "a word is a command");
	is_int(list(a, "/bin/a", &c), 1, "a path is an executable");
	ok(c && c[0].uid == 5 && !strcmp(c[0].unit, "a.service"),
		"with all that was recorded");
	is_int(list(a, "COREDUMP_UNIT=a.service", &c), 1,
		"any field can be asked for");
	is_int(list(a, "nosuch", &c), 0, "no match is no error");
	is_int(journal_list(a, dir, "lower=case", 1, &c, &(size_t){ 0 }),
		ERR_USAGE, "a field in small letters is a mistake");
}

static void test_cores(struct arena *a)
{
	struct journal_crash *c;
	const char *path;
	char text[32] = "";

	list(a, "10", &c);
	ok(c->core == JOURNAL_CORE_PRESENT &&
			!journal_core_path(a, dir, c, &path) &&
			!strcmp(path, core),
		"a core that is there can be opened");
	list(a, "11", &c);
	is_str(journal_core_name(c->core), "missing", "one can be gone");
	is_int(journal_core_path(a, dir, c, &path), ERR_NOTFOUND,
		"and then not be opened");
	ok(strstr(err_msg(), "/nonexistent/core"), "it says which");
	list(a, "12", &c);
	is_str(journal_core_name(c->core), "truncated", "or cut off");
	list(a, "14", &c);
	is_str(journal_core_name(c->core), "none", "or never have been");
	is_int(journal_core_path(a, dir, c, &path), ERR_NOTFOUND,
		"which is said too");
	list(a, "13", &c);
	is_int(journal_core_path(a, dir, c, &path), OK,
		"one in the journal itself is taken out");
	FILE *f = fopen(path, "r");
	ok(f && fread(text, 1, sizeof(text) - 1, f) &&
			!strcmp(text, "in the journal"),
		"byte by byte");
	if (f)
		fclose(f);
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
		test_match(&a);
		test_cores(&a);
	}
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ok(!system(command), "and removed");
	arena_clear(&a);
	return tap_done();
}
