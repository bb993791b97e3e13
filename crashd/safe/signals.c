/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables from signal(7) and sigaction(2).  strsignal() translates and
 * allocates; these do not.
 */
#include "crashd/safe/signals.h"

#include <errno.h>
#include <stdbool.h>

struct name {
	const char *name, *words;
};

static const struct name names[] = {
	[SIGHUP] = { "SIGHUP", "hangup" },
	[SIGINT] = { "SIGINT", "interrupt" },
	[SIGQUIT] = { "SIGQUIT", "quit" },
	[SIGILL] = { "SIGILL", "illegal instruction" },
	[SIGTRAP] = { "SIGTRAP", "trace or breakpoint trap" },
	[SIGABRT] = { "SIGABRT", "aborted" },
	[SIGBUS] = { "SIGBUS", "bus error" },
	[SIGFPE] = { "SIGFPE", "arithmetic exception" },
	[SIGKILL] = { "SIGKILL", "killed" },
	[SIGUSR1] = { "SIGUSR1", "user signal 1" },
	[SIGSEGV] = { "SIGSEGV", "segmentation fault" },
	[SIGUSR2] = { "SIGUSR2", "user signal 2" },
	[SIGPIPE] = { "SIGPIPE", "broken pipe" },
	[SIGALRM] = { "SIGALRM", "alarm clock" },
	[SIGTERM] = { "SIGTERM", "terminated" },
	[SIGSTKFLT] = { "SIGSTKFLT", "stack fault" },
	[SIGCHLD] = { "SIGCHLD", "child changed" },
	[SIGCONT] = { "SIGCONT", "continue" },
	[SIGSTOP] = { "SIGSTOP", "stop" },
	[SIGTSTP] = { "SIGTSTP", "stop from the terminal" },
	[SIGTTIN] = { "SIGTTIN", "terminal input" },
	[SIGTTOU] = { "SIGTTOU", "terminal output" },
	[SIGURG] = { "SIGURG", "urgent data" },
	[SIGXCPU] = { "SIGXCPU", "CPU time limit exceeded" },
	[SIGXFSZ] = { "SIGXFSZ", "file size limit exceeded" },
	[SIGVTALRM] = { "SIGVTALRM", "virtual timer" },
	[SIGPROF] = { "SIGPROF", "profiling timer" },
	[SIGWINCH] = { "SIGWINCH", "window changed" },
	[SIGIO] = { "SIGIO", "input or output possible" },
	[SIGPWR] = { "SIGPWR", "power failure" },
	[SIGSYS] = { "SIGSYS", "bad system call" },
};

struct code {
	int sig, code;
	const char *words;
};

static const struct code codes[] = {
	{ SIGILL, ILL_ILLOPC, "illegal opcode (ILL_ILLOPC)" },
	{ SIGILL, ILL_ILLOPN, "illegal operand (ILL_ILLOPN)" },
	{ SIGILL, ILL_ILLADR, "illegal addressing mode (ILL_ILLADR)" },
	{ SIGILL, ILL_ILLTRP, "illegal trap (ILL_ILLTRP)" },
	{ SIGILL, ILL_PRVOPC, "privileged opcode (ILL_PRVOPC)" },
	{ SIGILL, ILL_PRVREG, "privileged register (ILL_PRVREG)" },
	{ SIGILL, ILL_COPROC, "coprocessor error (ILL_COPROC)" },
	{ SIGILL, ILL_BADSTK, "internal stack error (ILL_BADSTK)" },
	{ SIGFPE, FPE_INTDIV, "integer division by zero (FPE_INTDIV)" },
	{ SIGFPE, FPE_INTOVF, "integer overflow (FPE_INTOVF)" },
	{ SIGFPE, FPE_FLTDIV, "floating-point division by zero (FPE_FLTDIV)" },
	{ SIGFPE, FPE_FLTOVF, "floating-point overflow (FPE_FLTOVF)" },
	{ SIGFPE, FPE_FLTUND, "floating-point underflow (FPE_FLTUND)" },
	{ SIGFPE, FPE_FLTRES, "floating-point inexact result (FPE_FLTRES)" },
	{ SIGFPE, FPE_FLTINV, "invalid floating-point operation (FPE_FLTINV)" },
	{ SIGFPE, FPE_FLTSUB, "subscript out of range (FPE_FLTSUB)" },
	{ SIGSEGV, SEGV_MAPERR, "address not mapped (SEGV_MAPERR)" },
	{ SIGSEGV, SEGV_ACCERR, "no permission for the page (SEGV_ACCERR)" },
	{ SIGSEGV, 3, "bound check failed (SEGV_BNDERR)" },
	{ SIGSEGV, 4, "protection key denies access (SEGV_PKUERR)" },
	{ SIGSEGV, 10, "control protection fault (SEGV_CPERR)" },
	{ SIGBUS, BUS_ADRALN, "misaligned address (BUS_ADRALN)" },
	{ SIGBUS, BUS_ADRERR,
		"no memory behind the address, as past the end of a mapped "
		"file (BUS_ADRERR)" },
	{ SIGBUS, BUS_OBJERR, "hardware error (BUS_OBJERR)" },
	{ SIGBUS, 4, "memory error, action required (BUS_MCEERR_AR)" },
	{ SIGBUS, 5, "memory error, action optional (BUS_MCEERR_AO)" },
	{ SIGTRAP, TRAP_BRKPT, "breakpoint (TRAP_BRKPT)" },
	{ SIGTRAP, TRAP_TRACE, "trace trap (TRAP_TRACE)" },
	{ SIGTRAP, 4, "hardware breakpoint (TRAP_HWBKPT)" },
	{ SIGTRAP, 6, "perf event (TRAP_PERF)" },
	{ SIGSYS, 1, "forbidden by a seccomp filter (SYS_SECCOMP)" },
};

