/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file has no name, or a temporary one, in the folder where it will live,
 * and gets its own when it is complete.
 *
 * Packing is what takes time.  Frames need nothing of each other, so that a few
 * threads make one each: this thread fills a place of a ring, hands it over,
 * and writes the oldest when the ring is full; memory is the ring, whatever the
 * size of the core.  A frame of zeros is packed once.
 *
 * Format: RFC 8878; the table in a frame that others skip is that of zstd's
 * contrib/seekable_format/zstd_seekable_compression_format.md.
 */
#include "inspect/bundle/sink.h"

#include "inspect/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum {
	FRAME = 2 << 20,
	LEVEL = 3,
	MAX_WORKERS = 8,
	SKIPPABLE = 0x184d2a5e,
};
#define SEEKABLE UINT32_C(0x8f92eab1)

enum place_state { PLACE_FREE, PLACE_READY, PLACE_BUSY, PLACE_DONE };

struct place {
	enum place_state state;
	char *in, *out;
	size_t size, packed;
	bool bad;
};

struct sink_packer {
	struct arena *arena;
	struct place place[2 * MAX_WORKERS];
	size_t nplaces, oldest, next; /* [oldest, next) are handed over */
	size_t used;                  /* of the place at next */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool end;
	pthread_t thread[MAX_WORKERS];
	size_t nthreads;
	char *zeros; /* a frame of FRAME zeros, packed */
	size_t zeros_size;
	uint32_t *table; /* of two words a frame */
	size_t nframes, table_cap;
};

/* ---- the file ---- */

static enum err failed(const struct sink *k)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(ERR_SYS,
			"cannot save %s: no room is left after %llu MiB of it; "
			"free some, or choose another place",
			k->path, (unsigned long long)(k->written >> 20));
	return err_sys("cannot save %s", k->path);
}

static enum err put(struct sink *k, const void *data, size_t n)
{
	const char *at = data;

	while (n) {
		ssize_t w = write(k->fd, at, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return failed(k);
		at += w;
		n -= (size_t)w;
		k->written += (uint64_t)w;
	}
	return OK;
}

/* ---- packing ---- */

static size_t pack(ZSTD_CCtx *z, char *out, const char *in, size_t n)
{
	return ZSTD_compress2(z, out, ZSTD_compressBound(FRAME), in, n);
}

static ZSTD_CCtx *new_context(void)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();

	if (z) {
		ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL);
		ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	}
	return z;
}

static struct place *take_ready(struct sink_packer *p)
{
	for (size_t i = p->oldest; i < p->next; i++) {
		struct place *place = &p->place[i % p->nplaces];

		if (place->state == PLACE_READY) {
			place->state = PLACE_BUSY;
			return place;
		}
	}
	return NULL;
}

static void *work(void *context)
{
	struct sink_packer *p = context;
	ZSTD_CCtx *z = new_context();
	struct place *place;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!(place = take_ready(p)) && !p->end)
			pthread_cond_wait(&p->changed, &p->lock);
		if (!place)
			break;
		pthread_mutex_unlock(&p->lock);
		place->packed =
			z ? pack(z, place->out, place->in, place->size) : 0;
		place->bad = !z || ZSTD_isError(place->packed);
		pthread_mutex_lock(&p->lock);
		place->state = PLACE_DONE;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	ZSTD_freeCCtx(z);
	return NULL;
}

static void start_workers(struct sink_packer *p, size_t n)
{
	sigset_t all, before;

	/* ^C is for the thread that looks at it. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (p->nthreads < n &&
		!pthread_create(&p->thread[p->nthreads], NULL, work, p))
		p->nthreads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void close_packer(struct sink_packer *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->end = true;
	p->oldest = p->next; /* what is not packed yet is not wanted */
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->nthreads; i++)
		pthread_join(p->thread[i], NULL);
}

static bool make_zeros(struct sink_packer *p)
{
	ZSTD_CCtx *z = new_context();

	p->zeros = arena_alloc(p->arena, ZSTD_compressBound(FRAME));
	/* New memory is zeros. */
	p->zeros_size = z ? pack(z, p->zeros, p->place[0].in, FRAME) : 0;
	ZSTD_freeCCtx(z);
	return p->zeros_size && !ZSTD_isError(p->zeros_size);
}

static struct sink_packer *open_packer(struct arena *a)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = cpus < 1             ? 1
		   : cpus > MAX_WORKERS ? MAX_WORKERS
					: (size_t)cpus;
	struct sink_packer *p = arena_new(a, struct sink_packer);

	p->arena = a;
	p->nplaces = 2 * n;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	for (size_t i = 0; i < p->nplaces; i++) {
		p->place[i].in = arena_alloc(a, FRAME);
		p->place[i].out = arena_alloc(a, ZSTD_compressBound(FRAME));
	}
	if (make_zeros(p))
		start_workers(p, n);
	return p->nthreads ? p : NULL;
}

static void note_frame(struct sink_packer *p, size_t packed, size_t size)
{
	p->table = arena_grow(p->arena, p->table, p->nframes, &p->table_cap,
		2 * sizeof(*p->table));
	p->table[2 * p->nframes] = (uint32_t)packed;
	p->table[2 * p->nframes + 1] = (uint32_t)size;
	p->nframes++;
}

/* Waits for the oldest frame and writes it. */
static enum err write_oldest(struct sink *k)
{
	struct sink_packer *p = k->packer;
	struct place *place = &p->place[p->oldest % p->nplaces];

