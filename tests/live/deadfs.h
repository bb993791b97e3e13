/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A file system whose server is dead: it says hello, and never answers again.
 * A thread that asks it for a file hangs in the kernel, in state D once it has
 * a signal; nothing stops it before the server ends, which it does after a
 * while, so that the process can be buried.  In a mount namespace of its own.
 */
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEADFS_S = 5 };

static void deadfs_serve(int fd)
{
	static char request[1 << 16];
	struct fuse_in_header *in = (void *)request;
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} hello = {
		.head.len = sizeof hello,
		.init = { .major = FUSE_KERNEL_VERSION,
			.minor = FUSE_KERNEL_MINOR_VERSION,
			.max_write = 4096 },
	};

	if (read(fd, request, sizeof request) <= 0 || in->opcode != FUSE_INIT)
		_exit(1);
	hello.head.unique = in->unique;
	if (write(fd, &hello, sizeof hello) < 0)
		_exit(1);
	sleep(DEADFS_S);
	_exit(0);
}

/* Mounts it at path; false: not possible here. */
static bool deadfs_mount(const char *path)
{
	char options[100];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0 || unshare(CLONE_NEWNS) ||
		mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL))
		return false;
	mkdir(path, 0700);
	snprintf(options, sizeof options,
		"fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (mount("dead", path, "fuse", MS_NOSUID | MS_NODEV, options))
		return false;
	if (fork() == 0) {
		close(1);
		close(2);
		deadfs_serve(fd);
	}
	close(fd);
	return true;
}
