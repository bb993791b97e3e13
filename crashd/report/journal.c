/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one
 * datagram; a field is KEY=value\n, or, with newlines in it, KEY\n, the length
 * as a little-endian 64-bit number, the bytes, \n.  What does not fit into a
 * datagram goes as a sealed memfd.  MESSAGE_ID is systemd's
 * SD_MESSAGE_BACKTRACE, which coredumpctl lists beside the cores it stored
 * itself.
 */
#include "crashd/report/journal.h"
#include "inspect/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static const char socket_path[] = "/run/systemd/journal/socket";

static void field(struct buf *b, const char *key, const char *value)
{
	uint64_t n = strlen(value);

	buf_puts(b, key);
	buf_putc(b, '\n');
	buf_add(b, (const char *)&n, sizeof n);
	buf_add(b, value, n);
	buf_putc(b, '\n');
}

static void number(struct buf *b, const char *key, long long value)
{
	buf_printf(b, "%s=%lld\n", key, value);
}

/* "SIGSEGV"; NULL: a signal without a name. */
static const char *signal_name(const struct target *t)
{
	const char *abbrev = sigabbrev_np(t->record.signo);

	return abbrev ? arena_printf(t->arena, "SIG%s", abbrev) : NULL;
}

/* What a reader sees first; the handler's own lines have not come to us. */
static const char *heading(const struct target *t, const char *comm)
{
	const char *name = signal_name(t);

	if (!t->record.signo)
		return arena_printf(t->arena,
			"Process %d (%s) asked for a traceback.\n", t->pid,
			comm);
	return arena_printf(t->arena, "Process %d (%s) got %s in thread %d.\n",
		t->pid, comm,
		name ? name
		     : arena_printf(t->arena, "signal %d", t->record.signo),
		t->record.tid);
}

static void describe(const struct target *t, struct buf *b, const char *text)
{
	char line[512];
	const char *name = signal_name(t);
	ssize_t n = target_text(t, 0, "comm", line, sizeof line);

	line[strcspn(line, "\n")] = 0;
	field(b, "MESSAGE",
		arena_printf(t->arena, "%s%s", heading(t, line), text));
	if (n > 0)
		field(b, "COREDUMP_COMM", line);
	buf_puts(b, "MESSAGE_ID=1f4e0a44a88649939aaea34fc6da8c95\n"
		    "PRIORITY=2\nSYSLOG_IDENTIFIER=crashd\n");
	number(b, "COREDUMP_PID", t->pid);
	number(b, "COREDUMP_SIGNAL", t->record.signo);
	if (name)
		field(b, "COREDUMP_SIGNAL_NAME", name);
	number(b, "COREDUMP_TIMESTAMP", t->record.time_ms * 1000);
	number(b, "COREDUMP_UID", getuid());
	number(b, "COREDUMP_GID", getgid());

	char link[32];

	snprintf(link, sizeof link, "%d/exe", t->pid);
	n = readlinkat(t->proc, link, line, sizeof line - 1);
	if (n > 0) {
		line[n] = 0;
		field(b, "COREDUMP_EXE", line);
	}
	n = target_text(t, 0, "cmdline", line, sizeof line);
	for (ssize_t i = 0; i + 1 < n; i++)
		if (!line[i])
			line[i] = ' ';
	if (n > 0)
		field(b, "COREDUMP_CMDLINE", line);
}

static int sealed(const struct buf *b)
{
	int fd = memfd_create("crashd-report", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (write(fd, b->s, b->n) == (ssize_t)b->n &&
		!fcntl(fd, F_ADD_SEALS,
			F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
				F_SEAL_SEAL))
		return fd;
	close(fd);
	return -1;
}

static int send_fd(int sock, const struct sockaddr_un *to, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = { 0 };
	struct msghdr msg = {
		.msg_name = (void *)to,
		.msg_namelen = sizeof *to,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return sendmsg(sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno
								    : 0;
}

static int send_buf(int sock, const struct sockaddr_un *to, const struct buf *b)
{
	if (sendto(sock, b->s, b->n, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (const struct sockaddr *)to, sizeof *to) >= 0)
		return 0;
	if (errno != EMSGSIZE && errno != ENOBUFS)
		return -errno;

	int fd = sealed(b);
	int error = fd < 0 ? -errno : send_fd(sock, to, fd);

	if (fd >= 0)
		close(fd);
	return error;
}

enum err journal_send(const struct target *t, const char *text)
{
	struct buf b = { .arena = t->arena };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return err_sys("not sent to the journal");
	strcpy(to.sun_path, socket_path);
	describe(t, &b, text);

	int error = send_buf(sock, &to, &b);

	close(sock);
	if (error == -EAGAIN)
		return err_set(ERR_SYS, "not sent to the journal: journald "
					"does not read what it is sent");
	if (error) {
		errno = -error;
		return err_sys("not sent to the journal: %s", socket_path);
	}
	return OK;
}
