/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * System calls without libc: no errno, no cancellation point, no interposed
 * wrapper, no lazy binding.  Each returns what the kernel returns: a result,
 * or -errno.  Structures are those of the kernel; where libc's differs (the
 * signal mask, sigaction) ours is declared here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#if defined(__x86_64__)
static inline long sys_call(
	long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile(
		"syscall"
		: "=a"(ret)
		: "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline long sys_call(
	long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "crashd/safe/sys.h: this processor is not supported yet"
#endif

/* The kernel's struct sigaction and signal mask (64 signals, one word). */
struct sys_sigaction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* What getdents64 fills a buffer with. */
struct sys_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

#define sys_0(nr) sys_call((nr), 0, 0, 0, 0, 0, 0)
#define sys_1(nr, a) sys_call((nr), (long)(a), 0, 0, 0, 0, 0)
#define sys_2(nr, a, b) sys_call((nr), (long)(a), (long)(b), 0, 0, 0, 0)
#define sys_3(nr, a, b, c)                                                     \
	sys_call((nr), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys_4(nr, a, b, c, d)                                                  \
	sys_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define sys_5(nr, a, b, c, d, e)                                               \
	sys_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define sys_6(nr, a, b, c, d, e, f)                                            \
	sys_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),  \
		(long)(f))

/* ---- files ---- */

static inline int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return (int)sys_4(SYS_openat, dir, path, flags, mode);
}

static inline int sys_open(const char *path, int flags, mode_t mode)
{
	return sys_openat(AT_FDCWD, path, flags, mode);
}

static inline int sys_close(int fd)
{
	return (int)sys_1(SYS_close, fd);
}

static inline ssize_t sys_read(int fd, void *buf, size_t n)
{
	return sys_3(SYS_read, fd, buf, n);
}

static inline ssize_t sys_write(int fd, const void *buf, size_t n)
{
	return sys_3(SYS_write, fd, buf, n);
}

static inline ssize_t sys_pread(int fd, void *buf, size_t n, int64_t offset)
{
	return sys_4(SYS_pread64, fd, buf, n, offset);
}

static inline ssize_t sys_pwrite(
	int fd, const void *buf, size_t n, int64_t offset)
{
	return sys_4(SYS_pwrite64, fd, buf, n, offset);
}

static inline int64_t sys_lseek(int fd, int64_t offset, int whence)
{
	return sys_3(SYS_lseek, fd, offset, whence);
}

static inline int sys_ftruncate(int fd, int64_t size)
{
	return (int)sys_2(SYS_ftruncate, fd, size);
}

static inline int sys_fstat(int fd, struct stat *st)
{
	return (int)sys_2(SYS_fstat, fd, st);
}

static inline int sys_fstatat(
	int dir, const char *path, struct stat *st, int flags)
{
	return (int)sys_4(SYS_newfstatat, dir, path, st, flags);
}

static inline ssize_t sys_readlinkat(
	int dir, const char *path, char *buf, size_t n)
{
	return sys_4(SYS_readlinkat, dir, path, buf, n);
}

static inline int sys_faccessat2(int dir, const char *path, int mode, int flags)
{
	return (int)sys_4(SYS_faccessat2, dir, path, mode, flags);
}

static inline int sys_renameat(
	int olddir, const char *old, int newdir, const char *new)
{
	return (int)sys_5(SYS_renameat2, olddir, old, newdir, new, 0);
}

static inline int sys_unlinkat(int dir, const char *path, int flags)
{
	return (int)sys_3(SYS_unlinkat, dir, path, flags);
}

static inline ssize_t sys_getdents64(int fd, void *buf, size_t n)
{
	return sys_3(SYS_getdents64, fd, buf, n);
}

static inline ssize_t sys_getcwd(char *buf, size_t n)
{
	return sys_2(SYS_getcwd, buf, n);
}

static inline int sys_fcntl(int fd, int cmd, long arg)
{
	return (int)sys_3(SYS_fcntl, fd, cmd, arg);
}

static inline int sys_flock(int fd, int operation)
{
	return (int)sys_2(SYS_flock, fd, operation);
}

static inline int sys_dup3(int from, int to, int flags)
{
	return (int)sys_3(SYS_dup3, from, to, flags);
}

static inline int sys_close_range(unsigned first, unsigned last, int flags)
{
	return (int)sys_3(SYS_close_range, first, last, flags);
}

static inline int sys_pipe2(int fd[2], int flags)
{
	return (int)sys_2(SYS_pipe2, fd, flags);
}

static inline int sys_fsync(int fd)
{
	return (int)sys_1(SYS_fsync, fd);
}

/* Waits at most ms milliseconds; ms < 0 waits for ever. */
static inline int sys_poll(struct pollfd *fds, unsigned n, int ms)
{
#ifdef SYS_poll /* seccomp filters know it better than the newer one */
	return (int)sys_3(SYS_poll, fds, n, ms);
#else
	struct timespec ts = { ms / 1000, (ms % 1000) * 1000000L };

	return (int)sys_5(SYS_ppoll, fds, n, ms < 0 ? NULL : &ts, NULL, 8);
#endif
}

static inline int sys_socket(int family, int type, int protocol)
{
	return (int)sys_3(SYS_socket, family, type, protocol);
}

static inline int sys_memfd_create(const char *name, unsigned flags)
{
	return (int)sys_2(SYS_memfd_create, name, flags);
}

