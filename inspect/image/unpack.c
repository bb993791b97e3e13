/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Five formats behind one function: a decoder takes what is in the input
 * buffer and gives what fits in the output buffer, and says whether a stream
 * (frame, member) ended; files of several streams one after the other are
 * legal in all five.  The output goes to a file without a name, where pages of
 * zeros become holes: cores are full of them.
 *
 * systemd-coredump and kernels that pipe to a packer leave packed cores that
 * are cut off.  What could be unpacked is kept; the reader of cores then finds
 * out what is missing.
 */
#include "inspect/image/unpack.h"

#include "inspect/base/cleanup.h"

#include <bzlib.h>
#include <errno.h>
#include <fcntl.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
	IN_SIZE = 1 << 18,
	OUT_SIZE = 1 << 20,
	HOLE = 4096, /* zeros of this size and alignment are not written */
	MAX_HEAD = 1 << 24, /* packed bytes, looked at for the first ones */
};

/* The window between input and output that a decoder moves forward. */
struct window {
	const uint8_t *in;
	size_t in_size;
	uint8_t *out;
	size_t out_size;
};

enum step {
	STEP_MORE,  /* made progress, or needs input */
	STEP_ENDED, /* a stream is complete */
	STEP_BAD,   /* the data is damaged */
};

struct decoder {
	const char *kind;
	bool (*begin)(void *);
	enum step (*step)(void *, struct window *);
	void (*end)(void *);
};

union state {
	ZSTD_DStream *zstd;
	LZ4F_dctx *lz4;
	lzma_stream lzma;
	z_stream gzip;
	bz_stream bzip2;
};

/* ---- the formats ---- */

static bool zstd_begin(void *state)
{
	ZSTD_DStream **s = state;

	*s = ZSTD_createDStream();
	if (!*s)
		return false;
	/* --long=31: cores are packed with large windows. */
	ZSTD_DCtx_setParameter(*s, ZSTD_d_windowLogMax, 31);
	return true;
}

static enum step zstd_step(void *state, struct window *w)
{
	ZSTD_inBuffer in = { w->in, w->in_size, 0 };
	ZSTD_outBuffer out = { w->out, w->out_size, 0 };
	size_t left = ZSTD_decompressStream(*(ZSTD_DStream **)state, &out, &in);

	w->in += in.pos;
	w->in_size -= in.pos;
	w->out += out.pos;
	w->out_size -= out.pos;
	if (ZSTD_isError(left))
		return STEP_BAD;
	return left ? STEP_MORE : STEP_ENDED;
}

static void zstd_end(void *state)
{
	ZSTD_freeDStream(*(ZSTD_DStream **)state);
}

static bool lz4_begin(void *state)
{
	return !LZ4F_isError(
		LZ4F_createDecompressionContext(state, LZ4F_VERSION));
}

static enum step lz4_step(void *state, struct window *w)
{
	size_t in = w->in_size, out = w->out_size;
	size_t left = LZ4F_decompress(
		*(LZ4F_dctx **)state, w->out, &out, w->in, &in, NULL);

	if (LZ4F_isError(left))
		return STEP_BAD;
	w->in += in;
	w->in_size -= in;
	w->out += out;
	w->out_size -= out;
	return left ? STEP_MORE : STEP_ENDED;
}

static void lz4_end(void *state)
{
	LZ4F_freeDecompressionContext(*(LZ4F_dctx **)state);
}

static bool xz_begin(void *state)
{
	lzma_stream *s = state;

	*s = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(s, UINT64_MAX, 0) == LZMA_OK;
}

static enum step xz_step(void *state, struct window *w)
{
	lzma_stream *s = state;

	s->next_in = w->in;
	s->avail_in = w->in_size;
	s->next_out = w->out;
	s->avail_out = w->out_size;
	lzma_ret r = lzma_code(s, LZMA_RUN);
	w->in = s->next_in;
	w->in_size = s->avail_in;
	w->out = s->next_out;
	w->out_size = s->avail_out;
	if (r == LZMA_STREAM_END)
		return STEP_ENDED;
	return r == LZMA_OK || r == LZMA_BUF_ERROR ? STEP_MORE : STEP_BAD;
}

static void xz_end(void *state)
{
	lzma_end(state);
}

static bool gzip_begin(void *state)
{
	memset(state, 0, sizeof(z_stream));
	/* 16: gzip's header and no other. */
	return inflateInit2((z_stream *)state, 16 + MAX_WBITS) == Z_OK;
}

static enum step gzip_step(void *state, struct window *w)
{
	z_stream *s = state;

	s->next_in = (Bytef *)(uintptr_t)w->in;
	s->avail_in = (uInt)w->in_size;
	s->next_out = w->out;
	s->avail_out = (uInt)w->out_size;
	int r = inflate(s, Z_NO_FLUSH);
	w->in = s->next_in;
	w->in_size = s->avail_in;
	w->out = s->next_out;
	w->out_size = s->avail_out;
	if (r == Z_STREAM_END)
		return STEP_ENDED;
	return r == Z_OK || r == Z_BUF_ERROR ? STEP_MORE : STEP_BAD;
}

