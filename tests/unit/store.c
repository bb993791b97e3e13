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

static size_t list(
	struct arena *a, const char *match, struct journal_crash **ret)
{
	size_t n;

	store_list(a, dir, match, ret, &n);
	return n;
}

static void test_names(struct arena *a)
{
	struct journal_crash *c;

	is_int(list(a, NULL, &c), 3, "other files are no cores");
	is_int(list(a, "12", &c), 1, "digits are a PID");
	is_str(c[0].comm, "a.b c", "a name with a dot and a space");
	is_int(c[0].uid, 1000, "the user");
	is_int(c[0].time_us, 1700000000000001, "the time");
	is_str(journal_core_name(c[0].core), "present", "the core is there");
	is_str(c[0].path,
		make("core.a\\x2eb\\x20c.1000." BOOT
		     ".12.1700000000000001.zst"),
		"and where");
	is_int(list(a, "plain", &c), 1, "a word is a command");
	is_int(c[0].pid, 13, "of a core that is not packed");
	is_int(list(a, "COREDUMP_UID=1000", &c), 1, "a field of the name");
	is_int(list(a, "_UID=1000", &c), 0, "fields of others match nothing");
	is_int(list(a, "COREDUMP_", &c), 0, "nor does half a field");
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
	is_int(list(a, "COREDUMP_SIGNAL=11", &c), 1, "the signal");
	is_int(list(a, "/bin/a b", &c), 1, "the executable");
	is_int(c[0].gid, 7, "the group");
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
	test_attributes(&a, file);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ok(!system(command), "removed");
	is_int(list(&a, NULL, &c), 0, "a folder that is not there has none");
	arena_clear(&a);
	return tap_done();
}
