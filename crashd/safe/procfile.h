/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Files below /proc/PID and /proc/PID/task/TID, and the numbers in them.
 * proc is a descriptor of /proc everywhere; -1: by its name.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* tid 0: /proc/PID/name.  A descriptor or -errno. */
int crashd_procfile_open(
	int proc, pid_t pid, pid_t tid, const char *name, int flags);
/* At most size - 1 bytes, ended with NUL; how many, or -errno. */
long crashd_procfile_read(int proc, pid_t pid, pid_t tid, const char *name,
	char *buf, size_t size);

/* The number at the start of the text; what it is not ends it. */
uint64_t crashd_procfile_parse(const char *text, unsigned base);
/* After "Key:" and blanks in the text of a status file; NULL: no such line. */
const char *crashd_procfile_value(const char *text, const char *key);
uint64_t crashd_procfile_number(
	const char *text, const char *key, unsigned base);

/* The threads of a process, in order of birth, as the kernel lists them. */
enum { PROCFILE_TASKS = 2048 };
struct procfile_tasks {
	int fd;
	ssize_t n, at; /* of buf: filled, looked at */
	_Alignas(8) char buf[PROCFILE_TASKS];
};

/* 0 or -errno. */
int crashd_procfile_tasks(struct procfile_tasks *, int proc, pid_t pid);
/* 0 at the end, then from the beginning again; -errno. */
pid_t crashd_procfile_next_task(struct procfile_tasks *);
void crashd_procfile_end_tasks(struct procfile_tasks *);
