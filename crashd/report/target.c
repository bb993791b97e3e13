/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stopping has one deadline for all threads.  A thread in uninterruptible
 * sleep, above all one that waits for its vfork child, never stops: it is
 * recognised by its state, left alone, and shown from the stack pointer and pc
 * that /proc/PID/task/TID/syscall has of it.
 */
#include "crashd/report/target.h"
#include "crashd/safe/rewind.h"
#include "crashd/safe/sys.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

enum {
	SPARE_THREADS = 1 << 12,
	MIN_REPORT_THREADS = 1 << 8,
	LIVE_DEADLINE_MS = 30000,
	STOP_SHARE = 3,    /* at most a third of the time goes to stopping */
	STOP_STEP_MS = 50, /* then see whether the one waited for is stuck */
	HOLD_POLL_MS = 5,
	GUARD_US = 20000,
	ASK_POLL_US = 500,
	FXSAVE_SIZE = 512,
	XSTATE_MAX = 16384,
	/* ucontext_t: uc_mcontext.fpregs; struct _fpx_sw_bytes in the fxsave
	 * area (arch/x86/include/uapi/asm/sigcontext.h). */
	UC_FPREGS = 224,
	FPX_MAGIC = 464,
	FPX_FEATURES = 472,
	FPX_SIZE = 480,
	FP_XSTATE_MAGIC = 0x46505853,
	XSTATE_XCR0 = 464, /* where NT_X86_XSTATE keeps the feature mask */
};

int64_t target_now(void)
{
	return sys_now_ms();
}

static int open_proc(const struct target *t, pid_t tid, const char *name)
{
	char path[128];

	if (tid)
		snprintf(path, sizeof path, "%d/task/%d/%s", t->pid, tid, name);
	else
		snprintf(path, sizeof path, "%d/%s", t->pid, name);
	return openat(t->proc, path, O_RDONLY | O_CLOEXEC);
}

ssize_t target_text(const struct target *t, pid_t tid, const char *name,
	char *buf, size_t n)
{
	int fd = open_proc(t, tid, name);
	ssize_t got = fd < 0 ? -1 : read(fd, buf, n - 1);

	if (fd >= 0)
		close(fd);
	buf[got > 0 ? got : 0] = 0;
	return got;
}

ssize_t target_read(const struct target *t, uint64_t addr, void *buf, size_t n)
{
	struct iovec local = { buf, n }, remote = { (void *)addr, n };
	ssize_t got = process_vm_readv(t->alive, &local, 1, &remote, 1, 0);

	return got < 0 && t->mem >= 0 ? pread(t->mem, buf, n, (off_t)addr)
				      : got;
}

void target_write(
	const struct target *t, uint64_t addr, const void *buf, size_t n)
{
	struct iovec local = { (void *)buf, n }, remote = { (void *)addr, n };

	process_vm_writev(t->alive, &local, 1, &remote, 1, 0);
}

void target_set_record(
	struct target *t, size_t offset, const void *value, size_t n)
{
	if (t->record_addr)
		target_write(t, t->record_addr + offset, value, n);
}

void target_set_state(struct target *t, uint32_t state)
{
	target_set_record(t, offsetof(struct crashd_record, state), &state, 4);
}

static enum err read_record(struct target *t)
{
	struct crashd_record *r = &t->record;

	if (target_read(t, t->record_addr, r, sizeof *r) != sizeof *r)
		return err_sys("cannot read the record of process %d", t->pid);
	if (memcmp(r->magic, CRASHD_RECORD_MAGIC, sizeof r->magic) ||
		r->size < sizeof *r)
		return err_set(ERR_BADDATA,
			"there is no record of a crash at 0x%llx in process %d",
			(unsigned long long)t->record_addr, t->pid);
	t->deadline = r->deadline_ms;
	return OK;
}

static int open_mem_of(struct target *t, pid_t tid)
{
	char path[32];

	snprintf(path, sizeof path, "%d/mem", tid);
	t->mem = openat(t->proc, path, O_RDONLY | O_CLOEXEC);
	t->alive = t->mem >= 0 ? tid : t->pid;
	return t->mem;
}

