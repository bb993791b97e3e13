/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Code that is on every stack, or on every stack of a kind: how a process
 * starts, how it gives up, and the run-time libraries.  It is never to blame,
 * and named differently from machine to machine (the processor chooses
 * __strlen_avx2, a debug package names what is static).
 */
#include <stdbool.h>
#include <stddef.h>

enum { MACHINERY_MODULE_SIZE = 128 };

/*
 * A module's name without folder and version: libc of "/lib/libc.so.6" and of
 * "libc-2.31.so", app of "/srv/app (deleted)".  Cut where ret ends.
 */
void machinery_module_name(
	const char *module, size_t n, char ret[MACHINERY_MODULE_SIZE]);
/* Of a name that machinery_module_name() gave. */
bool machinery_is_module(const char *name);
/* Of an ELF symbol. */
bool machinery_is_function(const char *name);
