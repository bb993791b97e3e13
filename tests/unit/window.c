/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A core that passes through a window: what is in the file, what is memory of a
 * copy, zeros between them, and what is known last.
 */
#include "crashd/snap/window.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define P ((uint64_t)CORE_PAGE)

enum { PAGES = 600, LATE = 100 };

static volatile int go_on;

static void fill(char *to, int word, size_t n)
{
	memset(to, word, n);
}

/* Memory at pages 3 and 4, and 300; the file has page 0, 5 and the end. */
static struct copy_run runs[] = {
	{ .addr = 0x10000, .size = 2 * P, .at = 3 * P, .stage = 0 },
	{ .addr = 0x90000, .size = P, .at = 300 * P, .stage = 2 * P },
};

static void set_up(struct window *w, struct copy *copy)
{
	static char stage[3 * 4096], page[4096];

	fill(stage, 'a', P);
	fill(stage + P, 'b', P);
	fill(stage + 2 * P, 'c', P);
	*copy = (struct copy){ .run = runs,
		.nruns = 2,
		.stage = stage,
		.stage_size = sizeof stage,
		.child_mem = -1 };
	*w = (struct window){ .fd = memfd_create("core", 0),
		.copy = copy,
		.size = PAGES * P + LATE,
		.late_at = PAGES * P };
	(void)!ftruncate(w->fd, (off_t)w->size);
	fill(page, '0', P);
	(void)!pwrite(w->fd, page, P, 0);
	fill(page, '5', P);
	(void)!pwrite(w->fd, page, P, (off_t)(5 * P));
}

static char expected(uint64_t page)
{
	switch (page) {
	case 0:
		return '0';
	case 3:
		return 'a';
	case 4:
		return 'b';
	case 5:
		return '5';
	case 300:
		return 'c';
	default:
		return 0;
	}
}

static size_t wrong_bytes(const char *got, uint64_t at, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++)
		wrong += got[i] != expected((at + i) / P);
	return wrong;
}

static void reading(void)
{
	struct window w;
	struct copy copy;
	char *buf = malloc(PAGES * P);
	static const struct {
		uint64_t at;
		size_t n;
	} parts[] = {
		{ 0, 8 * 4096 },
		{ 3 * 4096 + 100, 4096 },
		{ 4 * 4096 - 1, 2 },
		{ 6 * 4096, 4096 },
		{ 299 * 4096 + 5, 2 * 4096 },
		{ 0, PAGES * 4096 },
	};

	set_up(&w, &copy);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		fill(buf, 'x', parts[i].n);
		is_int(window_read(&w, parts[i].at, buf, parts[i].n), 0,
			"a part is read");
		is_int(wrong_bytes(buf, parts[i].at, parts[i].n), 0,
			"with every byte");
	}
	is_int(window_data(&w, P), 3 * P, "after zeros comes memory");
	is_int(window_data(&w, 4 * P), 4 * P, "in which data is everywhere");
	is_int(window_data(&w, 5 * P), 5 * P, "then the file");
	is_int(window_data(&w, 6 * P), 300 * P, "and memory again");
	is_int(window_data(&w, 301 * P), w.size, "and nothing to the end");
	is_int(window_read(&w, w.size - 1, buf, 2), -EIO,
		"there is nothing behind the end");
	free(buf);
	close(w.fd);
}

/* What is late is written when all before it has been passed on. */
struct late {
	struct window *w;
	int pipe, error;
	uint64_t passed;
};

static int write_late(void *context)
{
	struct late *late = context;
	char text[LATE];

	late->passed = (uint64_t)lseek(late->pipe, 0, SEEK_CUR);
	fill(text, 'L', sizeof text);
	if (pwrite(late->w->fd, text, LATE, (off_t)late->w->late_at) != LATE)
		return -EIO;
	return late->error;
}

static void passing(void)
{
	struct window w;
	struct copy copy;
	struct drain drain;
	char *buf = malloc(PAGES * P + LATE);
	struct late late = { .w = &w, .pipe = memfd_create("out", 0) };
	size_t wrong = 0;

	set_up(&w, &copy);
	w.late = write_late;
	w.context = &late;
	drain_open(&drain, late.pipe, &go_on, 0);
	is_int(window_pass(&w, &drain), 0, "a core passes");
	is_int(drain.written, w.size, "whole");
	is_int(late.passed, w.late_at,
		"what is late is asked for at its place");
	is_int(pread(late.pipe, buf, w.size, 0), (long)w.size, "it is there");
	is_int(wrong_bytes(buf, 0, w.late_at), 0, "in order");
	for (size_t i = 0; i < LATE; i++)
		wrong += buf[w.late_at + i] != 'L';
	is_int(wrong, 0, "to the end");
	late.error = -ESRCH;
	is_int(window_pass(&w, &drain), -ESRCH,
		"one that turns out to be gone");
	is_int(w.failed, -ESRCH, "is remembered as the copy's failure");
	drain_close(&drain);
	free(buf);
	close(w.fd);
	close(late.pipe);
}

int main(void)
{
	reading();
	passing();
	return tap_done();
}