static void gzip_end(void *state)
{
	inflateEnd(state);
}

static bool bzip2_begin(void *state)
{
	memset(state, 0, sizeof(bz_stream));
	return BZ2_bzDecompressInit(state, 0, 0) == BZ_OK;
}

static enum step bzip2_step(void *state, struct window *w)
{
	bz_stream *s = state;

	s->next_in = (char *)(uintptr_t)w->in;
	s->avail_in = (unsigned)w->in_size;
	s->next_out = (char *)w->out;
	s->avail_out = (unsigned)w->out_size;
	int r = BZ2_bzDecompress(s);
	w->in = (const uint8_t *)s->next_in;
	w->in_size = s->avail_in;
	w->out = (uint8_t *)s->next_out;
	w->out_size = s->avail_out;
	if (r == BZ_STREAM_END)
		return STEP_ENDED;
	return r == BZ_OK ? STEP_MORE : STEP_BAD;
}

static void bzip2_end(void *state)
{
	BZ2_bzDecompressEnd(state);
}

static const struct decoder decoders[] = {
	{ "zstd", zstd_begin, zstd_step, zstd_end },
	{ "lz4", lz4_begin, lz4_step, lz4_end },
	{ "xz", xz_begin, xz_step, xz_end },
	{ "gzip", gzip_begin, gzip_step, gzip_end },
	{ "bzip2", bzip2_begin, bzip2_step, bzip2_end },
};

/* ---- the unnamed file ---- */

static const char *unnamed_folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/var/tmp";
}

