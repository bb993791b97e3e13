/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One datagram to the socket that NOTIFY_SOCKET names: a path, or, after an @,
 * a name in the abstract namespace (sd_notify(3), unix(7)).  It comes from the
 * process itself, as crashd-report's would not be listened to: a manager takes
 * them from the main process of the service (NotifyAccess=main).  A socket of
 * AF_VSOCK ("vsock:…") is for virtual machines, and left alone.
 */
#include "crashd/safe/notify.h"

#include "crashd/safe/handler.h"
#include "crashd/safe/sys.h"

#include <sys/socket.h>
#include <sys/un.h>

/* An abstract name's length is what tells its end; 0: no name of ours. */
static socklen_t address(const char *name, struct sockaddr_un *ret)
{
	size_t n = 0;

	if (name[0] != '/' && name[0] != '@')
		return 0;
	while (name[n] && n < sizeof ret->sun_path)
		n++;
	ret->sun_family = AF_UNIX;
	__builtin_memcpy(ret->sun_path, name, n);
	if (name[0] == '@')
		ret->sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

int crashd_notify(const char *message, size_t n)
{
	struct sockaddr_un to = { .sun_family = AF_UNSPEC };
	struct iovec part = { (void *)message, n };
	struct msghdr datagram = {
		.msg_name = &to,
		.msg_namelen = address(crashd_config.notify, &to),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	ssize_t sent;
	int sock;

	if (!datagram.msg_namelen)
		return -EAFNOSUPPORT;
	sock = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return sock;
	sent = sys_sendmsg(sock, &datagram, MSG_DONTWAIT | MSG_NOSIGNAL);
	sys_close(sock);
	return sent < 0 ? (int)sent : 0;
}
