/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86-64.  Orders: ucontext's gregs (glibc sys/ucontext.h = kernel's
 * sigcontext), struct user_regs_struct (sys/user.h), and DWARF numbers
 * (psABI x86-64, figure 3.36) are three different ones; the tables below map
 * the first two onto each other and onto the third.
 */
#include "crashd/safe/context.h"

#include <stdbool.h>

#include "crashd/safe/handler.h"
#include "crashd/safe/peek.h"
#include "crashd/safe/sys.h"

#if !defined(__x86_64__)
#error "crashd/safe/context.c: this processor is not supported yet"
#endif

/* Positions in struct user_regs_struct. */
enum {
	R15,
	R14,
	R13,
	R12,
	RBP,
	RBX,
	R11,
	R10,
	R9,
	R8,
	RAX,
	RCX,
	RDX,
	RSI,
	RDI,
	ORIG_RAX,
	RIP,
	CS,
	EFLAGS,
	RSP,
	SS,
	FS_BASE,
	GS_BASE,
	DS,
	ES,
	FS,
	GS,
};

static const char names[CRASHD_GREGS][8] = { "r15", "r14", "r13", "r12", "rbp",
	"rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi",
	"orig", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds",
	"es", "fs", "gs" };

/* DWARF number -> position. */
static const uint8_t by_dwarf[CRASHD_REGS] = { RAX, RDX, RCX, RBX, RSI, RDI,
	RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, RIP };

static const uint8_t printed[] = { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8,
	R9, R10, R11, R12, R13, R14, R15, RIP, EFLAGS, CS, SS, FS_BASE };

/* By the instructions where the kernel allows them: no system call. */
static void read_bases(uint64_t *fs, uint64_t *gs)
{
	*fs = *gs = 0;
	if (crashd_config.fsgsbase)
		__asm__("rdfsbase %0\n\t"
			"rdgsbase %1"
			: "=r"(*fs), "=r"(*gs));
	else
		sys_2(SYS_arch_prctl, 0x1003 /* ARCH_GET_FS */, fs);
}

void crashd_context_gregs(const ucontext_t *uc, uint64_t ret[CRASHD_GREGS])
{
	static const uint8_t from[CRASHD_GREGS] = { REG_R15, REG_R14, REG_R13,
		REG_R12, REG_RBP, REG_RBX, REG_R11, REG_R10, REG_R9, REG_R8,
		REG_RAX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, 0, REG_RIP, 0,
		REG_EFL, REG_RSP };
	const greg_t *g = uc->uc_mcontext.gregs;
	uint64_t selectors = (uint64_t)g[REG_CSGSFS];

	for (int i = 0; i <= RSP; i++)
		ret[i] = (uint64_t)g[from[i]];
	ret[ORIG_RAX] = (uint64_t)-1; /* no system call to restart */
	ret[CS] = selectors & 0xffff;
	ret[SS] = selectors >> 48; /* kernel: sigcontext.ss */
	read_bases(&ret[FS_BASE], &ret[GS_BASE]);
	ret[DS] = ret[ES] = ret[FS] = ret[GS] = 0;
}

void crashd_context_regs(
	const uint64_t gregs[CRASHD_GREGS], struct crashd_regs *ret)
{
	for (int i = 0; i < CRASHD_REGS; i++)
		ret->v[i] = gregs[by_dwarf[i]];
	ret->known = (1ULL << CRASHD_REGS) - 1;
}

/* Position n of the array at rdi is 8 n bytes from it. */
__asm__(".text\n"
	".globl crashd_context_here\n"
	".hidden crashd_context_here\n"
	".type crashd_context_here, @function\n"
	"crashd_context_here:\n"
	".cfi_startproc\n"
	"	movq %r15, 0(%rdi)\n"
	"	movq %r14, 8(%rdi)\n"
	"	movq %r13, 16(%rdi)\n"
	"	movq %r12, 24(%rdi)\n"
	"	movq %rbp, 32(%rdi)\n"
	"	movq %rbx, 40(%rdi)\n"
	"	movq %r11, 48(%rdi)\n"
	"	movq %r10, 56(%rdi)\n"
	"	movq %r9, 64(%rdi)\n"
	"	movq %r8, 72(%rdi)\n"
	"	movq %rax, 80(%rdi)\n"
	"	movq %rcx, 88(%rdi)\n"
	"	movq %rdx, 96(%rdi)\n"
	"	movq %rsi, 104(%rdi)\n"
	"	movq %rdi, 112(%rdi)\n"
	"	movq $-1, 120(%rdi)\n"
	"	movq (%rsp), %rax\n"
	"	movq %rax, 128(%rdi)\n"
	"	movq $0x33, 136(%rdi)\n"
	"	movq $0x202, 144(%rdi)\n"
	"	leaq 8(%rsp), %rax\n"
	"	movq %rax, 152(%rdi)\n"
	"	movq $0x2b, 160(%rdi)\n"
	"	movq $0, 168(%rdi)\n"
	"	movq $0, 176(%rdi)\n"
	"	movq $0, 184(%rdi)\n"
	"	movq $0, 192(%rdi)\n"
	"	movq $0, 200(%rdi)\n"
	"	movq $0, 208(%rdi)\n"
	"	ret\n"
	".cfi_endproc\n"
	".size crashd_context_here, . - crashd_context_here\n");

