/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Where a thread's copy of a thread-local variable is, without libthread_db
 * and without debug info of libc. */
#include "inspect/dwarf/frame.h"
#include "inspect/image/image.h"
#include "inspect/model/loc.h"

/* The place of byte offset of the module's TLS block, for the thread that the
 * frame belongs to; LOC_NONE with the reason.  A place with a why is not the
 * thread's own: the initial values, which it would start from. */
struct loc tls_place(struct image *, struct module *, const struct frame *,
	uint64_t offset, struct arena *);
