/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd ends a service that does not feed its watchdog by SIGABRT
 * (systemd.service(5), WatchdogSec, WatchdogSignal).  The sender is process 1;
 * the parent, under a `systemd --user`; or 0, from outside of the container
 * that the service is in.  Anybody may be that, and systemd sends SIGABRT for
 * other reasons, too (`systemctl kill`); but to a process that has a watchdog,
 * and its environment says so: WATCHDOG_USEC (sd_watchdog_enabled(3)).
 *
 * The kernel puts the strings of the environment just below the name of the
 * executable, to which AT_EXECFN points (kernel: fs/exec.c, copy_strings).
 */
#include "inspect/why/watchdog.h"

#include "inspect/base/limits.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

static const char asked[] = "WATCHDOG_USEC=";

enum environment { ENV_UNKNOWN, ENV_WITHOUT, ENV_WITH };

/* The strings below the executable's name, as many of them as are there; the
 * last n bytes of room. */
static size_t read_strings(const struct rule *r, char *room, size_t size)
{
	uint64_t end;
	size_t n = size;

	if (!image_auxv(r->image, AT_EXECFN, &end) || end < size)
		return 0;
	while (n &&
		mem_read_part(&r->image->mem, end - n, room + size - n, n) != n)
		n /= 2;
	return n;
}

static enum environment watchdog_of(const struct rule *r, double *ret)
{
	char *room = arena_alloc(r->arena, MAX_ENVIRONMENT_TAIL + 1);
	size_t n = read_strings(r, room, MAX_ENVIRONMENT_TAIL);
	const char *at = room + MAX_ENVIRONMENT_TAIL - n;

	for (; n > sizeof(asked); at++, n--)
		if (!*at && !strncmp(at + 1, asked, sizeof(asked) - 1)) {
			*ret = strtod(at + sizeof(asked), NULL) / 1e6;
			return ENV_WITH;
		}
	return at == room + MAX_ENVIRONMENT_TAIL ? ENV_UNKNOWN : ENV_WITHOUT;
}

static const char *manager(const struct rule *r)
{
	int sender = r->info->si_pid;
	const struct core *core = r->image->core;

	if (sender == 0)
		return "A process outside of this container";
	if (sender == 1)
		return "Process 1";
	if (core && sender == core->ppid)
		return "Its parent";
	return NULL;
}

bool watchdog_explain(struct rule *r)
{
	const char *who = r->info ? manager(r) : NULL;
	double seconds = 0;
	struct why_finding *f;

	if (r->sig != SIGABRT || r->code != SI_USER || !who)
		return false;
	enum environment environment = watchdog_of(r, &seconds);
	if (environment == ENV_WITHOUT ||
		(environment == ENV_UNKNOWN && r->info->si_pid != 1))
		return false;
	f = rule_add(r, "watchdog", WHY_LIKELY,
		"%s sent SIGABRT, as systemd does to a service whose watchdog "
		"(WatchdogSec) was not fed in time.",
		who);
	if (environment == ENV_WITH)
		rule_evidence(r, f,
			"WATCHDOG_USEC in the environment: it was to be fed "
			"within %g s",
			seconds);
	rule_signal_evidence(r, f);
	return true;
}
