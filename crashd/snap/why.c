/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel decides in do_coredump(); each way out of it that leaves no core
 * is a check here, in the kernel's order, with the setting that causes it and
 * the command that changes it.  Whether prctl made a root process undumpable
 * can be seen from outside since Linux 6.16; before, it is not guessed at.
 */
#include "crashd/snap/why.h"

#include "crashd/safe/preflight.h"
#include "crashd/safe/signals.h"
#include "crashd/snap/result.h"
#include "crashd/snap/rights.h"
#include "crashd/snap/target.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SYSTEMD_SOCKET "/run/systemd/coredump"

enum { PAGE = 4096 };

enum dumpable {
	DUMPABLE_NEVER, /* prctl, or suid_dumpable 0 when privileges changed */
	DUMPABLE,
	DUMPABLE_SAFELY, /* privileges changed with suid_dumpable 2 */
};

struct facts {
	const struct target *target;
	char pattern[256];
	bool uses_pid;
	int suid_dumpable;
	uint64_t limit;  /* RLIMIT_CORE, soft; UINT64_MAX: unlimited */
	uint64_t memory; /* of its own, which a core has, in bytes */
	unsigned filter;
	uid_t euid;
	gid_t egid;
	struct rights rights;
	enum dumpable dumpable;
	int ns_pid; /* in its own namespace */
};

static long number_of(const char *path, long otherwise)
{
	FILE *file = fopen(path, "re");
	long value;

	if (!file)
		return otherwise;
	if (fscanf(file, "%ld", &value) != 1)
		value = otherwise;
	fclose(file);
	return value;
}

static void line_of(const char *path, char *ret, size_t size)
{
	FILE *file = fopen(path, "re");

	ret[0] = 0;
	if (file && fgets(ret, (int)size, file))
		ret[strcspn(ret, "\n")] = 0;
	if (file)
		fclose(file);
}

/* "Max core file size   0   unlimited   bytes" */
static uint64_t core_limit(pid_t pid)
{
	static const char key[] = "Max core file size";
	char path[64], line[256];
	uint64_t limit = UINT64_MAX;

	snprintf(path, sizeof path, "/proc/%d/limits", pid);

	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof line, file))
		if (!strncmp(line, key, sizeof key - 1)) {
			const char *at = line + sizeof key - 1;

			at += strspn(at, " ");
			if (*at != 'u')
				limit = strtoull(at, NULL, 10);
		}
	if (file)
		fclose(file);
	return limit;
}

/* The n-th number (from 0) of a line of its status; -1 without. */
static long status_word(const struct target *target, const char *key, int n)
{
	char value[256], *at = value;

	if (!target_status(target->pid, target->tid, key, value, sizeof value))
		return -1;
	for (; n > 0; n--) {
		at += strcspn(at, " \t");
		at += strspn(at, " \t");
	}
	return strtol(at, NULL, 10);
}

static uint64_t status_mask(const struct target *target, const char *key)
{
	char value[64];

	return target_status(target->pid, target->tid, key, value, sizeof value)
		       ? strtoull(value, NULL, 16)
		       : 0;
}

static int last_pid(const struct target *target)
{
	char value[256];
	const char *at;

	if (!target_status(
		    target->pid, target->tid, "NSpid", value, sizeof value))
		return target->pid;
	at = strrchr(value, '\t');
	return atoi(at ? at + 1 : value);
}

/* linux/pidfd.h, since 6.16 (size 72); not in every libc's headers. */
struct pidfd_coredump {
	uint64_t mask, cgroup;
	uint32_t ids[11];
	int32_t exit_code;
	uint32_t coredump, spare;
};

enum {
	INFO_COREDUMP = 1 << 4,
	COREDUMP_SKIP = 1 << 1,
	COREDUMP_USER = 1 << 2,
	COREDUMP_ROOT = 1 << 3,
};

