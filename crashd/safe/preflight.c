/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the questions is the kernel's (fs/coredump.c, do_coredump):
 * dumpable, then by the kind of pattern: a file is bound by RLIMIT_CORE and by
 * what an open(O_CREAT|O_NOFOLLOW) in that folder gives; a pipe is not bound by
 * the limit, except that 1 forbids it; a socket (since 6.16) starts with @.
 *
 * Two things the kernel does not look at, but which leave no core all the
 * same, are asked for too: a pipe's handler that is not there, and
 * systemd-coredump's, which hands the core on to a socket that somebody must
 * listen at, and drops it below a RLIMIT_CORE of one page if the pattern tells
 * it the limit.
 *
 * A container sees its host's pattern: paths in it need not exist here.  Then
 * what we say is what can be seen from here.
 */
#include "crashd/safe/preflight.h"

#include "crashd/safe/sys.h"

#include <linux/prctl.h>
#include <sys/utsname.h>

enum { PAGE = 4096 };

#define SYSTEMD_SOCKET "/run/systemd/coredump"

/* ---- the pattern ---- */

/* Text in the caller's array; n keeps counting past its end. */
struct name {
	char *at;
	size_t size, n;
};

static void put_char(struct name *name, char c)
{
	if (name->n + 1 < name->size)
		name->at[name->n] = c;
	name->n++;
}

/* Slashes become exclamation marks (kernel: cn_esc_printf). */
static void put_escaped(struct name *name, const char *s)
{
	for (; *s; s++)
		put_char(name, *s == '/' ? '!' : *s);
}

static void put_number(struct name *name, uint64_t v)
{
	char digits[20];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	while (n)
		put_char(name, digits[--n]);
}

static const char *basename_of(const char *path)
{
	const char *base = path;

	for (; *path; path++)
		if (*path == '/')
			base = path + 1;
	return base;
}

static void put_letter(
	struct name *name, char letter, const struct crashd_corename *of)
{
	switch (letter) {
	case '%':
		put_char(name, '%');
		break;
	case 'p':
		put_number(name, (uint64_t)of->pid);
		break;
	case 'P':
		put_number(name, (uint64_t)of->global_pid);
		break;
	case 'i':
		put_number(name, (uint64_t)of->tid);
		break;
	case 'I':
		put_number(name, (uint64_t)of->global_tid);
		break;
	case 'u':
		put_number(name, of->uid);
		break;
	case 'g':
		put_number(name, of->gid);
		break;
	case 'd':
		put_number(name, (uint64_t)of->dumpable);
		break;
	case 's':
		put_number(name, (uint64_t)of->sig);
		break;
	case 't':
		put_number(name, (uint64_t)of->time);
		break;
	case 'c':
		put_number(name, of->limit);
		break;
	case 'C':
		put_number(name, (uint64_t)of->cpu);
		break;
	case 'h':
		put_escaped(name, of->host);
		break;
	case 'e':
		put_escaped(name, of->comm);
		break;
	case 'f':
		put_escaped(name, basename_of(of->exe));
		break;
	case 'E':
		put_escaped(name, of->exe);
		break;
	default:
		break; /* unknown letters vanish */
	}
}

size_t crashd_corename_expand(const char *pattern, bool uses_pid,
	const struct crashd_corename *of, char *ret, size_t size)
{
	struct name name = { ret, size, 0 };
	bool has_pid = false;

	for (const char *p = pattern; *p; p++) {
		if (*p != '%') {
			put_char(&name, *p);
			continue;
		}
		if (!*++p)
			break; /* a single % at the end vanishes */
		has_pid |= *p == 'p';
		put_letter(&name, *p, of);
	}
	if (uses_pid && !has_pid) {
		put_char(&name, '.');
		put_number(&name, (uint64_t)of->pid);
	}
	ret[name.n < size ? name.n : size - 1] = 0;
	return name.n < size ? name.n : size;
}

/* ---- what the system says ---- */

