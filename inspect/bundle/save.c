/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything streams: memory is a buffer, whatever the size of the core.  Holes
 * of the core that the file system knows of are left out here; others are zeros
 * that pack to nothing.  Small holes are not worth a piece.
 */
#include "inspect/bundle/save.h"

#include "inspect/base/cleanup.h"
#include "inspect/base/limits.h"
#include "inspect/bundle/manifest.h"
#include "inspect/bundle/sink.h"
#include "inspect/bundle/tar.h"
#include "inspect/image/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	CHUNK = 1 << 20,
	SMALL_HOLE = 1 << 20,
	RECORD = 20 * TAR_BLOCK, /* GNU tar's: what archives are padded to */
};

struct job {
	struct arena *arena;
	struct sink sink;
	const struct save_watch *watch;
	const char *folder; /* of all members */
	uint64_t done, total;
	char *buffer;
};

/* ---- the holes of a core ---- */

static void add_piece(struct job *j, struct tar_member *m, size_t *cap,
	uint64_t at, uint64_t size)
{
	struct packed_piece *list = (struct packed_piece *)(uintptr_t)m->piece;
	struct packed_piece *last = m->n ? &list[m->n - 1] : NULL;

	if (last && (at - (last->at + last->size) < SMALL_HOLE ||
			    m->n >= MAX_BUNDLE_PIECES)) {
		last->size = at + size - last->at;
		return;
	}
	list = arena_grow(j->arena, list, m->n, cap, sizeof(*list));
	list[m->n++] = (struct packed_piece){ .at = at, .size = size };
	m->piece = list;
}

/* lseek(2), SEEK_DATA; false: this file system does not know. */
static bool find_pieces(struct job *j, int fd, struct tar_member *m)
{
	size_t cap = 0;
	off_t at = 0, end = (off_t)m->size;

	while (at < end) {
		off_t from = lseek(fd, at, SEEK_DATA);

		if (from < 0 && errno == ENXIO)
			return true;
		off_t to = from < 0 ? -1 : lseek(fd, from, SEEK_HOLE);
		if (to <= from)
			return false;
		if (from >= end)
			return true;
		if (to > end)
			to = end;
		add_piece(j, m, &cap, (uint64_t)from, (uint64_t)(to - from));
		at = to;
	}
	return true;
}

static void one_piece(struct job *j, struct tar_member *m)
{
	struct packed_piece *p = arena_new(j->arena, struct packed_piece);

	p->size = m->size;
	m->piece = p;
	m->n = m->size != 0;
}

/* ---- bytes ---- */

/* How many of n bytes could be had. */
static size_t read_some(
	const struct bundle_file *f, int fd, uint64_t at, char *to, size_t n)
{
	size_t done = 0;

	if (f->bytes) {
		memcpy(to, (const char *)f->bytes + at, n);
		return n;
	}
	if (f->core && f->core->packed)
		return packed_read(f->core->packed, at, to, n);
	while (done < n) {
		ssize_t k = pread(fd, to + done, n - done, (off_t)(at + done));

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		done += (size_t)k;
	}
	return done;
}

static enum err watched(const struct job *j)
{
	const struct save_watch *w = j->watch;

	if (!w || w->go_on(w->ctx, j->done, j->total))
		return OK;
	return err_set(
		ERR_INTERRUPTED, "interrupted: %s was not saved", j->sink.path);
}

static enum err put_piece(struct job *j, const struct bundle_file *f, int fd,
	const struct packed_piece *p)
{
	uint64_t at = p->at, end = p->at + p->size;

	while (at < end) {
		size_t n = end - at < CHUNK ? (size_t)(end - at) : CHUNK;

		TRY(watched(j));
		if (read_some(f, fd, at, j->buffer, n) != n)
			return err_set(ERR_BADDATA,
				"cannot save %s: %s cannot be read at byte "
				"%llu, or has become shorter",
				j->sink.path, f->from ? f->from : f->path,
				(unsigned long long)at);
		TRY(sink_write(&j->sink, j->buffer, n));
		at += n;
		j->done += n;
	}
	return OK;
}

