/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fatal signal arrived, or Ctrl+\.  Context: some thread, on its alternate
 * stack where it has one; any lock may be held, any memory may be gone.
 * Nothing here calls libc.
 *
 * One thread at a time reports: the owner.  SA_NODEFER and a mask that leaves
 * the synchronous signals open let a section that crashes bring us back here;
 * then that is said, and the next section runs, from where the first handler
 * was (__builtin_longjmp, so that nested frames do not eat up the stack).
 * Other threads that crash meanwhile are noted and parked until the process is
 * dead.
 *
 * Dying: the disposition from before us is put back, the very siginfo that we
 * got is queued to this thread, and the handler returns.  The signal is
 * blocked until the return restores the mask; so the kernel delivers it with
 * the registers of the fault, and core, si_code, si_addr and exit status are
 * what they would have been (rt_tgsigqueueinfo(2): a thread may send itself any
 * si_code).  raise() would lose all of it.
 */
#include "crashd/safe/handler.h"

#include <linux/futex.h>
#include <linux/prctl.h>

#include "crashd/safe/ownmem.h"
#include "crashd/safe/peek.h"
#include "crashd/safe/relay.h"
#include "crashd/safe/room.h"
#include "crashd/safe/sys.h"
#include "crashd/safe/text_report.h"

enum {
	DEADLINE_MS = 10000, /* for the whole report */
	PARK_S = 30,
	MAX_FAULTS = 16, /* of sections, then we die without more words */
};

struct crashd_config crashd_config = {
	.reporter_fd = -1,
	.proc_fd = -1,
	.spare_fd = { -1, -1, -1 },
};
_Static_assert(CRASHD_SPARES == 3, "one -1 for each");
struct crashd_now crashd_now;

static struct crashd_crash crash;
static struct crashd_thread_name thread_names[CRASHD_NAMES];
static uint32_t owner; /* tid of the thread that reports, 0: none */
static volatile int step, faults;
static volatile bool dying; /* no section runs any more */
static siginfo_t missed;    /* sent to the owner, whose report is survived */
static const struct crashd_section *sections;
static void *jump[5]; /* of __builtin_setjmp */

enum entry {
	FIRST,  /* we own the report */
	AGAIN,  /* a section of ours crashed */
	BUSY,   /* somebody else owns it; no harm in dropping this one */
	PARKED, /* somebody else owned it for too long */
};

/* ---- who else is in here? ---- */

/*
 * A forked child has a copy of our state, perhaps of a report in the middle:
 * start anew.  A vfork child has our memory itself: it must not touch it.
 */
static bool is_borrowed_memory(void)
{
	int pid = sys_getpid(), *cookie = crashd_config.cookie;

	if (!cookie || *cookie == pid)
		return false;
	if (*cookie)
		return true;
	*cookie = pid;
	owner = 0;
	return false;
}