/* What the kernel says itself, or 0. */
static unsigned coredump_mask(pid_t pid)
{
	struct pidfd_coredump info = { .mask = INFO_COREDUMP };
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int failed = ioctl(fd, _IOWR(0xff, 11, struct pidfd_coredump), &info);

	close(fd);
	return !failed && info.mask & INFO_COREDUMP ? info.coredump : 0;
}

static enum dumpable dumpable(
	const struct target *target, const struct facts *facts)
{
	unsigned mask = coredump_mask(target->pid);
	bool changed;
	char path[64];
	struct stat st;

	if (mask & (COREDUMP_SKIP | COREDUMP_USER | COREDUMP_ROOT))
		return mask & COREDUMP_USER   ? DUMPABLE
		       : mask & COREDUMP_ROOT ? DUMPABLE_SAFELY
					      : DUMPABLE_NEVER;
	/*
	 * The kernel gives the files of undumpable processes to root.  Root's
	 * own tell nothing; but a program that runs with two users is one
	 * (kernel: begin_new_exec, commit_creds).
	 */
	snprintf(path, sizeof path, "/proc/%d/limits", target->pid);
	if (facts->euid != 0)
		changed = stat(path, &st) == 0 && st.st_uid != facts->euid;
	else
		changed = facts->suid_dumpable != 1 &&
			  (status_word(target, "Uid", 0) != facts->euid ||
				  status_word(target, "Gid", 0) != facts->egid);
	return !changed                    ? DUMPABLE
	       : facts->suid_dumpable == 2 ? DUMPABLE_SAFELY
					   : DUMPABLE_NEVER;
}

/* A core has no file's pages, but for those that were written to. */
static uint64_t own_memory(const struct target *target)
{
	static const char *const keys[] = { "RssAnon", "RssShmem", "VmSwap" };
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		long kib = status_word(target, keys[i], 0);

		sum += kib > 0 ? (uint64_t)kib * 1024 : 0;
	}
	return sum;
}

static void collect(struct facts *facts, const struct target *target)
{
	char path[64], text[32];

	*facts = (struct facts){ .target = target };
	line_of("/proc/sys/kernel/core_pattern", facts->pattern,
		sizeof facts->pattern);
	facts->uses_pid = number_of("/proc/sys/kernel/core_uses_pid", 0) != 0;
	facts->suid_dumpable = (int)number_of("/proc/sys/fs/suid_dumpable", 0);
	facts->limit = core_limit(target->pid);
	facts->memory = own_memory(target);
	facts->euid = (uid_t)status_word(target, "Uid", 1);
	facts->egid = (gid_t)status_word(target, "Gid", 1);
	facts->ns_pid = last_pid(target);
	snprintf(path, sizeof path, "/proc/%d/coredump_filter", target->pid);
	line_of(path, text, sizeof text);
	facts->filter = text[0] ? (unsigned)strtoul(text, NULL, 16) : 0x33;
	facts->dumpable = dumpable(target, facts);
	rights_read(&facts->rights, target);
}

/* ---- findings ---- */

__attribute__((format(printf, 4, 0))) static void add(struct why_reason *list,
	size_t *n, const char *text, const char *format, va_list args)
{
	if (*n == WHY_REASONS)
		return;
	snprintf(list[*n].text, sizeof list->text, "%s", text);
	vsnprintf(list[*n].remedy, sizeof list->remedy, format, args);
	++*n;
}

/* Why there would be none, and how to change that. */
__attribute__((format(printf, 3, 4))) static void against(
	struct why *why, const char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(why->against, &why->nagainst, text, format, args);
	va_end(args);
}

/* Something to know of the one that there would be. */
__attribute__((format(printf, 3, 4))) static void note(
	struct why *why, const char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(why->note, &why->nnotes, text, format, args);
	va_end(args);
}

static void raise_limit(struct why *why, const char *text)
{
	against(why, text,
		"prlimit --pid %d --core=unlimited; for good: ulimit -c "
		"unlimited, or LimitCORE=infinity in the unit",
		why->pid);
}

