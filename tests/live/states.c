/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program that gets itself into a state in which crash reporters fail, and
 * then crashes.  states.t has the list and what must come of it.
 */
#include "tests/live/deadfs.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { SMALL = 8192 };

static volatile int *volatile where;

__attribute__((noinline)) static int leaf(int a)
{
	return *where + a;
}

__attribute__((noinline)) static int die_here(int a)
{
	return leaf(a) + 1;
}

/* ---- threads ---- */

static void *waits(void *a)
{
	sigset_t all;

	sigfillset(&all);
	if (a)
		pthread_sigmask(SIG_BLOCK, &all, NULL);
	for (;;)
		pause();
	return NULL;
}

__attribute__((noinline)) static void *spins(void *a)
{
	for (volatile long i = 0;; i++)
		;
	return a;
}

static void threads(int n, void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	while (n--)
		if (pthread_create(&t, &attr, run, arg))
			_exit(99);
	usleep(50000);
}

static int in_callback(struct dl_phdr_info *info, size_t n, void *arg)
{
	(void)info;
	(void)n;
	(void)arg;
	waits(NULL);
	return 0;
}

static void *loads(void *arg)
{
	dl_iterate_phdr(in_callback, NULL);
	return arg;
}

static void *locks_stdio(void *arg)
{
	flockfile(stderr);
	flockfile(stdout);
	return waits(arg);
}

static void *vforks(void *arg)
{
	if (vfork() == 0) {
		sleep(4);
		_exit(0);
	}
	return arg;
}

static void *dies_later(void *arg)
{
	usleep(100000);
	die_here(1);
	return arg;
}

static int deep(volatile int n)
{
	volatile char room[200];

	room[0] = (char)n;
	return deep(n + 1) + room[0];
}

static int deep_c11(void *arg)
{
	(void)arg;
	return deep(1);
}

/* ---- states ---- */

static void loader(void)
{
	threads(1, loads, NULL);
}

static void stdio(void)
{
	threads(1, locks_stdio, NULL);
}

/* The constructor of that library pauses, or calls the program back. */
static void *opens(void *how)
{
	setenv("PLUGIN", how, 1);
	if (!dlopen(getenv("PLUGIN_PATH"), RTLD_NOW))
		_exit(92);
	return NULL;
}

static void dlopen_other(void)
{
	threads(1, opens, "wait");
}

static void dlopen_self(void)
{
	opens("crash");
}

/* While the loader relocates a library. */
static void resolver(void)
{
	opens("resolve");
}

static void *looks(void *a)
{
	struct stat st;

	stat("dead/file", &st);
	return a;
}

static void dead_server(void)
{
	if (!deadfs_mount("dead"))
		_exit(84);
	threads(1, looks, NULL);
	usleep(300000);
}

/* A thread's code goes away under it. */
static void dlclosed(void)
{
	void (*wait_there)(void), *library;

	setenv("PLUGIN", "none", 1);
	library = dlopen(getenv("PLUGIN_PATH"), RTLD_NOW);
	wait_there = dlsym(library, "wait_there");
	threads(1, (void *(*)(void *))wait_there, NULL);
	dlclose(library);
	if (dlopen(getenv("PLUGIN_PATH"), RTLD_NOW | RTLD_NOLOAD))
		_exit(89);
}

/* The name of the program is another file's by now. */
static void replaced(void)
{
	char exe[4096] = "";
	FILE *other = fopen("other", "w");

	readlink("/proc/self/exe", exe, sizeof exe - 1);
	fputs("\177ELF and no more", other);
	fclose(other);
	if (rename("other", exe))
		_exit(86);
}

/* A library is cut off under its code. */
static void cut_library(void)
{
	void (*wait_there)(void), *library;
	char command[4096];

	snprintf(
		command, sizeof command, "cp %s cut.so", getenv("PLUGIN_PATH"));
	setenv("PLUGIN", "none", 1);
	if (system(command) || !(library = dlopen("./cut.so", RTLD_NOW)))
		_exit(85);
	wait_there = dlsym(library, "wait_there");
	truncate("cut.so", 0);
	wait_there();
}

