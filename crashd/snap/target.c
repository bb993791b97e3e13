/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each refusal is found by looking, not by trying: ptrace answers EPERM for a
 * kernel thread, for a process that strace holds, and for one of another user
 * alike, and the sentence that helps is a different one for each.
 */
#include "crashd/snap/target.h"

#include "crashd/note.h"
#include "crashd/safe/maps.h"

#include <ctype.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool target_status(
	pid_t pid, pid_t tid, const char *key, char *ret, size_t size)
{
	char path[64], line[4096];
	size_t n = strlen(key);
	bool found = false;

	snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, tid);

	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof line, file)) {
		if (strncmp(line, key, n) || line[n] != ':')
			continue;

		char *value = line + n + 1 + strspn(line + n + 1, " \t");

		value[strcspn(value, "\n")] = 0;
		snprintf(ret, size, "%s", value);
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}

static long status_number(pid_t pid, pid_t tid, const char *key)
{
	char value[64];

	return target_status(pid, tid, key, value, sizeof value)
		       ? strtol(value, NULL, 10)
		       : -1;
}

static const char *user_name(uid_t uid, char *buf, size_t size)
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(buf, size, "%s", user->pw_name);
	else
		snprintf(buf, size, "uid %u", uid);
	return buf;
}

static void find_exe(struct target *target)
{
	static const char mark[] = " (deleted)";
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/exe", target->pid,
		target->tid);

	ssize_t n = readlink(path, target->exe, sizeof target->exe - 1);

	target->exe[n > 0 ? n : 0] = 0;

	char *end = n > (ssize_t)strlen(mark) ? target->exe + n - strlen(mark)
					      : target->exe;

	target->exe_deleted = !strcmp(end, mark);
	if (target->exe_deleted)
		*end = 0;
}

static bool is_dead(pid_t pid, pid_t tid)
{
	char state[32];

	return !target_status(pid, tid, "State", state, sizeof state) ||
	       state[0] == 'Z' || state[0] == 'X';
}

/* The first thread that has not ended; counts all of them. */
static void find_threads(struct target *target)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task", target->pid);

	DIR *dir = opendir(path);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		pid_t tid = atoi(entry->d_name);

		if (tid <= 0)
			continue;
		target->threads++;
		if (!target->tid && !is_dead(target->pid, tid))
			target->tid = tid;
	}
	if (dir)
		closedir(dir);
}

static int yama_scope(void)
{
	FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = 0;

	if (file && fscanf(file, "%d", &scope) != 1)
		scope = 0;
	if (file)
		fclose(file);
	return scope;
}

static int denied(const struct target *target, struct problem *problem)
{
	char theirs[64], ours[64];
	int scope = yama_scope();

	if (target->uid != geteuid() && geteuid() != 0)
		return problem_set(problem,
			"process %d (%s) belongs to %s, not to %s: run csnap "
			"as that user or as root",
			target->pid, target->name,
			user_name(target->uid, theirs, sizeof theirs),
			user_name(geteuid(), ours, sizeof ours));
	if (scope > 0)
		return problem_set(problem,
			"process %d (%s) may not be traced: "
			"/proc/sys/kernel/yama/ptrace_scope is %d%s",
			target->pid, target->name, scope,
			scope < 3 ? "; run csnap as root"
				  : ", which forbids it to everybody until "
				    "the next boot");
	return problem_set(problem,
		"process %d (%s) may not be traced: it has raised privileges "
		"or is not dumpable (prctl PR_SET_DUMPABLE), or a security "
		"module or a container forbids it; %s",
		target->pid, target->name,
		geteuid() ? "run csnap as root"
			  : "csnap needs CAP_SYS_PTRACE in its namespace");
}

static int traced(
	const struct target *target, long tracer, struct problem *problem)
{
	char name[64] = "?";

	target_status((pid_t)tracer, (pid_t)tracer, "Name", name, sizeof name);
	return problem_set(problem,
		"process %d (%s) is traced already by %s (process %ld), and "
		"only one can: end or detach that first",
		target->pid, target->name, name, tracer);
}

/* Opening its memory asks the same question as PTRACE_SEIZE will. */
static bool may_trace(const struct target *target)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/mem", target->pid,
		target->tid);

	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || (errno != EACCES && errno != EPERM);
}

/* Neither we nor our keeper. */
static long other_tracer(pid_t pid, pid_t tid)
{
	long tracer = status_number(pid, tid, "TracerPid");

	return tracer > 0 && tracer != getpid() &&
			       status_number((pid_t)tracer, (pid_t)tracer,
				       "PPid") != getpid()
		       ? tracer
		       : 0;
}

int target_denied(
	const struct target *target, pid_t tid, struct problem *problem)
{
	long tracer = other_tracer(target->pid, tid);

	if (tracer <= 0)
		tracer = other_tracer(target->pid, target->tid);
	if (tracer > 0)
		return traced(target, tracer, problem);
	if (may_trace(target))
		return problem_set(problem,
			"process %d (%s) could not be traced just now: another "
			"process held it, or it was executing a program (try "
			"again); or ptrace is forbidden here (a seccomp "
			"filter, as containers have)",
			target->pid, target->name);
	return denied(target, problem);
}

