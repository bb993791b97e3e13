/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crashd/safe/text: what is written, and what happens when it cannot be. */
#include "crashd/safe/text.h"

#include "tests/lib/tap.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static struct crashd_text text;

static const char *made(void)
{
	crashd_text_char(&text, 0);
	text.n = 0;
	return text.buf;
}

static void numbers(void)
{
	crashd_text_init(&text, -1);
	crashd_text_dec(&text, INT64_MIN);
	is_str(made(), "-9223372036854775808", "the least integer");
	crashd_text_udec(&text, UINT64_MAX);
	is_str(made(), "18446744073709551615", "the greatest integer");
	crashd_text_hex(&text, 0);
	is_str(made(), "0x0", "zero in hexadecimal");
	crashd_text_hex(&text, 0xdeadbeefcafe1234);
	is_str(made(), "0xdeadbeefcafe1234", "sixteen digits");
	crashd_text_hexw(&text, 0x1f, 4);
	is_str(made(), "001f", "padded with zeros");
	crashd_text_str(&text, "ab");
	crashd_text_pad(&text, 5);
	crashd_text_char(&text, '|');
	is_str(made(), "ab   |", "padded to a column");
}

static void names(void)
{
	crashd_text_name(&text, "a\033[31mb", 99);
	is_str(made(), "a\\x1b[31mb", "an escape sequence is defused");
	crashd_text_name(&text, "\xc3\xa9\xe2\x82\xac", 99);
	is_str(made(), "\xc3\xa9\xe2\x82\xac", "UTF-8 stays");
	crashd_text_name(&text,
		"\xc2\x9b"
		"31m",
		99);
	is_str(made(), "\\xc2\\x9b31m", "the one-byte CSI in UTF-8 does not");
	crashd_text_name(&text, "\xff\xc3", 99);
	is_str(made(), "\\xff\\xc3", "bytes that are no UTF-8 are shown");
	crashd_text_name(&text, "abcdef", 3);
	is_str(made(), "abc", "no more than n bytes are looked at");
}

static void bounds(void)
{
	for (int i = 0; i < 2 * CRASHD_TEXT_SIZE; i++)
		crashd_text_char(&text, 'x');
	is_int(text.n, CRASHD_TEXT_SIZE, "without a descriptor the rest drops");
	text.n = 0;
}

static void full_pipe(const char *fallback)
{
	static char big[70000], back[16];
	int fd[2], file;
	struct crashd_text t;

	ok(pipe2(fd, O_NONBLOCK) == 0, "a pipe");
	while (write(fd[1], big, sizeof big) > 0)
		;
	crashd_text_init(&t, fd[1]);
	t.deadline = 1; /* long ago */
	t.fallback = fallback;
	crashd_text_str(&t, "first");
	is_int(crashd_text_flush(&t), 0, "a full pipe: the file takes it");
	crashd_text_str(&t, " second");
	is_int(crashd_text_flush(&t), 0, "and what follows");
	ok(t.error < 0, "the error is kept");
	file = open(fallback, O_RDONLY);
	ok(read(file, back, sizeof back) == 12 &&
			!memcmp(back, "first second", 12),
		"nothing is lost");
	close(file);
	close(fd[0]);
	close(fd[1]);
}

static void gone_reader(const char *folder)
{
	char link[200], target[200];
	struct crashd_text t;
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	ok(pipe(fd) == 0, "another pipe");
	close(fd[0]);
	crashd_text_init(&t, fd[1]);
	crashd_text_str(&t, "lost");
	ok(crashd_text_flush(&t) < 0, "no reader, no file: that is an error");
	snprintf(link, sizeof link, "%s/link", folder);
	snprintf(target, sizeof target, "%s/target", folder);
	ok(symlink(target, link) == 0, "a link that somebody planted");
	crashd_text_init(&t, fd[1]);
	t.fallback = link;
	crashd_text_str(&t, "x");
	ok(crashd_text_flush(&t) < 0 && access(target, F_OK) != 0,
		"is not followed");
	unlink(link);
	close(fd[1]);
}

int main(void)
{
	char folder[] = "/tmp/crashd-unit.XXXXXX", path[200];

	numbers();
	names();
	bounds();
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/rest", folder);
	full_pipe(path);
	gone_reader(folder);
	unlink(path);
	rmdir(folder);
	return tap_done();
}
