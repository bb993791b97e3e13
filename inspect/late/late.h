/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Libraries that most runs do not use are loaded by the first call into them:
 * "bt" disassembles nothing and reads no journal, and relocating capstone
 * alone is half of the time that an empty run takes.  This folder defines
 * their functions for cinspect; what links statically has the real ones.
 */

/* The function of a library that is loaded if it is not yet; NULL: the library
 * is not there. */
void *late_find(void **handle, const char *library, const char *function);
