/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line, drawn over itself ten times a second: bar, throughput, rest. */
#include "crashd/snap/progress.h"

#include "crashd/safe/sys.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { SHOW_AFTER_MS = 1000, REDRAW_MS = 100, WIDTH = 30, NARROWEST = 5 };

static struct {
	bool enabled, shown;
	const char *what;
	int64_t start, last;
} bar;

static struct {
	void (*call)(void *);
	void *context;
} hook;

void progress_hook(void (*call)(void *), void *context)
{
	hook.call = call;
	hook.context = context;
}

void progress_tick(void)
{
	if (hook.call)
		hook.call(hook.context);
}

void progress_begin(bool enabled, const char *what)
{
	bar.enabled = enabled && isatty(STDERR_FILENO);
	bar.shown = false;
	bar.what = what;
	bar.start = bar.last = sys_now_ms();
}

/* A line that is longer than the terminal is wide is not drawn over itself. */
static int columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col
		       ? size.ws_col - 1
		       : 79;
}

/* The bar becomes shorter, then goes; then the name's start, then the rest. */
static void draw(double part, const char *rest)
{
	int room = columns() - (int)strlen(rest);
	int name = (int)strlen(bar.what);
	int width = room - name - 3;

	if (width >= NARROWEST) {
		width = width < WIDTH ? width : WIDTH;

		int filled = (int)(part * width);

		fprintf(stderr, "\r%s [%.*s%*s]%s\033[K", bar.what, filled,
			"##############################", width - filled, "",
			rest);
		return;
	}
	if (room < 0)
		room = 0;
	fprintf(stderr, "\r%s%.*s\033[K",
		bar.what + (name > room ? name - room : 0), columns(), rest);
}

void progress_show(uint64_t done, uint64_t all)
{
	int64_t now = bar.enabled ? sys_now_ms() : 0;

	progress_tick();
	if (!bar.enabled || !all || now - bar.start < SHOW_AFTER_MS ||
		now - bar.last < REDRAW_MS)
		return;

	double seconds = (double)(now - bar.start) / 1000;
	double rate = (double)done / seconds;
	double part = (double)done / (double)all;
	char rest[64];

	bar.last = now;
	bar.shown = true;
	snprintf(rest, sizeof rest, " %3.0f%%  %.0f MiB/s  %.0f s left",
		100 * part, rate / (1 << 20),
		rate > 0 ? ((double)all - (double)done) / rate : 0);
	draw(part, rest);
}

void progress_end(void)
{
	if (bar.shown)
		fprintf(stderr, "\r\033[K");
	bar.enabled = bar.shown = false;
}
