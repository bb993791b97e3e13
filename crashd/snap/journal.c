/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Named as the fields of a crash where they are the same, but under an id of
 * its own: coredumpctl lists crashes, and this is none.
 */
#include "crashd/snap/journal.h"

#include "crashd/safe/journald.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* One that may have any byte in it. */
static void field(FILE *to, const char *key, const char *value)
{
	uint64_t n = strlen(value);

	if (!n)
		return;
	fprintf(to, "%s\n", key);
	fwrite(&n, sizeof n, 1, to);
	fwrite(value, n, 1, to);
	putc('\n', to);
}

static void command_line(FILE *to, pid_t pid)
{
	char path[32], line[4096];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, line, sizeof line - 1);
		close(fd);
	}
	if (n <= 0)
		return;
	line[n] = '\0';
	for (ssize_t i = 0; i + 1 < n; i++)
		if (!line[i])
			line[i] = ' ';
	field(to, "COREDUMP_CMDLINE", line);
}

static void warnings(FILE *to, const struct snapshot *s)
{
	char text[SNAPSHOT_WARNINGS * 161 + 1] = "";
	size_t n = 0;

	for (size_t i = 0; i < s->nwarnings; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s",
			i ? "\n" : "", s->warning[i]);
	field(to, "CRASHD_WARNINGS", text);
}

static void describe(FILE *to, const struct snapshot *s, const char *path)
{
	const struct target *t = &s->target;
	struct timespec now;
	char message[4352];

	snprintf(message, sizeof message, "Saved a core of process %d (%s): %s",
		t->pid, t->name, path[0] ? path : "to a pipe");
	clock_gettime(CLOCK_REALTIME, &now);
	fprintf(to, "MESSAGE_ID=%s\nPRIORITY=5\nSYSLOG_IDENTIFIER=csnap\n",
		CRASHD_ID_SNAPSHOT);
	field(to, "MESSAGE", message);
	fprintf(to, "COREDUMP_PID=%d\nOBJECT_PID=%d\nCOREDUMP_UID=%u\n", t->pid,
		t->pid, t->uid);
	fprintf(to, "COREDUMP_TIMESTAMP=%lld\n",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	field(to, "COREDUMP_COMM", t->name);
	field(to, "COREDUMP_EXE", t->exe);
	command_line(to, t->pid);
	field(to, "CRASHD_CORE", path);
	fprintf(to, "CRASHD_CORE_BYTES=%" PRIu64 "\n", s->bytes);
	fprintf(to, "CRASHD_CORE_DISK_BYTES=%" PRIu64 "\n", s->on_disk);
	fprintf(to, "CRASHD_MODE=%s\n",
		s->mode == SNAPSHOT_FORK ? "fork" : "direct");
	fprintf(to, "CRASHD_PAUSE_MS=%.1f\nCRASHD_THREADS=%zu\n", s->pause_ms,
		s->threads);
	fprintf(to, "CRASHD_CONSISTENT=%d\n", s->consistent);
	warnings(to, s);
}

int journal_send(const struct snapshot *s, struct problem *problem)
{
	char path[PATH_MAX] = "", *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);
	int error = to ? 0 : -ENOMEM;

	if (strcmp(s->path, "-") && !realpath(s->path, path))
		snprintf(path, sizeof path, "%s", s->path);
	if (to) {
		describe(to, s, path);
		if (fclose(to))
			error = -ENOMEM;
	}
	if (!error)
		error = crashd_journald_send(&(struct iovec){ text, n }, 1);
	free(text);
	if (!error)
		return 0;
	return problem_set(problem, "not sent to the journal: %s",
		error == -EAGAIN ? "journald does not read what it is sent"
				 : strerror(-error));
}
