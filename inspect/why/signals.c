/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The codes are the kernel's (include/uapi/asm-generic/siginfo.h). */
#include "inspect/why/signals.h"

#include <signal.h>
#include <string.h>

enum {
	FIRST_RT = 32,
	LAST_RT = 64,
	LIBC_RT = 34, /* glibc keeps 32 and 33 for itself */
};

const char *signals_name(int sig, struct arena *arena)
{
	const char *name = sigabbrev_np(sig);

	if (name)
		return arena_printf(arena, "SIG%s", name);
	if (sig >= LIBC_RT && sig <= LAST_RT)
		return arena_printf(arena, "SIGRTMIN+%d", sig - LIBC_RT);
	return arena_printf(arena, "signal %d", sig);
}

const char *signals_words(int sig)
{
	const char *words = sigdescr_np(sig);

	return words                               ? words
	       : sig >= FIRST_RT && sig <= LAST_RT ? "Real-time signal"
						   : "Unknown signal";
}

struct code {
	int sig, code;
	const char *words;
};

static const struct code codes[] = {
	{ SIGSEGV, SEGV_MAPERR, "address not mapped" },
	{ SIGSEGV, SEGV_ACCERR, "access not permitted by the mapping" },
	{ SIGSEGV, SEGV_BNDERR, "bounds check failed" },
	{ SIGSEGV, SEGV_PKUERR, "access denied by a protection key" },
	{ SIGSEGV, 10, "control protection fault" }, /* SEGV_CPERR */
	{ SIGBUS, BUS_ADRALN, "misaligned address" },
	{ SIGBUS, BUS_ADRERR,
		"no memory behind the address (beyond the end of the mapped "
		"file)" },
	{ SIGBUS, BUS_OBJERR, "hardware error of the object" },
	{ SIGBUS, BUS_MCEERR_AR, "hardware memory error, consumed" },
	{ SIGBUS, BUS_MCEERR_AO, "hardware memory error, not consumed" },
	{ SIGFPE, FPE_INTDIV, "integer division by zero" },
	{ SIGFPE, FPE_INTOVF, "integer overflow" },
	{ SIGFPE, FPE_FLTDIV, "floating-point division by zero" },
	{ SIGFPE, FPE_FLTOVF, "floating-point overflow" },
	{ SIGFPE, FPE_FLTUND, "floating-point underflow" },
	{ SIGFPE, FPE_FLTRES, "floating-point inexact result" },
	{ SIGFPE, FPE_FLTINV, "invalid floating-point operation" },
	{ SIGFPE, FPE_FLTSUB, "subscript out of range" },
	{ SIGILL, ILL_ILLOPC, "illegal opcode" },
	{ SIGILL, ILL_ILLOPN, "illegal operand" },
	{ SIGILL, ILL_ILLADR, "illegal addressing mode" },
	{ SIGILL, ILL_ILLTRP, "illegal trap" },
	{ SIGILL, ILL_PRVOPC, "privileged opcode" },
	{ SIGILL, ILL_PRVREG, "privileged register" },
	{ SIGILL, ILL_COPROC, "coprocessor error" },
	{ SIGILL, ILL_BADSTK, "internal stack error" },
	{ SIGTRAP, TRAP_BRKPT, "breakpoint instruction" },
	{ SIGTRAP, TRAP_TRACE, "single step" },
	{ SIGSYS, 1, "system call forbidden by seccomp" }, /* SYS_SECCOMP */
};

const char *signals_code_words(int sig, int code)
{
	switch (code) {
	case SI_USER:
		return "sent by kill()";
	case SI_TKILL:
		return "sent by tgkill(), as raise() and abort() do";
	case SI_QUEUE:
		return "sent by sigqueue()";
	case SI_TIMER:
		return "sent by a timer";
	case SI_MESGQ:
		return "sent by a message queue";
	case SI_ASYNCIO:
		return "sent by asynchronous I/O";
	case SI_KERNEL:
		return sig == SIGSEGV || sig == SIGBUS
			       ? "sent by the kernel; the processor gave no "
				 "address"
			       : "sent by the kernel";
	default:
		break;
	}
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].sig == sig && codes[i].code == code)
			return codes[i].words;
	return NULL;
}

bool signals_has_address(int sig, int code)
{
	if (code <= 0 || code == SI_KERNEL)
		return false;
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE ||
	       sig == SIGILL || sig == SIGTRAP;
}
