/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Text into a fixed buffer, flushed to a descriptor.  The caller owns the
 * struct and the buffer in it; nothing is allocated.
 *
 * Flushing copes with what a dying process may find at stderr: a full pipe
 * (waits for its reader, until the deadline), a non-blocking descriptor, a
 * closed one, a reader that has gone.  What cannot be written there goes to
 * the file `fallback`, if there is one.  SIGPIPE must be blocked by the caller.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CRASHD_TEXT_SIZE = 4096, CRASHD_COPY_SIZE = 131072 };

/* All that was flushed, as much of it as there is room for. */
struct crashd_copy {
	size_t n;
	char text[CRASHD_COPY_SIZE];
};

struct crashd_text {
	int fd;               /* -1: keep in the buffer, drop what is more */
	int error;            /* first error of writing to fd, as -errno */
	int64_t deadline;     /* CLOCK_MONOTONIC ms; 0: 2 s from each flush */
	const char *fallback; /* path to go on in after an error, or NULL */
	struct crashd_copy *copy; /* or NULL */
	size_t n;
	char buf[CRASHD_TEXT_SIZE];
};

/* buf is not cleared: 4 KiB of it need not be touched. */
void crashd_text_init(struct crashd_text *, int fd);
/* 0, or -errno when bytes were lost. */
int crashd_text_flush(struct crashd_text *);

void crashd_text_char(struct crashd_text *, char c);
/* As it is: for our own words.  NULL prints "(null)". */
void crashd_text_str(struct crashd_text *, const char *s);
/*
 * At most n bytes up to the first NUL, of somebody else's making (thread and
 * file names): control characters and bytes that are not UTF-8 become \xNN, so
 * that no escape sequence reaches a terminal.
 */
void crashd_text_name(struct crashd_text *, const char *s, size_t n);
void crashd_text_dec(struct crashd_text *, int64_t value);
void crashd_text_udec(struct crashd_text *, uint64_t value);
/* 0x…, without leading zeros; _hexw pads with zeros to width digits, no 0x. */
void crashd_text_hex(struct crashd_text *, uint64_t value);
void crashd_text_hexw(struct crashd_text *, uint64_t value, int width);
/* Spaces until column (counted from the last newline) is reached. */
void crashd_text_pad(struct crashd_text *, size_t column);