static void exiting(void)
{
	die_here(1);
}

static void at_exit(void)
{
	atexit(exiting);
	exit(0);
}

__attribute__((constructor)) static void before_main(void)
{
	if (getenv("BEFORE_MAIN"))
		die_here(1);
}

static pthread_mutex_t atfork_mutex = PTHREAD_MUTEX_INITIALIZER;

static void take(void)
{
	pthread_mutex_lock(&atfork_mutex);
}

static void atfork(void)
{
	pthread_atfork(take, NULL, NULL);
	take();
}

static void smashed(void)
{
	char *volatile sp = __builtin_frame_address(0);

	memset(sp, 0x41, 400);
	*where;
}

static void sp_zero(void)
{
	__asm__ volatile("xor %%esp, %%esp; push %%rax" ::: "memory");
}

static void sp_wild(void)
{
	__asm__ volatile("movabs $0x4141414141414141, %%rsp; push %%rax" ::
				 : "memory");
}

static void fp_cycle(void)
{
	static uint64_t frame[2];

	frame[0] = (uint64_t)frame;
	frame[1] = 0x1234;
	__asm__ volatile(
		"mov %0, %%rbp; xor %%eax, %%eax; jmp *%%rax" ::"r"(frame));
}

static void call_data(void)
{
	static char code[] = { (char)0xc3 };

	((void (*)(void))code)();
}

static void call_wild(void)
{
	((void (*)(void))0x4141414141414141)();
}

/* Code without tables: push %rbp; mov %rsp,%rbp; xor %eax,%eax; mov (%rax) */
static void jit(void)
{
	static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0x31,
		0xc0, 0x8b, 0x00, 0xc9, 0xc3 };
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(p, code, sizeof code);
	((void (*)(void))p)();
	__asm__ volatile("" ::: "memory");
}

/* Hand-written code, with CFI and without. */
__asm__(".text\n"
	".globl first_instruction\n"
	".type first_instruction, @function\n"
	"first_instruction:\n"
	"	.cfi_startproc\n"
	"	movl 0, %eax\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size first_instruction, . - first_instruction\n"
	".globl without_cfi\n"
	".type without_cfi, @function\n"
	"without_cfi:\n"
	"	pushq %rbp\n"
	"	movq %rsp, %rbp\n"
	"	movl 0, %eax\n"
	"	popq %rbp\n"
	"	ret\n"
	".size without_cfi, . - without_cfi\n"
	".globl leaf_without_cfi\n"
	".type leaf_without_cfi, @function\n"
	"leaf_without_cfi:\n"
	"	movl 0, %eax\n"
	"	ret\n"
	".size leaf_without_cfi, . - leaf_without_cfi\n");
void first_instruction(void), without_cfi(void), leaf_without_cfi(void);

__attribute__((noinline)) static void calls_first(void)
{
	first_instruction();
	__asm__ volatile("");
}

__attribute__((noinline)) static void calls_without(void)
{
	without_cfi();
	__asm__ volatile("");
}

__attribute__((noinline)) static void calls_leaf(void)
{
	leaf_without_cfi();
	__asm__ volatile("");
}

/* The jump of a PLT entry itself: the table that it reads is gone. */
__attribute__((noinline)) static void calls_plt(void)
{
	extern char _GLOBAL_OFFSET_TABLE_[]
		__attribute__((visibility("hidden")));
	uintptr_t table = (uintptr_t)_GLOBAL_OFFSET_TABLE_ & -4096UL;

	mprotect((void *)table, 4096, PROT_NONE);
	getppid();
}

__attribute__((noinline)) static void calls_vdso(void)
{
	clock_gettime(CLOCK_MONOTONIC, (struct timespec *)8);
}

/* abort() is caught, and left. */
static sigjmp_buf out_of_abort;

static void on_abort(int sig)
{
	siglongjmp(out_of_abort, sig);
}

static void abort_jumps(void)
{
	signal(SIGABRT, on_abort);
	if (!sigsetjmp(out_of_abort, 1))
		abort();
}

static void *ends(void *arg)
{
	return arg;
}

