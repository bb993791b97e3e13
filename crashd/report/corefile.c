/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The writer and the reading of the process are crashd/safe's; here is what
 * only the tracer has, the threads' registers.  The thread of the record comes
 * first, as in the kernel's cores, with siginfo and registers of the signal:
 * its own ones by now are those of the handler.
 */
#include "crashd/report/corefile.h"
#include "crashd/safe/process.h"
#include "crashd/safe/regsets.h"
#include "crashd/safe/sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	/* Address space, less where RLIMIT_AS is low; untouched it costs
	 * nothing. */
	SCRATCH_MAX = 256 << 20,
	SCRATCH_MIN = 1 << 20,
};

struct registers {
	struct target *target;
	size_t next;
	char sets[REGSETS_SIZE];
};

static void recorded(struct registers *r, struct core_thread *ret)
{
	const struct target *t = r->target;
	const siginfo_t *info = (const void *)t->record.siginfo;

	ret->has_siginfo = true;
	memcpy(ret->siginfo, t->record.siginfo, sizeof ret->siginfo);
	ret->prstatus.pr_info.si_code = info->si_code;
	ret->prstatus.pr_info.si_errno = info->si_errno;
	crashd_regsets_frame(t->pid, t->record.ucontext, ret, r->sets);
}

static int next_registers(
	struct process *p, struct core_thread *ret, pid_t *tid)
{
	struct registers *r = p->context;
	struct target *t = r->target;

	while (r->next < t->n && !t->thread[r->next].has_gregs)
		r->next++;
	if (r->next == t->n)
		return 0;

	const struct target_thread *th = &t->thread[r->next++];

	*tid = th->tid;
	memcpy(&ret->prstatus.pr_reg, th->gregs, sizeof ret->prstatus.pr_reg);
	ret->prstatus.pr_fpvalid = 1;
	/* every thread's, as the kernel does: gdb takes the last one's */
	ret->prstatus.pr_info.si_signo = t->record.signo;
	ret->prstatus.pr_cursig = (short)t->record.signo;
	if (th->access == THREAD_RECORDED)
		recorded(r, ret);
	else
		crashd_regsets_stopped(th->tid, ret, r->sets);
	return 1;
}

static void *get_scratch(size_t *ret_size)
{
	for (size_t n = SCRATCH_MAX; n >= SCRATCH_MIN; n /= 2) {
		void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		*ret_size = n;
		if (p != MAP_FAILED)
			return p;
	}
	return NULL;
}

static int write_to(struct target *t, int fd, uint64_t *ret_bytes)
{
	struct process *p = arena_new(t->arena, struct process);
	struct registers *r = arena_new(t->arena, struct registers);
	struct elfcore *core = arena_new(t->arena, struct elfcore);
	size_t size;
	void *scratch = get_scratch(&size);

	if (!scratch)
		return -ENOMEM;

	int error = crashd_process_open(p, t->proc, t->pid, t->record.tid, -1);

	if (error)
		return error;
	r->target = t;
	p->registers = next_registers;
	p->context = r;
	crashd_elfcore_init(core, scratch, size);
	crashd_elfcore_maps(core, &p->source);
	crashd_elfcore_notes(core, &p->source);
	crashd_elfcore_write(core, &p->source, fd);
	*ret_bytes = core->end;
	error = core->error;
	crashd_process_close(p);
	return error;
}

int corefile_write(struct target *t, uint64_t *ret_bytes)
{
	char aside[CRASHD_PATH_SIZE + 16];

	snprintf(aside, sizeof aside, "%.*s.tmp", CRASHD_PATH_SIZE - 1,
		t->record.core_path);
	unlink(aside);

	int fd = open(aside,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;

	int error = write_to(t, fd, ret_bytes);

	if (close(fd) && !error)
		error = -errno;
	if (!error && target_is_dying(t))
		error = -ESRCH;
	if (!error && rename(aside, t->record.core_path))
		error = -errno;
	if (error)
		unlink(aside);
	return error;
}
