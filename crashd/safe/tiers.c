/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tier 2 is a child made with CLONE_VM but without CLONE_THREAD: unlike a
 * thread it may ptrace us (kernel: ptrace_attach refuses only the same thread
 * group), it reads our memory by plain loads, and a fault of its own kills
 * nobody else.
 *
 * Tier 3 needs no ptrace.  A thread that waits in a system call shows its stack
 * pointer and pc in /proc/self/task/TID/syscall, enough to walk its stack: it
 * does not move while it waits.  One that runs is asked by a signal.
 */
#include "crashd/safe/tiers.h"

#include <elf.h>
#include <linux/prctl.h>
#include <linux/wait.h>

#include "crashd/safe/frames.h"
#include "crashd/safe/handler.h"
#include "crashd/safe/owncore.h"
#include "crashd/safe/procfile.h"
#include "crashd/safe/relay.h"
#include "crashd/safe/rewind.h"
#include "crashd/safe/spawn.h"
#include "crashd/safe/stop.h"
#include "crashd/safe/sys.h"
#include "crashd/safe/text_report.h"

enum {
	RESERVE_MS = 4000, /* of the deadline, kept for the tiers after 1 */
	STOP_MS = 1000,
	MAX_THREADS = 16384,
	HOLD_MS = 2000,
	WAIT_SIZE = 28, /* of a kernel function's name; longer ones are cut */
};

/* ---- what /proc says ---- */

/* "202 0x… … 0x<sp> 0x<pc>", or "-1 0x<sp> 0x<pc>", or "running". */
static bool parse_syscall(const char *s, uint64_t *sp, uint64_t *pc)
{
	uint64_t last[2] = { 0, 0 };
	int n = 0;

	for (; *s && *s != '\n'; s++) {
		if (s[0] != '0' || s[1] != 'x')
			continue;
		uint64_t v = 0;

		for (s += 2;; s++) {
			if (*s >= '0' && *s <= '9')
				v = v << 4 | (uint64_t)(*s - '0');
			else if (*s >= 'a' && *s <= 'f')
				v = v << 4 | (uint64_t)(*s - 'a' + 10);
			else
				break;
		}
		last[0] = last[1];
		last[1] = v;
		n++;
		if (!*s || *s == '\n')
			break;
	}
	*sp = last[0];
	*pc = last[1];
	return n >= 2;
}

/* A small file of a thread of ours; its last newline cut. */
static bool read_task(int tid, const char *file, char *buf, size_t size)
{
	long n = crashd_now.proc_fd < 0
			 ? -EBADF
			 : crashd_procfile_read(crashd_now.proc_fd,
				   crashd_now.proc_pid, tid, file, buf, size);

	if (n <= 0)
		return false;
	if (buf[n - 1] == '\n')
		buf[n - 1] = 0;
	return true;
}

/* The letter after the name in its stat. */
static char state_of(int tid)
{
	char text[128];
	char state = 0;

	if (!read_task(tid, "stat", text, sizeof text))
		return 0;
	for (const char *at = text; *at; at++)
		if (at[0] == ')' && at[1] == ' ')
			state = at[2];
	return state;
}

/* "futex_wait_queue", "" when it runs, or "?"; not for a thread we stopped. */
static void find_wait(int tid, char *ret, size_t size)
{
	if (!read_task(tid, "wchan", ret, size) || ret[0] == '0') {
		ret[0] = state_of(tid) == 'R' ? 0 : '?';
		ret[1] = 0;
	}
}

/* For cinspect, which finds it in the core. */
static void keep_name(struct crashd_crash *c, int tid, const char *name)
{
	struct crashd_record *rec = &c->record;
	struct crashd_thread_name *n =
		(struct crashd_thread_name *)(uintptr_t)rec->names;

	if (rec->name_count == CRASHD_NAMES)
		return;
	n += rec->name_count++;
	n->tid = tid;
	for (size_t i = 0; i < sizeof n->name; i++) {
		n->name[i] = i + 1 < sizeof n->name ? *name : 0;
		name += *name != 0;
	}
}

/* wait: from find_wait; NULL for the thread that got the signal. */
static void print_thread_head(struct crashd_text *t, struct crashd_crash *c,
	int tid, const char *wait)
{
	char name[64];

	/* our own is had without a file */
	bool named =
		wait ? read_task(tid, "comm", name, sizeof name)
		     : sys_prctl(PR_GET_NAME, (unsigned long)name, 0, 0) == 0;

	crashd_text_str(t, "\nthread ");
	crashd_text_dec(t, tid);
	if (named) {
		keep_name(c, tid, name);
		crashd_text_str(t, " \"");
		crashd_text_name(t, name, sizeof name);
		crashd_text_char(t, '"');
	}
	if (!wait) {
		crashd_text_str(t, c->sig ? ", got the signal" : "");
	} else if (!wait[0]) {
		crashd_text_str(t, ", running");
	} else if (wait[0] != '?') {
		crashd_text_str(t, ", waiting in ");
		crashd_text_name(t, wait, WAIT_SIZE);
	}
	crashd_text_str(t, ":\n");
}

