/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What csnap says of a process beside threads and memory: of this one. */
#include "crashd/snap/about.h"
#include "crashd/note.h"
#include "crashd/safe/process.h"
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *text(const struct about *about, uint32_t type)
{
	for (size_t i = 0; i < ABOUT_TEXTS; i++)
		if (about->text[i].type == type && about->text[i].text)
			return about->text[i].text;
	return "";
}

int main(void)
{
	static struct process process;
	struct target target = { .pid = getpid(), .tid = getpid() };
	struct map maps[64], map;
	struct about about;
	char name[] = "/tmp/about\t\\XXXXXX", line[64];
	size_t n = 0;
	int fd = mkstemp(name);

	is_int(crashd_process_open(&process, -1, target.pid, target.tid, -1), 0,
		"this process");
	while (n < 64 && crashd_maps_next(&process.maps, &map) > 0)
		maps[n++] = map;
	(void)!lseek(fd, 42, SEEK_SET);
	about_read(&about, &target, &process.source, maps, n);

	snprintf(line, sizeof line, "\n%d\t", fd);

	const char *found = strstr(text(&about, CRASHD_NOTE_FILES), line);

	ok(found != NULL, "an open file is there");
	snprintf(line, sizeof line, "\t42\t/tmp/about\\011\\134%.6s\n",
		name + sizeof name - 7);
	ok(found && strstr(found, line),
		"with its offset, and its name escaped");
	ok(strstr(text(&about, CRASHD_NOTE_LIMITS), "Max open files"),
		"limits");
	ok(strstr(text(&about, CRASHD_NOTE_STATUS), "\nThreads:\t1\n"),
		"status");
	ok(about.nids >= 1, "build ids of modules");
	ok(about.nids && about.id[0].size == 20, "of twenty bytes");
	ok(about_size(&about) > 1000, "and a size");
	about_close(&about);
	unlink(name);

	target.pid = target.tid = 0x7fffffff;
	about_read(&about, &target, &process.source, maps, 0);
	is_int((long)about_size(&about), 0, "of a process that is gone: none");
	about_close(&about);
	crashd_process_close(&process);
	return tap_done();
}
