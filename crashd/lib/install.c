/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that must be ready before a crash, because after it there may be
 * no memory, no descriptor, no /proc and no file system: options, an alternate
 * stack, the reporter's file and /proc as open descriptors, a stack for
 * children, the page of annotations; at last the handlers.
 *
 * A constructor does it, so that loading the library is enough; the functions
 * of crashd.h do it too, for those who call them from an earlier one.  What
 * cannot be had is left out: a process must not fail to start because its
 * crash would be reported less well.
 */
#include "crashd/lib/install.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crashd/crashd.h"
#include "crashd/lib/annotate.h"
#include "crashd/lib/event.h"
#include "crashd/lib/options.h"
#include "crashd/lib/stack.h"
#include "crashd/safe/handler.h"
#include "crashd/safe/procfile.h"

#ifndef CRASHD_LIBEXECDIR
#define CRASHD_LIBEXECDIR "/usr/local/libexec/crashd"
#endif

#ifndef HWCAP2_FSGSBASE /* arch/x86/include/uapi/asm/hwcap2.h */
#define HWCAP2_FSGSBASE 2
#endif

enum {
	CHILD_STACK = 512 << 10, /* address space; touched only when used */
};

_Static_assert((int)CRASHD_LEVEL_CRASH == (int)CRASHD_CRASH, "same scale");

static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP,
	SIGSYS, SIGXCPU, SIGXFSZ, SIGQUIT };

static struct crashd_root root;

/* note.h: found without symbols, by its distance from here. */
__asm__(".pushsection .note.crashd, \"a\", @note\n"
	"	.balign 4\n"
	"	.long 7, 8, 1\n"
	"	.asciz \"crashd\"\n"
	"	.balign 4\n"
	"1:	.quad crashd_note_root - 1b\n"
	".popsection\n");
extern struct crashd_root crashd_note_root
	__attribute__((visibility("hidden"), alias("root")));

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- descriptors ---- */

/* To a number that programs leave alone; fd is closed. */
static int move_up(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, CRASHD_HIGH_FD);

	if (high < 0) /* RLIMIT_NOFILE is lower */
		high = fcntl(fd, F_DUPFD_CLOEXEC, 64);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

static bool open_reporter(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		!(st.st_mode & 0111)) {
		close(fd);
		return false;
	}
	snprintf(crashd_config.reporter, sizeof crashd_config.reporter, "%s",
		path);
	crashd_config.reporter_dev = st.st_dev;
	crashd_config.reporter_ino = st.st_ino;
	crashd_config.reporter_fd = move_up(fd);
	return true;
}

/*
 * Beside the library, then in the compiled-in folder.  Where the library lies
 * was the loader's decision, which ignores the environment when AT_SECURE; but
 * then there is no report anyway, and the reporter is not looked for.
 */
static void find_reporter(void)
{
	char path[CRASHD_PATH_SIZE], real[PATH_MAX];
	Dl_info info;

	if (dladdr(&root, &info) && info.dli_fname &&
		realpath(info.dli_fname, real)) {
		char *slash = strrchr(real, '/');

		if (slash)
			*slash = 0;
		if (snprintf(path, sizeof path, "%s/crashd-report", real) <
				(int)sizeof path &&
			open_reporter(path))
			return;
	}
	open_reporter(CRASHD_LIBEXECDIR "/crashd-report");
}

