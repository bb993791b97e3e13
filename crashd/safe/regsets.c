/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel saves the vector registers in a signal frame in the very layout
 * that a core's NT_X86_XSTATE has, but for the software words (kernel:
 * fpu/signal.c, _fpx_sw_bytes; in a core they hold the feature mask instead).
 */
#include "crashd/safe/regsets.h"

#include <elf.h>
#include <ucontext.h>

#include "crashd/safe/stop.h"
#include "crashd/safe/sys.h"

enum {
	FXSAVE = 512,
	SW_BYTES = 464, /* in it: what software may use */
	MAGIC1 = 0x46505853,
	ALIGN = 64,
	NOTE_X86_SHSTK = 0x204, /* not in every libc's elf.h */
};

/* In the order of the kernel's regset views (arch/…/kernel/ptrace.c). */
static const struct {
	const char *owner;
	uint32_t type;
} kinds[] = {
	{ "CORE", NT_PRFPREG },
#if defined(__x86_64__)
	{ "LINUX", NT_386_IOPERM },
	{ "LINUX", NT_X86_XSTATE },
	{ "LINUX", NOTE_X86_SHSTK },
#elif defined(__aarch64__)
	{ "LINUX", NT_ARM_TLS },
	{ "LINUX", NT_ARM_SVE },
	{ "LINUX", NT_ARM_PAC_MASK },
#endif
};
_Static_assert(sizeof kinds / sizeof kinds[0] <= CORE_REGSETS, "room for all");

static void add(struct core_thread *ret, const char *owner, uint32_t type,
	const void *data, size_t size)
{
	ret->regset[ret->nregsets++] =
		(struct core_regset){ owner, type, size, data };
}

void crashd_regsets_stopped(
	pid_t tid, struct core_thread *ret, char buf[REGSETS_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		char *at = buf + used;
		long n = crashd_stop_regset(
			tid, kinds[i].type, at, REGSETS_SIZE - used);

		if (n <= 0)
			continue;
		add(ret, kinds[i].owner, kinds[i].type, at, (size_t)n);
		used += ((size_t)n + ALIGN - 1) / ALIGN * ALIGN;
	}
}

static bool read_target(pid_t pid, uint64_t addr, void *buf, size_t n)
{
	struct iovec local = { buf, n }, remote = { (void *)addr, n };

	return addr &&
	       sys_process_vm_readv(pid, &local, 1, &remote, 1) == (ssize_t)n;
}

void crashd_regsets_frame(pid_t pid, uint64_t ucontext, struct core_thread *ret,
	char buf[REGSETS_SIZE])
{
	struct {
		uint32_t magic, extended_size;
		uint64_t features;
		uint32_t size;
	} sw;
	ucontext_t uc;
	uint64_t at;

	if (!read_target(pid, ucontext, &uc, sizeof uc))
		return;
	at = (uint64_t)(uintptr_t)uc.uc_mcontext.fpregs;
	if (!read_target(pid, at, buf, FXSAVE))
		return;
	__builtin_memcpy(&sw, buf + SW_BYTES, sizeof sw);
	__builtin_memset(buf + SW_BYTES, 0, FXSAVE - SW_BYTES);
	add(ret, "CORE", NT_PRFPREG, buf, FXSAVE);
	buf += FXSAVE;
	if (sw.magic != MAGIC1 || sw.size <= FXSAVE ||
		sw.size > REGSETS_SIZE - FXSAVE ||
		!read_target(pid, at, buf, sw.size))
		return;
	__builtin_memset(buf + SW_BYTES, 0, FXSAVE - SW_BYTES);
	__builtin_memcpy(buf + SW_BYTES, &sw.features, sizeof sw.features);
	add(ret, "LINUX", NT_X86_XSTATE, buf, sw.size);
}
