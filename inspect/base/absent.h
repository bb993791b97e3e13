/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Why a byte, a register or a value is not known.  The reasons are never
 * taken one for another, and never shown as zeros.
 */
enum absent {
	PRESENT,
	ABSENT_OPTIMIZED_OUT, /* the compiler kept no place for it here */
	ABSENT_NOT_SAVED,     /* a register that a callee was free to clobber */
	ABSENT_NOT_IN_CORE, /* mapped, but left out: filter or MADV_DONTDUMP */
	ABSENT_TRUNCATED,   /* the core file ends before it */
	ABSENT_NO_FILE,     /* file-backed, and the right file is not here */
	ABSENT_UNMAPPED,    /* the process had nothing at that address */
};

/* The word of the JSON contract: "optimized-out"; NULL for PRESENT. */
const char *absent_name(enum absent);
/* What stands in place of a value: "<optimized out>", "<not saved>", ... */
const char *absent_text(enum absent);
