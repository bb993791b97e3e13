/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crashd/report/about.h"

#include "inspect/base/buf.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_TEXT = 1 << 16,
	MAX_FILES = 1024, /* open files of a record */
	MAX_INFO = 1024,
	MAX_LINK = 4096,
};

static bool ends(const char *s, size_t n, const char *with)
{
	size_t k = strlen(with);

	return n > k && !memcmp(s + n - k, with, k);
}

static bool is_unit(const char *s, size_t n)
{
	return ends(s, n, ".service") || ends(s, n, ".scope") ||
	       ends(s, n, ".socket") || ends(s, n, ".mount") ||
	       ends(s, n, ".swap");
}

struct about_unit about_unit(struct arena *arena, const char *cgroup)
{
	struct about_unit u = { 0 };

	for (const char *at = cgroup; *at;) {
		size_t n = strcspn(at, "/");
		/* Names that could be a controller's file have "_" before. */
		const char *name = *at == '_' ? at + 1 : at;
		size_t k = n - (size_t)(name - at);

		if (is_unit(name, k) && !u.unit)
			u.unit = arena_strndup(arena, name, k);
		else if (is_unit(name, k) && !strncmp(u.unit, "user@", 5) &&
			 !u.user_unit)
			u.user_unit = arena_strndup(arena, name, k);
		else if (ends(name, k, ".slice") && !u.unit)
			u.slice = arena_strndup(arena, name, k);
		at += n + (at[n] == '/');
	}
	return u;
}

const char *about_cgroup(struct arena *arena, const char *text)
{
	static const char *const keys[] = { "0::", "1:name=systemd:" };

	for (size_t i = 0; i < 2; i++) {
		const char *at = strstr(text, keys[i] + i * 2);

		if (!at)
			continue;
		at += strlen(keys[i]) - i * 2;
		if (i == 0 && at[0] == '/' && (at[1] == '\n' || !at[1]) &&
			strstr(text, ":name=systemd:"))
			continue; /* both are mounted: systemd uses the old */
		return arena_strndup(arena, at, strcspn(at, "\n"));
	}
	return NULL;
}

static const char *read_at(
	struct arena *arena, int dir, const char *path, size_t max)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	char *text = arena_alloc(arena, max + 1);
	size_t have = 0;
	ssize_t n = -1;

	while (fd >= 0 && have < max &&
		(n = read(fd, text + have, max - have)) > 0)
		have += (size_t)n;
	if (fd >= 0)
		close(fd);
	return fd < 0 || (n < 0 && !have) ? NULL : text;
}

static const char *link_at(struct arena *arena, int dir, const char *path)
{
	char text[MAX_LINK];
	ssize_t n = readlinkat(dir, path, text, sizeof text);

	return n < 0 ? NULL : arena_strndup(arena, text, (size_t)n);
}

const char *about_text(const struct target *t, const char *name)
{
	return read_at(t->arena, t->proc,
		arena_printf(t->arena, "%d/%s", t->pid, name), MAX_TEXT);
}

const char *about_link(const struct target *t, const char *name)
{
	return link_at(t->arena, t->proc,
		arena_printf(t->arena, "%d/%s", t->pid, name));
}

static void put_file(struct buf *b, int dir, const char *number, int info)
{
	const char *path = link_at(b->arena, dir, number);
	const char *text =
		info < 0 ? NULL : read_at(b->arena, info, number, MAX_INFO);

	if (!path)
		return;
	buf_printf(b, "%s%s:%s\n%s", b->n ? "\n" : "", number, path,
		text ? text : "");
}

const char *about_files(const struct target *t)
{
	struct buf b = { .arena = t->arena };
	int fd = openat(t->proc, arena_printf(t->arena, "%d/fd", t->pid),
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int info = openat(t->proc, arena_printf(t->arena, "%d/fdinfo", t->pid),
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	unsigned n = 0;

	while (dir && n < MAX_FILES && (e = readdir(dir)))
		if (e->d_name[0] != '.') {
			put_file(&b, dirfd(dir), e->d_name, info);
			n++;
		}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	if (info >= 0)
		close(info);
	return b.n ? buf_str(&b) : NULL;
}