static void open_proc(void)
{
	int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (stat("/", &st) == 0) {
		crashd_config.root_dev = st.st_dev;
		crashd_config.root_ino = st.st_ino;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	crashd_config.proc_dev = st.st_dev;
	crashd_config.proc_ino = st.st_ino;

	crashd_config.proc_fd = move_up(fd);
	for (int i = 0; i < CRASHD_SPARES; i++)
		crashd_config.spare_fd[i] = fcntl(
			crashd_config.proc_fd, F_DUPFD_CLOEXEC, CRASHD_HIGH_FD);
}

static void find_exe(void)
{
	ssize_t n = readlink("/proc/self/exe", crashd_config.exe,
		sizeof crashd_config.exe - 1);

	crashd_config.exe[n > 0 ? n : 0] = 0;
}

/* ---- memory ---- */

static int map_cookie(void)
{
	long page = sysconf(_SC_PAGESIZE);
	int *p = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	if (madvise(p, (size_t)page, MADV_WIPEONFORK) < 0) {
		int error = -errno;

		munmap(p, (size_t)page);
		return error;
	}
	*p = getpid();
	crashd_config.cookie = p;
	return 0;
}

static void fill_root(void)
{
	memcpy(root.magic, CRASHD_ROOT_MAGIC, sizeof root.magic);
	root.size = sizeof root;
	root.version = CRASHD_NOTE_VERSION;
	root.pid = getpid();
	root.level = crashd_config.level;
	crashd_config.root = &root;
}

/*
 * Between the two the configuration can be written.  Where pages are larger
 * than the struct's alignment mprotect refuses, and it stays writable.
 */
static pthread_mutex_t config_lock = PTHREAD_MUTEX_INITIALIZER;

static void open_config(void)
{
	pthread_mutex_lock(&config_lock);
	mprotect(&crashd_config, sizeof crashd_config, PROT_READ | PROT_WRITE);
}

static void close_config(void)
{
	mprotect(&crashd_config, sizeof crashd_config, PROT_READ);
	pthread_mutex_unlock(&config_lock);
}

/* ---- level and options ---- */

/* What the kernel asks when it dumps; only a user of level crash wants it. */
static void allow_core(void)
{
	struct rlimit limit;
	char text[16] = "";
	FILE *f;

	if (getrlimit(RLIMIT_CORE, &limit) == 0 &&
		limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_CORE, &limit);
	}
	f = fopen("/proc/self/coredump_filter", "r+e");
	if (!f)
		return;
	if (fgets(text, sizeof text, f)) {
		rewind(f);
		fprintf(f, "0x%lx\n", strtoul(text, NULL, 16) | 0x7f);
	}
	fclose(f);
}

static void raise_level(int level)
{
	if (crashd_config.secure || level <= crashd_config.level)
		return;
	crashd_config.level = level;
	root.level = level;
	if (level >= CRASHD_CRASH)
		allow_core();
}

/* One line, one write: stdio may not be set up when a constructor runs. */
static void warn(const char *text)
{
	char line[400];
	int n = snprintf(line, sizeof line, "crashd: %s\n", text);

	if (n > 0 && write(2, line, strnlen(line, sizeof line)) < 0)
		return; /* nowhere to complain to */
}

/* Absolute: the program may go to another folder.  from fits. */
static void set_path(char to[CRASHD_PATH_SIZE], const char *from)
{
	char here[CRASHD_PATH_SIZE - CRASHD_PATH_ROOM] = "";

	bool relative = from[0] && from[0] != '/' &&
			getcwd(here, sizeof here - strlen(from));

	snprintf(to, CRASHD_PATH_SIZE, "%s%s%s", relative ? here : "",
		relative ? "/" : "", from);
}

/*
 * RUNNING_ON_VALGRIND: rotations that undo each other, and an exchange of a
 * register with itself, which valgrind answers with the depth of emulation in
 * rdx (valgrind.h, VALGRIND_DO_CLIENT_REQUEST_EXPR for amd64-linux).
 */
static bool on_valgrind(void)
{
#if defined(__x86_64__)
	enum { RUNNING_ON_VALGRIND = 0x1001 };
	volatile uint64_t request[6] = { RUNNING_ON_VALGRIND };
	uint64_t depth = 0;

	__asm__ volatile("rolq $3, %%rdi\n\t"
			 "rolq $13, %%rdi\n\t"
			 "rolq $61, %%rdi\n\t"
			 "rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(depth)
			 : "a"(request)
			 : "cc", "memory");
	return depth != 0;
#else
	return false;
#endif
}

static bool is_our_pid(const char *name)
{
	const char *pid = getenv(name);

	return pid && atoi(pid) == getpid();
}

/*
 * What the manager of a service tells it (sd_watchdog_enabled(3),
 * sd_notify(3), systemd.exec(5)).  Our parent is the manager if we are the
 * very process that it started.
 */