static void check_dumpable(const struct facts *facts, struct why *why)
{
	bool anywhere = facts->pattern[0] == '|' || facts->pattern[0] == '@' ||
			facts->pattern[0] == '/';

	if (facts->dumpable == DUMPABLE_NEVER)
		against(why,
			"the process is not dumpable: it changed its "
			"privileges, or asked for that (prctl PR_SET_DUMPABLE)",
			"if privileges are the cause: sysctl "
			"fs.suid_dumpable=2, a pipe or an absolute path in "
			"kernel.core_pattern, and start it anew");
	else if (facts->dumpable == DUMPABLE_SAFELY && !anywhere)
		against(why,
			"the process is not dumpable to a relative path: it "
			"changed its privileges (fs.suid_dumpable is 2)",
			"a pipe or an absolute path in kernel.core_pattern");
}

/* Its last Storage=; unchanged where there is none. */
static void read_storage(const char *path, bool *none)
{
	char line[256], value[32];
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, " Storage = %31s", value) == 1)
			*none = !strcmp(value, "none");
	if (file)
		fclose(file);
}

static int by_file_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(strrchr(*x, '/'), strrchr(*y, '/'));
}

/* The main file, then all drop-ins by name (coredump.conf.d(5)). */
static bool storage_is_none(void)
{
	glob_t found;
	bool none = false;

	read_storage("/etc/systemd/coredump.conf", &none);
	if (glob("/{usr/lib,run,etc}/systemd/coredump.conf.d/*.conf",
		    GLOB_BRACE, NULL, &found) == 0) {
		qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv,
			by_file_name);
		for (size_t i = 0; i < found.gl_pathc; i++)
			read_storage(found.gl_pathv[i], &none);
		globfree(&found);
	}
	return none;
}

/* A socket's file outlives its server (flag 0x10000: SO_ACCEPTCON). */
static bool listens(const char *path)
{
	char line[512], flags[16], at[256];
	bool found = false;
	FILE *file = fopen("/proc/net/unix", "re");

	if (!file)
		return access(path, F_OK) == 0;
	while (!found && fgets(line, sizeof line, file))
		found = sscanf(line, "%*s %*s %*s %15s %*s %*s %*s %255s",
				flags, at) == 2 &&
			!strcmp(flags, "00010000") && !strcmp(at, path);
	fclose(file);
	return found;
}

static void check_systemd(const struct facts *facts, struct why *why)
{
	why->kind = "systemd";
	if (!listens(SYSTEMD_SOCKET))
		against(why,
			"the pipe goes to systemd-coredump, but nobody "
			"listens at its socket " SYSTEMD_SOCKET,
			"systemctl start systemd-coredump.socket");
	else if (storage_is_none())
		against(why,
			"systemd-coredump keeps nothing: Storage=none in "
			"/etc/systemd/coredump.conf or coredump.conf.d",
			"set Storage=external there");
	else if (strstr(facts->pattern, "%c") && facts->limit < PAGE)
		raise_limit(why,
			"systemd-coredump keeps no core when the limit for "
			"cores is less than a page");
}

/* Root runs it: what matters is that it is a program. */
static bool is_program(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == EACCES;
	return S_ISREG(st.st_mode) && st.st_mode & 0111;
}

/*
 * The kernel looks for the programs and sockets of core_pattern where it
 * started, not where we are (linux/proc_ns.h: PROC_PID_INIT_INO).
 */
static bool in_container(void)
{
	char name[64];
	ssize_t n = readlink("/proc/self/ns/pid", name, sizeof name - 1);

	name[n > 0 ? n : 0] = 0;
	return n > 0 && strcmp(name, "pid:[4026531836]") != 0;
}

static bool is_elsewhere(struct why *why)
{
	if (!in_container())
		return false;
	note(why,
		"the core leaves this container; what becomes of it cannot be "
		"seen from inside",
		"%s", "");
	return true;
}

