/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core is what is large: it stays where it is.  In frames of zstd with a
 * table, as bundles are written, and in a plain archive, it is read from there;
 * any other packed archive is unpacked first, into a file without a name.
 *
 * The rest goes into a folder of our own, because libelf maps files and libdw
 * looks for others beside them.  Only what the layout of bundles has is written
 * there (contents.h), by names that tar.c has found harmless.
 */
#include "inspect/bundle/bundle.h"

#include "inspect/base/cleanup.h"
#include "inspect/base/limits.h"
#include "inspect/bundle/recordtext.h"
#include "inspect/bundle/tar.h"
#include "inspect/image/packed.h"
#include "inspect/image/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	CHUNK = 1 << 20,
	HOLE = 4096,
	MAGIC_AT = 257, /* "ustar" */
	MAGIC_END = MAGIC_AT + 5,
};

struct opener {
	struct bundle *bundle;
	struct arena *arena;
	const struct unpack_watch *watch;
	uint64_t packed_size; /* of the file */
	struct packed *archive;
	const char *cut; /* unpacking stopped too early, or NULL */
	struct tar tar;
	const char *prefix; /* "crash/" before all names, or "" */
	const struct tar_member *core;
	uint64_t done, total;
	char *buffer;
};

static void note(struct opener *o, const char *text)
{
	struct bundle *b = o->bundle;

	b->note = arena_grow(
		o->arena, b->note, b->nnotes, &b->notes_cap, sizeof(*b->note));
	b->note[b->nnotes++] = text;
}

/* ---- is it one? ---- */

