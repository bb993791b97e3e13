/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pen of everything that runs after a crash.  stdio is out: it locks and
 * allocates.  The traps are at the far end: write(2) to a pipe may block for
 * ever, return EAGAIN after 64 KiB on a description that somebody made
 * non-blocking, or raise SIGPIPE; so each write is preceded by a poll that ends
 * at the deadline.  A blocking write of at most PIPE_BUF bytes that poll has
 * announced does not block (pipe(7)), hence the buffer's size.
 */
#include "crashd/safe/text.h"

#include "crashd/safe/sys.h"

enum { FLUSH_MS = 2000 };

void crashd_text_init(struct crashd_text *t, int fd)
{
	t->fd = fd;
	t->error = 0;
	t->deadline = 0;
	t->fallback = NULL;
	t->copy = NULL;
	t->n = 0;
}

/* 0 when fd takes bytes, -ETIMEDOUT at the deadline. */
static int wait_writable(int fd, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline - sys_now_ms();
		struct pollfd p = { fd, POLLOUT, 0 };
		int r;

		if (left < 0)
			left = 0;
		r = sys_poll(&p, 1, (int)left);
		if (r == -EINTR)
			continue;
		if (r == 0)
			return -ETIMEDOUT;
		if (r < 0)
			return r;
		if (p.revents & POLLNVAL)
			return -EBADF;
		return 0; /* POLLERR too: write says what is wrong */
	}
}

/* Leaves in *done how much was written when it fails. */
static int write_all(
	int fd, const char *s, size_t n, size_t *done, int64_t deadline)
{
	while (*done < n) {
		int r = wait_writable(fd, deadline);
		ssize_t w;

		if (r < 0)
			return r;
		w = sys_write(fd, s + *done, n - *done);
		if (w == -EINTR)
			continue;
		if (w == -EAGAIN) {
			/* A terminal can say POLLOUT and mean it later. */
			if (sys_now_ms() >= deadline)
				return -ETIMEDOUT;
			sys_sleep_ms(1);
			continue;
		}
		if (w <= 0)
			return w ? (int)w : -EIO;
		*done += (size_t)w;
	}
	return 0;
}

/*
 * The fallback may lie in /tmp under a name that anybody can guess: made new,
 * or a regular file of ours that is appended to; never through a link.
 */
static int open_fallback(const char *path)
{
	const int flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC |
			  O_NOCTTY | O_NONBLOCK;
	struct stat st;
	int fd = sys_open(path, flags | O_CREAT | O_EXCL, 0600);

	if (fd != -EEXIST)
		return fd;
	fd = sys_open(path, flags, 0);
	if (fd < 0)
		return fd;
	if (sys_fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		st.st_uid != sys_geteuid()) {
		sys_close(fd);
		return -EEXIST;
	}
	return fd;
}

static int write_fallback(struct crashd_text *t, size_t done)
{
	int fd, r;

	if (!t->fallback)
		return t->error;
	fd = open_fallback(t->fallback);
	if (fd < 0)
		return t->error;
	r = write_all(fd, t->buf, t->n, &done, sys_now_ms() + FLUSH_MS);
	sys_close(fd);
	return r;
}

static void keep_copy(const struct crashd_text *t)
{
	struct crashd_copy *copy = t->copy;
	size_t n = t->n;

	if (!copy || copy->n > sizeof copy->text)
		return;
	if (n > sizeof copy->text - copy->n)
		n = sizeof copy->text - copy->n;
	__builtin_memcpy(copy->text + copy->n, t->buf, n);
	copy->n += n;
}

int crashd_text_flush(struct crashd_text *t)
{
	int64_t deadline = t->deadline ? t->deadline : sys_now_ms() + FLUSH_MS;
	size_t done = 0;
	int r = 0;

	if (t->fd < 0 && !t->fallback && !t->copy)
		return 0;
	keep_copy(t);
	if (t->fd < 0 && !t->error)
		t->error = -EBADF;
	if (!t->error)
		t->error = write_all(t->fd, t->buf, t->n, &done, deadline);
	if (t->error)
		r = write_fallback(t, done);
	t->n = 0;
	return r;
}

void crashd_text_char(struct crashd_text *t, char c)
{
	if (t->n == sizeof t->buf)
		crashd_text_flush(t);
	if (t->n == sizeof t->buf)
		return; /* kept in the buffer only, and that is full */
	t->buf[t->n++] = c;
}

void crashd_text_str(struct crashd_text *t, const char *s)
{
	if (!s)
		s = "(null)";
	while (*s)
		crashd_text_char(t, *s++);
}

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Length of the printable UTF-8 sequence at s, 0 if it is none. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
	size_t len = s[0] < 0x80   ? 1
		     : s[0] < 0xc2 ? 0
		     : s[0] < 0xe0 ? 2
		     : s[0] < 0xf0 ? 3
		     : s[0] < 0xf5 ? 4
				   : 0;

	if (len == 1)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if (!is_continuation(s[i]))
			return 0;
	if (s[0] == 0xc2 && s[1] < 0xa0)
		return 0; /* C1 controls: 0x9b is a terminal's CSI */
	if (s[0] == 0xe0 && s[1] < 0xa0)
		return 0; /* overlong */
	return len;
}

void crashd_text_name(struct crashd_text *t, const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	while (n && *u) {
		size_t len = utf8_length(u, n);

		if (!len) {
			crashd_text_str(t, "\\x");
			crashd_text_hexw(t, *u, 2);
			len = 1;
		} else {
			for (size_t i = 0; i < len; i++)
				crashd_text_char(t, (char)u[i]);
		}
		u += len;
		n -= len;
	}
}

void crashd_text_udec(struct crashd_text *t, uint64_t value)
{
	char digits[20];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + value % 10);
	while (value /= 10);
	while (n)
		crashd_text_char(t, digits[--n]);
}

void crashd_text_dec(struct crashd_text *t, int64_t value)
{
	if (value < 0) {
		crashd_text_char(t, '-');
		crashd_text_udec(t, -(uint64_t)value);
	} else {
		crashd_text_udec(t, (uint64_t)value);
	}
}

void crashd_text_hexw(struct crashd_text *t, uint64_t value, int width)
{
	int digits = 1;

	while (digits < 16 && value >> (4 * digits))
		digits++;
	if (digits < width)
		digits = width < 16 ? width : 16;
	while (digits--)
		crashd_text_char(
			t, "0123456789abcdef"[(value >> (4 * digits)) & 15]);
}

void crashd_text_hex(struct crashd_text *t, uint64_t value)
{
	crashd_text_str(t, "0x");
	crashd_text_hexw(t, value, 0);
}

void crashd_text_pad(struct crashd_text *t, size_t column)
{
	size_t at = t->n;

	while (at && t->buf[at - 1] != '\n')
		at--;
	while (t->n - at < column && t->n < sizeof t->buf)
		crashd_text_char(t, ' ');
}
