/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line, drawn over itself ten times a second: bar, throughput, rest. */
#include "crashd/snap/progress.h"

#include "crashd/safe/sys.h"

#include <stdio.h>
#include <unistd.h>

enum { SHOW_AFTER_MS = 1000, REDRAW_MS = 100, WIDTH = 30 };

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

void progress_show(uint64_t done, uint64_t all)
{
	int64_t now = bar.enabled ? sys_now_ms() : 0;

	progress_tick();
	if (!bar.enabled || !all || now - bar.start < SHOW_AFTER_MS ||
		now - bar.last < REDRAW_MS)
		return;

	double seconds = (double)(now - bar.start) / 1000;
	double rate = (double)done / seconds;
	int filled = (int)((double)done / (double)all * WIDTH);

	bar.last = now;
	bar.shown = true;
	fprintf(stderr, "\r%s [%.*s%*s] %3.0f%%  %.0f MiB/s  %.0f s left\033[K",
		bar.what, filled, "##############################",
		WIDTH - filled, "", 100.0 * (double)done / (double)all,
		rate / (1 << 20),
		rate > 0 ? ((double)all - (double)done) / rate : 0);
}

void progress_end(void)
{
	if (bar.shown)
		fprintf(stderr, "\r\033[K");
	bar.enabled = bar.shown = false;
}
