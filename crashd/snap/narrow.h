/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The core of a 32-bit program, as the kernel's is (fs/compat_binfmt_elf.c): an
 * ELF32 file of i386, where registers, notes and headers have words of 32 bits.
 *
 * crashd/safe/elfcore.h gathers threads and mappings as of any process; these
 * make the notes narrower where they lie, and write the headers in its place:
 *
 *	crashd_elfcore_maps, crashd_elfcore_notes     as for 64 bits
 *	narrow_notes(&core)                           the kernel's, before ours
 *	narrow_layout, narrow_headers, narrow_trailer
 */
#include "crashd/safe/elfcore.h"
#include "crashd/safe/regsets.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* user_regs_struct32 of the kernel (asm/user32.h): what ptrace gives. */
struct narrow_regs {
	uint32_t ebx, ecx, edx, esi, edi, ebp, eax, ds, es, fs, gs, orig_eax,
		eip, cs, eflags, esp, ss;
};

enum {
	NARROW_CS = 0x23,
	NARROW_SS = 0x2b,
};

/* Is it a 32-bit program that has this auxiliary vector (/proc/PID/auxv)? */
bool narrow_program(const void *auxv, size_t size);

/*
 * Ptrace shows the registers of the code that a thread is in, a core has those
 * of the program.  Makes the one of the other where either is of 32 bits, as
 * the kernel does: pr_reg, which ptrace has filled in, and the register sets.
 * 0 or -errno.
 */
int narrow_registers(pid_t tid, bool program32, bool code32,
	struct core_thread *ret, char buf[REGSETS_SIZE]);

/*
 * After crashd_elfcore_notes, of threads with registers of i386, and before
 * notes of our own.
 */
void narrow_notes(struct elfcore *);
/*
 * Sets -EOVERFLOW where a segment begins beyond 4 GiB of the file.  There are
 * no late notes: a 32-bit program has no child (choose.c).
 */
void narrow_layout(struct elfcore *);
/* fd can be sought. */
void narrow_headers(struct elfcore *, int fd);
void narrow_trailer(struct elfcore *);