static void check_pipe(const struct facts *facts, struct why *why)
{
	const char *at = facts->pattern + 1;

	at += strspn(at, " ");
	why->kind = "pipe";
	snprintf(
		why->path, sizeof why->path, "%.*s", (int)strcspn(at, " "), at);
	if (facts->limit == 1)
		raise_limit(why, "the limit for cores is 1 byte, which "
				 "forbids a pipe");
	if (is_elsewhere(why))
		return;
	if (!is_program(why->path))
		against(why,
			"kernel.core_pattern is a pipe to a program that "
			"cannot be run",
			"install %s, or: sysctl kernel.core_pattern=core",
			why->path);
	else if (strstr(why->path, "systemd-coredump"))
		check_systemd(facts, why);
}

static void check_socket(const struct facts *facts, struct why *why)
{
	const char *at = facts->pattern + 1;

	why->kind = "socket";
	snprintf(why->path, sizeof why->path, "%s", at + (*at == '@'));
	if (!is_elsewhere(why) && !listens(why->path))
		against(why,
			"kernel.core_pattern is a socket that nobody listens "
			"at",
			"start its server, or: sysctl "
			"kernel.core_pattern=core");
}

/* Where a link of the process in /proc leads. */
static void link_of(
	const struct facts *facts, const char *name, char *ret, size_t size)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/%s", facts->target->pid,
		facts->target->tid, name);

	ssize_t n = readlink(path, ret, size - 1);

	ret[n > 0 ? n : 0] = 0;
}

/*
 * The file's name as we see it, for people; and in place the way to it through
 * the process' own folders, for containers and chroots: the first of them is
 * the first *way bytes.  false: it has none.
 */
static bool core_path(const struct facts *facts, struct why *why, char *place,
	size_t size, size_t *way)
{
	char name[1024], folder[2048], host[256] = "";
	const struct target *target = facts->target;
	struct crashd_corename of = {
		.pid = facts->ns_pid,
		.tid = facts->ns_pid,
		.global_pid = target->pid,
		.global_tid = target->pid,
		.uid = target->uid,
		.gid = facts->egid,
		.sig = SIGSEGV,
		.dumpable = 1,
		.time = time(NULL),
		.limit = facts->limit,
		.host = host,
		.comm = target->name,
		.exe = target->exe,
	};

	if (!facts->pattern[0] && !facts->uses_pid) {
		against(why, "kernel.core_pattern is empty",
			"sysctl kernel.core_pattern=core");
		return false;
	}
	gethostname(host, sizeof host - 1);
	crashd_corename_expand(
		facts->pattern, facts->uses_pid, &of, name, sizeof name);

	const char *from = name[0] == '/' ? "root" : "cwd";
	const char *rest = name + (name[0] == '/');

	link_of(facts, from, folder, sizeof folder);
	*way = (size_t)snprintf(place, size, "/proc/%d/task/%d/%s", target->pid,
		target->tid, from);
	snprintf(place + *way, size - *way, "/%s", rest);
	snprintf(why->path, sizeof why->path, "%s%s%s", folder,
		folder[0] && !folder[1] ? "" : "/", rest);
	return folder[0] && strlen(why->path) < sizeof why->path - 1;
}

static uint64_t room(const struct facts *facts, const struct statvfs *fs)
{
	return (facts->rights.reserved ? fs->f_bfree : fs->f_bavail) *
	       (uint64_t)fs->f_frsize;
}

static void check_room(
	const struct facts *facts, struct why *why, const char *folder)
{
	struct statvfs fs;

	if (statvfs(folder, &fs))
		return;
	if (fs.f_flag & ST_RDONLY)
		against(why, "the core's folder is on a read-only file system",
			"sysctl kernel.core_pattern=/var/tmp/core.%%p");
	else if (room(facts, &fs) < PAGE || (fs.f_files && !fs.f_ffree))
		against(why, "the file system of the core's folder is full",
			"free some of it, or another folder in "
			"kernel.core_pattern");
	else if (room(facts, &fs) < facts->memory)
		note(why,
			"the disk has less room than the process has memory of "
			"its own: the core may be cut short",
			"free some of it, or another folder in "
			"kernel.core_pattern");
}

