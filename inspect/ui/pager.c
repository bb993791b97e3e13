/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * As gdb's: stops when the screen is full and asks.  Lines that are longer than
 * the screen is wide take as many rows as they need; colours take no room.
 */
#include "inspect/ui/pager.h"

#include "inspect/out/width.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const char question[] =
	"--Type <RET> for more, q to quit, c to continue without paging--";

/* Rows of the screen that a line takes. */
static unsigned rows_of(const char *line, size_t n, unsigned width)
{
	size_t columns = width_after(line, n, 0);

	return width && columns ? (unsigned)((columns - 1) / width) + 1 : 1;
}

/* One key, without waiting for the end of a line; 'q' when there is none. */
static char read_key(void)
{
	struct termios old, raw;
	char key = 'q';
	ssize_t n;

	if (tcgetattr(STDIN_FILENO, &old))
		return 'c';
	raw = old;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	n = read(STDIN_FILENO, &key, 1);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &old);
	return n == 1 ? key : 'q'; /* ^C interrupts the read */
}

static char ask(void)
{
	fputs(question, stdout);
	fflush(stdout);
	char key = read_key();
	printf("\r%*s\r", (int)strlen(question), "");
	return key;
}

void pager_show(struct session *s, const char *text)
{
	struct winsize ws = { 0 };
	unsigned used = 0;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws);
	unsigned height = s->set.height_set ? s->set.height : ws.ws_row;
	bool paging = !s->set.no_pagination && height > 2;
	while (*text) {
		size_t n = strcspn(text, "\n");
		unsigned rows = rows_of(text, n, ws.ws_col);

		n += text[n] == '\n';
		if (paging && used && used + rows >= height) {
			char key = ask();

			if (key == 'q' || key == 'Q')
				return;
			if (key == 'c')
				paging = false;
			used = 0;
		}
		fwrite(text, 1, n, stdout);
		used += rows;
		text += n;
	}
}
