/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operands are told apart by the e_type of their ELF header, so that their
 * order does not matter; a packed file can only be a core.  delve users type
 * "core" as the first word: it is ignored when it is no file, or, before
 * coredumpctl's EXE -c CORE, when it is something else.
 */
#include "inspect/cmd/opening.h"

#include "inspect/bundle/bundle.h"
#include "inspect/image/core.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PACKED = -2 };

static void bad(struct session *s, struct opening *op, const char *word,
	const char *why)
{
	if (op->bad)
		return;
	op->bad = word;
	op->why = arena_strdup(&s->life, why);
}

static bool is_habit(const char *word)
{
	return !strcmp(word, "core");
}

void opening_add_operand(
	struct session *s, struct opening *op, const char *word)
{
	struct stat st;

	if (is_habit(word) && !op->exe && !op->core &&
		(stat(word, &st) || !S_ISREG(st.st_mode))) {
		op->habit = word;
		return;
	}
	if (stat(word, &st) && query_is_field(word)) {
		crashes_add_word(s, &op->wanted, word);
		op->field = word;
		return;
	}
	if (stat(word, &st)) {
		bad(s, op, word, strerror(errno));
		return;
	}
	if (S_ISDIR(st.st_mode)) {
		bad(s, op, word, "is a directory");
		return;
	}
	if (access(word, R_OK)) {
		bad(s, op, word, strerror(errno));
		return;
	}
	if (bundle_is(word)) {
		if (op->bundle)
			op->extra = word;
		op->bundle = word;
		return;
	}
	switch (core_elf_type(word)) {
	case ET_CORE:
	case PACKED:
		if (op->core)
			op->extra = word;
		op->core = word;
		return;
	case ET_EXEC:
	case ET_DYN:
		if (op->exe && !is_habit(op->exe))
			op->extra = word;
		op->exe = word;
		return;
	default:
		op->other = word;
		return;
	}
}

const char *opening_platform_root(struct arena *a, const char *command)
{
	static const char before[] = "platform select --sysroot ";
	static const char after[] = " host";
	size_t n = strlen(command);

	if (strncmp(command, before, sizeof(before) - 1) ||
		n <= sizeof(before) + sizeof(after) - 2 ||
		strcmp(command + n - (sizeof(after) - 1), after))
		return NULL;
	return arena_strndup(a, command + sizeof(before) - 1,
		n - (sizeof(before) - 1) - (sizeof(after) - 1));
}

bool opening_has_operands(const struct opening *op)
{
	return op->exe || op->core || op->bundle || op->pid || op->bad ||
	       op->habit || op->other;
}

bool opening_wanted(const struct opening *op)
{
	return opening_has_operands(op) || op->journal || op->field;
}

/* csnap stands beside us, or in the PATH. */
static const char *csnap_path(struct session *s)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		char *slash = strrchr(self, '/');
		if (slash) {
			*slash = '\0';
			const char *path =
				arena_printf(&s->life, "%s/csnap", self);
			if (!access(path, X_OK))
				return path;
		}
	}
	return "csnap";
}

static enum err run_csnap(
	struct session *s, const char *prefix, const char *pid)
{
	const char *csnap = csnap_path(s);
	int status;
	pid_t child = fork();

	if (child == 0) {
		/* Where it saved the core that we remove again is of no use;
		 * failures are told on standard error. */
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDOUT_FILENO);
		execlp(csnap, csnap, "-q", "-o", prefix, pid, (char *)NULL);
		_exit(127);
	}
	if (child < 0)
		return err_sys("cannot start %s", csnap);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys("cannot wait for %s", csnap);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(ERR_SYS,
			"cannot run csnap, which takes the snapshot: "
			"it is neither beside cinspect nor in PATH.");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(ERR_NOTFOUND,
			"no snapshot of process %s: csnap says why above.",
			pid);
	return OK;
}

/* Bytes that a core of the process may have at most: what it has in memory and
 * what was swapped out (proc(5), /proc/PID/status). */
static uint64_t core_bytes(struct session *s, const char *pid)
{
	FILE *f =
		fopen(arena_printf(&s->scratch, "/proc/%s/status", pid), "re");
	char line[128];
	uint64_t kib, sum = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %" SCNu64, &kib) == 1 ||
			sscanf(line, "VmSwap: %" SCNu64, &kib) == 1)
			sum += kib << 10;
	if (f)
		fclose(f);
	return sum;
}

/* A folder in memory, where there is one with twice the room that is needed,
 * so that nothing is written to a disk: the process may wait for it. */
