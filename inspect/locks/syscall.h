/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Names of system calls. */
#include <stdbool.h>
#include <stdint.h>

/* "read"; NULL: not in the table. */
const char *syscall_name(uint64_t number);
/* Is the first argument a file descriptor? */
bool syscall_takes_fd(uint64_t number);
