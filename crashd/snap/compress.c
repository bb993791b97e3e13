/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of zstd that need nothing of each other (RFC 8878: decompressors take
 * them as one stream), made by as many threads as there are processors, and
 * after them a table of their sizes in a frame that decompressors skip: the
 * "seekable format" of zstd's contrib folder.  With it a reader can unpack one
 * page without what comes before.
 *
 * A ring of places keeps the order.  This thread alone hands out the next
 * piece of the core, and writes the oldest frame when it is done; the others
 * read and pack.
 *
 * A core can be nearly all holes, a terabyte of them: zeros are packed once, as
 * a frame of 64 MiB, and that frame is repeated.
 */
#include "crashd/snap/compress.h"

#include "crashd/snap/progress.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum {
	ZEROS = 64 << 20, /* in a frame of zeros */
	FRAME = 2 << 20,  /* in another */
	MAX_WORKERS = 16,
	/* zstd/contrib/seekable_format/zstd_seekable_compression_format.md */
	SKIPPABLE = 0x184d2a5e,
	FOOTER = 9,
};
#define SEEKABLE UINT32_C(0x8f92eab1)

enum place_state { FREE, READY, BUSY, DONE };

/* A frame in the making. */
struct place {
	enum place_state state;
	uint64_t at;
	size_t size, packed; /* packed: bytes in out */
	bool zeros;          /* not in out, but in packer.zeros */
	int error;
	char *in, *out;
};

struct packer {
	struct window *from;
	struct drain *to;
	int level;
	char *zeros;
	size_t zeros_size;
	struct place *place;
	size_t nplaces, oldest, next; /* next - oldest are in use */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool end;
	pthread_t thread[MAX_WORKERS];
	unsigned nthreads;
	uint32_t *table; /* of two words a frame */
	size_t nframes, max_frames;
};

/* ---- packing ---- */

static ZSTD_CCtx *new_context(int level)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();

	if (context) {
		ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
		ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	}
	return context;
}

static int pack_place(
	const struct packer *p, struct place *place, ZSTD_CCtx *context)
{
	int error = window_read(p->from, place->at, place->in, place->size);

	if (error)
		return error;
	place->packed = ZSTD_compress2(context, place->out,
		ZSTD_compressBound(FRAME), place->in, place->size);
	return ZSTD_isError(place->packed) ? -EIO : 0;
}

static struct place *take_ready(struct packer *p)
{
	for (size_t i = p->oldest; i < p->next; i++) {
		struct place *place = p->place + i % p->nplaces;

		if (place->state == READY) {
			place->state = BUSY;
			return place;
		}
	}
	return NULL;
}

static void *work(void *context)
{
	struct packer *p = context;
	ZSTD_CCtx *zstd = new_context(p->level);
	struct place *place;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!(place = take_ready(p)) && !p->end)
			pthread_cond_wait(&p->changed, &p->lock);
		if (!place)
			break;
		pthread_mutex_unlock(&p->lock);
		place->error = zstd ? pack_place(p, place, zstd) : -ENOMEM;
		pthread_mutex_lock(&p->lock);
		place->state = DONE;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	ZSTD_freeCCtx(zstd);
	return NULL;
}

/* The frame that is repeated, made when it is first needed. */
static int make_zeros(struct packer *p)
{
	ZSTD_CCtx *context;
	char *source;
	size_t n;

	if (p->zeros)
		return 0;
	context = new_context(p->level);
	source = calloc(1, ZEROS);
	p->zeros = malloc(ZSTD_compressBound(ZEROS));
	n = context && source && p->zeros
		    ? ZSTD_compress2(context, p->zeros,
			      ZSTD_compressBound(ZEROS), source, ZEROS)
		    : 0;
	ZSTD_freeCCtx(context);
	free(source);
	p->zeros_size = n;
	return n == 0 ? -ENOMEM : ZSTD_isError(n) ? -EIO : 0;
}

/* ---- writing ---- */

static int add_frame(struct packer *p, size_t packed, size_t size)
{
	if (p->nframes == p->max_frames) {
		size_t max = p->max_frames ? 2 * p->max_frames : 1024;
		uint32_t *grown = reallocarray(p->table, max, 8);

		if (!grown)
			return -ENOMEM;
		p->table = grown;
		p->max_frames = max;
	}
	p->table[2 * p->nframes] = (uint32_t)packed;
	p->table[2 * p->nframes + 1] = (uint32_t)size;
	p->nframes++;
	return 0;
}