bool bundle_is(const char *path)
{
	_cleanup_(close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t head[TAR_BLOCK] = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	ssize_t n = pread(fd, head, sizeof(head), 0);
	const char *kind = n > 0 ? unpack_kind(head, (size_t)n) : NULL;
	if (kind)
		n = (ssize_t)unpack_head(fd, kind, head, sizeof(head));
	return n >= MAGIC_END && !memcmp(head + MAGIC_AT, "ustar", 5);
}

/* ---- the archive ---- */

static enum err unpack_first(struct opener *o, int fd, const char *kind)
{
	struct unpack_watch watch = {
		.max_ratio = MAX_BUNDLE_RATIO,
		.max_small = MAX_BUNDLE_SMALL,
	};
	_cleanup_(close) int plain = -1;

	if (o->watch)
		watch.go_on = o->watch->go_on, watch.ctx = o->watch->ctx;
	TRY(unpack_file(fd, o->bundle->path, kind, &watch, &plain, &o->cut));
	o->archive = packed_open_plain(plain, o->arena);
	return OK;
}

static enum err open_archive(struct opener *o)
{
	struct bundle *b = o->bundle;
	_cleanup_(close) int fd = open(b->path, O_RDONLY | O_CLOEXEC);
	uint8_t magic[UNPACK_MAGIC];
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return err_sys("%s", b->path);
	ssize_t n = pread(fd, magic, sizeof(magic), 0);
	if (n < 0)
		return err_sys("%s", b->path);
	o->packed_size = (uint64_t)st.st_size;
	b->compression = unpack_kind(magic, (size_t)n);
	if (!b->compression)
		o->archive = packed_open_plain(fd, o->arena);
	else if (!strcmp(b->compression, "zstd"))
		o->archive = packed_open(fd, o->arena);
	if (b->compression && !o->archive)
		TRY(unpack_first(o, fd, b->compression));
	if (!o->archive)
		return err_set(ERR_SYS, "%s: cannot map it", b->path);
	tar_read(o->archive, o->arena, &o->tar);
	return OK;
}

/* ---- the manifest ---- */

/* The manifest is in the uppermost folder, or in the only one. */
static const struct tar_member *find_manifest(struct opener *o)
{
	static const char name[] = BUNDLE_MANIFEST;

	for (size_t i = 0; i < o->tar.n; i++) {
		const struct tar_member *m = &o->tar.member[i];
		const char *slash = strchr(m->name, '/');
		const char *rest = slash ? slash + 1 : m->name;

		if (strcmp(rest, name) && strcmp(m->name, name))
			continue;
		o->prefix = arena_strndup(
			o->arena, m->name, strlen(m->name) - strlen(name));
		return m;
	}
	return NULL;
}

/* A copy of the member's bytes with a NUL after them, or NULL. */
static char *member_text(struct opener *o, const struct tar_member *m)
{
	if (!m || m->cut || m->size > MAX_BUNDLE_TEXT)
		return NULL;
	char *text = arena_alloc(o->arena, (size_t)m->size + 1);
	packed_narrow(o->archive, m->piece, m->n, m->size);
	size_t n = packed_read(o->archive, 0, text, (size_t)m->size);
	packed_widen(o->archive);
	return n == m->size ? text : NULL;
}

static const struct tar_member *member(struct opener *o, const char *name)
{
	return tar_find(
		&o->tar, arena_printf(o->arena, "%s%s", o->prefix, name));
}

static enum err read_manifest(struct opener *o)
{
	struct bundle *b = o->bundle;
	const struct tar_member *m = find_manifest(o);
	const char *text = member_text(o, m);

	if (!text ||
		!manifest_read(&b->manifest, o->arena, text, (size_t)m->size))
		return err_set(ERR_BADDATA,
			"%s: an archive, but not a bundle that \"cinspect "
			"bundle\" has written: %s" BUNDLE_MANIFEST " is in "
			"it%s%s",
			b->path, m ? "no usable " : "no ",
			o->tar.cut || o->cut ? "; " : "",
			o->tar.cut ? o->tar.cut
			: o->cut   ? o->cut
				   : "");
	if (b->manifest.core)
		o->core = member(o, b->manifest.core);
	const struct tar_member *r = member(o, BUNDLE_RECORD);
	if (r && (text = member_text(o, r)))
		b->record = recordtext_read(o->arena, text, (size_t)r->size);
	return OK;
}

/* ---- the files ---- */

static bool is_below(const char *name, const char *folder)
{
	size_t n = strlen(folder);

	return !strncmp(name, folder, n) && name[n] == '/';
}

/* The name in our folder; NULL: it is not to be unpacked. */
static const char *place_of(struct opener *o, const struct tar_member *m)
{
	size_t n = strlen(o->prefix);
	const char *name = m->name + n;

	if (strncmp(m->name, o->prefix, n) || m == o->core)
		return NULL;
	return is_below(name, BUNDLE_ROOT) || is_below(name, BUNDLE_DEBUG) ||
			       is_below(name, BUNDLE_SOURCES)
		       ? name
		       : NULL;
}

static bool all_zeros(const char *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

/* false and errno */
static bool put(int fd, const char *p, size_t n, uint64_t at)
{
	while (n) {
		size_t part = n < HOLE ? n : HOLE;

		if (!all_zeros(p, part) &&
			pwrite(fd, p, part, (off_t)at) != (ssize_t)part)
			return false;
		p += part;
		at += part;
		n -= part;
	}
	return true;
}

static enum err watched(const struct opener *o)
{
	const struct unpack_watch *w = o->watch;

	if (!w || !w->go_on || w->go_on(w->ctx, o->done, o->total))
		return OK;
	return err_set(ERR_INTERRUPTED, "%s: interrupted while it was opened",
		o->bundle->path);
}

static enum err cannot_write(const struct opener *o, const char *name)
{
	if (errno != ENOSPC && errno != EDQUOT)
		return err_sys("%s: cannot unpack %s into %s (set TMPDIR)",
			o->bundle->path, name, o->bundle->folder.path);
	return err_set(ERR_SYS,
		"%s: its files need %llu MiB in %s, which has not so much "
		"room; set TMPDIR to a folder that has",
		o->bundle->path, (unsigned long long)(o->total >> 20) + 1,
		o->bundle->folder.path);
}

static enum err copy_piece(struct opener *o, int fd, const char *name,
	const struct packed_piece *p)
{
	for (uint64_t at = 0; at < p->size;) {
		uint64_t left = p->size - at;
		size_t n = left < CHUNK ? (size_t)left : CHUNK;

		TRY(watched(o));
		if (packed_read(o->archive, p->from + at, o->buffer, n) != n)
			return err_set(ERR_BADDATA, "%s is damaged", name);
		if (!put(fd, o->buffer, n, p->at + at))
			return cannot_write(o, name);
		at += n;
		o->done += n;
	}
	return OK;
}

/* ERR_BADDATA: this one is no good, the others may be. */
static enum err unpack_member(
	struct opener *o, const struct tar_member *m, const char *name)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = m->seconds, .tv_nsec = m->nanoseconds },
	};
	_cleanup_(close) int fd = folder_create(&o->bundle->folder, name);

	if (fd < 0 && (errno == EEXIST || errno == ENOTDIR || errno == EISDIR))
		return err_set(ERR_BADDATA, "%s is a file and a folder", name);
	if (fd < 0)
		return cannot_write(o, name);
	if (ftruncate(fd, (off_t)m->size))
		return cannot_write(o, name);
	for (size_t i = 0; i < m->n; i++)
		TRY(copy_piece(o, fd, name, &m->piece[i]));
	/* Unpacked debug info is kept by the time of its file. */
	futimens(fd, times);
	return OK;
}