	pthread_mutex_lock(&p->lock);
	while (place->state != PLACE_DONE)
		pthread_cond_wait(&p->changed, &p->lock);
	pthread_mutex_unlock(&p->lock);
	if (place->bad)
		return err_set(ERR_SYS, "cannot save %s: packing fails: %s",
			k->path, ZSTD_getErrorName(place->packed));
	TRY(put(k, place->packed ? place->out : p->zeros,
		place->packed ? place->packed : p->zeros_size));
	note_frame(
		p, place->packed ? place->packed : p->zeros_size, place->size);
	pthread_mutex_lock(&p->lock);
	place->state = PLACE_FREE;
	p->oldest++;
	pthread_mutex_unlock(&p->lock);
	return OK;
}

static bool all_zeros(const char *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

/* The place at next is full, or the last. */
static enum err hand_over(struct sink *k)
{
	struct sink_packer *p = k->packer;
	struct place *place = &p->place[p->next % p->nplaces];
	bool zeros = p->used == FRAME && all_zeros(place->in, FRAME);

	place->size = p->used;
	place->packed = 0;
	place->bad = false;
	p->used = 0;
	pthread_mutex_lock(&p->lock);
	place->state = zeros ? PLACE_DONE : PLACE_READY;
	p->next++;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return p->next - p->oldest == p->nplaces ? write_oldest(k) : OK;
}

static enum err write_packed(struct sink *k, const char *data, size_t n)
{
	struct sink_packer *p = k->packer;

	while (n) {
		struct place *place = &p->place[p->next % p->nplaces];
		size_t room = FRAME - p->used, part = n < room ? n : room;

		memcpy(place->in + p->used, data, part);
		p->used += part;
		data += part;
		n -= part;
		if (p->used == FRAME)
			TRY(hand_over(k));
	}
	return OK;
}

/* Little-endian, as all of zstd. */
static enum err put32(struct sink *k, uint32_t value)
{
	uint8_t b[4] = { (uint8_t)value, (uint8_t)(value >> 8),
		(uint8_t)(value >> 16), (uint8_t)(value >> 24) };

	return put(k, b, sizeof(b));
}

static enum err write_table(struct sink *k)
{
	struct sink_packer *p = k->packer;
	const uint8_t no_checksums = 0; /* the frames have their own */

	TRY(put32(k, SKIPPABLE));
	TRY(put32(k, (uint32_t)(8 * p->nframes + 9)));
	for (size_t i = 0; i < 2 * p->nframes; i++)
		TRY(put32(k, p->table[i]));
	TRY(put32(k, (uint32_t)p->nframes));
	TRY(put(k, &no_checksums, 1));
	return put32(k, SEEKABLE);
}

static enum err finish_packed(struct sink *k)
{
	struct sink_packer *p = k->packer;

	if (p->used)
		TRY(hand_over(k));
	while (p->oldest < p->next)
		TRY(write_oldest(k));
	return write_table(k);
}

/* ---- all of it ---- */

static enum err open_file(struct sink *k, struct arena *a)
{
	char *temporary = arena_printf(a, "%s.XXXXXX", k->path);
	const char *folder = dirname(arena_strdup(a, k->path));
	struct stat st;

	if (!lstat(k->path, &st) && !S_ISREG(st.st_mode))
		return err_set(ERR_SYS,
			"cannot save %s: something that is not a regular file "
			"has that name",
			k->path);
	k->named = arena_printf(a, "%s.%d.tmp", k->path, (int)getpid());
	if (!access("/proc/self/fd", X_OK))
		k->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (k->fd >= 0)
		return OK;
	k->fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (k->fd < 0)
		return err_sys("cannot save %s", k->path);
	k->temporary = temporary;
	return OK;
}

/* A file without a name gets the temporary one. */
static enum err give_name(struct sink *k)
{
	char self[64];

	if (k->temporary)
		return OK;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", k->fd);
	unlink(k->named);
	if (linkat(AT_FDCWD, self, AT_FDCWD, k->named, AT_SYMLINK_FOLLOW))
		return failed(k);
	k->temporary = k->named;
	return OK;
}

enum err sink_open(
	struct sink *k, struct arena *a, const char *path, bool pack_it)
{
	*k = (struct sink){ .path = path, .fd = -1 };
	if (!strcmp(path, "-"))
		k->fd = dup(STDOUT_FILENO);
	else
		TRY(open_file(k, a));
	if (pack_it && !(k->packer = open_packer(a))) {
		sink_close(k);
		return err_set(ERR_SYS, "cannot save %s: no memory", path);
	}
	return OK;
}

enum err sink_write(struct sink *k, const void *data, size_t n)
{
	k->bytes += n;
	return k->packer ? write_packed(k, data, n) : put(k, data, n);
}

enum err sink_finish(struct sink *k)
{
	if (k->packer)
		TRY(finish_packed(k));
	if (!k->named)
		return OK;
	TRY(give_name(k));
	int fd = take_fd(&k->fd);
	if (close(fd) || rename(k->temporary, k->path))
		return failed(k);
	k->temporary = NULL;
	return OK;
}

void sink_close(struct sink *k)
{
	close_packer(k->packer);
	k->packer = NULL;
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
	if (k->temporary)
		unlink(k->temporary);
	k->temporary = NULL;
}
