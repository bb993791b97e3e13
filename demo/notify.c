/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The protocol is a datagram to the socket that NOTIFY_SOCKET names, a path or,
 * after an @, an abstract name; sd_notify(3) describes it, so that nobody needs
 * a library for it.  A message that does not get through is no reason to stop.
 */
#include "demo/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { NOTIFY_MESSAGE = 512 };

static struct {
	struct sockaddr_un to;
	socklen_t size; /* 0: nobody listens */
	double patience;
} manager;

/* WATCHDOG_USEC is not for our children: WATCHDOG_PID says whose it is. */
static double patience_asked_for(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && atol(pid) != getpid()))
		return 0;
	return strtod(usec, NULL) / 1e6;
}

void notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t size = name ? strlen(name) : 0;

	if (!size || size >= sizeof(manager.to.sun_path) ||
		(name[0] != '/' && name[0] != '@'))
		return;
	manager.to.sun_family = AF_UNIX;
	memcpy(manager.to.sun_path, name, size);
	if (name[0] == '@')
		manager.to.sun_path[0] = '\0';
	manager.size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	manager.patience = patience_asked_for();
}

void notify_send(const char *fmt, ...)
{
	char message[NOTIFY_MESSAGE];
	va_list args;

	if (!manager.size)
		return;
	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, message, strlen(message), MSG_NOSIGNAL,
		    (struct sockaddr *)&manager.to, manager.size) < 0)
		perror("coworkingapp: telling the service manager");
	close(fd);
}

double notify_patience(void)
{
	return manager.patience;
}