static DIR *open_tasks(const struct target *t)
{
	char path[32];

	snprintf(path, sizeof path, "%d/task", t->pid);

	int fd = openat(t->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* A main thread that has ended has no memory; the others still do. */
static void open_mem(struct target *t)
{
	struct dirent *entry;

	if (open_mem_of(t, t->pid) >= 0 || errno != ESRCH)
		return;

	DIR *dir = open_tasks(t);

	while (dir && t->mem < 0 && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0)
			open_mem_of(t, atoi(entry->d_name));
	if (dir)
		closedir(dir);
}

enum err target_open(struct target *t, struct arena *arena, pid_t pid, int proc,
	uint64_t record_addr)
{
	*t = (struct target){
		.arena = arena,
		.pid = pid,
		.proc = proc,
		.record_addr = record_addr,
		.deadline = target_now() + LIVE_DEADLINE_MS,
	};
	if (proc < 0)
		t->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	open_mem(t);
	if (t->mem < 0 && errno == ENOENT)
		return err_set(ERR_NOTFOUND, "there is no process %d", pid);
	if (t->mem < 0)
		return err_sys("cannot look at process %d", pid);
	return record_addr ? read_record(t) : OK;
}

void target_close(struct target *t)
{
	if (t->mem >= 0)
		close(t->mem);
}

/* ---- registers ---- */

static const struct arch *arch(void)
{
	return arch_of_machine(EM_X86_64);
}

static void decode(struct target_thread *th)
{
	const struct arch *a = arch();

	for (unsigned i = 0; i < a->nregs; i++)
		if (a->reg[i].prstatus >= 0 &&
			a->reg[i].prstatus < CRASHD_GREGS)
			regs_set(&th->regs, i, th->gregs[a->reg[i].prstatus]);
	th->has_gregs = true;
}

static void keep_vregs(struct target *t, struct target_thread *th,
	const uint8_t fxsave[FXSAVE_SIZE], const uint8_t *xstate, size_t n)
{
	struct vregs *v = arena_new(t->arena, struct vregs);
	struct arch_fpnotes notes = {
		.fpregs = fxsave,
		.fpregs_size = FXSAVE_SIZE,
		.xstate = n ? xstate : NULL,
		.xstate_size = n,
	};

	arch_load_vregs(arch(), v, &notes);
	th->vregs = v;
}

static void load_vregs(struct target *t, struct target_thread *th)
{
	static uint8_t xstate[XSTATE_MAX];
	uint8_t fpregs[FXSAVE_SIZE];
	long nfp =
		crashd_stop_regset(th->tid, NT_PRFPREG, fpregs, sizeof fpregs);
	long nx = crashd_stop_regset(
		th->tid, NT_X86_XSTATE, xstate, sizeof xstate);

	if (nfp < FXSAVE_SIZE)
		return;

	keep_vregs(t, th, fpregs, xstate, nx > 0 ? (size_t)nx : 0);
}

/* The signal frame keeps the same XSAVE image, but for where the mask is. */
static void load_recorded_vregs(struct target *t, struct target_thread *th)
{
	static uint8_t image[XSTATE_MAX];
	uint64_t at = 0;
	uint32_t magic, size;

	if (!t->record.ucontext ||
		target_read(t, t->record.ucontext + UC_FPREGS, &at, 8) != 8 ||
		!at || target_read(t, at, image, FXSAVE_SIZE) != FXSAVE_SIZE)
		return;
	memcpy(&magic, image + FPX_MAGIC, 4);
	memcpy(&size, image + FPX_SIZE, 4);
	if (magic != FP_XSTATE_MAGIC || size > sizeof image ||
		target_read(t, at, image, size) != (ssize_t)size)
		size = 0;

	uint8_t fxsave[FXSAVE_SIZE];

	memcpy(fxsave, image, sizeof fxsave);
	memmove(image + XSTATE_XCR0, image + FPX_FEATURES, 8);
	keep_vregs(t, th, fxsave, image, size);
}

/* After an interrupted call rax has one of the kernel's restart codes. */
static bool restarts(int64_t rax)
{
	return rax == -512 || rax == -513 || rax == -514 || rax == -516 ||
	       rax == -EINTR;
}

void target_call_arguments(struct target_thread *th)
{
	const struct user_regs_struct *r = (const void *)th->gregs;

	memcpy(th->arg,
		(uint64_t[]){ r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 },
		sizeof th->arg);
}

static void call_from_gregs(struct target_thread *th)
{
	const struct user_regs_struct *r = (const void *)th->gregs;

	th->call = -1;
	if ((int64_t)r->orig_rax < 0 || !restarts((int64_t)r->rax))
		return;
	th->call = (long)r->orig_rax;
	target_call_arguments(th);
}

/*
 * "NR ARG… SP PC", "-1 SP PC", or "running".  The arguments are registers, too:
 * vfork, which a thread is most often stuck in, has its return address in one.
 */
static void registers_from_proc(struct target *t, struct target_thread *th)
{
	/* rdi rsi rdx r10 r8 r9 (psABI x86-64, A.2.1) */
	static const uint8_t call_dwarf[6] = { 5, 4, 1, 10, 8, 9 };
	char text[512], *at = text;
	const struct arch *a = arch();

	th->call = -1;
	if (target_text(t, th->tid, "syscall", text, sizeof text) <= 0 ||
		text[0] == 'r')
		return;
	th->call = strtol(at, &at, 10);
	for (int i = 0; i < 6 && th->call >= 0; i++) {
		th->arg[i] = strtoull(at, &at, 0);
		regs_set(&th->regs, (unsigned)arch_dwarf_reg(a, call_dwarf[i]),
			th->arg[i]);
	}

	uint64_t sp = strtoull(at, &at, 0), pc = strtoull(at, &at, 0);

	if (sp && pc) {
		regs_set(&th->regs, a->sp, sp);
		regs_set(&th->regs, a->pc, pc);
	}
}

static void load_stopped(struct target *t, struct target_thread *th)
{
	if (crashd_stop_regset(th->tid, NT_PRSTATUS, th->gregs,
		    sizeof th->gregs) != sizeof th->gregs) {
		th->access = THREAD_STUCK;
		registers_from_proc(t, th);
		return;
	}
	decode(th);
	call_from_gregs(th);
	load_vregs(t, th);
}

static void load_recorded(struct target *t, struct target_thread *th)
{
	memcpy(th->gregs, t->record.gregs, sizeof th->gregs);
	decode(th);
	th->call = -1;
	load_recorded_vregs(t, th);
}

static void read_comm(const struct target *t, pid_t pid, char *ret, size_t n)
{
	char path[32];
	ssize_t got = -1;

	snprintf(path, sizeof path, "%d/comm", pid);

	int fd = openat(t->proc, path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		got = read(fd, ret, n - 1);
		close(fd);
	}
	ret[got > 0 ? got : 0] = 0;
	ret[strcspn(ret, "\n")] = 0;
}

const char *target_process_name(
	const struct target *t, pid_t pid, struct arena *arena)
{
	char name[64];

	read_comm(t, pid, name, sizeof name);
	return name[0] ? arena_printf(arena, " \"%s\"", name) : "";
}

/* ---- stopping ---- */

/* comm and state, from "TID (comm) S …". */
static void load_stat(struct target *t, struct target_thread *th)
{
	char text[512], *open, *close;

	if (target_text(t, th->tid, "stat", text, sizeof text) <= 0 ||
		!(open = strchr(text, '(')) || !(close = strrchr(text, ')')))
		return;
	th->state = close[1] ? close[2] : 0;
	*close = 0;
	snprintf(th->name, sizeof th->name, "%s", open + 1);
}

/* Field n of stat, from 3 on (proc(5)), as a number. */
static unsigned long stat_number(const char *text, int n)
{
	const char *at = strrchr(text, ')');

	for (int i = 2; at && i < n; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoul(at, NULL, 10) : 0;
}

/*
 * A thread that is killed has SIGKILL pending, then the flag PF_EXITING
 * (include/linux/sched.h), then no memory, then it is a zombie.
 */
bool target_is_dying(const struct target *t)
{
	enum { FLAGS = 9, PENDING = 31, EXITING = 4 };
	pid_t tid = t->record_addr ? t->record.tid : t->alive;
	char text[1024], byte;
	struct iovec local = { &byte, 1 };
	struct iovec remote = { (void *)t->record_addr, 1 };

	if (process_vm_readv(tid, &local, 1, &remote, 1, 0) < 0 &&
		errno == ESRCH)
		return true;
	if (target_text(t, tid, "stat", text, sizeof text) <= 0)
		return false;
	return stat_number(text, FLAGS) & EXITING ||
	       stat_number(text, PENDING) & 1UL << (SIGKILL - 1);
}

static char state_of(struct target *t, pid_t tid)
{
	struct target_thread th = { .tid = tid };

	load_stat(t, &th);
	return th.state;
}

/*
 * A thread that does not stop stays seized: it cannot be let go before it
 * stops, and must not be seized again.  While the others are waited for it
 * counts as gone; afterwards as one that may yet stop.
 */
static void give_up(struct target *t, pid_t tid)
{
	t->stuck = arena_grow(
		t->arena, t->stuck, t->nstuck, &t->stuck_cap, sizeof *t->stuck);
	for (size_t i = 0; i < t->stop.n; i++)
		if (t->stop.thread[i].tid == tid) {
			t->stop.thread[i].gone = true;
			t->stuck[t->nstuck++] = i;
		}
}

static void take_back(struct target *t)
{
	for (size_t i = 0; i < t->nstuck; i++)
		t->stop.thread[t->stuck[i]].gone = false;
	t->nstuck = 0;
}

/* A table to stop with, that begins with those still seized from before. */
static bool new_table(struct target *t)
{
	size_t n = 0, max = t->stop.max;
	struct stop_thread *table = t->stop.thread;

	/* Address space may be limited (RLIMIT_AS); and threads are born while
	 * we look. */
	if (!max)
		max = 2 * t->nruns + SPARE_THREADS;
	for (; !table; max /= 2) {
		if (max < MIN_REPORT_THREADS)
			return false;
		table = mmap(NULL, max * sizeof *table, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (table != MAP_FAILED)
			break;
		table = NULL;
	}
	for (size_t i = 0; i < t->stop.n; i++)
		if (table[i].seized && !table[i].gone)
			table[n++] = table[i];
	crashd_stop_init(&t->stop, t->pid, table, max);
	t->stop.n = n;
	t->stop.proc = t->proc;
	t->stop.lenient = t->record_addr != 0;
	t->stop.repeats = t->record_addr ? t->record.repeats : 0;
	t->stop.except = t->record_addr ? t->record.tid : 0;
	return true;
}

/*
 * Waits for one thread at a time, in small steps: the one that a step failed
 * on is given up when its state says that waiting is no use.
 */
static int stop_all(struct target *t, int64_t deadline)
{
	for (;;) {
		int64_t step = target_now() + STOP_STEP_MS;
		int error = crashd_stop_all(
			&t->stop, step < deadline ? step : deadline);

		if (error != -ETIMEDOUT)
			return error;
		if (state_of(t, t->stop.failed) != 'D' &&
			target_now() < deadline)
			continue;
		give_up(t, t->stop.failed);
	}
}

/* ---- before they are stopped ---- */

/* Of /proc/…/sched (CONFIG_SCHED_DEBUG), ms of the scheduler's clock; 0: not
 * known. */
static double exec_start(const char *sched)
{
	static const char key[] = "se.exec_start";
	const char *at = strstr(sched, key);

	at = at ? strchr(at, ':') : NULL;
	return at ? strtod(at + 1, NULL) : 0;
}

/* We run, so ours is that clock. */
static double scheduler_now(const struct target *t)
{
	char text[512] = "";
	int fd = openat(t->proc, "thread-self/sched", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return exec_start(text);
}

static void note_run(struct target *t, pid_t tid, double now)
{
	struct target_thread th = { .tid = tid };
	double start = 0;
	char text[512];

	load_stat(t, &th);
	if (now && target_text(t, tid, "sched", text, sizeof text) > 0)
		start = exec_start(text);
	t->runs = arena_grow(
		t->arena, t->runs, t->nruns, &t->runs_cap, sizeof *t->runs);
	t->runs[t->nruns++] = (struct last_run){ tid,
		start && now > start ? now - start : 0, th.state };
}

static void note_runs(struct target *t)
{
	double now = scheduler_now(t);
	DIR *dir = open_tasks(t);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0)
			note_run(t, atoi(entry->d_name), now);
	if (dir)
		closedir(dir);
}

/* hint: where it is if none has come or gone. */
static void load_run(
	const struct target *t, struct target_thread *th, size_t hint)
{
	for (size_t i = 0; i < t->nruns; i++) {
		const struct last_run *run = &t->runs[(i + hint) % t->nruns];

		if (run->tid != th->tid)
			continue;
		th->idle_ms = run->idle_ms;
		th->before = run->state;
		return;
	}
}

static struct target_thread *add_thread(
	struct target *t, pid_t tid, enum thread_access access)
{
	struct target_thread *th = &t->thread[t->n++];

	th->tid = tid;
	th->access = access;
	th->call = -1;
	load_stat(t, th);
	return th;
}

static void list_threads(struct target *t)
{
	t->thread = arena_array(t->arena, struct target_thread, t->stop.n + 1);
	t->n = 0;
	if (t->record_addr)
		load_recorded(t, add_thread(t, t->record.tid, THREAD_RECORDED));
	for (size_t i = 0; i < t->stop.n; i++) {
		struct stop_thread *s = &t->stop.thread[i];
		struct target_thread *th = add_thread(
			t, s->tid, s->stopped ? THREAD_STOPPED : THREAD_STUCK);

		load_run(t, th, i);
		if (s->foreign)
			th->access = THREAD_FOREIGN;
		if (s->stopped)
			load_stopped(t, th);
		else if (th->state == 'Z' || th->state == 'X')
			th->access = THREAD_ENDED;
		else if (th->state)
			registers_from_proc(t, th);
		else
			t->n--; /* it ended while we looked */
	}
}

/* Who traces it, or 0. */
static pid_t tracer_of(const struct target *t, pid_t tid)
{
	char status[4096];
	const char *tracer;

	if (target_text(t, tid, "status", status, sizeof status) <= 0 ||
		!(tracer = strstr(status, "\nTracerPid:\t")))
		return 0;
	return atoi(tracer + 12);
}

const char *target_foreign(const struct target *t)
{
	char comm[64];

	for (size_t i = 0; i < t->n; i++) {
		pid_t tid = t->thread[i].tid, tracer;

		if (t->thread[i].access != THREAD_FOREIGN)
			continue;
		tracer = tracer_of(t, tid);
		if (!tracer)
			return "this process may not be traced";
		read_comm(t, tracer, comm, sizeof comm);
		return arena_printf(t->arena, "process %d%s%s%s traces them",
			tracer, comm[0] ? " (" : "", comm, comm[0] ? ")" : "");
	}
	return NULL;
}

static uint32_t ask_state(const struct target *t)
{
	uint32_t state = CRASHD_ASK_REFUSED;

	target_read(t, t->ask_addr, &state, sizeof state);
	return state;
}

void target_ask(struct target *t, struct target_thread *th)
{
	struct crashd_ask ask = { CRASHD_ASK_NONE, th->tid, { 0 } };
	uint32_t wanted = CRASHD_ASK_WANTED;

	if (th->access != THREAD_FOREIGN || th->regs.known || !t->ask_addr)
		return;
	target_write(t, t->ask_addr, &ask, sizeof ask);
	target_write(t, t->ask_addr, &wanted, sizeof wanted);
	while (ask_state(t) == CRASHD_ASK_WANTED && target_now() < t->deadline)
		usleep(ASK_POLL_US);
	if (target_read(t, t->ask_addr, &ask, sizeof ask) != sizeof ask ||
		ask.state != CRASHD_ASK_ANSWERED)
		return;
	memcpy(th->gregs, ask.gregs, sizeof th->gregs);
	decode(th);
}

void target_release(struct target *t)
{
	uint32_t none = CRASHD_ASK_NONE;

	if (t->ask_addr && ask_state(t) == CRASHD_ASK_ANSWERED)
		target_write(t, t->ask_addr, &none, sizeof none);
}

static enum err refused(struct target *t, int error)
{
	pid_t tracer = error == -EPERM ? tracer_of(t, 0) : 0;

	errno = -error;
	if (error == -ESRCH)
		return err_set(ERR_NOTFOUND, "there is no process %d", t->pid);
	if (tracer)
		return err_set(ERR_SYS, "process %d is traced by process %d",
			t->pid, tracer);
	return err_sys("cannot stop thread %d of process %d",
		t->stop.failed ? t->stop.failed : t->pid, t->pid);
}

/* See crashd_stop_guard. */
static void guard(pid_t pid, long us)
{
	struct itimerval every = { { 0, us }, { 0, us } };

	if (pid)
		signal(SIGALRM, crashd_stop_on_tick);
	crashd_stop_guard(pid);
	setitimer(ITIMER_REAL, &every, NULL);
}

static enum err stop_threads(struct target *t)
{
	if (!t->nruns)
		note_runs(t);
	if (!new_table(t))
		return err_sys("no memory for a table of threads");

	int64_t now = target_now();
	int64_t deadline = now + (t->deadline - now) / STOP_SHARE;
	int error = crashd_stop_seize(&t->stop, deadline);

	/* The only thread is the one that we leave alone. */
	if (error == -ESRCH && t->record_addr)
		error = 0;
	else if (!error)
		error = stop_all(t, deadline);
	take_back(t);
	if (error == -ESRCH && t->record_addr)
		error = 0;
	if (error) {
		enum err e = refused(t, error);

		target_resume(t);
		return e;
	}
	list_threads(t);
	return OK;
}

enum err target_stop(struct target *t)
{
	guard(t->pid, GUARD_US);

	enum err e = stop_threads(t);

	guard(0, 0);
	return e;
}

void target_resume(struct target *t)
{
	crashd_rewind_calls(&t->stop);
	crashd_stop_resume(&t->stop);
}

void target_hold(struct target *t)
{
	while (target_now() < t->deadline) {
		char state = state_of(t, t->record.tid);

		if (!state || state == 'Z' || state == 'X')
			return;
		usleep(HOLD_POLL_MS * 1000);
	}
}