static void read_service(void)
{
	const char *notify = getenv("NOTIFY_SOCKET");

	crashd_config.watched = getenv("WATCHDOG_USEC") != NULL;
	if (is_our_pid("WATCHDOG_PID") || is_our_pid("SYSTEMD_EXEC_PID"))
		crashd_config.manager = getppid();
	if (notify && strlen(notify) < sizeof crashd_config.notify)
		strcpy(crashd_config.notify, notify);
}

static void read_environment(void)
{
	struct options options;
	char complaint[320];

	crashd_config.valgrind = on_valgrind();
	crashd_config.level = CRASHD_SINGLE;
	if (crashd_config.secure) {
		crashd_config.level = CRASHD_NONE;
		return;
	}
	read_service();
	if (!crashd_options_parse(
		    getenv("TRACEBACK"), &options, complaint, sizeof complaint))
		warn(complaint);
	if (options.level >= 0)
		crashd_config.level = options.level;
	crashd_config.go_on = options.go_on;
	crashd_config.journal = options.journal;
	crashd_config.report_signal = options.report_signal;
	set_path(crashd_config.file, options.file);
	set_path(crashd_config.dir, options.dir);
	if (crashd_config.level >= CRASHD_CRASH)
		allow_core();
}

/* ---- handlers ---- */

static bool is_ours(const struct sigaction *action)
{
	return action->sa_flags & SA_SIGINFO &&
	       action->sa_sigaction == crashd_on_signal;
}

static void take_signal(int sig)
{
	struct sigaction action = { .sa_sigaction = crashd_on_signal,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART };
	static const int open[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP,
		SIGSYS };
	struct sigaction old;

	if (sigaction(sig, NULL, &old) < 0 || is_ours(&old))
		return;
	/* Ignored on purpose, or, SIGQUIT, somebody's own: leave it alone. */
	if (old.sa_handler == SIG_IGN)
		return;
	if (sig == SIGQUIT && old.sa_handler != SIG_DFL)
		return;
	/*
	 * Nothing interrupts a report, but the faults of its own sections: a
	 * fault whose signal is blocked kills without a handler.
	 */
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
		sigdelset(&action.sa_mask, open[i]);
	/* With the restorer, and other details that only the kernel knows. */
	sys_rt_sigaction(sig, NULL, &crashd_config.old[sig]);
	if (sigaction(sig, &action, NULL) == 0)
		crashd_config.ours[sig] = true;
}

static void take_signals(void)
{
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
		take_signal(fatal[i]);
	if (crashd_config.report_signal)
		take_signal(crashd_config.report_signal);
}

/* ---- all of it ---- */

static void find_symbols(void)
{
	crashd_config.find_object = _dl_find_object;
	crashd_config.libc = dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
	crashd_config.abort_message = dlsym(RTLD_DEFAULT, "__abort_msg");
}

/* What ownmem.h may open again: what the loader left writable, and the code. */
static int find_own(struct dl_phdr_info *object, size_t size, void *arg)
{
	uint64_t at = (uint64_t)(uintptr_t)&root - object->dlpi_addr,
		 closed = 0;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const ElfW(Phdr) *data = NULL, *code = NULL;

	(void)size;
	(void)arg;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &object->dlpi_phdr[i];

		if (p->p_type == PT_GNU_RELRO)
			closed = p->p_vaddr + p->p_memsz;
		if (p->p_type == PT_LOAD && p->p_flags & PF_X)
			code = p;
		if (p->p_type == PT_LOAD && at - p->p_vaddr < p->p_memsz)
			data = p;
	}
	if (!data || !code || !object->dlpi_name || !object->dlpi_name[0])
		return data != NULL; /* ours, but it is the program */
	closed = closed > data->p_vaddr ? closed : data->p_vaddr;
	closed = (closed + page - 1) / page * page;
	crashd_config.data = (char *)(object->dlpi_addr + closed);
	crashd_config.data_size = data->p_vaddr + data->p_memsz - closed;
	crashd_config.code = (char *)(object->dlpi_addr + code->p_vaddr);
	crashd_config.code_size = code->p_memsz;
	return 1;
}