/* A small file of /proc, its last newline cut.  Length or -errno. */
static ssize_t read_proc(int proc, const char *path, char *buf, size_t size)
{
	char full[64] = "/proc/";
	size_t n = 6;
	ssize_t r;
	int fd;

	for (size_t i = 0; path[i] && n < sizeof full - 1; i++)
		full[n++] = path[i];
	full[n] = 0;
	fd = proc >= 0 ? sys_openat(proc, path, O_RDONLY | O_CLOEXEC, 0)
		       : sys_open(full, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = sys_read(fd, buf, size - 1);
	sys_close(fd);
	if (r < 0)
		return r;
	buf[r] = 0;
	if (r && buf[r - 1] == '\n')
		buf[--r] = 0;
	return r;
}

static bool starts_with(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

static bool contains(const char *s, const char *part)
{
	for (; *s; s++)
		if (starts_with(s, part))
			return true;
	return false;
}

static void copy(char *to, const char *from, size_t size)
{
	size_t n = 0;

	for (; from[n] && n + 1 < size; n++)
		to[n] = from[n];
	to[n] = 0;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = 0, m = 0;

	while (s[n])
		n++;
	while (end[m])
		m++;
	return n >= m && starts_with(s + n - m, end);
}

/* /proc/net/unix: does anybody listen at path?  (flag 0x10000, SO_ACCEPTCON) */
static bool is_served(int proc, const char *path)
{
	char buf[1024];
	size_t keep = 0;
	ssize_t r;
	int fd = proc >= 0 ? sys_openat(proc, "self/net/unix",
				     O_RDONLY | O_CLOEXEC, 0)
			   : sys_open("/proc/self/net/unix",
				     O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0) {
		struct stat st;

		return sys_fstatat(AT_FDCWD, path, &st, 0) == 0;
	}
	while ((r = sys_read(fd, buf + keep, sizeof buf - 1 - keep)) > 0) {
		size_t n = keep + (size_t)r, start = 0;

		for (size_t i = 0; i < n; i++) {
			if (buf[i] != '\n')
				continue;
			buf[i] = 0;
			if (contains(buf + start, " 00010000 ") &&
				ends_with(buf + start, path)) {
				sys_close(fd);
				return true;
			}
			start = i + 1;
		}
		keep = n - start;
		if (keep >= sizeof buf - 1)
			keep = 0;
		for (size_t i = 0; i < keep; i++)
			buf[i] = buf[start + i];
	}
	sys_close(fd);
	return false;
}

/* ---- the kinds ---- */

static void none(struct crashd_preflight *p, const char *why, int error)
{
	p->kind = CRASHD_CORE_NONE;
	p->why = why;
	p->error = error;
}

/*
 * The kernel runs it as root, so that what we may run says nothing; where we
 * may not even look, it is taken to be there.
 */
static int check_program(const char *path)
{
	struct stat st;
	int r = sys_fstatat(AT_FDCWD, path, &st, 0);

	if (r < 0)
		return r == -EACCES ? 0 : r;
	return S_ISREG(st.st_mode) && st.st_mode & 0111 ? 0 : -EACCES;
}

static void check_systemd(struct crashd_preflight *p, int proc, uint64_t limit)
{
	p->kind = CRASHD_CORE_SYSTEMD;
	if (!is_served(proc, SYSTEMD_SOCKET))
		none(p,
			"core_pattern is a pipe to systemd-coredump, but "
			"nobody "
			"listens at " SYSTEMD_SOCKET,
			0);
	/* Debian's pattern has a constant in the place of %c: no limit. */
	else if (limit < PAGE && contains(p->pattern, "%c"))
		none(p,
			"RLIMIT_CORE is less than a page, so that "
			"systemd-coredump keeps no core",
			0);
}

static void check_pipe(struct crashd_preflight *p, int proc, uint64_t limit)
{
	const char *command = p->pattern + 1;
	size_t n = 0;
	int r;

	while (*command == ' ')
		command++;
	for (; command[n] && command[n] != ' ' && n + 1 < sizeof p->path; n++)
		p->path[n] = command[n];
	p->path[n] = 0;
	p->kind = CRASHD_CORE_PIPE;
	if (limit == 1) {
		none(p, "RLIMIT_CORE is 1, which forbids a core by pipe", 0);
		return;
	}
	r = check_program(p->path);
	if (r < 0)
		none(p,
			"core_pattern is a pipe to a program that cannot be "
			"run",
			r);
	else if (contains(p->path, "systemd-coredump"))
		check_systemd(p, proc, limit);
}

static void check_socket(struct crashd_preflight *p, int proc)
{
	const char *path = p->pattern + 1;

	if (*path == '@')
		path++; /* @@: the kernel asks the server first */
	copy(p->path, path, sizeof p->path);
	p->kind = CRASHD_CORE_SOCKET;
	if (!is_served(proc, p->path))
		none(p, "core_pattern is a socket that nobody listens at", 0);
}

/* Could the kernel create or replace the file at p->path? */
/* unlink(2): in a sticky folder only its owner and the file's. */
static bool may_remove(const struct stat *folder, const struct stat *file)
{
	unsigned me = sys_geteuid();

	return !(folder->st_mode & S_ISVTX) || me == 0 ||
	       folder->st_uid == me || file->st_uid == me;
}

/*
 * The kernel removes what has the core's name, whatever it is, and makes the
 * file anew with O_EXCL; for a process that changed its privileges it removes
 * nothing (fs/coredump.c).
 */
static void check_file(struct crashd_preflight *p, int dumpable)
{
	char folder[CRASHD_PATH_SIZE];
	const char *base = basename_of(p->path);
	struct stat st, parent = { 0 };
	int r;

	copy(folder, p->path, sizeof folder);
	folder[base > p->path + 1 ? base - p->path - 1 : 1] = 0;
	r = sys_faccessat2(AT_FDCWD, folder, 3 /* W_OK | X_OK */, AT_EACCESS);
	if (r < 0) {
		none(p, "the core's folder cannot be written", r);
		return;
	}
	if (sys_fstatat(AT_FDCWD, p->path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	sys_fstatat(AT_FDCWD, folder, &parent, 0);
	if (S_ISDIR(st.st_mode))
		none(p, "a folder has the core's name", 0);
	else if (dumpable == 2)
		none(p,
			"a file has the core's name, and the process changed "
			"its privileges",
			0);
	else if (!may_remove(&parent, &st))
		none(p,
			"a file of another user has the core's name, in a "
			"folder where only they may remove it",
			0);
}

static void check_name(struct crashd_preflight *p, bool uses_pid,
	const struct crashd_corename *of)
{
	char name[CRASHD_PATH_SIZE];
	size_t n = 0, len;
	ssize_t r;

	if (!p->pattern[0] && !uses_pid) {
		none(p, "core_pattern is empty", 0);
		return;
	}
	len = crashd_corename_expand(
		p->pattern, uses_pid, of, name, sizeof name);
	if (name[0] != '/') {
		r = sys_getcwd(p->path, sizeof p->path);
		if (r < 0 || p->path[0] != '/') {
			/* "(unreachable)/…", or deleted */
			none(p, "the current folder cannot be reached",
				r < 0 ? (int)r : -ENOENT);
			return;
		}
		n = (size_t)r - 1;
		if (n > 1)
			p->path[n++] = '/';
	}
	if (len + n >= sizeof p->path) {
		none(p, "the core's name is too long", -ENAMETOOLONG);
		return;
	}
	copy(p->path + n, name, sizeof p->path - n);
	p->kind = CRASHD_CORE_FILE;
	if (of->limit < PAGE)
		none(p,
			of->limit ? "RLIMIT_CORE is less than a page"
				  : "RLIMIT_CORE is 0",
			0);
	else if (of->dumpable == 2 && p->pattern[0] != '/')
		none(p,
			"the process changed its privileges (suid_dumpable 2) "
			"and core_pattern is no absolute path",
			0);
	else
		check_file(p, of->dumpable);
}

/* Our ids outside of our PID namespace, where that can be known. */
static void global_ids(int proc, struct crashd_corename *of)
{
	char status[2048];
	const char *at;

	of->global_pid = of->pid;
	of->global_tid = of->tid;
	if (read_proc(proc, "self/status", status, sizeof status) <= 0)
		return;
	/* NSpid: one number when the namespace is that of /proc */
	for (at = status; *at; at++) {
		if (!starts_with(at, "\nPid:\t"))
			continue;
		pid_t v = 0;

		for (at += 6; *at >= '0' && *at <= '9'; at++)
			v = v * 10 + (*at - '0');
		of->global_pid = v;
		if (of->tid == of->pid)
			of->global_tid = v;
		return;
	}
}

void crashd_preflight(struct crashd_preflight *p, int proc, pid_t tid, int sig,
	const char *exe)
{
	struct crashd_corename of = { .tid = tid, .sig = sig, .exe = exe };
	struct rlimit limit = { 0 };
	struct timespec now = { 0 };
	struct utsname host;
	char comm[16] = "", uses[8] = "";
	unsigned cpu = 0;

	*p = (struct crashd_preflight){ .kind = CRASHD_CORE_UNKNOWN };
	of.pid = sys_getpid();
	of.uid = sys_getuid();
	of.gid = sys_getgid();
	of.dumpable = sys_prctl(PR_GET_DUMPABLE, 0, 0, 0);
	if (of.dumpable == 0) {
		none(p, "the process is not dumpable (PR_SET_DUMPABLE)", 0);
		p->secret = true;
		return;
	}
	p->error = (int)read_proc(
		proc, "sys/kernel/core_pattern", p->pattern, sizeof p->pattern);
	if (p->error < 0) {
		p->why = "core_pattern cannot be read";
		return;
	}
	p->error = 0;
	sys_prlimit(0, RLIMIT_CORE, NULL, &limit);
	sys_clock_gettime(CLOCK_REALTIME, &now);
	sys_prctl(PR_GET_NAME, (unsigned long)comm, 0, 0);
	sys_3(SYS_getcpu, &cpu, NULL, NULL);
	if (sys_1(SYS_uname, &host) < 0)
		host.nodename[0] = 0;
	of.limit = limit.rlim_cur;
	of.time = now.tv_sec;
	of.host = host.nodename;
	of.comm = comm;
	of.cpu = (int)cpu;
	global_ids(proc, &of);
	p->global_pid = of.global_pid;
	if (p->pattern[0] == '|') {
		check_pipe(p, proc, of.limit);
	} else if (p->pattern[0] == '@') {
		check_socket(p, proc);
	} else {
		read_proc(proc, "sys/kernel/core_uses_pid", uses, sizeof uses);
		check_name(p, uses[0] == '1', &of);
	}
}