uint64_t crashd_context_pc(const uint64_t gregs[CRASHD_GREGS])
{
	return gregs[RIP];
}

uint64_t crashd_context_sp(const uint64_t gregs[CRASHD_GREGS])
{
	return gregs[RSP];
}

void crashd_context_trap(const ucontext_t *uc, struct crashd_trap *ret)
{
	const greg_t *g = uc->uc_mcontext.gregs;

	ret->number = (uint64_t)g[REG_TRAPNO];
	ret->error = (uint64_t)g[REG_ERR];
	ret->address = (uint64_t)g[REG_CR2];
}

const char *crashd_context_access(const struct crashd_trap *trap)
{
	enum { PAGE_FAULT = 14, WRITE = 1 << 1, FETCH = 1 << 4 };

	if (trap->number != PAGE_FAULT)
		return "";
	if (trap->error & FETCH)
		return "execute";
	return trap->error & WRITE ? "write" : "read";
}

void crashd_context_print(
	struct crashd_text *t, const uint64_t gregs[CRASHD_GREGS])
{
	for (size_t i = 0; i < sizeof printed; i++) {
		size_t column = i % 3;

		crashd_text_pad(t, 2 + column * 27);
		crashd_text_str(t, names[printed[i]]);
		crashd_text_pad(t, 2 + column * 27 + 8);
		crashd_text_hexw(t, gregs[printed[i]], 16);
		if (column == 2)
			crashd_text_char(t, '\n');
	}
}

/*
 * The calls that SA_RESTART does not restart (signal(7)), when they have no
 * time limit.  After a limited one the time that has passed is not known.
 */
static bool is_endless(uint64_t nr, const greg_t *g)
{
	switch (nr) {
	case SYS_pause:
	case SYS_rt_sigsuspend:
	case SYS_semop:
	case SYS_msgrcv:
	case SYS_msgsnd:
		return true;
	case SYS_poll:
		return (int)g[REG_RDX] < 0;
	case SYS_ppoll:
	case SYS_rt_sigtimedwait:
		return g[REG_RDX] == 0;
	case SYS_select:
	case SYS_pselect6:
	case SYS_io_getevents:
		return g[REG_R8] == 0;
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		return (int)g[REG_R10] < 0;
	case SYS_epoll_pwait2:
	case SYS_semtimedop:
		return g[REG_R10] == 0;
	}
	return false;
}

/*
 * The call's number is no longer in a register: its result is.  But libc loads
 * it with `mov $nr, %eax` right before `syscall`; code that does it otherwise
 * sees its EINTR.
 */
void crashd_context_repeat(ucontext_t *uc)
{
	enum { MOV_EAX = 0xb8, SYSCALL_1 = 0x0f, SYSCALL_2 = 0x05 };
	greg_t *g = uc->uc_mcontext.gregs;
	uint8_t code[7];
	uint64_t nr;

	if (g[REG_RAX] != -EINTR ||
		crashd_peek((uint64_t)g[REG_RIP] - sizeof code, code,
			sizeof code) != sizeof code)
		return;
	if (code[0] != MOV_EAX || code[5] != SYSCALL_1 || code[6] != SYSCALL_2)
		return;
	nr = (uint64_t)code[1] | (uint64_t)code[2] << 8 |
	     (uint64_t)code[3] << 16 | (uint64_t)code[4] << 24;
	if (!is_endless(nr, g))
		return;
	g[REG_RAX] = (greg_t)nr;
	g[REG_RIP] -= 2;
}
