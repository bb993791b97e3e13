/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Names of system calls. */
#include <stdbool.h>
#include <stdint.h>

/* "read"; NULL: not in the table. */
const char *syscall_name(uint64_t number);
/* Is the first argument a file descriptor? */
bool syscall_takes_fd(uint64_t number);
/*
 * A call with a time limit that was interrupted goes on as restart_syscall,
 * with its old arguments.  Which one it was, the innermost function (may be
 * NULL) tells; else the number stays.
 */
uint64_t syscall_restarted(uint64_t number, const char *function);