/* No memory has an ending process, too; proc(5), stat: PF_KTHREAD of flags. */
static bool is_kernel_thread(const struct target *target)
{
	enum { PF_KTHREAD = 0x00200000 };
	char path[64], line[512];
	unsigned flags = 0;

	snprintf(path, sizeof path, "/proc/%d/stat", target->pid);

	FILE *file = fopen(path, "re");
	const char *end = file && fgets(line, sizeof line, file)
				  ? strrchr(line, ')')
				  : NULL;

	if (end)
		sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags);
	if (file)
		fclose(file);
	return flags & PF_KTHREAD;
}

static int refuse(const struct target *target, struct problem *problem)
{
	pid_t pid = target->pid;
	long tracer = status_number(pid, target->tid, "TracerPid");

	if (pid == getpid())
		return problem_set(problem,
			"process %d is csnap itself: it cannot stop itself to "
			"be copied",
			pid);
	if (tracer > 0)
		return traced(target, tracer, problem);
	if (!may_trace(target))
		return denied(target, problem);
	if (is_kernel_thread(target))
		return problem_set(problem,
			"process %d (%s) is a kernel thread: it has no memory "
			"of its own to save",
			pid, target->name);
	if (!target->exe[0] && status_number(pid, target->tid, "VmSize") < 0)
		return problem_set(problem,
			"process %d (%s) is ending: it has no memory left to "
			"save",
			pid, target->name);
	return 0;
}

int target_find(pid_t pid, struct target *ret, struct problem *problem)
{
	struct target target = { .pid = pid };
	char value[128];

	/* 0: it is leaving the table of processes (proc_pid_status) */
	if (!target_status(pid, pid, "Tgid", value, sizeof value) ||
		!atoi(value)) {
		if (kill(pid, 0) && errno == EPERM)
			return problem_set(problem,
				"process %d is hidden from this user (/proc "
				"mounted with hidepid): run csnap as root",
				pid);
		/* another thread's id: /proc/TID is there, its task/TID too */
		return problem_set(problem, "there is no process %d", pid);
	}
	if (atoi(value) != pid)
		return problem_set(problem,
			"%d is a thread of process %s: try csnap %s", pid,
			value, value);
	target_status(pid, pid, "Name", target.name, sizeof target.name);
	for (char *at = target.name; *at; at++)
		if (!isprint((unsigned char)*at))
			*at = '?';
	if (target_status(pid, pid, "Uid", value, sizeof value))
		target.uid = (uid_t)strtoul(value, NULL, 10);
	find_threads(&target);
	if (!target.tid)
		return problem_set(problem,
			"process %d (%s) has ended and waits for its parent "
			"(a zombie): it has no memory left to save",
			pid, target.name);
	find_exe(&target);
	*ret = target;
	return 0;
}

int target_get(pid_t pid, struct target *ret, struct problem *problem)
{
	struct target target;

	if (target_find(pid, &target, problem) || refuse(&target, problem))
		return -1;
	*ret = target;
	return 0;
}

/* ---- libcrashd ---- */

/* A note of owner "crashd" and type CRASHD_NOTE_ROOT among n bytes of notes. */
static bool has_root_note(const char *note, size_t n)
{
	const char *end = note + n;

	while ((size_t)(end - note) > sizeof(Elf64_Nhdr)) {
		const Elf64_Nhdr *head = (const void *)note;
		size_t name = ((size_t)head->n_namesz + 3) / 4 * 4;
		size_t desc = ((size_t)head->n_descsz + 3) / 4 * 4;

		note += sizeof *head;
		if (name > (size_t)(end - note) ||
			desc > (size_t)(end - note) - name)
			return false;
		if (head->n_type == CRASHD_NOTE_ROOT && head->n_namesz == 7 &&
			!memcmp(note, "crashd", 7))
			return true;
		note += name + desc;
	}
	return false;
}

/* In the program headers of an open ELF file of this machine's kind. */
static bool file_has_crashd(int fd)
{
	_Alignas(8) char notes[4096];
	Elf64_Ehdr head;
	Elf64_Phdr ph;

	if (pread(fd, &head, sizeof head, 0) != sizeof head ||
		memcmp(head.e_ident, ELFMAG, SELFMAG) ||
		head.e_ident[EI_CLASS] != ELFCLASS64)
		return false;
	for (unsigned i = 0; i < head.e_phnum; i++) {
		if (pread(fd, &ph, sizeof ph,
			    (off_t)(head.e_phoff + i * sizeof ph)) !=
				sizeof ph ||
			ph.p_type != PT_NOTE || ph.p_filesz > sizeof notes)
			continue;

		ssize_t n = pread(fd, notes, ph.p_filesz, (off_t)ph.p_offset);

		if (n > 0 && has_root_note(notes, (size_t)n))
			return true;
	}
	return false;
}

bool target_has_crashd(const struct target *target)
{
	static struct maps maps;
	struct map map;
	char path[64];
	bool found = false;

	snprintf(path, sizeof path, "/proc/%d/task/%d/exe", target->pid,
		target->tid);

	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		found = file_has_crashd(fd);
		close(fd);
	}
	if (found ||
		crashd_maps_open(&maps, -1, target->pid, target->tid, false))
		return found;
	while (!found && crashd_maps_next(&maps, &map) > 0) {
		const char *slash = strrchr(map.name, '/');

		found = slash && !strncmp(slash, "/libcrashd.so", 13);
	}
	crashd_maps_close(&maps);
	return found;
}