/* Waits for the oldest frame and writes it. */
static int write_oldest(struct packer *p)
{
	struct place *place = p->place + p->oldest % p->nplaces;

	pthread_mutex_lock(&p->lock);
	while (place->state != DONE)
		pthread_cond_wait(&p->changed, &p->lock);
	pthread_mutex_unlock(&p->lock);

	int error = place->error;

	if (!error)
		error = drain_write(p->to, place->zeros ? p->zeros : place->out,
			place->packed);
	if (!error)
		error = add_frame(p, place->packed, place->size);
	progress_show(place->at + place->size, p->from->size);
	pthread_mutex_lock(&p->lock);
	place->state = FREE;
	p->oldest++;
	pthread_mutex_unlock(&p->lock);
	return error;
}

static int hand_out(struct packer *p, uint64_t at, size_t size, bool zeros)
{
	int error = p->next - p->oldest == p->nplaces ? write_oldest(p) : 0;
	struct place *place = p->place + p->next % p->nplaces;

	if (error)
		return error;
	place->at = at;
	place->size = size;
	place->zeros = zeros;
	place->packed = p->zeros_size;
	place->error = 0;
	pthread_mutex_lock(&p->lock);
	place->state = zeros ? DONE : READY;
	p->next++;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return 0;
}

/* Little-endian, as all of zstd. */
static char *put32(char *at, uint32_t value)
{
	for (int i = 0; i < 4; i++, value >>= 8)
		*at++ = (char)(value & 0xff);
	return at;
}

static int write_table(struct packer *p)
{
	size_t size = 8 * p->nframes + FOOTER;
	char *table = malloc(8 + size), *at = table;

	if (!table)
		return -ENOMEM;
	at = put32(at, SKIPPABLE);
	at = put32(at, (uint32_t)size);
	for (size_t i = 0; i < 2 * p->nframes; i++)
		at = put32(at, p->table[i]);
	at = put32(at, (uint32_t)p->nframes);
	*at++ = 0; /* no checksums: the frames have their own */
	put32(at, SEEKABLE);

	int error = drain_write(p->to, table, 8 + size);

	free(table);
	return error;
}

/* ---- all of it ---- */

/* How much of the hole at `at` is to be made of the frame of zeros. */
static uint64_t zeros_at(const struct packer *p, uint64_t at, uint64_t end)
{
	uint64_t data = window_data(p->from, at);

	return ((data < end ? data : end) - at) / ZEROS * ZEROS;
}

/* When it returns, all up to the end has been read. */
static int pack_range(struct packer *p, uint64_t at, uint64_t end)
{
	int error = 0;

	while (!error && at < end) {
		uint64_t zeros = zeros_at(p, at, end);

		if (zeros)
			error = make_zeros(p);
		for (; !error && zeros; zeros -= ZEROS, at += ZEROS)
			error = hand_out(p, at, ZEROS, true);
		if (error || at == end)
			break;

		size_t n =
			end - at < FRAME ? (size_t)(end - at) : (size_t)FRAME;

		error = hand_out(p, at, n, false);
		at += n;
	}
	while (!error && p->oldest < p->next)
		error = write_oldest(p);
	return error;
}

static int pack(struct packer *p)
{
	struct window *from = p->from;
	int error = pack_range(p, 0, from->late_at);

	if (!error)
		error = window_settle(from);
	if (!error)
		error = pack_range(p, from->late_at, from->size);
	return error ? error : write_table(p);
}

/* They take no signals: the tick of the drain is for this thread's write. */
static int start(struct packer *p)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned want = cpus < 1             ? 1
			: cpus > MAX_WORKERS ? MAX_WORKERS
					     : (unsigned)cpus;
	sigset_t all, old;

	p->nplaces = 2 * want + 1;
	p->place = calloc(p->nplaces, sizeof *p->place);
	for (size_t i = 0; p->place && i < p->nplaces; i++) {
		p->place[i].in = malloc(FRAME);
		p->place[i].out = malloc(ZSTD_compressBound(FRAME));
		if (!p->place[i].in || !p->place[i].out)
			return -ENOMEM;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (p->place && p->nthreads < want &&
		!pthread_create(p->thread + p->nthreads, NULL, work, p))
		p->nthreads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return p->nthreads ? 0 : -ENOMEM;
}

static void stop(struct packer *p)
{
	pthread_mutex_lock(&p->lock);
	p->end = true;
	/* what nobody will write need not be packed */
	for (size_t i = p->oldest; i < p->next; i++)
		if (p->place[i % p->nplaces].state == READY)
			p->place[i % p->nplaces].state = FREE;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	while (p->nthreads)
		pthread_join(p->thread[--p->nthreads], NULL);
	for (size_t i = 0; p->place && i < p->nplaces; i++) {
		free(p->place[i].in);
		free(p->place[i].out);
	}
	free(p->place);
	free(p->zeros);
	free(p->table);
}

int compress_pass(struct window *from, struct drain *to, int level)
{
	struct packer p = {
		.from = from,
		.level = level,
		.to = to,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
	int error = start(&p);

	if (!error)
		error = pack(&p);
	stop(&p);
	return error;
}