static enum err check_sizes(struct opener *o)
{
	const struct bundle *b = o->bundle;

	for (size_t i = 0; i < o->tar.n; i++)
		if (place_of(o, &o->tar.member[i]) &&
			__builtin_add_overflow(o->total,
				tar_data_size(&o->tar.member[i]), &o->total))
			o->total = UINT64_MAX;
	if (o->total > MAX_BUNDLE_SMALL &&
		o->total / MAX_BUNDLE_RATIO > o->packed_size)
		return err_set(ERR_LIMIT,
			"%s: its %llu bytes would become %llu MiB: not "
			"unpacked",
			b->path, (unsigned long long)o->packed_size,
			(unsigned long long)(o->total >> 20));
	if (o->total > folder_room(&b->folder)) {
		errno = ENOSPC;
		return cannot_write(o, b->path);
	}
	return OK;
}

static enum err unpack_members(struct opener *o)
{
	for (size_t i = 0; i < o->tar.n; i++) {
		const struct tar_member *m = &o->tar.member[i];
		const char *name = place_of(o, m);

		if (!name)
			continue;
		enum err e =
			m->cut ? err_set(ERR_BADDATA, "%s is cut off", name)
			       : unpack_member(o, m, name);
		if (e == ERR_BADDATA)
			note(o, arena_printf(o->arena, "%s: %s: not used",
					o->bundle->path, err_msg()));
		else if (e)
			return e;
	}
	return OK;
}

/* ---- what a user must know ---- */

static void note_lost(struct opener *o)
{
	const struct bundle *b = o->bundle;
	const char *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < b->manifest.n; i++) {
		const char *name = b->manifest.file[i].name;

		if (member(o, name))
			continue;
		first = first ? first : name;
		n++;
	}
	if (n)
		note(o, arena_printf(o->arena,
				"%s: %zu of %zu files that its manifest names "
				"are not in it, %s is the first",
				b->path, n, b->manifest.n, first));
}

static const char *cut_of(const struct opener *o)
{
	return o->cut ? o->cut : o->tar.cut;
}

static void note_archive(struct opener *o)
{
	const char *path = o->bundle->path, *cut = cut_of(o);

	if (cut)
		note(o, arena_printf(o->arena,
				"%s is cut off or damaged: %s; what is there "
				"is used",
				path, cut));
	if (o->tar.refused)
		note(o, arena_printf(o->arena,
				"%s: %zu of its entries are not used: %s%s",
				path, o->tar.refused, o->tar.why,
				o->tar.refused > 1 ? ", for one" : ""));
	note_lost(o);
}

static void take_core(struct opener *o)
{
	const struct tar_member *m = o->core;

	if (!m || !m->size) {
		o->bundle->core_cut = cut_of(o);
		packed_close(o->archive);
		return;
	}
	packed_narrow(o->archive, m->piece, m->n, m->size);
	o->bundle->core = o->archive;
	if (m->cut)
		o->bundle->core_cut = "the bundle ends before it does";
}

static enum err open_members(struct opener *o)
{
	TRY(read_manifest(o));
	TRY(folder_make(&o->bundle->folder, o->arena));
	TRY(check_sizes(o));
	TRY(unpack_members(o));
	note_archive(o);
	return OK;
}

enum err bundle_open(struct bundle *b, struct arena *a, const char *path,
	const struct unpack_watch *watch)
{
	_cleanup_(free) char *buffer = malloc(CHUNK);
	struct opener o = {
		.bundle = b, .arena = a, .watch = watch, .buffer = buffer
	};

	*b = (struct bundle){ .path = arena_strdup(a, path) };
	if (!buffer)
		return err_set(ERR_SYS, "%s: no memory", path);
	enum err e = open_archive(&o);
	if (!e)
		e = open_members(&o);
	if (watch && watch->go_on)
		watch->go_on(watch->ctx, 1, 1); /* the wait is over */
	if (!e) {
		take_core(&o);
		return OK;
	}
	packed_close(o.archive);
	bundle_close(b);
	return e;
}

void bundle_close(struct bundle *b)
{
	packed_close(b->core);
	b->core = NULL;
	folder_remove(&b->folder);
}
