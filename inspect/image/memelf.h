/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * ELF handles made of inferior memory, for modules that have no file: the
 * vdso, files that were deleted or replaced.
 */
#include "inspect/image/image.h"

/* Gives one to every module that has no file and is whole enough. */
void memelf_make_all(struct image *);