static enum err put_zeros(struct job *j, uint64_t n)
{
	static const char zeros[RECORD];

	return sink_write(&j->sink, zeros, (size_t)n);
}

static int descriptor(const struct bundle_file *f, int *opened)
{
	if (f->core)
		return f->core->fd;
	if (f->from)
		return *opened = open(f->from, O_RDONLY | O_CLOEXEC);
	return f->fd;
}

static enum err put_file(struct job *j, const struct bundle_file *f)
{
	_cleanup_(close) int opened = -1;
	struct buf header = { .arena = j->arena };
	int fd = descriptor(f, &opened);
	struct tar_member m = {
		.name = arena_printf(j->arena, "%s/%s", j->folder, f->name),
		.size = f->size,
		.seconds = f->seconds,
		.nanoseconds = f->nanoseconds,
	};

	if (f->from && fd < 0)
		return err_sys("cannot save %s: %s", j->sink.path, f->from);
	if (!f->core || fd <= 0 || !find_pieces(j, fd, &m))
		one_piece(j, &m);
	j->total -= f->size - tar_data_size(&m);
	tar_put_header(&header, &m);
	TRY(sink_write(&j->sink, header.s, header.n));
	for (size_t i = 0; i < m.n; i++)
		TRY(put_piece(j, f, fd, &m.piece[i]));
	return put_zeros(j, tar_padding(tar_data_size(&m)));
}

static enum err put_all(
	struct job *j, const struct contents *c, const char *version)
{
	const char *text = manifest_write(c, version);
	struct bundle_file manifest = {
		.name = BUNDLE_MANIFEST,
		.size = strlen(text),
		.seconds = time(NULL),
		.bytes = text,
	};

	TRY(put_file(j, &manifest));
	for (size_t i = 0; i < c->n; i++)
		if (!c->file[i].core)
			TRY(put_file(j, &c->file[i]));
	for (size_t i = 0; i < c->n; i++)
		if (c->file[i].core)
			TRY(put_file(j, &c->file[i]));
	TRY(put_zeros(j, 2 * TAR_BLOCK));
	TRY(put_zeros(j, (RECORD - j->sink.bytes % RECORD) % RECORD));
	return sink_finish(&j->sink);
}

/* ---- names ---- */

static bool ends_in(const char *path, const char *suffix)
{
	size_t n = strlen(path), k = strlen(suffix);

	return n > k && !strcmp(path + n - k, suffix);
}

static const char *with_suffix(struct arena *a, const char *path)
{
	static const char *const known[] = { ".tar", ".tar.zst", ".tzst" };

	if (!strcmp(path, "-"))
		return path;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (ends_in(path, known[i]))
			return path;
	return arena_printf(a, "%s.tar.zst", path);
}

/* "crash" of "/tmp/crash.tar.zst": what it unpacks into. */
static const char *folder_name(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = arena_strdup(a, slash ? slash + 1 : path);
	char *tar = strstr(name, ".tar");

	if (tar && tar > name)
		*tar = '\0';
	return !strcmp(name, "-") || !strcmp(name, ".") || !strcmp(name, "..")
		       ? "bundle"
		       : name;
}

enum err save_bundle(const struct contents *c, const char *path,
	const char *version, const struct save_watch *watch, struct saved *ret)
{
	_cleanup_(free) char *buffer = malloc(CHUNK);
	struct job j = { .arena = c->arena, .watch = watch, .buffer = buffer };

	path = with_suffix(c->arena, path);
	j.folder = folder_name(c->arena, path);
	for (size_t i = 0; i < c->n; i++)
		j.total += c->file[i].size;
	TRY(sink_open(&j.sink, c->arena, path, !ends_in(path, ".tar")));
	enum err e =
		buffer ? put_all(&j, c, version)
		       : err_set(ERR_SYS, "cannot save %s: no memory", path);
	uint64_t written = j.sink.written;
	sink_close(&j.sink);
	TRY(e);
	*ret = (struct saved){ .path = path, .bytes = written };
	return OK;
}
