/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Crashes by the cores that systemd-coredump stored. */
#include "inspect/journal/store.h"

#include "tests/lib/tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BOOT "faf4cad585d44a278ec1c5d067f68786"

static char dir[] = "/tmp/crashd-unit-store.XXXXXX";
static char path[512];

static const char *make(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	return path;
}

static bool attribute(const char *file, const char *key, const char *value)
{
	return !setxattr(file, key, value, strlen(value), 0);
}

static size_t list(struct arena *a, struct journal_crash **ret)
{
	size_t n;

	store_list(a, dir, ret, &n);
	return n;
}

static void test_names(struct arena *a)
{
	struct journal_crash *c;

	is_int(list(a, &c), 3, "other files are no cores");
	is_int(c[0].pid, 12, "the oldest first");
	is_str(c[0].comm, "a.b c", "a name with a dot and a space");
	is_int(c[0].uid, 1000, "the user");
	is_str(c[0].boot, BOOT, "the boot");
	is_int(c[0].time_us, 1700000000000001, "the time");
	is_str(journal_core_name(c[0].core), "present", "the core is there");
	is_str(c[0].path,
		make("core.a\\x2eb\\x20c.1000." BOOT
		     ".12.1700000000000001.zst"),
		"and where");
	is_int(c[1].pid, 13, "of a core that is not packed");
}

static bool allows(struct arena *a, const char *word, const char *more)
{
	const char *words[] = { word, more };
	struct journal_place here = { 0 };
	struct journal_query want = {
		.place = &here,
		.word = words,
		.nwords = more ? 2 : 1,
	};
	struct query q = { 0 };
	struct journal_crash *c;

	list(a, &c);
	store_details(a, c);
	return query_allows(&want, &q, c);
}

static void test_match(struct arena *a)
{
	ok(allows(a, "12", NULL) && !allows(a, "13", NULL), "a PID");
	ok(allows(a, "a.b c", NULL) && !allows(a, "a", NULL), "a command");
	ok(allows(a, "COREDUMP_UID=1000", NULL) &&
			!allows(a, "COREDUMP_UID=1", NULL),
		"a field of the name");
	ok(allows(a, "_BOOT_ID=" BOOT, NULL), "the boot");
	ok(!allows(a, "_UID=1000", NULL), "fields of others match nothing");
	ok(!allows(a, "COREDUMP_=1000", NULL), "nor does half a field");
	ok(allows(a, "12", "13"), "PIDs are alternatives");
	ok(!allows(a, "12", "COREDUMP_UID=1"), "a PID and a field are not");
}

static void test_attributes(struct arena *a, const char *file)
{
	struct journal_crash *c;

	if (!attribute(file, "user.coredump.signal", "11") ||
		!attribute(file, "user.coredump.exe", "/bin/a b") ||
		!attribute(file, "user.coredump.gid", "7")) {
		printf("# no extended attributes here\n");
		return;
	}
	list(a, &c);
	store_details(a, &c[1]);
	is_int(c[1].signal, 11, "the signal");
	is_str(c[1].exe, "/bin/a b", "the executable");
	is_int(c[1].gid, 7, "the group");
}

int main(void)
{
	struct arena a = { 0 };
	struct journal_crash *c;
	char command[64], file[512];

	if (!mkdtemp(dir))
		return 1;
	make("core.a\\x2eb\\x20c.1000." BOOT ".12.1700000000000001.zst");
	snprintf(file, sizeof(file), "%s",
		make("core.plain.0." BOOT ".13.1700000000000002"));
	make("core..0." BOOT ".14.1700000000000003.xz");
	make("core.1234");
	make("core.x.y." BOOT ".15.1700000000000003");
	make("core." BOOT ".15.1700000000000003");
	make("core");
	make(".#core.x.0." BOOT ".16.1700000000000003");
	snprintf(path, sizeof(path), "%s/core.dir.0." BOOT ".17.1", dir);
	mkdir(path, 0700);
	test_names(&a);
	test_match(&a);
	test_attributes(&a, file);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ok(!system(command), "removed");
	is_int(list(&a, &c), 0, "a folder that is not there has none");
	arena_clear(&a);
	return tap_done();
}
