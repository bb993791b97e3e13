/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing is tested before it is used, which would cost every report.  The
 * first access faults, and brings us back here, a frame further down; access
 * is given back, and the interrupted handler never knows.  What it says is
 * whole: mprotect has taken nothing from the pages.
 *
 * The faulting instruction must be the library's: a wild pointer of the
 * program's that hits our memory is a crash like any other.  So this is for
 * libcrashd.so alone: linked from the archive, code and data are the program's.
 * Pages that are gone for good leave one line, from this stack (handler.c).
 */
#include "crashd/safe/ownmem.h"

#include "crashd/safe/context.h"
#include "crashd/safe/handler.h"
#include "crashd/safe/sys.h"

#include <linux/mman.h>

enum { PAGE = 4096, ENOUGH = 64 };

/* Opened so often; a page that faults all the same must not keep us here. */
static unsigned opened;

static bool is_in(uint64_t addr, const void *start, size_t size)
{
	return addr - (uint64_t)(uintptr_t)start < size;
}

static bool allow(const void *start, size_t size, int prot)
{
	return sys_mprotect((void *)(uintptr_t)start, size, prot) == 0;
}

static uint64_t pc_of(const ucontext_t *uc)
{
	uint64_t gregs[CRASHD_GREGS];

	crashd_context_gregs(uc, gregs);
	return crashd_context_pc(gregs);
}

static bool is_closed(int sig, const siginfo_t *info)
{
	return sig == SIGSEGV &&
	       (info->si_code == SEGV_ACCERR || info->si_code == SEGV_MAPERR);
}

bool crashd_ownmem_opened(int sig, const siginfo_t *info, const ucontext_t *uc)
{
	const struct crashd_config *config = &crashd_config;
	uint64_t addr = (uint64_t)(uintptr_t)info->si_addr;
	struct crashd_trap trap;

	if (!is_closed(sig, info))
		return false;
	crashd_context_trap(uc, &trap);
	/* Only ever written by crashd/lib, which knows that it is closed. */
	if (is_in(addr, config, sizeof *config))
		return crashd_context_access(&trap)[0] == 'r' &&
		       allow(config, sizeof *config, PROT_READ);
	if (!is_in(pc_of(uc), config->code, config->code_size))
		return false;
	if (is_in(addr, config->cookie, PAGE))
		return allow(config->cookie, PAGE, PROT_READ | PROT_WRITE);
	return is_in(addr, config->data, config->data_size) &&
	       allow(config->data, config->data_size, PROT_READ | PROT_WRITE) &&
	       allow(config, sizeof *config, PROT_READ) && opened++ < ENOUGH;
}

bool crashd_ownmem_lost(int sig, const siginfo_t *info, const ucontext_t *uc)
{
	const struct crashd_config *config = &crashd_config;
	uint64_t addr = (uint64_t)(uintptr_t)info->si_addr;

	return is_closed(sig, info) &&
	       (is_in(addr, config, sizeof *config) ||
		       (is_in(pc_of(uc), config->code, config->code_size) &&
			       is_in(addr, config->data, config->data_size)));
}
