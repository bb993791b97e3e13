/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of /proc are read whole, by names relative to a descriptor: in a chroot
 * that is all there is of it.
 */
#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"
#include "crashd/safe/word.h"

int crashd_procfile_open(
	int proc, pid_t pid, pid_t tid, const char *name, int flags)
{
	char path[96], *end = path + sizeof path - 1;
	char *at = crashd_word_put(path, end, proc < 0 ? "/proc/" : "");

	at = crashd_word_number(at, end, (uint64_t)pid, 10);
	if (tid) {
		at = crashd_word_put(at, end, "/task/");
		at = crashd_word_number(at, end, (uint64_t)tid, 10);
	}
	at = crashd_word_put(at, end, "/");
	crashd_word_put(at, end, name);
	return sys_openat(
		proc < 0 ? AT_FDCWD : proc, path, flags | O_CLOEXEC, 0);
}

long crashd_procfile_read(int proc, pid_t pid, pid_t tid, const char *name,
	char *buf, size_t size)
{
	int fd = crashd_procfile_open(proc, pid, tid, name, O_RDONLY);
	size_t n = 0;
	ssize_t got = fd;

	buf[0] = 0;
	if (fd < 0)
		return fd;
	while (n < size - 1) {
		got = sys_read(fd, buf + n, size - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	sys_close(fd);
	buf[n] = 0;
	return got < 0 ? got : (long)n;
}

uint64_t crashd_procfile_parse(const char *at, unsigned base)
{
	uint64_t value = 0;

	for (;; at++) {
		unsigned digit = (unsigned char)*at;

		if (digit >= '0' && digit <= '9')
			digit -= '0';
		else if (base == 16 && digit >= 'a' && digit <= 'f')
			digit -= 'a' - 10;
		else
			return value;
		value = value * base + digit;
	}
}

const char *crashd_procfile_value(const char *text, const char *key)
{
	for (const char *line = text; *line;) {
		const char *a = line, *b = key;

		while (*b && *a == *b) {
			a++;
			b++;
		}
		if (!*b && *a == ':') {
			for (a++; *a == '\t' || *a == ' '; a++)
				;
			return a;
		}
		while (*line && *line != '\n')
			line++;
		line += *line == '\n';
	}
	return NULL;
}

uint64_t crashd_procfile_number(
	const char *text, const char *key, unsigned base)
{
	const char *at = crashd_procfile_value(text, key);

	return at ? crashd_procfile_parse(at, base) : 0;
}

int crashd_procfile_tasks(struct procfile_tasks *tasks, int proc, pid_t pid)
{
	tasks->fd = crashd_procfile_open(
		proc, pid, 0, "task", O_RDONLY | O_DIRECTORY);
	tasks->n = tasks->at = 0;
	return tasks->fd < 0 ? tasks->fd : 0;
}

/* All of a name, or 0: "." and "..". */
static pid_t parse_tid(const char *name)
{
	pid_t tid = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		tid = tid * 10 + (*name - '0');
	return *name ? 0 : tid;
}

pid_t crashd_procfile_next_task(struct procfile_tasks *tasks)
{
	for (;;) {
		if (tasks->at >= tasks->n) {
			tasks->at = 0;
			tasks->n = sys_getdents64(
				tasks->fd, tasks->buf, sizeof tasks->buf);
		}
		if (tasks->n <= 0) {
			pid_t end = (pid_t)tasks->n;

			tasks->n = 0;
			sys_lseek(tasks->fd, 0, SEEK_SET);
			return end;
		}

		const struct sys_dirent *entry =
			(void *)(tasks->buf + tasks->at);
		pid_t tid = parse_tid(entry->name);

		tasks->at += entry->reclen;
		if (tid)
			return tid;
	}
}

void crashd_procfile_end_tasks(struct procfile_tasks *tasks)
{
	sys_close(tasks->fd);
}
