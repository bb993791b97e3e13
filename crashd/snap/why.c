/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel decides in do_coredump(); each way out of it that leaves no core
 * is a check here, in the kernel's order, with the setting that causes it and
 * the command that changes it.  What cannot be seen from outside (whether
 * prctl made a root process undumpable) is not guessed at.
 */
#include "crashd/snap/why.h"

#include "crashd/safe/preflight.h"
#include "crashd/safe/signals.h"
#include "crashd/snap/result.h"
#include "crashd/snap/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define SYSTEMD_SOCKET "/run/systemd/coredump"

struct facts {
	const struct target *target;
	char pattern[256];
	bool uses_pid;
	int suid_dumpable;
	uint64_t limit; /* RLIMIT_CORE, soft; UINT64_MAX: unlimited */
	uint64_t rss;   /* bytes */
	unsigned filter;
	uid_t euid;
	gid_t egid;
	bool undumpable; /* seen by who owns its /proc files */
	int ns_pid;      /* in its own namespace */
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

static void collect(struct facts *facts, const struct target *target)
{
	char path[64], text[32];
	struct stat st;

	*facts = (struct facts){ .target = target };
	line_of("/proc/sys/kernel/core_pattern", facts->pattern,
		sizeof facts->pattern);
	facts->uses_pid = number_of("/proc/sys/kernel/core_uses_pid", 0) != 0;
	facts->suid_dumpable = (int)number_of("/proc/sys/fs/suid_dumpable", 0);
	facts->limit = core_limit(target->pid);
	facts->rss = (uint64_t)status_word(target, "VmRSS", 0) * 1024;
	facts->euid = (uid_t)status_word(target, "Uid", 1);
	facts->egid = (gid_t)status_word(target, "Gid", 1);
	facts->ns_pid = last_pid(target);
	snprintf(path, sizeof path, "/proc/%d/coredump_filter", target->pid);
	line_of(path, text, sizeof text);
	facts->filter = text[0] ? (unsigned)strtoul(text, NULL, 16) : 0x33;
	/*
	 * The kernel gives the files of undumpable processes to root.  Root's
	 * own tell nothing; but a program that runs with two users is one
	 * (kernel: begin_new_exec, commit_creds).
	 */
	snprintf(path, sizeof path, "/proc/%d/limits", target->pid);
	if (facts->euid != 0)
		facts->undumpable =
			stat(path, &st) == 0 && st.st_uid != facts->euid;
	else
		facts->undumpable =
			status_word(target, "Uid", 0) != facts->euid ||
			status_word(target, "Gid", 0) != facts->egid;
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

	if (!facts->undumpable || (facts->suid_dumpable == 2 && anywhere))
		return;
	against(why,
		"the process is not dumpable: it changed its privileges, or "
		"asked for that (prctl PR_SET_DUMPABLE)",
		"sysctl fs.suid_dumpable=2 with a pipe or an absolute path in "
		"kernel.core_pattern, if privileges are the cause");
}

static bool storage_is_none(void)
{
	char line[256];
	bool none = false;
	FILE *file = fopen("/etc/systemd/coredump.conf", "re");

	while (file && fgets(line, sizeof line, file))
		if (!strncmp(line, "Storage=", 8))
			none = !strncmp(line + 8, "none", 4);
	if (file)
		fclose(file);
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
			"/etc/systemd/coredump.conf",
			"set Storage=external there");
	else if (strstr(facts->pattern, "%c") && facts->limit < 4096)
		raise_limit(why,
			"systemd-coredump keeps no core when the limit for "
			"cores is less than a page");
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
	if (access(why->path, X_OK))
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
	if (!listens(why->path))
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
 * the process' own folders, for containers and chroots.  false: it has none.
 */
static bool core_path(
	const struct facts *facts, struct why *why, char *place, size_t size)
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
	snprintf(place, size, "/proc/%d/task/%d/%s/%s", target->pid,
		target->tid, from, rest);
	snprintf(why->path, sizeof why->path, "%s%s%s", folder,
		folder[0] && !folder[1] ? "" : "/", rest);
	return folder[0] && strlen(why->path) < sizeof why->path - 1;
}

/* By mode bits alone: as the process' own user and group. */
static bool may(const struct facts *facts, const struct stat *st, mode_t want)
{
	if (facts->euid == 0)
		return true;
	if (st->st_uid == facts->euid)
		return (st->st_mode >> 6 & want) == want;
	if (st->st_gid == facts->egid)
		return (st->st_mode >> 3 & want) == want;
	return (st->st_mode & want) == want;
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
	else if (fs.f_bavail * fs.f_frsize < facts->rss)
		note(why,
			"the disk has less room than the process has memory: "
			"the core may be cut short",
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
	else if (facts->undumpable)
		against(why,
			"a file has the core's name, and is not replaced by "
			"the core of a process that changed its privileges",
			"remove or rename %.150s", why->path);
	else if (folder->st_mode & S_ISVTX && facts->euid != 0 &&
		 st.st_uid != facts->euid && folder->st_uid != facts->euid)
		against(why,
			"another user's file has the core's name, in a folder "
			"where only its owner may remove it (sticky bit)",
			"remove or rename %.150s", why->path);
}

static void check_place(const struct facts *facts, struct why *why)
{
	char place[sizeof why->path + 64], folder[sizeof place];
	struct stat st;

	if (!core_path(facts, why, place, sizeof place))
		return;
	snprintf(folder, sizeof folder, "%s", place);
	*strrchr(folder, '/') = 0;
	if (stat(folder, &st)) {
		if (errno == ENOENT || errno == ENOTDIR)
			against(why, "the core's folder is not there",
				"make it, or: sysctl "
				"kernel.core_pattern=core");
		return;
	}
	if (!may(facts, &st, 3))
		against(why, "the core's folder may not be written to",
			"sysctl kernel.core_pattern=/var/tmp/core.%%p");
	else
		check_name(facts, why, &st, place);
	check_room(facts, why, folder);
}

static void check_file(const struct facts *facts, struct why *why)
{
	why->kind = "file";
	if (facts->limit == 0)
		raise_limit(why, "the limit for cores is 0");
	else if (facts->limit < 4096)
		raise_limit(why, "the limit for cores is less than a page");
	else if (facts->limit < facts->rss)
		note(why,
			"the limit for cores is less than the process has "
			"memory: the core will be cut short",
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
