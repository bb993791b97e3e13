/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The registers of a thread, out of what a signal handler gets, or of the
 * caller.  Kept in two shapes: gregs, in the order of the kernel's struct
 * user_regs_struct (what ptrace and a core's PRSTATUS have), and frame
 * registers by DWARF number, which is what unwinding needs.
 */
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#include "crashd/note.h"
#include "crashd/safe/text.h"

#if defined(__x86_64__)
enum {
	CRASHD_REGS = 17, /* DWARF: 0–15 general, 16 return address */
	CRASHD_FP = 6,
	CRASHD_SP = 7,
	CRASHD_PC = 16,
};
#elif defined(__aarch64__)
enum {
	CRASHD_REGS = 33, /* DWARF: 0–30 x, 31 sp, 32 stands for the pc */
	CRASHD_FP = 29,
	CRASHD_SP = 31,
	CRASHD_PC = 32,
};
#endif

/* By DWARF number; known has a bit for each register whose value is known. */
struct crashd_regs {
	uint64_t v[CRASHD_REGS];
	uint64_t known;
};

void crashd_context_gregs(const ucontext_t *uc, uint64_t ret[CRASHD_GREGS]);
void crashd_context_regs(
	const uint64_t gregs[CRASHD_GREGS], struct crashd_regs *ret);
/*
 * The caller's own registers: pc, sp and what a call preserves are right as of
 * the return from this function.
 */
void crashd_context_here(uint64_t ret[CRASHD_GREGS]);
uint64_t crashd_context_pc(const uint64_t gregs[CRASHD_GREGS]);
uint64_t crashd_context_sp(const uint64_t gregs[CRASHD_GREGS]);

/* What the processor said about a fault; all zero when there is none. */
struct crashd_trap {
	uint64_t number, error, address;
};
void crashd_context_trap(const ucontext_t *uc, struct crashd_trap *ret);
/* "read", "write", "execute", or "" when the trap is no page fault. */
const char *crashd_context_access(const struct crashd_trap *);

/* All of them, in lines of three. */
void crashd_context_print(
	struct crashd_text *, const uint64_t gregs[CRASHD_GREGS]);

/*
 * A system call that this handler's signal has ended with EINTR, and that waits
 * without a time limit, will be begun again when the handler returns.  For
 * signals that are not meant for the program.
 */
void crashd_context_repeat(ucontext_t *);