static void print_crashing(struct crashd_text *t, struct crashd_crash *c)
{
	print_thread_head(t, c, c->record.tid, NULL);
	crashd_frames_print(t, &c->regs, c->level >= CRASHD_LEVEL_SYSTEM);
	crashd_text_flush(t);
}

/*
 * A thread that runs shows nothing in /proc; one that does not block a signal
 * of ours can be asked.  Only the handler's own process can: a child's
 * question would carry another sender.
 */
static bool ask(const struct crashd_crash *c, int tid, struct crashd_regs *ret)
{
	uint64_t gregs[CRASHD_GREGS];

	if (sys_getpid() != c->record.pid ||
		!crashd_relay_registers(tid, gregs))
		return false;
	crashd_context_regs(gregs, ret);
	return true;
}

/* The stack of a thread that we could not stop. */
static void print_waiting(
	struct crashd_text *t, struct crashd_crash *c, int tid)
{
	bool all = c->level >= CRASHD_LEVEL_SYSTEM;
	struct crashd_regs regs = { .known = 0 };
	char line[256];

	if (read_task(tid, "syscall", line, sizeof line) &&
		parse_syscall(line, &regs.v[CRASHD_SP], &regs.v[CRASHD_PC])) {
		regs.known = 1ULL << CRASHD_SP | 1ULL << CRASHD_PC;
		crashd_frames_print(t, &regs, all);
	} else if (ask(c, tid, &regs)) {
		crashd_frames_print(t, &regs, all);
		crashd_relay_release();
	} else {
		crashd_text_str(t, "  its registers cannot be read\n");
		c->record.unreachable++;
	}
	crashd_text_flush(t);
}

/* ---- tier 2: in a child that shares our memory ---- */

static struct stop_thread stopped[MAX_THREADS];
static struct crashd_text tracer_text;
static int trace_error; /* why threads could not be stopped */
static bool printed;    /* the threads are, all of them, by some tier */

/* What each thread waited in before we stopped it. */
static struct {
	int tid;
	char in[WAIT_SIZE];
} waits[MAX_THREADS];
static size_t nwaits;

static void remember_waits(const struct stop *stop)
{
	for (nwaits = 0; nwaits < stop->n; nwaits++) {
		waits[nwaits].tid = stop->thread[nwaits].tid;
		find_wait(waits[nwaits].tid, waits[nwaits].in, WAIT_SIZE);
	}
}

/* at: about where it is; stopping moves the main thread to the front. */
static const char *remembered_wait(int tid, size_t at)
{
	for (size_t i = 0; i < nwaits; i++) {
		size_t k = (at + nwaits - 1 + i) % nwaits;

		if (waits[k].tid == tid)
			return waits[k].in;
	}
	return "?";
}

static void print_stopped(
	struct crashd_crash *c, const struct stop_thread *s, const char *wait)
{
	struct crashd_text *t = &tracer_text;
	uint64_t gregs[CRASHD_GREGS];
	struct crashd_regs regs;

	print_thread_head(t, c, s->tid, wait);
	if (s->gone) {
		crashd_text_str(t, "  it has ended\n");
		c->record.unreachable++;
	} else if (!s->stopped) {
		print_waiting(t, c, s->tid);
		return;
	} else if (crashd_stop_regset(
			   s->tid, NT_PRSTATUS, gregs, sizeof gregs) < 0) {
		crashd_text_str(t, "  its registers cannot be read\n");
		c->record.unreachable++;
	} else {
		crashd_context_regs(gregs, &regs);
		crashd_frames_print(t, &regs, c->level >= CRASHD_LEVEL_SYSTEM);
	}
	crashd_text_flush(t);
}

/*
 * Until the process dies, or for HOLD_MS.  It dies when a stopped thread ends:
 * nothing else can end one.  It must be reaped at once: a tracee that is not
 * stays a zombie, and keeps its process from ending.
 */
static void hold(const struct stop *stop)
{
	int64_t deadline = sys_now_ms() + HOLD_MS;
	int status;

	for (size_t i = 0; i < stop->n; i++) {
		if (!stop->thread[i].stopped)
			continue;
		while (sys_wait4(stop->thread[i].tid, &status,
			       WNOHANG | __WALL) == 0) {
			if (sys_now_ms() >= deadline)
				return;
			sys_sleep_ms(1);
		}
		return;
	}
}

