/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libelf and libdw read their files as memory, and nothing that jumps out of
 * them leaves them fit for use.  So the read goes on: the handler puts a page
 * of zeros where the file's was (mmap is a plain system call, and safe there),
 * and whoever must not take them for the file's asks afterwards.
 *
 * A core of which much is gone is read page after page: neighbours are one
 * run.
 */
#include "inspect/base/gone.h"

#include "inspect/base/limits.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static struct run {
	uintptr_t start, end;
} run[MAX_GONE_RUNS];
static volatile size_t nruns, npages;

/* False: no room. */
static bool remember(uintptr_t page)
{
	npages++;
	for (size_t i = 0; i < nruns; i++) {
		if (run[i].end == page) {
			run[i].end += PAGE;
			return true;
		}
		if (run[i].start == page + PAGE) {
			run[i].start = page;
			return true;
		}
	}
	if (nruns == MAX_GONE_RUNS)
		return false;
	run[nruns++] = (struct run){ page, page + PAGE };
	return true;
}

/* Anything else that the signal means ends us, as it would have. */
static void on_bus(int sig, siginfo_t *info, void *context)
{
	uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1);
	int before = errno;

	(void)context;
	if (info->si_code != BUS_ADRERR || !remember(page) ||
		mmap((void *)page, PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			0) == MAP_FAILED)
		signal(sig, SIG_DFL);
	errno = before;
}

void gone_watch(void)
{
	struct sigaction sa = { .sa_sigaction = on_bus,
		.sa_flags = SA_SIGINFO | SA_RESTART };

	sigaction(SIGBUS, &sa, NULL);
}

size_t gone_count(void)
{
	return npages;
}

size_t gone_before(const void *p, size_t n)
{
	uintptr_t start = (uintptr_t)p, end = start + n;

	for (size_t i = 0; i < nruns; i++)
		if (run[i].start < end && run[i].end > start)
			end = run[i].start > start ? run[i].start : start;
	return end - start;
}