static void *breeds(void *arg)
{
	pthread_t t;

	for (;;)
		if (!pthread_create(&t, NULL, ends, NULL))
			pthread_join(t, NULL);
	return arg;
}

static void churning(void)
{
	threads(4, breeds, NULL);
}

/* Children are reaped unseen, and by a loop of the program's own. */
static void *reaps(void *arg)
{
	for (;;) {
		int status;

		if (waitpid(-1, &status, 0) > 0)
			_exit(91); /* it must not see the reporter */
		usleep(100);
	}
	return arg;
}

static void reaping(void)
{
	signal(SIGCHLD, SIG_IGN);
	threads(1, reaps, NULL);
}

/* Somebody keeps our handler and sets it again, as signal() would. */
static void no_siginfo(void)
{
	struct sigaction action;

	sigaction(SIGSEGV, NULL, &action);
	action.sa_flags &= ~SA_SIGINFO;
	sigaction(SIGSEGV, &action, NULL);
}

/* All of the library's memory that can be written, the configuration apart. */
static void spoil(void (*how)(char *start, size_t n))
{
	char line[512];
	unsigned long start, end;
	FILE *maps = fopen("/proc/self/maps", "r");
	bool mine = false;

	while (fgets(line, sizeof line, maps)) {
		bool named = strchr(line, '/') || strchr(line, '[');

		mine = strstr(line, "libcrashd.so") || (mine && !named);
		if (!mine || !strstr(line, " rw-p ") ||
			sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		how((char *)start, end - start);
		mine = strchr(line, '/') != NULL;
	}
}

/* The end of a page that the kernel's frame does not fill, and a guard. */
static void small_altstack(void)
{
	char *p = mmap(
		NULL, 2 * SMALL, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t s = { .ss_size = SMALL, .ss_sp = p + SMALL };

	mprotect(s.ss_sp, SMALL, PROT_READ | PROT_WRITE);
	if (sigaltstack(&s, NULL))
		_exit(90);
}

static void overwrite(char *start, size_t n)
{
	memset(start, 0x41, n);
}

static void overwritten(void)
{
	spoil(overwrite);
}

static void protect(char *start, size_t n)
{
	mprotect(start, n, PROT_NONE);
}

static void taken_away(void)
{
	spoil(protect);
}

/* For good. */
static void unmap(char *start, size_t n)
{
	munmap(start, n);
}

static void unmapped(void)
{
	spoil(unmap);
}

static void no_altstack(void)
{
	stack_t off = { .ss_flags = SS_DISABLE };

	sigaltstack(&off, NULL);
}

static void autodisarm(void)
{
	stack_t s = {
		.ss_size = SMALL,
		.ss_sp = malloc(SMALL),
		.ss_flags = (int)(1U << 31), /* SS_AUTODISARM */
	};

	if (sigaltstack(&s, NULL))
		_exit(90);
}

/* Too small for what the kernel puts there. */
static void tiny_altstack(void)
{
	stack_t s = { .ss_size = 2048, .ss_sp = malloc(2048) };

	sigaltstack(&s, NULL);
}

static void limit(int what, rlim_t value)
{
	struct rlimit r = { value, value };

	setrlimit(what, &r);
}

static void no_memory(void)
{
	limit(RLIMIT_AS, 30 << 20);
	while (malloc(100000))
		;
	while (malloc(16))
		;
}

/* In the cgroup of that name, of which a megabyte is left. */
static void cgroup_full(void)
{
	long limit = 32 << 20, used = 0;
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/cgroup.procs", getenv("CGROUP"));
	f = fopen(path, "w");
	fprintf(f, "%d", getpid());
	if (fclose(f))
		_exit(84);
	threads(1, waits, NULL);
	while (used < limit - (1 << 20)) {
		f = fopen(getenv("CGROUP_USED"), "r");
		if (!f || fscanf(f, "%ld", &used) != 1)
			_exit(83);
		fclose(f);
		memset(malloc(65536), 1, 65536);
	}
}

static void no_descriptors(void)
{
	limit(RLIMIT_NOFILE, 600);
	while (dup(0) >= 0)
		;
}

static void nobody(void)
{
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		_exit(98);
}

static void no_processes(void)
{
	nobody();
	limit(RLIMIT_NPROC, 1);
	if (fork() >= 0) /* the control: it must not work */
		_exit(97);
}

/* Those calls, up to a zero: action; all others: otherwise. */
static void filter_calls(const int *calls, int action, int otherwise)
{
	enum { MAX = 64 };
	struct sock_filter code[MAX + 3] = { BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	int n = 0;

	while (calls[n])
		n++;
	for (int i = 0; i < n; i++)
		code[1 + i] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
				(unsigned)calls[i], (unsigned char)(n - i), 0);
	code[n + 1] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, (unsigned)otherwise);
	code[n + 2] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (unsigned)action);

	struct sock_fprog program = { (unsigned short)(n + 3), code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(96);
}

static void filter(int action)
{
	static const int refused[] = { SYS_ptrace, SYS_execveat, SYS_clone,
		SYS_process_vm_readv, SYS_clone3, SYS_execve, SYS_vfork,
		SYS_fork, 0 };

	filter_calls(refused, action, SECCOMP_RET_ALLOW);
}

/* No files, no signals to others. */
static void seccomp_files(void)
{
	static const int refused[] = { SYS_ptrace, SYS_execveat, SYS_clone,
		SYS_process_vm_readv, SYS_clone3, SYS_execve, SYS_vfork,
		SYS_open, SYS_openat, SYS_readlink, SYS_readlinkat, SYS_flock,
		SYS_rt_tgsigqueueinfo, SYS_getdents64, SYS_newfstatat,
		SYS_faccessat2, SYS_mmap, SYS_socket, 0 };

	threads(1, waits, NULL);
	filter_calls(refused, (int)SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW);
}

static void seccomp_abort(void)
{
	seccomp_files();
	abort();
}

/* What crashd(3) says that the first line and the signal need; no more. */
static void seccomp_least(void)
{
	static const int allowed[] = { SYS_write, SYS_poll, SYS_getpid,
		SYS_gettid, SYS_rt_sigaction, SYS_rt_sigprocmask,
		SYS_rt_sigreturn, SYS_sigaltstack, SYS_clock_gettime, SYS_fcntl,
		SYS_fstat, SYS_prctl, SYS_tgkill, SYS_futex, 0 };

	filter_calls(allowed, SECCOMP_RET_ALLOW, (int)SECCOMP_RET_KILL_PROCESS);
}

static void seccomp_errno(void)
{
	threads(2, waits, NULL);
	filter(SECCOMP_RET_ERRNO | EPERM);
}

static void seccomp_kill(void)
{
	threads(2, waits, NULL);
	filter((int)SECCOMP_RET_KILL_PROCESS);
}

static void seccomp_spinning(void)
{
	threads(2, spins, NULL);
	filter(SECCOMP_RET_ERRNO | EPERM);
}

/* Files can be neither read nor executed from here on, by this thread. */
static void landlock(void)
{
	uint64_t handled = 0x7; /* EXECUTE, WRITE_FILE, READ_FILE */
	int rules;

	threads(1, waits, NULL);
	threads(1, spins, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	rules = syscall(
		SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	if (rules >= 0 && syscall(SYS_landlock_restrict_self, rules, 0))
		_exit(82);
}

/* Every access that is not aligned is a fault, in handlers, too. */
static void aligned(void)
{
	__asm__ volatile("pushfq\n\t"
			 "orq $0x40000, (%%rsp)\n\t"
			 "popfq\n\t"
			 "movl 0, %%eax" ::
				 : "rax", "memory", "cc");
}

static void seccomp_trap(void)
{
	filter(SECCOMP_RET_TRAP);
	syscall(SYS_execve, NULL, NULL, NULL);
}

static void file_cut_off(void)
{
	int fd = open("cut", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	unlink("cut");
	where = (volatile int *)p;
}

static void breakpoint(void)
{
	__asm__ volatile("int3");
}

static void chrooted(void)
{
	char folder[] = "/tmp/crashd-empty.XXXXXX";

	threads(1, waits, NULL);
	if (!mkdtemp(folder) || chroot(folder) || chdir("/"))
		_exit(95);
}

static void daemon_of_nobody(void)
{
	threads(2, waits, NULL);
	nobody();
	if (prctl(PR_GET_DUMPABLE) == 1)
		_exit(94); /* the control: it must have been lost */
}

static void secret(void)
{
	threads(1, waits, NULL);
	prctl(PR_SET_DUMPABLE, 0);
}

static void thousand(void)
{
	static int blocked;

	threads(100, waits, NULL);
	threads(900, waits, &blocked);
}

static void vforking(void)
{
	threads(1, vforks, NULL);
}

static void spinning(void)
{
	threads(2, spins, NULL);
}

/* One thread alone has a tracer, of this program's own. */
static void traced(void)
{
	static int blocked;

	threads(1, spins, NULL);
	threads(2, waits, &blocked);

	pid_t pid = getpid();

	if (fork() == 0) {
		int status;

		if (ptrace(PTRACE_SEIZE, pid + 1, 0, 0))
			_exit(87);
		while (waitpid(pid + 1, &status, __WALL) > 0 &&
			WIFSTOPPED(status))
			ptrace(PTRACE_CONT, pid + 1, 0,
				WSTOPSIG(status) == SIGTRAP ? 0
							    : WSTOPSIG(status));
		_exit(0);
	}
	usleep(100000);
}

static void closed(void)
{
	close(2);
}

static void reused(void)
{
	close(2);
	if (open("database", O_RDWR | O_CREAT | O_TRUNC, 0600) != 2 ||
		write(2, "data", 4) != 4)
		_exit(93);
}

static void nonblock(void)
{
	fcntl(2, F_SETFL, O_NONBLOCK);
	threads(300, waits, NULL);
}

static void closes_all(void)
{
	threads(1, waits, NULL);
	syscall(SYS_close_range, 3, ~0U, 0);
	for (int i = 0; i < 600; i++)
		if (open("/dev/null", O_RDWR) < 0)
			break;
}

static void leader_gone(void)
{
	pthread_t t;

	pthread_create(&t, NULL, dies_later, NULL);
	pthread_exit(NULL);
}

/* Each thread its own way to crash, a little after the main one. */
static void *crashes(void *arg)
{
	usleep(200000);
	switch ((long)arg % 4) {
	case 0:
		die_here(1);
	case 1:
		raise(SIGFPE);
	case 2:
		raise(SIGBUS);
	default:
		__builtin_trap();
	}
	return NULL;
}

static void eight(void)
{
	for (long i = 0; i < 7; i++)
		pthread_create(&(pthread_t){ 0 }, NULL, crashes, (void *)i);
	usleep(100000);
}

static void c11_overflow(void)
{
	thrd_t t;

	thrd_create(&t, deep_c11, NULL);
	thrd_join(t, NULL);
}

static int deep_raw(void *arg)
{
	(void)arg;
	return deep(1);
}

/* A thread that no library knows of: it has no alternate stack. */
static void raw_overflow(void)
{
	char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	mprotect(stack, 4096, PROT_NONE);
	clone(deep_raw, stack + 65536,
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			CLONE_THREAD | CLONE_SYSVSEM,
		NULL);
	waits(NULL);
}

static void named(void)
{
	prctl(PR_SET_NAME, "\033[31mred");
}

static void on_fiber(void)
{
	static char stack[65536];
	static ucontext_t fiber, back;

	getcontext(&fiber);
	fiber.uc_stack.ss_sp = stack;
	fiber.uc_stack.ss_size = sizeof stack;
	fiber.uc_link = &back;
	makecontext(&fiber, (void (*)(void))die_here, 1, 1);
	swapcontext(&back, &fiber);
}

static void in_handler(int sig)
{
	(void)sig;
	die_here(2);
}

static void handler(void)
{
	signal(SIGUSR1, in_handler);
	raise(SIGUSR1);
}

/* The signal that ends us is open in one thread alone. */
static void quit_in_worker(void)
{
	sigset_t quit;

	threads(1, waits, NULL);
	sigemptyset(&quit);
	sigaddset(&quit, SIGQUIT);
	pthread_sigmask(SIG_BLOCK, &quit, NULL);
	kill(getpid(), SIGQUIT);
	waits(NULL);
}

/* And here it is the program's, which reads it. */
static void quit_is_read(void)
{
	sigset_t quit;
	int sig = 0;

	sigemptyset(&quit);
	sigaddset(&quit, SIGQUIT);
	pthread_sigmask(SIG_BLOCK, &quit, NULL);
	kill(getpid(), SIGQUIT);
	if (sigwait(&quit, &sig) || sig != SIGQUIT)
		_exit(88);
}

/* Stopped, then told to quit, then continued. */
static void stopped(void)
{
	pid_t parent = getpid();

	threads(1, waits, NULL);
	if (fork() == 0) {
		kill(parent, SIGSTOP);
		usleep(100000);
		kill(parent, SIGQUIT);
		usleep(100000);
		kill(parent, SIGCONT);
		_exit(0);
	}
	waits(NULL);
}

static void waiting(void)
{
	waits(NULL);
}

static const struct {
	const char *name;
	void (*reach)(void);
} states[] = {
	{ "plain", NULL },
	{ "loader", loader },
	{ "stdio", stdio },
	{ "atfork", atfork },
	{ "smashed", smashed },
	{ "sp-zero", sp_zero },
	{ "sp-wild", sp_wild },
	{ "fp-cycle", fp_cycle },
	{ "call-data", call_data },
	{ "call-wild", call_wild },
	{ "jit", jit },
	{ "first-instruction", calls_first },
	{ "without-cfi", calls_without },
	{ "leaf-without-cfi", calls_leaf },
	{ "plt", calls_plt },
	{ "vdso", calls_vdso },
	{ "abort-jumps", abort_jumps },
	{ "churn", churning },
	{ "reaping", reaping },
	{ "no-siginfo", no_siginfo },
	{ "overwritten", overwritten },
	{ "taken-away", taken_away },
	{ "unmapped", unmapped },
	{ "dlopen-other", dlopen_other },
	{ "dlopen-self", dlopen_self },
	{ "resolver", resolver },
	{ "dead-server", dead_server },
	{ "replaced", replaced },
	{ "cut-library", cut_library },
	{ "atexit", at_exit },
	{ "small-altstack", small_altstack },
	{ "tiny-altstack", tiny_altstack },
	{ "no-altstack", no_altstack },
	{ "autodisarm", autodisarm },
	{ "dlclosed", dlclosed },
	{ "quit-worker", quit_in_worker },
	{ "quit-read", quit_is_read },
	{ "stopped", stopped },
	{ "no-memory", no_memory },
	{ "cgroup-full", cgroup_full },
	{ "no-descriptors", no_descriptors },
	{ "no-processes", no_processes },
	{ "seccomp", seccomp_errno },
	{ "seccomp-spin", seccomp_spinning },
	{ "seccomp-kill", seccomp_kill },
	{ "seccomp-files", seccomp_files },
	{ "seccomp-abort", seccomp_abort },
	{ "seccomp-least", seccomp_least },
	{ "seccomp-trap", seccomp_trap },
	{ "landlock", landlock },
	{ "aligned", aligned },
	{ "file-cut-off", file_cut_off },
	{ "breakpoint", breakpoint },
	{ "chroot", chrooted },
	{ "nobody", daemon_of_nobody },
	{ "secret", secret },
	{ "thousand", thousand },
	{ "vfork", vforking },
	{ "spin", spinning },
	{ "traced", traced },
	{ "closed", closed },
	{ "reused", reused },
	{ "nonblock", nonblock },
	{ "closes-all", closes_all },
	{ "leader-gone", leader_gone },
	{ "c11-overflow", c11_overflow },
	{ "raw-overflow", raw_overflow },
	{ "eight", eight },
	{ "named", named },
	{ "fiber", on_fiber },
	{ "handler", handler },
	{ "wait", waiting },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		if (argc < 2 || strcmp(argv[1], states[i].name))
			continue;
		if (states[i].reach)
			states[i].reach();
		return die_here(1);
	}
	return 2;
}