/*
 * The kernel removes what has the core's name, and makes the file anew; not for
 * a process that changed its privileges (fs/coredump.c).
 */
static void check_name(const struct facts *facts, struct why *why,
	const struct stat *folder, const char *place)
{
	struct stat st;

	if (lstat(place, &st))
		return;
	if (S_ISDIR(st.st_mode))
		against(why, "a folder has the core's name", "rename %.150s",
			why->path);
	else if (facts->dumpable == DUMPABLE_SAFELY)
		against(why,
			"a file has the core's name, and is not replaced by "
			"the core of a process that changed its privileges",
			"remove or rename %.150s", why->path);
	else if (folder->st_mode & S_ISVTX && facts->euid != 0 &&
		 st.st_uid != facts->rights.uid &&
		 folder->st_uid != facts->rights.uid)
		against(why,
			"another user's file has the core's name, in a folder "
			"where only its owner may remove it (sticky bit)",
			"remove or rename %.150s", why->path);
}

static void check_place(const struct facts *facts, struct why *why)
{
	char place[sizeof why->path + 64], folder[sizeof place];
	struct stat st;
	size_t way;
	int error;

	if (!core_path(facts, why, place, sizeof place, &way))
		return;
	snprintf(folder, sizeof folder, "%s", place);
	*strrchr(folder, '/') = 0;
	error = rights_make(&facts->rights, folder, way, &st);
	if (error == EACCES) {
		against(why, "the core's folder may not be written to",
			"sysctl kernel.core_pattern=/var/tmp/core.%%p");
		return;
	}
	if (error) {
		if (error == ENOENT || error == ENOTDIR)
			against(why, "the core's folder is not there",
				"make it, or: sysctl "
				"kernel.core_pattern=core");
		return;
	}
	check_name(facts, why, &st, place);
	check_room(facts, why, folder);
}

static void check_file(const struct facts *facts, struct why *why)
{
	why->kind = "file";
	if (facts->limit == 0)
		raise_limit(why, "the limit for cores is 0");
	else if (facts->limit < PAGE)
		raise_limit(why, "the limit for cores is less than a page");
	else if (facts->limit < facts->memory)
		note(why,
			"the limit for cores is less than the process has "
			"memory of its own: the core may be cut short",
			"prlimit --pid %d --core=unlimited", why->pid);
	check_place(facts, why);
}

static void list_signals(char *ret, size_t size, uint64_t mask)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
		SIGTRAP, SIGSYS, SIGQUIT };
	size_t n = 0;

	ret[0] = 0;
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		if (mask >> (fatal[i] - 1) & 1 && n < size)
			n += (size_t)snprintf(ret + n, size - n, "%s%s",
				n ? ", " : "", crashd_signal_name(fatal[i]));
}

static void check_signals(const struct facts *facts, struct why *why)
{
	const struct target *target = facts->target;
	char names[120], text[200];

	list_signals(names, sizeof names, status_mask(target, "SigCgt"));
	if (names[0]) {
		snprintf(text, sizeof text, "the process handles %s itself%s",
			names,
			target_has_crashd(target) ? " (libcrashd is in it)"
						  : "");
		note(why, text, "%s", "");
	}
	list_signals(names, sizeof names, status_mask(target, "SigIgn"));
	if (names[0]) {
		snprintf(text, sizeof text, "the process ignores %s", names);
		note(why, text, "%s", "");
	}
	if (facts->ns_pid == 1)
		note(why,
			"it is process 1 of its namespace: signals that it "
			"does not handle do not end it, faults do",
			"%s", "");
}

static void check_filter(const struct facts *facts, struct why *why)
{
	if (!(facts->filter & 1))
		note(why,
			"its coredump_filter leaves out private memory: stacks "
			"and heap would be missing",
			"echo 0x33 > /proc/%d/coredump_filter", why->pid);
}