/* The kernel's own, without a siginfo union member to go with it. */
static const char *kernel_words(int sig)
{
	switch (sig) {
	case SIGSEGV:
		return "general protection: a non-canonical or misaligned "
		       "address, or a forbidden instruction; no address known "
		       "(SI_KERNEL)";
	case SIGTRAP:
		return "breakpoint instruction (SI_KERNEL)";
	case SIGBUS:
		return "stack fault: a non-canonical address by the stack or "
		       "frame pointer; no address known (SI_KERNEL)";
	default:
		return "by the kernel (SI_KERNEL)";
	}
}

const char *crashd_signal_name(int sig)
{
	if (sig <= 0 || (size_t)sig >= sizeof names / sizeof names[0])
		return NULL;
	return names[sig].name;
}

const char *crashd_signal_words(int sig)
{
	return crashd_signal_name(sig) ? names[sig].words : "";
}

static bool same(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!b[i] || (a[i] & ~0x20) != (b[i] & ~0x20))
			return false;
	return b[n] == 0;
}

/* Digits only, at least one; -1 when it is something else. */
static int number(const char *s, size_t n)
{
	int v = 0;

	if (!n || n > 3)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

/* glibc keeps 32 and 33 for itself: its SIGRTMIN is 34 (nptl). */
static int realtime(const char *s, size_t n)
{
	enum { RTMIN = 34, RTMAX = 64 };
	int v;

	if (n == 5 && same(s, "RTMIN", 5))
		return RTMIN;
	if (n == 5 && same(s, "RTMAX", 5))
		return RTMAX;
	if (n < 7 || (v = number(s + 6, n - 6)) < 0)
		return 0;
	if (same(s, "RTMIN", 5) && s[5] == '+' && RTMIN + v <= RTMAX)
		return RTMIN + v;
	if (same(s, "RTMAX", 5) && s[5] == '-' && RTMAX - v >= RTMIN)
		return RTMAX - v;
	return 0;
}

int crashd_signal_number(const char *s, size_t n)
{
	int v = number(s, n);

	if (v >= 0)
		return v > 0 && v < CRASHD_NSIG ? v : 0;
	if (n > 3 && same(s, "SIG", 3)) {
		s += 3;
		n -= 3;
	}
	for (size_t i = 1; i < sizeof names / sizeof names[0]; i++)
		if (names[i].name && same(s, names[i].name + 3, n))
			return (int)i;
	return realtime(s, n);
}

int crashd_signal_is_fault(const siginfo_t *info)
{
	if (info->si_code <= 0)
		return 0;
	switch (info->si_signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
	case SIGSYS:
		return 1;
	}
	return 0;
}

const char *crashd_signal_code(const siginfo_t *info)
{
	switch (info->si_code) {
	case SI_USER:
		return "sent with kill (SI_USER)";
	case SI_TKILL:
		return "sent with tgkill (SI_TKILL)";
	case SI_QUEUE:
		return "sent with sigqueue (SI_QUEUE)";
	case SI_TIMER:
		return "from a timer (SI_TIMER)";
	case SI_MESGQ:
		return "from a message queue (SI_MESGQ)";
	case SI_ASYNCIO:
		return "from asynchronous I/O (SI_ASYNCIO)";
	case 0x80: /* SI_KERNEL */
		return kernel_words(info->si_signo);
	}
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].sig == info->si_signo &&
			codes[i].code == info->si_code)
			return codes[i].words;
	return NULL;
}

const char *crashd_error_words(int error)
{
	switch (-error) {
	case ENOENT:
		return "no such file or folder";
	case EACCES:
		return "permission denied";
	case EPERM:
		return "not permitted";
	case EROFS:
		return "read-only file system";
	case ENOSPC:
		return "no space left on the device";
	case EDQUOT:
		return "disk quota exceeded";
	case EFBIG:
		return "file too large (RLIMIT_FSIZE)";
	case ENOMEM:
		return "out of memory";
	case EMFILE:
		return "too many open files";
	case ENOTDIR:
		return "not a folder";
	case ENAMETOOLONG:
		return "name too long";
	case EIO:
		return "input/output error";
	default:
		return "a system error";
	}
}
