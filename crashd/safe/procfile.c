/* SPDX-License-Identifier: Apache-2.0 */
/* Paths are put together by hand, and never longer than a few numbers. */
#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"

char *crashd_procfile_put(char *at, uint64_t value, unsigned base)
{
	char digits[24];
	size_t n = 0;

	do
		digits[n++] = "0123456789abcdef"[value % base];
	while (value /= base);
	while (n)
		*at++ = digits[--n];
	*at = 0;
	return at;
}

static char *put_str(char *at, const char *s)
{
	while (*s)
		*at++ = *s++;
	*at = 0;
	return at;
}

int crashd_procfile_open(
	int proc, pid_t pid, pid_t tid, const char *name, int flags)
{
	char path[96], *at = put_str(path, proc < 0 ? "/proc/" : "");

	at = crashd_procfile_put(at, (uint64_t)pid, 10);
	if (tid) {
		at = put_str(at, "/task/");
		at = crashd_procfile_put(at, (uint64_t)tid, 10);
	}
	at = put_str(at, "/");
	put_str(at, name);
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