static int trace(void *arg)
{
	struct crashd_crash *c = arg;
	struct crashd_record *rec = &c->record;
	struct stop stop;
	int error;

	crashd_text_init(&tracer_text, c->output.fd);
	tracer_text.fallback = c->text.fallback;
	tracer_text.copy = c->text.copy;
	rec->state = CRASHD_STATE_WORKING;
	crashd_stop_init(&stop, rec->pid, stopped, MAX_THREADS);
	stop.except = rec->tid;
	stop.proc = crashd_now.proc_fd;
	stop.repeats = rec->repeats;
	error = crashd_stop_seize(&stop, sys_now_ms() + STOP_MS);
	if (!printed && c->level >= CRASHD_LEVEL_ALL)
		remember_waits(&stop);
	if (!error)
		error = crashd_stop_all(&stop, sys_now_ms() + STOP_MS);
	/* -ESRCH: there is no other thread */
	if (error && error != -ESRCH && error != -ETIMEDOUT) {
		crashd_stop_resume(&stop);
		trace_error = error;
		return 1;
	}
	rec->threads = (uint32_t)stop.n + 1;
	if (!printed)
		print_crashing(&tracer_text, c);
	for (size_t i = 0;
		!printed && c->level >= CRASHD_LEVEL_ALL && i < stop.n; i++)
		print_stopped(c, &stop.thread[i],
			remembered_wait(stop.thread[i].tid, i));
	printed = true;
	if (rec->flags & CRASHD_RECORD_CORE) {
		rec->state = CRASHD_STATE_CORE;
		rec->core_error = crashd_owncore_write(
			rec, &stop, crashd_now.proc_fd, &rec->core_bytes);
		if (rec->core_error)
			rec->core_bytes = 0;
	}
	if (!(rec->flags & CRASHD_RECORD_HOLD)) {
		crashd_rewind_calls(&stop);
		crashd_stop_resume(&stop);
	}
	c->text.error = tracer_text.error; /* do not wait for it again */
	rec->state = CRASHD_STATE_DONE;
	if (rec->flags & CRASHD_RECORD_HOLD)
		hold(&stop);
	return 0;
}

/* ---- tier 3: here ---- */

void crashd_tiers_others(struct crashd_crash *c)
{
	struct procfile_tasks tasks;
	int proc = crashd_now.proc_fd;
	char wait[WAIT_SIZE];
	pid_t tid;

	if (proc < 0 ||
		crashd_procfile_tasks(&tasks, proc, crashd_now.proc_pid)) {
		crashd_text_str(&c->text,
			"\nthe other threads cannot be listed: /proc cannot be "
			"read\n");
		return;
	}
	while ((tid = crashd_procfile_next_task(&tasks)) > 0) {
		if (tid == crashd_now.proc_tid)
			continue;
		find_wait(tid, wait, sizeof wait);
		print_thread_head(&c->text, c, tid, wait);
		print_waiting(&c->text, c, tid);
	}
	crashd_procfile_end_tasks(&tasks);
}

static void here(struct crashd_crash *c)
{
	print_crashing(&c->text, c);
	if (c->level >= CRASHD_LEVEL_ALL)
		crashd_tiers_others(c);
}

/* ---- one after the other ---- */

static void say_why(struct crashd_crash *c, const char *tier, const char *why)
{
	crashd_text_str(&c->text, tier);
	crashd_text_str(&c->text, why);
	crashd_text_str(&c->text, "]\n");
	crashd_text_flush(&c->text);
}

/* One more than the container's (handler.c). */
static bool has_own_filter(const struct crashd_crash *c)
{
	char status[4096];

	return c->sandboxed &&
	       (!read_task(
			crashd_now.proc_tid, "status", status, sizeof status) ||
		       crashd_procfile_number(status, "Seccomp_filters", 10) !=
			       crashd_config.filters);
}

void crashd_tiers_own(struct crashd_crash *c, const char *why)
{
	say_why(c, "[threads by the handler alone: ", why);
	print_crashing(&c->text, c);
}

void crashd_tiers(struct crashd_crash *c)
{
	int64_t end = c->record.deadline_ms;
	const char *why;

	crashd_owncore_foretell(c);
	crashd_text_flush(&c->text);
	/* It ends the program for a clone() that makes no thread; and what
	 * /proc and ptrace show of it is valgrind's. */
	if (crashd_config.valgrind) {
		crashd_tiers_own(c, "valgrind executes this program");
		return;
	}
	if (crashd_foreign_proc()) {
		say_why(c, "[threads by the handler alone: ",
			"/proc is of another PID namespace");
		here(c);
		return;
	}
	if (has_own_filter(c)) {
		say_why(c, "[threads by the handler alone: ",
			"the program's own seccomp filter may kill for more");
		here(c);
		return;
	}
	c->record.deadline_ms = end - RESERVE_MS;
	printed = false;
	why = crashd_spawn_reporter(c);
	c->record.deadline_ms = end;
	c->in_journal = !why;
	if (!why)
		return;
	printed = c->record.state >= CRASHD_STATE_CORE;
	say_why(c,
		printed ? "[no core by crashd-report: "
			: "[threads by a tracing child, not by crashd-report: ",
		why);
	trace_error = 0;
	why = crashd_spawn_tracer(c, trace);
	if (!why || printed)
		return;
	if (trace_error)
		why = trace_error == -EPERM ? "it may not trace this process"
					    : crashd_error_words(trace_error);
	say_why(c, "[threads by the handler, not by a tracing child: ", why);
	here(c);
}
