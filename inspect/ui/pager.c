/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * As gdb's: stops when the screen is full and asks.  A line that is longer than
 * the screen is wide is shown row by row, and may be quit in its middle;
 * colours take no room.
 */
#include "inspect/ui/pager.h"

#include "inspect/out/utf8.h"
#include "inspect/out/width.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const char long_question[] =
	"--Type <RET> for more, q to quit, c to continue without paging--";
static const char short_question[] = "--RET: more, q: quit--";

enum { PIECE = 1 << 14 };

struct pager {
	struct session *session;
	unsigned columns, rows; /* of the window; rows 0: no pages */
	unsigned used;          /* rows since the last question */
};

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

/* Asks when the screen is full; false: it was quit. */
static bool go_on(struct pager *p)
{
	const char *question = p->columns > sizeof(long_question)
				       ? long_question
				       : short_question;

	if (p->session->interrupted) {
		fputs("\nInterrupted.\n", stdout);
		return false;
	}
	if (!p->rows || p->used + 1 < p->rows)
		return true;
	fputs(question, stdout);
	fflush(stdout);
	char key = read_key();
	printf("\r%*s\r", (int)strlen(question), "");
	p->used = 0;
	if (key == 'c')
		p->rows = 0;
	return key != 'q' && key != 'Q' && key != 4;
}

/* Bytes of a line that fill a row of the window: an escape sequence is never
 * cut, and what has no width belongs to the sign before it. */
static size_t row_of(const char *line, size_t n, unsigned columns)
{
	size_t column = 0, i = 0;

	while (i < n) {
		uint32_t code;
		size_t len = utf8_length(line + i, n - i, &code);

		len += !len;
		if (line[i] == '\033') {
			while (i + len < n && line[i + len - 1] != 'm')
				len++;
		}
		size_t next = width_after(line + i, len, column);
		if (columns && next > columns && i)
			break;
		column = next;
		i += len;
	}
	return i;
}

void pager_show(struct session *s, const char *text)
{
	struct pager p = { .session = s };
	struct winsize ws = { 0 };

	/* What was made until ^C is shown, unless there is another. */
	s->interrupted = 0;
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws);
	p.columns = ws.ws_col;
	if (!s->set.no_pagination)
		p.rows = s->set.height_set ? s->set.height : ws.ws_row;
	if (p.rows < 3)
		p.rows = 0;
	while (*text) {
		/* ^C is looked for between two rows, or pieces of a line. */
		size_t line = strcspn(text, "\n");
		size_t n = p.rows         ? row_of(text, line, p.columns)
			   : line > PIECE ? PIECE
					  : line;

		if (!go_on(&p))
			return;
		n += n == line && text[n] == '\n';
		fwrite(text, 1, n, stdout);
		p.used++;
		text += n;
	}
}
