/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bar: shown on a terminal, after a second, within its width. */
#include "crashd/snap/progress.h"
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int terminal = -1; /* our side of it */

static bool make_terminal(void)
{
	int its;

	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		return false;
	its = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	return its >= 0 && dup2(its, STDERR_FILENO) == STDERR_FILENO;
}

/* Past the second for which nothing is shown. */
static void begin(const char *what)
{
	char wiped[64];

	while (read(terminal, wiped, sizeof wiped) > 0)
		;
	progress_begin(true, what);
	usleep(1100000);
}

/* What is drawn of a job that is half done. */
static const char *drawn(unsigned short columns)
{
	static char text[1024];
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	ssize_t n;

	ioctl(terminal, TIOCSWINSZ, &size);
	usleep(150000); /* it is drawn ten times a second */
	progress_show(50 << 20, 100 << 20);
	n = read(terminal, text, sizeof text - 1);
	text[n > 0 ? n : 0] = 0;
	/* without "\r" before and "\033[K" behind */
	text[strcspn(text, "\033")] = 0;
	return text[0] == '\r' ? text + 1 : text;
}

static void short_name(void)
{
	const char *text;

	begin("core.1234");
	text = drawn(80);
	ok(strstr(text, "core.1234 [###############") != NULL, "half a bar");
	ok(strstr(text, " 50%  ") && strstr(text, " MiB/s  ") &&
			strstr(text, " s left"),
		"how much, how fast, how long");
	ok(strlen(text) < 80, "in one line");
	text = drawn(0);
	ok(strstr(text, "core.1234 [###############") != NULL,
		"a terminal that does not say its width");
	text = drawn(50);
	ok(strstr(text, "core.1234 [##") && strlen(text) < 50,
		"a narrow terminal: a shorter bar");
	text = drawn(20);
	ok(text[0] && strlen(text) < 20, "a very narrow one");
	progress_end();
}

static void long_name(void)
{
	const char *text;

	begin("/a/folder/with/a/name/that/is/longer/than/a/line/core.1234");
	text = drawn(60);
	ok(strstr(text, "core.1234") && strlen(text) < 60,
		"a long name: its end");
	progress_end();
}

int main(void)
{
	if (make_terminal()) {
		short_name();
		long_name();
	} else {
		ok(true, "(no terminals here)");
	}
	return tap_done();
}
