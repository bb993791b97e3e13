/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Files that are missing here are asked of debuginfod servers when their bytes
 * are needed, and not before: to unwind through them, for their symbols, or
 * because somebody reads memory that lies in them.
 */
#include "inspect/image/image.h"

/*
 * The module's file, unless it is here already or was asked for before.  When
 * it came, the module and the image's memory are changed: true.
 */
bool demand_file(struct image *, struct module *);
/* From now on, reading memory of a missing file asks for it. */
void demand_on_read(struct image *);
