/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Call frame information of .eh_frame, found by its search table. */
#include "inspect/base/arena.h"

struct Elf;
struct Dwarf_CFI_s;

/* A view of the file that libdw sees without section headers. */
struct ehcfi;

/*
 * NULL: the file has none.  fd is the file's descriptor, or -1.  *ret_view is
 * NULL or must outlive the CFI, and be closed after it.
 */
struct Dwarf_CFI_s *ehcfi_open(
	struct Elf *, int fd, struct arena *, struct ehcfi **ret_view);
void ehcfi_close(struct ehcfi *);