static int unnamed_file(void)
{
	const char *dir = unnamed_folder();
	char path[4096];

	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* NFS has no O_TMPFILE. */
	snprintf(path, sizeof(path), "%s/cinspect.%d", dir, (int)getpid());
	fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static bool all_zeros(const uint8_t *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

static bool write_all(int fd, const uint8_t *p, size_t n, uint64_t at)
{
	while (n) {
		ssize_t k = pwrite(fd, p, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
		at += (uint64_t)k;
	}
	return true;
}

/* fd -1: nothing is written.  *data grows by what is no hole. */
static bool write_sparse(
	int fd, const uint8_t *p, size_t n, uint64_t at, uint64_t *data)
{
	size_t from = 0;

	while (from < n) {
		size_t to = from;

		while (to < n && !(n - to >= HOLE && all_zeros(p + to, HOLE)))
			to += n - to < HOLE ? n - to : HOLE;
		if (to > from && fd >= 0 &&
			!write_all(fd, p + from, to - from, at + from))
			return false;
		*data += to - from;
		while (n - to >= HOLE && all_zeros(p + to, HOLE))
			to += HOLE;
		from = to;
	}
	return true;
}

/* ---- the loop ---- */

struct job {
	const struct decoder *decoder;
	union state state;
	const char *path;
	const struct unpack_watch *watch;
	uint64_t taken, in_size; /* of the packed file */
	int in, out;
	uint8_t *in_buf, *out_buf;
	size_t used;      /* of out_buf */
	uint64_t written; /* before it */
	uint64_t data;    /* of that, what is no hole */
	bool full;        /* the disk: the rest is only counted */
	bool open;        /* inside a stream */
	uint64_t start;   /* where its output began */
	unsigned streams; /* that are complete */
	bool done;        /* nothing more can come out */
	const char *cut;
};

static enum err watched(const struct job *j)
{
	const struct unpack_watch *w = j->watch;

	if (!w || w->go_on(w->ctx, j->taken, j->in_size))
		return OK;
	return err_set(ERR_INTERRUPTED, "%s: interrupted while it was unpacked",
		j->path);
}

static enum err within_limit(const struct job *j)
{
	const struct unpack_watch *w = j->watch;

	if (!w || !w->max_ratio ||
		j->data / w->max_ratio <=
			j->taken + w->max_small / w->max_ratio)
		return OK;
	return err_set(ERR_LIMIT,
		"%s: %llu packed bytes became more than %llu MiB: not "
		"unpacked any further",
		j->path, (unsigned long long)j->taken,
		(unsigned long long)(j->data >> 20));
}

static enum err flush(struct job *j)
{
	uint64_t data = j->data;

	TRY(watched(j));
	if (!write_sparse(j->full ? -1 : j->out, j->out_buf, j->used,
		    j->written, &j->data)) {
		if (errno != ENOSPC && errno != EDQUOT)
			return err_sys("%s: cannot unpack it into %s (set "
				       "TMPDIR to a folder with room)",
				j->path, unnamed_folder());
		j->full = true;
		j->data = data;
		if (ftruncate(j->out, 0))
			return err_sys("%s: cannot unpack it", j->path);
		write_sparse(-1, j->out_buf, j->used, j->written, &j->data);
	}
	j->written += j->used;
	j->used = 0;
	return within_limit(j);
}

/* How many bytes are needed is known only now. */
static enum err tell_full(const struct job *j)
{
	return err_set(ERR_SYS,
		"%s: it needs %llu MiB in %s, which has not so much room; set "
		"TMPDIR to a folder that has",
		j->path, (unsigned long long)(j->data >> 20) + 1,
		unnamed_folder());
}

static void stream_bad(struct job *j)
{
	j->done = true;
	/* What follows the last stream may be padding: tar, xz, dd. */
	if (!j->streams || j->written + j->used != j->start)
		j->cut = "its packed data is damaged";
}

/* Puts the input through the decoder until it wants more. */
static enum err decode(struct job *j, const uint8_t *in, size_t n)
{
	struct window w = { .in = in, .in_size = n };

	while (!j->done && (j->open || w.in_size)) {
		if (!j->open && !j->decoder->begin(&j->state))
			return err_set(ERR_SYS, "%s: no memory for unpacking",
				j->path);
		if (!j->open)
			j->start = j->written + j->used;
		j->open = true;

		size_t in_before = w.in_size, out_before = OUT_SIZE - j->used;
		w.out = j->out_buf + j->used;
		w.out_size = out_before;
		enum step step = j->decoder->step(&j->state, &w);
		j->used = OUT_SIZE - w.out_size;
		if (step != STEP_MORE) {
			j->decoder->end(&j->state);
			j->open = false;
		}
		if (step == STEP_BAD)
			stream_bad(j);
		if (step == STEP_ENDED)
			j->streams++;
		bool stuck = w.in_size == in_before && w.out_size == out_before;
		if (!w.out_size)
			TRY(flush(j));
		else if (stuck && step == STEP_MORE)
			break;
	}
	return OK;
}

static enum err unpack_all(struct job *j)
{
	while (!j->done) {
		ssize_t n = read(j->in, j->in_buf, IN_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys("%s", j->path);
		if (!n)
			break;
		j->taken += (uint64_t)n;
		TRY(decode(j, j->in_buf, (size_t)n));
	}
	if (j->open && !j->cut)
		j->cut = "the packed file ends too early";
	TRY(flush(j));
	if (j->full)
		return tell_full(j);
	if (ftruncate(j->out, (off_t)j->written) < 0)
		return err_sys("%s: cannot unpack it", j->path);
	return OK;
}

static const struct decoder *find_decoder(const char *kind)
{
	for (size_t i = 0; i < sizeof(decoders) / sizeof(*decoders); i++)
		if (!strcmp(decoders[i].kind, kind))
			return &decoders[i];
	return NULL;
}

size_t unpack_head(int fd, const char *kind, void *buf, size_t n)
{
	const struct decoder *d = find_decoder(kind);
	_cleanup_(free) uint8_t *in = malloc(IN_SIZE);
	struct window w = { .out = buf, .out_size = n };
	union state state;
	off_t at = 0;

	if (!d || !in || !d->begin(&state))
		return 0;
	for (enum step step = STEP_MORE; step == STEP_MORE && w.out_size;) {
		size_t before = w.out_size;
		ssize_t got = pread(fd, in, IN_SIZE, at);

		if (got <= 0)
			break;
		at += got;
		w.in = in;
		w.in_size = (size_t)got;
		while (step == STEP_MORE && w.out_size && w.in_size)
			step = d->step(&state, &w);
		if (w.out_size == before && at >= MAX_HEAD)
			break;
	}
	d->end(&state);
	return n - w.out_size;
}

enum err unpack_file(int fd, const char *path, const char *kind,
	const struct unpack_watch *watch, int *ret_fd, const char **ret_cut)
{
	off_t in_size = lseek(fd, 0, SEEK_END);
	_cleanup_(free) uint8_t *in_buf = malloc(IN_SIZE);
	_cleanup_(free) uint8_t *out_buf = malloc(OUT_SIZE);
	_cleanup_(close) int out = unnamed_file();
	struct job j = { .decoder = find_decoder(kind),
		.path = path,
		.watch = watch,
		.in_size = in_size < 0 ? 0 : (uint64_t)in_size,
		.in = fd,
		.out = out,
		.in_buf = in_buf,
		.out_buf = out_buf };

	if (!in_buf || !out_buf || !j.decoder)
		return err_set(ERR_SYS, "%s: cannot unpack %s", path, kind);
	if (out < 0)
		return err_sys("%s: cannot make a file in %s to unpack it "
			       "(set TMPDIR)",
			path, unnamed_folder());
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys("%s", path);
	enum err e = unpack_all(&j);
	if (j.open)
		j.decoder->end(&j.state);
	TRY(e);
	if (!j.written)
		return err_set(ERR_BADDATA, "%s: %s data, but %s", path, kind,
			j.cut ? j.cut : "nothing is in it");
	*ret_fd = take_fd(&out);
	*ret_cut = j.cut;
	return OK;
}