/* Before main, so these are the service manager's or the container's. */
static uint64_t count_filters(void)
{
	char status[4096];

	if (!crashd_config.sandboxed ||
		crashd_procfile_read(
			-1, getpid(), 0, "status", status, sizeof status) < 0)
		return 0;
	return crashd_procfile_number(status, "Seccomp_filters", 10);
}

static void install(void)
{
	open_config();
	crashd_config.secure = getauxval(AT_SECURE) != 0;
	crashd_config.uid = getuid();
	crashd_config.euid = geteuid();
	crashd_config.gid = getgid();
	crashd_config.egid = getegid();
	crashd_config.dumpable = prctl(PR_GET_DUMPABLE);
	crashd_config.fsgsbase = getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE;
	crashd_config.sandboxed = prctl(PR_GET_SECCOMP) > 0;
	crashd_config.filters = count_filters();
	read_environment();
	fill_root();
	map_cookie();
	crashd_annotate_map(&root);
	crashd_event_map(&root);
	find_symbols();
	dl_iterate_phdr(find_own, NULL);
	if (!crashd_config.secure) {
		find_exe();
		open_proc();
		find_reporter();
		crashd_config.child_stack = crashd_stack_map(CHILD_STACK);
		crashd_config.room_size = crashd_stack_size();
		crashd_config.room = crashd_stack_map(crashd_config.room_size);
	}
	crashd_stack_prepare();
	crashd_stack_install();
	take_signals();
	close_config();
}

void crashd_install_once(void)
{
	pthread_once(&once, install);
}

__attribute__((constructor)) static void at_load(void)
{
	int saved = errno;

	crashd_install_once();
	errno = saved;
}

static void set_path_if_unset(char to[CRASHD_PATH_SIZE], const char *from)
{
	if (from && !to[0] &&
		strlen(from) < CRASHD_PATH_SIZE - CRASHD_PATH_ROOM)
		set_path(to, from);
}

static void take_options(const struct crashd_options *o)
{
	raise_level((int)o->level);
	crashd_config.go_on |= (o->flags & CRASHD_CONTINUE) != 0;
	crashd_config.journal |= (o->flags & CRASHD_JOURNAL) != 0;
	set_path_if_unset(crashd_config.file, o->file);
	set_path_if_unset(crashd_config.dir, o->dir);
	if (!crashd_config.report_signal)
		crashd_config.report_signal = o->report_signal;
}

CRASHD_API int crashd_install(const struct crashd_options *o)
{
	struct crashd_options known = { 0 };

	crashd_install_once();
	if (o) {
		/* A program built with another version's, shorter or longer. */
		if (o->size < sizeof o->size)
			return -EINVAL;
		memcpy(&known, o,
			o->size < sizeof known ? o->size : sizeof known);
		if (known.report_signal &&
			!crashd_options_can_report(known.report_signal))
			return -EINVAL;
	}
	open_config();
	if (!crashd_config.secure)
		take_options(&known);
	take_signals();
	close_config();
	return 0;
}

CRASHD_API void crashd_uninstall(void)
{
	open_config();
	for (int sig = 1; sig < CRASHD_NSIG; sig++) {
		struct sigaction now;

		if (!crashd_config.ours[sig])
			continue;
		if (sigaction(sig, NULL, &now) == 0 && is_ours(&now))
			sys_rt_sigaction(sig, &crashd_config.old[sig], NULL);
		crashd_config.ours[sig] = false;
	}
	close_config();
}

CRASHD_API int crashd_set_level(enum crashd_level level)
{
	crashd_install_once();
	if ((int)level < CRASHD_NONE || level > CRASHD_CRASH)
		return -EINVAL;
	open_config();
	raise_level((int)level);
	close_config();
	return 0;
}

CRASHD_API int crashd_traceback(int fd)
{
	uint64_t gregs[CRASHD_GREGS];

	crashd_install_once();
	crashd_context_here(gregs);
	return crashd_on_request(fd, gregs);
}

CRASHD_API int crashd_thread_init(void)
{
	crashd_install_once();
	return crashd_stack_install();
}
