/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Reading memory of this address space that may not be there. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many of the n bytes at addr could be read: n, less, or 0. */
size_t crashd_peek(uint64_t addr, void *buf, size_t n);
bool crashd_peek_u64(uint64_t addr, uint64_t *ret);
/* A NUL-terminated string, cut at size - 1; false when not even one byte. */
bool crashd_peek_str(uint64_t addr, char *buf, size_t size);
/* From now on without system calls that a seccomp filter may not expect. */
void crashd_peek_carefully(void);
