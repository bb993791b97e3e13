/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Paths and arguments, put together without libc: each function writes at
 * `at`, never beyond `end`, which is where the NUL may be at the latest, and
 * returns where the NUL is.
 */
#include <stdint.h>

char *crashd_word_put(char *at, char *end, const char *s);
char *crashd_word_number(char *at, char *end, uint64_t value, unsigned base);
