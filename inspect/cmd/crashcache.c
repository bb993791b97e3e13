/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file: a header; the crashes, each its numbers and its strings with their
 * NULs; an index, which alone is held in memory, sorted by a hash of the
 * cursor.  A crash is read when it is asked for, and believed if its sum is
 * right and its cursor is the one that was asked for, whole: a cursor has the
 * journal file's id, the record's number in it and a hash of all its fields.
 * What is new is written behind the old into a file of its own, which then
 * takes the old one's name.  So a file that was cut off, written over or made
 * up by somebody costs its time and no more; ours alone is read at all.
 *
 * Ids are only as good as the rules that they were made by: the header has the
 * id of a crash that never changes, as it is by the present rules.
 */
#include "inspect/cmd/crashcache.h"

#include "inspect/base/cleanup.h"
#include "inspect/base/hash.h"
#include "inspect/image/cache.h"
#include "inspect/why/id.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FORMAT = 2,
	MAX_CRASHES = 1 << 18, /* then it begins anew */
	MAX_CRASH = 64 << 10,  /* bytes of one: paths, command line */
	COPY_PIECE = 64 << 10,
};

static const char sample[] =
	"Stack trace of thread 7:\n"
	"#0  0x0000000000401136 parse.constprop.0 (sample + 0x1136)\n"
	"#1  0x0000000000401150 n/a (sample + 0x1150)\n"
	"#2  0x0000000000401170 _ZL5servei (libsample.so.1 + 0x1170)\n"
	"#3  0x0000000000401190 main (sample + 0x1190)\n";

struct cache_header {
	char magic[8];
	uint32_t format, n;
	uint64_t index_at;
	char id[CRASH_ID_SIZE + 7]; /* of the sample */
	uint64_t index_sum;
	uint64_t sum; /* of this header up to here */
};

struct cache_entry {
	uint64_t hash, sum;
	uint64_t at;
	uint32_t size, unused;
};

struct cache_numbers {
	int64_t time_us;
	int32_t pid, uid, gid, signal;
	uint8_t inline_core, truncated, stored, unused[5];
};

struct crashcache {
	struct arena *arena;
	const char *folder, *path;
	int fd, new_fd; /* -1: none */
	char *temporary;
	struct cache_entry *old, *new;
	size_t nold, nnew, cap;
	uint64_t end; /* of the old crashes; of all that was written */
	bool failed;  /* the new file cannot be */
	struct buf buf;
};

/* ---- reading ---- */

static bool read_at(int fd, void *to, size_t n, uint64_t at)
{
	ssize_t k = pread(fd, to, n, (off_t)at);

	return k >= 0 && (size_t)k == n;
}

static uint64_t sum_of(const void *p, size_t n)
{
	return hash64_on(HASH64_START, p, n);
}

static struct cache_header header_of(
	const struct cache_entry *index, size_t n, uint64_t index_at)
{
	struct cache_header h = {
		.magic = "cinspcr",
		.format = FORMAT,
		.n = (uint32_t)n,
		.index_at = index_at,
		.index_sum = sum_of(index, n * sizeof(*index)),
	};

	if (!crash_id_of_stack(SIGSEGV, sample, h.id))
		h.id[0] = '\0';
	h.sum = sum_of(&h, offsetof(struct cache_header, sum));
	return h;
}

/* Fills old, or leaves it empty. */
static void load(struct crashcache *c)
{
	struct cache_header h, right;
	struct stat st;

	if (fstat(c->fd, &st) || !read_at(c->fd, &h, sizeof(h), 0) ||
		h.n > MAX_CRASHES || h.index_at > (uint64_t)st.st_size ||
		(uint64_t)st.st_size - h.index_at != h.n * sizeof(*c->old))
		return;
	struct cache_entry *index =
		arena_array(c->arena, struct cache_entry, h.n + 1);
	if (!read_at(c->fd, index, h.n * sizeof(*index), h.index_at))
		return;
	right = header_of(index, h.n, h.index_at);
	if (memcmp(&h, &right, sizeof(h)))
		return;
	c->old = index;
	c->nold = h.n;
	c->end = h.index_at;
	cache_used(c->fd);
}

struct crashcache *crashcache_open(struct arena *a, const char *folder)
{
	struct crashcache *c = arena_new(a, struct crashcache);

	*c = (struct crashcache){ .arena = a, .fd = -1, .new_fd = -1 };
	c->buf.arena = a;
	c->end = sizeof(struct cache_header);
	if (!folder)
		return c;
	c->folder = folder;
	c->path = arena_printf(a, "%s/crashes", folder);
	c->fd = cache_open(c->path);
	if (c->fd >= 0)
		load(c);
	return c;
}

/* ---- one crash ---- */

enum { STRINGS = 11 };

static void strings_of(struct journal_crash *c, const char **v[STRINGS])
{
	v[0] = &c->cursor;
	v[1] = &c->signal_name;
	v[2] = &c->comm;
	v[3] = &c->exe;
	v[4] = &c->cmdline;
	v[5] = &c->unit;
	v[6] = &c->host;
	v[7] = &c->boot;
	v[8] = &c->id;
	v[9] = &c->path;
	v[10] = &c->machine;
}

/* Each string is "=text", or "" for NULL. */
static void pack(struct buf *b, const struct journal_crash *crash)
{
	struct journal_crash c = *crash;
	struct cache_numbers n = {
		.time_us = c.time_us,
		.pid = c.pid,
		.uid = c.uid,
		.gid = c.gid,
		.signal = c.signal,
		.inline_core = c.inline_core,
		.truncated = c.truncated,
		.stored = c.stored,
	};
	const char **v[STRINGS];

	strings_of(&c, v);
	b->n = 0;
	buf_add(b, (const char *)&n, sizeof(n));
	for (size_t i = 0; i < STRINGS; i++) {
		if (*v[i])
			buf_printf(b, "=%s", *v[i]);
		buf_add(b, "", 1);
	}
}