/* Of smaps: Rss of the mappings whose VmFlags have dd. */
static uint64_t excluded_memory(const struct target *target)
{
	char path[64], line[512];
	unsigned long long rss = 0, sum = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/task/%d/smaps", target->pid,
		target->tid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file)) {
		sscanf(line, "Rss: %llu", &rss);
		if (!strncmp(line, "VmFlags:", 8) && strstr(line, " dd"))
			sum += rss;
	}
	if (file)
		fclose(file);
	return sum * 1024;
}

static void check_excluded(const struct facts *facts, struct why *why)
{
	uint64_t bytes = excluded_memory(facts->target);
	char text[200];

	if (!bytes)
		return;
	snprintf(text, sizeof text,
		"%.1f MiB would be missing: the process has excluded them "
		"(MADV_DONTDUMP)",
		(double)bytes / (1 << 20));
	note(why, text, "csnap -a %d saves them", why->pid);
}

int why_get(pid_t pid, struct why *ret, struct problem *problem)
{
	struct target target;
	struct facts facts;

	if (target_find(pid, &target, problem))
		return -1;
	if (status_word(&target, "VmSize", 0) < 0)
		return problem_set(problem,
			"process %d (%s) is a kernel thread: it never leaves "
			"a core",
			pid, target.name);
	memset(ret, 0, sizeof *ret);
	ret->pid = pid;
	snprintf(ret->name, sizeof ret->name, "%s", target.name);
	collect(&facts, &target);
	check_dumpable(&facts, ret);
	if (facts.pattern[0] == '|')
		check_pipe(&facts, ret);
	else if (facts.pattern[0] == '@')
		check_socket(&facts, ret);
	else
		check_file(&facts, ret);
	check_filter(&facts, ret);
	check_excluded(&facts, ret);
	check_signals(&facts, ret);
	return 0;
}

static void reasons_text(const struct why_reason *reason, size_t n, FILE *to)
{
	for (; n > 0; n--, reason++) {
		fprintf(to, "  %s\n", reason->text);
		if (reason->remedy[0])
			fprintf(to, "    to change that: %s\n", reason->remedy);
	}
}

static const char *where(const struct why *why)
{
	if (!strcmp(why->kind, "systemd"))
		return "with systemd-coredump (coredumpctl), through ";
	if (!strcmp(why->kind, "pipe"))
		return "through a pipe to ";
	return !strcmp(why->kind, "socket") ? "through the socket " : "in ";
}

void why_text(const struct why *why, FILE *to)
{
	if (why->nagainst) {
		fprintf(to, "process %d (%s) would leave no core:\n", why->pid,
			why->name);
		reasons_text(why->against, why->nagainst, to);
	} else {
		fprintf(to, "process %d (%s) would leave a core, %s%s\n",
			why->pid, why->name, where(why), why->path);
	}
	reasons_text(why->note, why->nnotes, to);
	if (why->nagainst)
		fprintf(to, "csnap %d saves one now, without a crash\n",
			why->pid);
}

static void reasons_json(const struct why_reason *reason, size_t n, FILE *to)
{
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ",{\"text\":" : "{\"text\":", to);
		result_json_string(reason[i].text, to);
		fputs(",\"remedy\":", to);
		result_json_string(reason[i].remedy, to);
		putc('}', to);
	}
}

void why_json(const struct why *why, FILE *to)
{
	fprintf(to, "{\"pid\":%d,\"name\":", why->pid);
	result_json_string(why->name, to);
	fprintf(to, ",\"core\":%s,\"kind\":", why->nagainst ? "false" : "true");
	result_json_string(why->kind, to);
	fputs(",\"path\":", to);
	result_json_string(why->path, to);
	fputs(",\"against\":[", to);
	reasons_json(why->against, why->nagainst, to);
	fputs("],\"notes\":[", to);
	reasons_json(why->note, why->nnotes, to);
	fputs("]}\n", to);
}