static inline ssize_t sys_sendmsg(int fd, const struct msghdr *m, int flags)
{
	return sys_3(SYS_sendmsg, fd, m, flags);
}

/* ---- memory ---- */

/* An address, or -errno: test with sys_is_error(). */
static inline void *sys_mmap(
	void *at, size_t n, int prot, int flags, int fd, int64_t offset)
{
	return (void *)sys_6(SYS_mmap, at, n, prot, flags, fd, offset);
}

static inline int sys_is_error(const void *p)
{
	return (unsigned long)p > -4096UL;
}

static inline int sys_munmap(void *at, size_t n)
{
	return (int)sys_2(SYS_munmap, at, n);
}

static inline int sys_mprotect(void *at, size_t n, int prot)
{
	return (int)sys_3(SYS_mprotect, at, n, prot);
}

static inline int sys_madvise(void *at, size_t n, int advice)
{
	return (int)sys_3(SYS_madvise, at, n, advice);
}

static inline ssize_t sys_process_vm_readv(pid_t pid, const struct iovec *local,
	unsigned long nlocal, const struct iovec *remote, unsigned long nremote)
{
	return sys_6(
		SYS_process_vm_readv, pid, local, nlocal, remote, nremote, 0);
}

static inline ssize_t sys_process_vm_writev(pid_t pid,
	const struct iovec *local, unsigned long nlocal,
	const struct iovec *remote, unsigned long nremote)
{
	return sys_6(
		SYS_process_vm_writev, pid, local, nlocal, remote, nremote, 0);
}

/* ---- processes and signals ---- */

static inline pid_t sys_getpid(void)
{
	return (pid_t)sys_0(SYS_getpid);
}

static inline pid_t sys_getppid(void)
{
	return (pid_t)sys_0(SYS_getppid);
}

static inline pid_t sys_gettid(void)
{
	return (pid_t)sys_0(SYS_gettid);
}

static inline uid_t sys_getuid(void)
{
	return (uid_t)sys_0(SYS_getuid);
}

static inline uid_t sys_geteuid(void)
{
	return (uid_t)sys_0(SYS_geteuid);
}

static inline gid_t sys_getgid(void)
{
	return (gid_t)sys_0(SYS_getgid);
}

static inline gid_t sys_getegid(void)
{
	return (gid_t)sys_0(SYS_getegid);
}

static inline int sys_kill(pid_t pid, int sig)
{
	return (int)sys_2(SYS_kill, pid, sig);
}

static inline int sys_tgkill(pid_t pid, pid_t tid, int sig)
{
	return (int)sys_3(SYS_tgkill, pid, tid, sig);
}

static inline int sys_rt_tgsigqueueinfo(
	pid_t pid, pid_t tid, int sig, const siginfo_t *info)
{
	return (int)sys_4(SYS_rt_tgsigqueueinfo, pid, tid, sig, info);
}

static inline int sys_rt_sigaction(
	int sig, const struct sys_sigaction *action, struct sys_sigaction *old)
{
	return (int)sys_4(SYS_rt_sigaction, sig, action, old, 8);
}

static inline int sys_rt_sigprocmask(
	int how, const uint64_t *set, uint64_t *old)
{
	return (int)sys_4(SYS_rt_sigprocmask, how, set, old, 8);
}

static inline int sys_sigaltstack(const stack_t *stack, stack_t *old)
{
	return (int)sys_2(SYS_sigaltstack, stack, old);
}

static inline long sys_ptrace(
	long request, pid_t pid, unsigned long addr, unsigned long data)
{
	return sys_4(SYS_ptrace, request, pid, addr, data);
}

static inline pid_t sys_wait4(pid_t pid, int *status, int options)
{
	return (pid_t)sys_4(SYS_wait4, pid, status, options, NULL);
}

static inline int sys_prctl(
	int option, unsigned long a, unsigned long b, unsigned long c)
{
	return (int)sys_5(SYS_prctl, option, a, b, c, 0);
}

static inline int sys_prlimit(
	pid_t pid, int resource, const struct rlimit *limit, struct rlimit *old)
{
	return (int)sys_4(SYS_prlimit64, pid, resource, limit, old);
}

static inline int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return (int)sys_2(SYS_pidfd_open, pid, flags);
}

static inline int sys_execveat(int dir, const char *path, char *const argv[],
	char *const envp[], int flags)
{
	return (int)sys_5(SYS_execveat, dir, path, argv, envp, flags);
}

__attribute__((noreturn)) static inline void sys_exit_group(int status)
{
	for (;;)
		sys_1(SYS_exit_group, status);
}

__attribute__((noreturn)) static inline void sys_exit(int status)
{
	for (;;)
		sys_1(SYS_exit, status);
}

/* ---- time and waiting ---- */

static inline int sys_clock_gettime(clockid_t clock, struct timespec *ts)
{
	return (int)sys_2(SYS_clock_gettime, clock, ts);
}

/* Milliseconds of CLOCK_MONOTONIC: what every deadline here is kept in. */
static inline int64_t sys_now_ms(void)
{
	struct timespec ts = { 0 };

	sys_clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static inline void sys_sleep_ms(int ms)
{
	struct timespec ts = { ms / 1000, (ms % 1000) * 1000000L };

	sys_2(SYS_nanosleep, &ts, NULL);
}

static inline int sys_futex(
	uint32_t *word, int op, uint32_t value, const struct timespec *timeout)
{
	return (int)sys_4(SYS_futex, word, op, value, timeout);
}