static const char *snapshot_folder(struct session *s, const char *pid)
{
	const char *tmp = getenv("TMPDIR");
	struct statfs fs;

	if (!statfs("/dev/shm", &fs) && fs.f_type == TMPFS_MAGIC &&
		fs.f_bavail * (uint64_t)fs.f_bsize / 2 > core_bytes(s, pid) &&
		!access("/dev/shm", W_OK))
		return "/dev/shm";
	return tmp && tmp[0] == '/' ? tmp : "/tmp";
}

static enum err take_snapshot(
	struct session *s, const char *pid, char **ret_path)
{
	char *dir = arena_printf(
		&s->life, "%s/cinspect.XXXXXX", snapshot_folder(s, pid));

	if (!mkdtemp(dir))
		return err_sys(
			"cannot make a folder for the snapshot, %s", dir);
	enum err e = run_csnap(s, arena_printf(&s->life, "%s/core", dir), pid);
	if (e) {
		rmdir(dir);
		return e;
	}
	*ret_path = arena_printf(&s->life, "%s/core.%s", dir, pid);
	return OK;
}

static enum err open_pid(struct session *s, struct opening *op)
{
	if (strspn(op->pid, "0123456789") != strlen(op->pid) ||
		strspn(op->pid, "0") == strlen(op->pid))
		return err_set(ERR_USAGE, "-p needs a process id, not \"%s\".",
			op->pid);
	TRY(take_snapshot(s, op->pid, &op->temporary));
	s->find.living = atoi(op->pid);
	s->opening = op;
	return session_open(s, op->exe, op->temporary);
}

enum err opening_again(struct session *s, struct opening *op)
{
	char *path;

	TRY(take_snapshot(s, op->pid, &path));
	opening_close(op);
	op->temporary = path;
	return session_open(s, op->exe, path);
}

void opening_close(struct opening *op)
{
	if (!op->temporary)
		return;
	unlink(op->temporary);
	*strrchr(op->temporary, '/') = '\0';
	rmdir(op->temporary);
	op->temporary = NULL;
}

/*
 * coredumpctl names the executable as it was when the process died: gone or
 * not, the core opens.  Elsewhere a missing file is a mistake.
 */
static bool may_be_gone(const struct opening *op)
{
	return op->core_option && !op->exe && !op->extra;
}

static enum err refuse_bad(const struct opening *op)
{
	if (op->journal && !*op->journal)
		return err_set(ERR_NOTFOUND,
			"%s: %s (what to look for is given as --journal=%s).",
			op->bad, op->why, op->bad);
	return err_set(ERR_NOTFOUND, "%s: %s.", op->bad, op->why);
}

static enum err open_crash(struct session *s, struct opening *op)
{
	struct crashes_found found;

	TRY(crashes_core(s, &op->wanted, &found));
	if (!s->find.sysroot)
		s->find.sysroot = found.root ? found.root : s->journals.root;
	TRY(session_open(s, op->exe, found.path));
	if (found.pid > 0 && s->core.pid > 0 && s->core.pid != found.pid)
		return err_set(ERR_NOTFOUND,
			"%s is of process %d now, not of %d: a later core "
			"took its name",
			found.path, s->core.pid, found.pid);
	s->cursor = found.cursor;
	if (found.others)
		image_note(&s->image, "%s", found.others);
	return OK;
}

enum err opening_open(struct session *s, struct opening *op)
{
	if (op->field && !op->journal)
		return err_set(ERR_USAGE,
			"%s says which crash, and goes with --journal or "
			"--list.",
			op->field);
	if (op->bad && !may_be_gone(op))
		return refuse_bad(op);
	if (op->other && op->core_option && is_habit(op->other))
		op->other = NULL;
	if (op->other) /* opening it says what it is instead of a core */
		return session_open(s, NULL, op->other);
	if (op->extra)
		return err_set(ERR_USAGE,
			"%s is one file too many: one executable and one core "
			"are opened.",
			op->extra);
	s->with_bundle = op->bundle;
	if (op->pid && (op->core || op->journal))
		return err_set(ERR_USAGE, "-p makes its own core: it cannot be "
					  "combined with another.");
	if (op->pid)
		return open_pid(s, op);
	if (op->journal && op->core)
		return err_set(ERR_USAGE, "--journal names a core: it cannot "
					  "be combined with another.");
	if (op->journal)
		return open_crash(s, op);
	if (!op->core)
		op->core = op->bundle;
	if (!op->core && !op->exe)
		return err_set(
			ERR_NOTFOUND, "%s: no such core file.", op->habit);
	if (!op->core)
		return err_set(ERR_NOTFOUND,
			"%s is an executable; its core is needed too: cinspect "
			"%s CORE.",
			op->exe, op->exe);
	TRY(session_open(s, op->exe, op->core));
	if (op->bad)
		image_note(&s->image, "%s: %s; the core is opened without it",
			op->bad, op->why);
	return OK;
}
