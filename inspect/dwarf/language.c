/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DW_LANG_* in words (DWARF 5, 7.12, and what was added to the list since). */
#include "inspect/dwarf/language.h"

#include <dwarf.h>
#include <stddef.h>

enum {
	LANG_C_plus_plus_17 = 0x2a,
	LANG_C_plus_plus_20 = 0x2b,
	LANG_C17 = 0x2c,
};

static bool is_cplusplus(int language)
{
	switch (language) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case LANG_C_plus_plus_17:
	case LANG_C_plus_plus_20:
		return true;
	default:
		return false;
	}
}

const char *language_name(int language)
{
	switch (language) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case LANG_C17:
		return "c";
	case DW_LANG_Rust:
		return "rust";
	case DW_LANG_Go:
		return "go";
	case DW_LANG_Mips_Assembler:
		return "asm";
	default:
		return is_cplusplus(language) ? "c++" : NULL;
	}
}

bool language_nests(int language)
{
	return is_cplusplus(language) || language == DW_LANG_ObjC_plus_plus ||
	       language == DW_LANG_Rust || language == DW_LANG_D;
}
