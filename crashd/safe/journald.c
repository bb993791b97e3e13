/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd.io/JOURNAL_NATIVE_PROTOCOL: a datagram to a socket, and what does not
 * fit into one (the socket's send buffer is the limit, some 200 KiB) as the
 * descriptor of a sealed memfd.  sendmsg does not wait, so a journald that is
 * stopped holds up nobody.
 */
#include "crashd/safe/journald.h"

#include "crashd/safe/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/socket.h>
#include <sys/un.h>

static const struct sockaddr_un socket_address = {
	.sun_family = AF_UNIX,
	.sun_path = "/run/systemd/journal/socket",
};

static int write_whole(int fd, const struct iovec *part)
{
	const char *at = part->iov_base;

	for (size_t left = part->iov_len; left;) {
		ssize_t n = sys_write(fd, at, left);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n ? (int)n : -EIO;
		at += n;
		left -= (size_t)n;
	}
	return 0;
}

/* journald takes no file that its sender could still change. */
static int make_sealed(const struct iovec *part, size_t n)
{
	int fd = sys_memfd_create(
		"crashd-report", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error = fd < 0 ? fd : 0;

	for (size_t i = 0; !error && i < n; i++)
		error = write_whole(fd, &part[i]);
	if (!error)
		error = sys_fcntl(fd, F_ADD_SEALS,
			F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
				F_SEAL_SEAL);
	if (error && fd >= 0)
		sys_close(fd);
	return error ? error : fd;
}

static ssize_t send_fd(int sock, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = { 0 };
	struct msghdr message = {
		.msg_name = (void *)&socket_address,
		.msg_namelen = sizeof socket_address,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	__builtin_memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return sys_sendmsg(sock, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int send_sealed(int sock, const struct iovec *part, size_t n)
{
	int fd = make_sealed(part, n);
	ssize_t sent;

	if (fd < 0)
		return fd;
	sent = send_fd(sock, fd);
	sys_close(fd);
	return sent < 0 ? (int)sent : 0;
}

int crashd_journald_send(const struct iovec *part, size_t n)
{
	struct msghdr message = {
		.msg_name = (void *)&socket_address,
		.msg_namelen = sizeof socket_address,
		.msg_iov = (struct iovec *)part,
		.msg_iovlen = n,
	};
	int sock = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t sent;
	int error;

	if (sock < 0)
		return sock;
	sent = sys_sendmsg(sock, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	error = sent == -EMSGSIZE || sent == -ENOBUFS
			? send_sealed(sock, part, n)
		: sent < 0 ? (int)sent
			   : 0;
	sys_close(sock);
	return error;
}
