/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The link /proc/PID/fd/N names files, pipes and terminals.  Of a socket it has
 * a number only, so the socket itself is asked: pidfd_getfd(2) gives us a
 * descriptor of it, whatever its network namespace, and without reading tables
 * of all the connections of the machine.  Under a seccomp filter, which we
 * have inherited and which may kill for an unusual call, the number must do.
 */
#include "crashd/report/descriptor.h"

#include "inspect/base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_storage room;
};

static bool filtered(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0;
}

static int borrow(const struct target *t, int fd)
{
	_cleanup_(close) int pidfd = -1;

	if (filtered())
		return -1;
	pidfd = (int)syscall(SYS_pidfd_open, t->pid, 0);
	return pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

static void put_unix(
	struct buf *b, const struct sockaddr_un *un, socklen_t size)
{
	size_t at = offsetof(struct sockaddr_un, sun_path);
	size_t n = size > at ? size - at : 0;

	if (!n)
		buf_puts(b, "unnamed");
	else if (un->sun_path[0])
		buf_printf(
			b, "%.*s", (int)strnlen(un->sun_path, n), un->sun_path);
	else /* abstract (unix(7)) */
		buf_printf(b, "@%.*s", (int)strnlen(un->sun_path + 1, n - 1),
			un->sun_path + 1);
}

static void put_address(struct buf *b, const union address *a, socklen_t size)
{
	char text[INET6_ADDRSTRLEN];

	switch (a->any.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &a->in.sin_addr, text, sizeof(text));
		buf_printf(b, "%s:%u", text, ntohs(a->in.sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &a->in6.sin6_addr, text, sizeof(text));
		buf_printf(b, "[%s]:%u", text, ntohs(a->in6.sin6_port));
		break;
	case AF_UNIX:
		put_unix(b, &a->un, size);
		break;
	default:
		buf_printf(b, "of family %d", a->any.sa_family);
	}
}

static int option(int fd, int name)
{
	int value = 0;
	socklen_t size = sizeof(value);

	getsockopt(fd, SOL_SOCKET, name, &value, &size);
	return value;
}

/* Whoever has the other end; 0: not known, or not in our PID namespace. */
static pid_t peer_of(int fd)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) ? 0
								     : peer.pid;
}

static const char *socket_text(int fd, struct arena *arena)
{
	union address own, peer;
	socklen_t own_size = sizeof(own), peer_size = sizeof(peer);
	struct buf b = { .arena = arena };

	if (getsockname(fd, &own.any, &own_size))
		return NULL;
	buf_puts(&b, "socket ");
	if (own.any.sa_family == AF_UNIX)
		buf_puts(&b, "unix ");
	else if (option(fd, SO_TYPE) == SOCK_DGRAM)
		buf_puts(&b, "UDP ");
	put_address(&b, &own, own_size);
	if (option(fd, SO_ACCEPTCONN)) {
		buf_puts(&b, ", listening");
	} else if (!getpeername(fd, &peer.any, &peer_size)) {
		buf_puts(&b, " -> ");
		put_address(&b, &peer, peer_size);
		if (own.any.sa_family == AF_UNIX && peer_of(fd))
			buf_printf(&b, ", process %d", peer_of(fd));
	} else if (option(fd, SO_TYPE) == SOCK_STREAM) {
		buf_puts(&b, ", not connected");
	}
	return buf_str(&b);
}

const char *descriptor_text(const struct target *t, int fd, struct arena *arena)
{
	_cleanup_(close) int copy = -1;
	char path[64], to[4096];
	const char *what = to;

	snprintf(path, sizeof path, "%d/fd/%d", t->alive, fd);

	ssize_t n = readlinkat(t->proc, path, to, sizeof to - 1);

	if (n <= 0)
		return arena_printf(arena, "fd %d%s", fd,
			errno == ENOENT ? " (not open)" : "");
	to[n] = 0;
	for (char *at = to; (at = strchr(at, '\n'));)
		*at = '?'; /* it would end a line of the report */
	if (!strncmp(to, "socket:", 7) && (copy = borrow(t, fd)) >= 0) {
		what = socket_text(copy, arena);
		what = what ? what : to;
	}
	if (!strncmp(what, "anon_inode:", 11))
		what += 11;
	return arena_printf(arena, "fd %d (%s)", fd, what);
}

size_t descriptor_watched(const struct target *t, int fd, int *ret, size_t max)
{
	static const char key[] = "\ntfd:";
	char name[64], text[16384], *at = text;
	size_t n = 0;

	snprintf(name, sizeof name, "fdinfo/%d", fd);
	if (target_text(t, 0, name, text, sizeof text) <= 0)
		return 0;
	while ((at = strstr(at, key))) {
		at += sizeof(key) - 1;
		if (n < max)
			ret[n] = atoi(at);
		n++;
	}
	return n;
}
