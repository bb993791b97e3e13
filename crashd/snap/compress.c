/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of zstd, one after the other (RFC 8878: decompressors take them as
 * one stream).  A core can be nearly all holes, a terabyte of them: zeros are
 * compressed once, as a frame of 64 MiB, and that frame is repeated; data goes
 * through the compressor proper.
 */
#include "crashd/snap/compress.h"

#include "crashd/snap/progress.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum {
	ZEROS = 64 << 20, /* in a frame of zeros */
	CHUNK = 1 << 20,
};

struct packer {
	int from;
	struct sink *to;
	off_t size; /* of from */
	ZSTD_CCtx *context;
	char *in, *out, *zeros;
	size_t out_size, zeros_size;
	bool open; /* a frame has been begun */
};

static int feed(
	struct packer *p, const void *data, size_t n, ZSTD_EndDirective mode)
{
	ZSTD_inBuffer in = { data, n, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { p->out, p->out_size, 0 };

		left = ZSTD_compressStream2(p->context, &out, &in, mode);
		if (ZSTD_isError(left))
			return -EIO;

		int error = sink_write(p->to, p->out, out.pos);

		if (error)
			return error;
	} while (mode == ZSTD_e_end ? left != 0 : in.pos < in.size);
	p->open = mode != ZSTD_e_end;
	return 0;
}

static int end_frame(struct packer *p)
{
	return p->open ? feed(p, NULL, 0, ZSTD_e_end) : 0;
}

static int pack_data(struct packer *p, off_t at, off_t end)
{
	while (at < end) {
		size_t n = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
		ssize_t got = pread(p->from, p->in, n, at);

		if (got <= 0)
			return got < 0 ? -errno : -EIO;

		int error = feed(p, p->in, (size_t)got, ZSTD_e_continue);

		if (error)
			return error;
		at += got;
		progress_show((uint64_t)at, (uint64_t)p->size);
	}
	return 0;
}

/* The frame that is repeated, made when it is first needed. */
static int make_zeros(struct packer *p)
{
	char *source;
	size_t n;

	if (p->zeros)
		return 0;
	source = calloc(1, ZEROS);
	p->zeros = malloc(ZSTD_compressBound(ZEROS));
	if (!source || !p->zeros) {
		free(source);
		return -ENOMEM;
	}
	n = ZSTD_compress2(
		p->context, p->zeros, ZSTD_compressBound(ZEROS), source, ZEROS);
	free(source);
	p->zeros_size = n;
	return ZSTD_isError(n) ? -EIO : 0;
}

static int pack_hole(struct packer *p, uint64_t size)
{
	int error = 0;

	if (size >= ZEROS) {
		error = end_frame(p);
		if (!error)
			error = make_zeros(p);
		for (; !error && size >= ZEROS; size -= ZEROS)
			error = sink_write(p->to, p->zeros, p->zeros_size);
	}
	memset(p->in, 0, CHUNK);
	while (!error && size) {
		size_t n = size < CHUNK ? (size_t)size : CHUNK;

		error = feed(p, p->in, n, ZSTD_e_continue);
		size -= n;
	}
	return error;
}

static int pack(struct packer *p)
{
	off_t end = lseek(p->from, 0, SEEK_END), at = 0;
	int error = 0;

	p->size = end;
	while (!error && at < end) {
		off_t data = lseek(p->from, at, SEEK_DATA);
		off_t hole = data < 0 ? end : lseek(p->from, data, SEEK_HOLE);

		if (data < 0)
			data = end; /* ENXIO: a hole to the end */
		if (hole < 0)
			hole = end;
		if (data > at)
			error = pack_hole(p, (uint64_t)(data - at));
		if (!error)
			error = pack_data(p, data, hole);
		at = hole;
	}
	return error ? error : end_frame(p);
}

int compress_file(int from, struct sink *to, int level)
{
	struct packer p = { .from = from, .to = to };
	int error = -ENOMEM;

	p.context = ZSTD_createCCtx();
	p.in = malloc(CHUNK);
	p.out_size = ZSTD_CStreamOutSize();
	p.out = malloc(p.out_size);
	if (p.context && p.in && p.out) {
		ZSTD_CCtx_setParameter(
			p.context, ZSTD_c_compressionLevel, level);
		ZSTD_CCtx_setParameter(p.context, ZSTD_c_checksumFlag, 1);
		error = pack(&p);
	}
	ZSTD_freeCCtx(p.context);
	free(p.in);
	free(p.out);
	free(p.zeros);
	return error;
}