static bool claim(uint32_t tid)
{
	uint32_t none = 0;

	return __atomic_compare_exchange_n(
		&owner, &none, tid, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void release(void)
{
	siginfo_t info = missed;

	missed.si_signo = 0;
	crash.nalso = 0;
	__atomic_store_n(&owner, 0, __ATOMIC_SEQ_CST);
	sys_futex(&owner, FUTEX_WAKE_PRIVATE, 1 << 30, NULL);
	if (info.si_signo)
		sys_rt_tgsigqueueinfo(
			sys_getpid(), sys_gettid(), info.si_signo, &info);
}

static void note_also(uint32_t tid, int sig)
{
	uint32_t n = __atomic_fetch_add(&crash.nalso, 1, __ATOMIC_SEQ_CST);

	if (n < CRASHD_ALSO)
		crash.also[n] = (struct crashd_also){ (int)tid, sig };
}

/* There is no such thread: our memory was overwritten. */
static void disown(uint32_t stranger)
{
	if (__atomic_compare_exchange_n(&owner, &stranger, 0, false,
		    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		crash.nalso = 0;
}

/* Waits for the owner to die with us, or, if it lives on, to be done. */
static bool park(uint32_t tid)
{
	int64_t deadline = sys_now_ms() + PARK_S * 1000;
	struct timespec second = { 1, 0 };

	while (!claim(tid)) {
		uint32_t other = __atomic_load_n(&owner, __ATOMIC_SEQ_CST);

		if (sys_now_ms() >= deadline)
			return false;
		if (other && sys_tgkill(sys_getpid(), (int)other, 0) == -ESRCH)
			disown(other);
		else if (other)
			sys_futex(&owner, FUTEX_WAIT_PRIVATE, other, &second);
	}
	return true;
}

/* A signal after whose report the process lives on. */
static bool is_survived(int sig)
{
	return sig == crashd_config.report_signal ||
	       (sig == SIGQUIT && crashd_config.go_on);
}

static enum entry enter(int sig, const siginfo_t *info)
{
	uint32_t tid = (uint32_t)sys_gettid();

	if (__atomic_load_n(&owner, __ATOMIC_SEQ_CST) == tid) {
		if (crashd_signal_is_fault(info))
			return AGAIN;
		if (crash.lives && !is_survived(sig))
			missed = *info;
		return BUSY;
	}
	if (claim(tid))
		return FIRST;
	if (is_survived(sig))
		return BUSY;
	/* That report may be one that the process survives, and Ctrl+\ must
	 * still end it. */
	if (sig != SIGQUIT)
		note_also(tid, sig);
	return park(tid) ? FIRST : PARKED;
}

/* ---- what happened ---- */

static bool info_is_good(int sig)
{
	struct sys_sigaction now;

	/* Somebody may have set our handler again without SA_SIGINFO. */
	return sys_rt_sigaction(sig, NULL, &now) < 0 || now.flags & SA_SIGINFO;
}

/* A handler from before us comes next, and may have the program go on. */
static bool is_chained(int sig)
{
	return (uintptr_t)crashd_config.old[sig].handler > (uintptr_t)SIG_IGN;
}

/* Those after which the process lives on, and which are ours. */
static uint64_t report_signals(void)
{
	int sig = crashd_config.report_signal;
	uint64_t mask = 0;

	if (crashd_config.go_on && crashd_config.ours[SIGQUIT])
		mask |= 1ULL << (SIGQUIT - 1);
	if (sig && crashd_config.ours[sig])
		mask |= 1ULL << (sig - 1);
	return mask;
}

static void fill_record(const uint64_t *gregs, bool good)
{
	struct crashd_record *rec = &crash.record;
	struct timespec now = { 0 };

	*rec = (struct crashd_record){
		.magic = CRASHD_RECORD_MAGIC,
		.size = sizeof *rec,
		.version = CRASHD_NOTE_VERSION,
		.pid = sys_getpid(),
		.tid = sys_gettid(),
		.signo = crash.sig,
		.level = crash.level,
		.deadline_ms = sys_now_ms() + DEADLINE_MS,
		.ucontext = (uintptr_t)crash.uc,
		.fault_addr = crash.trap.address,
		.root = (uintptr_t)crashd_config.root,
		.names = (uintptr_t)thread_names,
		.name_size = sizeof thread_names[0],
		.repeats = report_signals(),
	};
	sys_clock_gettime(CLOCK_MONOTONIC, &now);
	rec->signal_ns = now.tv_sec * 1000000000 + now.tv_nsec;
	sys_clock_gettime(CLOCK_REALTIME, &now);
	rec->time_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
	rec->flags =
		(crash.lives ? CRASHD_RECORD_CONTINUE : 0) |
		(crash.lives || is_chained(crash.sig) ? 0
						      : CRASHD_RECORD_HOLD) |
		(crash.sig ? 0 : CRASHD_RECORD_API) |
		(good ? 0 : CRASHD_RECORD_BAD_INFO) |
		(crashd_config.journal ? CRASHD_RECORD_JOURNAL : 0);
	__builtin_memcpy(rec->siginfo, &crash.info, sizeof rec->siginfo);
	__builtin_memcpy(rec->gregs, gregs, sizeof rec->gregs);
	if (crashd_config.root)
		crashd_config.root->record = (uintptr_t)rec;
}

static void prepare_text(const char *file, int fd)
{
	struct crashd_record *rec = &crash.record;

	crashd_output_open(&crash.output, file, crashd_config.dir, fd);
	crashd_text_init(&crash.text, crash.output.fd);
	if (crashd_config.secure)
		return;
	crash.text.fallback = crash.output.fallback;
	crash.text.copy = crashd_config.journal ? &crash.copy : NULL;
	crash.copy.n = 0;
	crash.in_journal = false;
	__builtin_memcpy(
		rec->fallback, crash.output.fallback, sizeof rec->fallback);
}

/*
 * A filter that was not there when we were loaded is the program's own, made
 * for what it does itself: it may kill for anything else.  One from before (a
 * container's, a service manager's) was made for programs in general.
 */
static void look_for_filter(void)
{
	enum { FILTER = 2 };

	crash.sandboxed = sys_prctl(PR_GET_SECCOMP, 0, 0, 0) == FILTER;
	crash.jailed = crash.sandboxed && !crashd_config.sandboxed;
	if (crash.sandboxed)
		crashd_peek_carefully();
}

static void describe(int sig, const siginfo_t *info, const ucontext_t *uc)
{
	bool good = info_is_good(sig);
	uint64_t gregs[CRASHD_GREGS];

	crash.sig = sig;
	crash.uc = uc;
	crash.level = crashd_config.level;
	crash.lives = is_survived(sig);
	if (good)
		crash.info = *info;
	else
		crash.info = (siginfo_t){ .si_signo = sig };
	crashd_context_gregs(uc, gregs);
	crashd_context_regs(gregs, &crash.regs);
	crash.trap = (struct crashd_trap){ 0 };
	if (good && crashd_signal_is_fault(info))
		crashd_context_trap(uc, &crash.trap);
	fill_record(gregs, good);
	look_for_filter();
	prepare_text(crashd_config.file, 2);
}

/*
 * A daemon that gave up root is no longer dumpable: nobody may trace it, and
 * the kernel writes no core.  That is undone for such a change of ids only; a
 * program that says PR_SET_DUMPABLE 0 itself means it.
 */
static int allow_tracing(void)
{
	int now = sys_prctl(PR_GET_DUMPABLE, 0, 0, 0);

	if (now == 1 || crashd_config.secure || crashd_config.dumpable != 1)
		return -1;
	if (sys_getuid() == crashd_config.uid &&
		sys_geteuid() == crashd_config.euid &&
		sys_getgid() == crashd_config.gid &&
		sys_getegid() == crashd_config.egid)
		return -1;
	return sys_prctl(PR_SET_DUMPABLE, 1, 0, 0) < 0 ? -1 : now;
}

static void restore_tracing(int was)
{
	if (was < 0 ||
		(crashd_config.level >= CRASHD_LEVEL_CRASH && !crash.lives))
		return;
	sys_prctl(PR_SET_DUMPABLE, (unsigned long)was, 0, 0);
}

/* ---- the report ---- */

static void run_sections(void)
{
	step = 0;
	faults = 0;
	dying = false;
	sections = crash.jailed ? crashd_jail_sections : crashd_sections;
	__builtin_setjmp(jump); /* section_failed() comes back here */
	while (faults <= MAX_FAULTS && sections[step].run) {
		const struct crashd_section *s = &sections[step];

		step++;
		if (crash.level >= s->level)
			s->run(&crash);
	}
}

/* With a fault of its own the end is reached all the same. */
static void end_here(int sig)
{
	struct sys_sigaction dfl = { .handler = NULL };

	sys_rt_sigaction(sig, &dfl, NULL);
}

__attribute__((noreturn, noinline)) static void go_on(void)
{
	__builtin_longjmp(jump, 1);
}

static void section_failed(const siginfo_t *info)
{
	if (dying) {
		end_here(info->si_signo);
		return;
	}
	if (++faults <= MAX_FAULTS && step > 0)
		crashd_report_failed(&crash, sections[step - 1].name, info);
	go_on();
}

/* A program may close what it did not open, and get the number for its own. */
static bool is_proc(int fd)
{
	struct stat st;

	return fd >= 0 && sys_fstat(fd, &st) == 0 &&
	       st.st_dev == crashd_config.proc_dev &&
	       st.st_ino == crashd_config.proc_ino;
}

/*
 * The program may have used up its descriptors; ours that were kept for this
 * make room.  They are had again for the next report, if there will be one.
 */
static void use_spares(void)
{
	for (int i = 0; i < CRASHD_SPARES; i++)
		if (is_proc(crashd_config.spare_fd[i]))
			sys_close(crashd_config.spare_fd[i]);
	crashd_now.proc_fd = crashd_config.proc_fd;
	if (!is_proc(crashd_now.proc_fd))
		crashd_now.proc_fd =
			sys_open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

static void keep_spares(void)
{
	for (int i = 0; i < CRASHD_SPARES; i++) {
		int want = crashd_config.spare_fd[i];
		int fd = sys_fcntl(crashd_now.proc_fd, F_DUPFD_CLOEXEC, want);

		if (fd >= 0 && fd != want)
			sys_close(fd); /* taken, by now, by the program */
	}
	if (crashd_now.proc_fd != crashd_config.proc_fd)
		sys_close(crashd_now.proc_fd);
}

/* The number at the end of a link of /proc: "12", "12/task/13". */
static int read_number(const char *link)
{
	char text[64];
	ssize_t n = sys_readlinkat(crashd_now.proc_fd, link, text, sizeof text);
	int v = 0;

	for (ssize_t i = 0; i < n; i++)
		v = text[i] >= '0' && text[i] <= '9' ? v * 10 + (text[i] - '0')
						     : 0;
	return v;
}

bool crashd_foreign_proc(void)
{
	return crashd_now.proc_pid && crashd_now.proc_pid != crash.record.pid;
}

void crashd_look_around(struct crashd_crash *c)
{
	use_spares();
	crashd_now.proc_pid = read_number("self");
	crashd_now.proc_tid = read_number("thread-self");
	c->dumpable = allow_tracing();
}

static void report(void)
{
	crashd_now = (struct crashd_now){ .proc_fd = -1 };
	crash.dumpable = -1;
	run_sections();
	dying = true;
	crashd_output_close(&crash.output);
	restore_tracing(crash.dumpable);
	if (!(crash.record.flags & CRASHD_RECORD_HOLD) &&
		crashd_now.proc_fd >= 0)
		keep_spares();
}

/* ---- the death ---- */

/*
 * PID 1 is not killed by a signal whose disposition is the default one, unless
 * the processor raises it.
 */
static bool is_init(void)
{
	return sys_getpid() == 1;
}

/*
 * For this thread, when it returns.  Under a filter of the program's own, and
 * valgrind, with the call that raise() and abort() make; a fault needs none, it
 * comes again, unless it is of the kind that leaves the pc behind the
 * instruction.
 */
static void queue(int sig, const siginfo_t *info)
{
	int pid = sys_getpid(), tid = sys_gettid();
	bool again =
		crashd_signal_is_fault(info) && sig != SIGTRAP && sig != SIGSYS;

	if (!crash.jailed && !crashd_config.valgrind &&
		sys_rt_tgsigqueueinfo(pid, tid, sig, info) == 0)
		return;
	if (!again)
		sys_tgkill(pid, tid, sig);
}

static void die(int sig, const siginfo_t *info, const ucontext_t *uc)
{
	uint64_t bit = 1ULL << (sig - 1);
	bool fault = crashd_signal_is_fault(info);

	sys_rt_sigprocmask(SIG_BLOCK, &bit, NULL);
	sys_rt_sigaction(sig, &crashd_config.old[sig], NULL);
	if (is_init() && crashd_config.old[sig].handler == NULL) {
		if (!fault)
			sys_exit_group(128 + sig);
		return; /* the instruction faults again, and that kills */
	}
	queue(sig, info);
	/* What returning from the handler restores must let it through. */
	__builtin_memcpy(&bit, &uc->uc_sigmask, sizeof bit);
	bit &= ~(1ULL << (sig - 1));
	__builtin_memcpy((void *)&uc->uc_sigmask, &bit, sizeof bit);
}

/* One line, from a buffer on the stack, and nothing of ours changed. */
static void report_briefly(int sig, const char *where)
{
	const char *name = crashd_signal_name(sig);
	struct crashd_text text;

	crashd_text_init(&text, 2);
	crashd_text_str(&text, name ? name : "signal");
	crashd_text_str(&text, ": ");
	crashd_text_str(&text, crashd_signal_words(sig));
	crashd_text_str(&text, where);
	crashd_text_str(&text, ", PID ");
	crashd_text_dec(&text, sys_getpid());
	crashd_text_char(&text, '\n');
	crashd_text_flush(&text);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	if (is_borrowed_memory()) {
		report_briefly(sig, " in a child that shares memory (vfork)");
		die(sig, info, uc);
		return;
	}
	switch (enter(sig, info)) {
	case AGAIN:
		section_failed(info); /* does not come back, mostly */
		return;
	case BUSY:
		crashd_context_repeat(uc);
		return;
	case PARKED:
		die(sig, info, uc);
		return;
	case FIRST:
		break;
	}
	describe(sig, info, uc);
	report();
	if (crash.lives) {
		release();
		crashd_context_repeat(uc);
		return;
	}
	die(sig, &crash.info, uc);
	if (is_chained(sig))
		release();
}

/* Without its memory the handler knows neither what came nor what was before
 * it: the fault of its own, in which this ends, is the signal. */
static void die_without_memory(int sig)
{
	report_briefly(sig, " in libcrashd, whose memory is gone: no report");
	end_here(sig);
}

/*
 * The kernel clears the direction and the trap flag for a handler, but not
 * alignment checking, and nothing here is compiled for that.
 */
static void allow_unaligned(void)
{
#if defined(__x86_64__)
	__asm__ volatile("pushfq\n\t"
			 "andq $~0x40000, (%%rsp)\n\t"
			 "popfq" ::
				 : "memory", "cc");
#endif
}

void crashd_on_signal(int sig, siginfo_t *info, void *uc)
{
	allow_unaligned();
	if (crashd_ownmem_opened(sig, info, uc))
		return;
	if (crashd_ownmem_lost(sig, info, uc))
		die_without_memory(sig);
	else if (crashd_relay_answer(info, uc))
		crashd_context_repeat(uc);
	else
		crashd_room_run(on_signal, sig, info, uc);
}

int crashd_on_request(int fd, const uint64_t gregs[CRASHD_GREGS])
{
	uint64_t mask = ~(1ULL << (SIGSEGV - 1) | 1ULL << (SIGBUS - 1) |
			  1ULL << (SIGILL - 1) | 1ULL << (SIGFPE - 1) |
			  1ULL << (SIGTRAP - 1) | 1ULL << (SIGSYS - 1));
	uint64_t old;

	if (is_borrowed_memory())
		return -EBUSY;
	if (!claim((uint32_t)sys_gettid()))
		return -EBUSY;
	sys_rt_sigprocmask(SIG_BLOCK, &mask, &old);
	crash.sig = 0;
	crash.uc = NULL;
	crash.lives = true;
	crash.info = (siginfo_t){ .si_signo = 0 };
	crash.trap = (struct crashd_trap){ 0 };
	crash.level = crashd_config.level > CRASHD_LEVEL_ALL
			      ? crashd_config.level
			      : CRASHD_LEVEL_ALL;
	crashd_context_regs(gregs, &crash.regs);
	fill_record(gregs, true);
	look_for_filter();
	prepare_text("", fd);
	report();
	release();
	sys_rt_sigprocmask(SIG_SETMASK, &old, NULL);
	return 0;
}
