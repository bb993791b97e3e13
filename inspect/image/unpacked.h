/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Debug info that is packed inside its ELF file (SHF_COMPRESSED, as Debian's
 * debug packages have it), unpacked once and kept for the next time.
 */
#include "inspect/base/bytes.h"
#include "inspect/image/elffile.h"

struct Dwarf;
struct Elf_Scn;

/*
 * libdw's handle on the file's debug info: of the unpacked copy in the folder
 * cache, which is made when it is not there, or of the file itself (cache is
 * NULL, nothing is packed, the copy cannot be kept).  NULL: dwarf_errmsg().
 * End it before elf_file_close().
 */
struct Dwarf *unpacked_dwarf(
	struct elf_file *, const char *cache, struct arena *);

/* What the section holds, unpacked into the arena; false: it cannot be. */
bool unpacked_section(
	struct Elf_Scn *, const char *name, struct arena *, struct bytes *ret);