static bool unpack(
	struct arena *a, const char *p, size_t size, struct journal_crash *ret)
{
	struct cache_numbers n;
	struct journal_crash c = { 0 };
	const char **v[STRINGS];

	if (size < sizeof(n))
		return false;
	memcpy(&n, p, sizeof(n));
	c.time_us = n.time_us;
	c.pid = n.pid;
	c.uid = n.uid;
	c.gid = n.gid;
	c.signal = n.signal;
	c.inline_core = n.inline_core;
	c.truncated = n.truncated;
	c.stored = n.stored;
	strings_of(&c, v);
	const char *end = p + size;
	p += sizeof(n);
	for (size_t i = 0; i < STRINGS; i++) {
		const char *nul = memchr(p, '\0', (size_t)(end - p));

		if (!nul)
			return false;
		if (*p)
			*v[i] = arena_strndup(a, p + 1, (size_t)(nul - p - 1));
		p = nul + 1;
	}
	*ret = c;
	return p == end;
}

static bool read_entry(struct crashcache *c, struct arena *a,
	const struct cache_entry *e, struct journal_crash *ret)
{
	if (e->size > MAX_CRASH)
		return false;
	char *bytes = arena_alloc(a, e->size);
	return read_at(c->fd, bytes, e->size, e->at) &&
	       sum_of(bytes, e->size) == e->sum &&
	       unpack(a, bytes, e->size, ret);
}

/* The first whose hash is not smaller. */
static size_t lower_bound(const struct crashcache *c, uint64_t hash)
{
	size_t low = 0, high = c->nold;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->old[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool crashcache_find(struct crashcache *c, struct arena *a, const char *cursor,
	struct journal_crash *ret)
{
	uint64_t hash = sum_of(cursor, strlen(cursor));

	for (size_t i = lower_bound(c, hash);
		i < c->nold && c->old[i].hash == hash; i++)
		if (read_entry(c, a, &c->old[i], ret) && ret->cursor &&
			!strcmp(ret->cursor, cursor))
			return true;
	return false;
}

/* ---- writing ---- */

static bool write_all(int fd, const void *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k <= 0)
			return false;
		p = (const char *)p + k;
		n -= (size_t)k;
	}
	return true;
}

static bool copy_old(struct crashcache *c)
{
	_cleanup_(free) char *piece = malloc(COPY_PIECE);
	uint64_t at = sizeof(struct cache_header);

	while (piece && at < c->end) {
		size_t n = c->end - at > COPY_PIECE ? COPY_PIECE
						    : (size_t)(c->end - at);

		if (!read_at(c->fd, piece, n, at) ||
			!write_all(c->new_fd, piece, n))
			return false;
		at += n;
	}
	return piece;
}

/* What is old comes along, unless it has become too much. */
static bool start_new(struct crashcache *c)
{
	if (c->new_fd >= 0)
		return true;
	c->failed = true;
	if (!c->folder)
		return false;
	c->new_fd =
		cache_create(c->folder, COPY_PIECE, c->arena, &c->temporary);
	if (c->new_fd < 0)
		return false;
	if (c->nold > MAX_CRASHES / 2) {
		c->nold = 0;
		c->end = sizeof(struct cache_header);
	}
	struct cache_header room = { 0 };
	c->failed = !write_all(c->new_fd, &room, sizeof(room)) || !copy_old(c);
	return !c->failed;
}

void crashcache_add(struct crashcache *c, const struct journal_crash *crash)
{
	if (c->failed || !crash->cursor || c->nnew >= MAX_CRASHES / 2 ||
		!start_new(c))
		return;
	pack(&c->buf, crash);
	if (c->buf.n > MAX_CRASH)
		return;
	if (!write_all(c->new_fd, c->buf.s, c->buf.n)) {
		c->failed = true;
		return;
	}
	c->new =
		arena_grow(c->arena, c->new, c->nnew, &c->cap, sizeof(*c->new));
	c->new[c->nnew++] = (struct cache_entry){
		.hash = sum_of(crash->cursor, strlen(crash->cursor)),
		.sum = sum_of(c->buf.s, c->buf.n),
		.at = c->end,
		.size = (uint32_t)c->buf.n,
	};
	c->end += c->buf.n;
}

static int by_hash(const void *a, const void *b)
{
	const struct cache_entry *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static bool finish(struct crashcache *c)
{
	size_t n = c->nold + c->nnew;
	struct cache_entry *all =
		arena_array(c->arena, struct cache_entry, n + 1);

	if (c->nold)
		memcpy(all, c->old, c->nold * sizeof(*all));
	if (c->nnew)
		memcpy(all + c->nold, c->new, c->nnew * sizeof(*all));
	if (n)
		qsort(all, n, sizeof(*all), by_hash);
	struct cache_header h = header_of(all, n, c->end);
	return write_all(c->new_fd, all, n * sizeof(*all)) &&
	       !ftruncate(c->new_fd, (off_t)(c->end + n * sizeof(*all))) &&
	       pwrite(c->new_fd, &h, sizeof(h), 0) == sizeof(h);
}

void crashcache_close(struct crashcache *c)
{
	if (c->new_fd >= 0) {
		if (!c->failed && finish(c))
			cache_commit(c->temporary, c->path);
		else
			unlink(c->temporary);
		close(c->new_fd);
	}
	if (c->fd >= 0)
		close(c->fd);
}
