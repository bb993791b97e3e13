/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record of a process that dies for good, and whose core systemd-coredump
 * does not get, is a record for coredumpctl, with the fields that it knows
 * (COREDUMP_…); its environment is left out, as it may hold secrets.  Any
 * other has the same fields and an id of ours.
 */
#include "crashd/report/journal.h"

#include "crashd/crashd.h"
#include "crashd/report/about.h"
#include "crashd/safe/journald.h"
#include "crashd/safe/signals.h"
#include "inspect/base/buf.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct writer {
	const struct target *t;
	struct buf b;
};

/* One that may have any byte in it; left out where nothing is known. */
static void field(struct writer *w, const char *key, const char *value)
{
	uint64_t n = value ? strlen(value) : 0;

	if (!n)
		return;
	buf_puts(&w->b, key);
	buf_putc(&w->b, '\n');
	buf_add(&w->b, (const char *)&n, sizeof n);
	buf_add(&w->b, value, n);
	buf_putc(&w->b, '\n');
}

static void number(struct writer *w, const char *key, long long value)
{
	buf_printf(&w->b, "%s=%lld\n", key, value);
}

/* "SIGSEGV"; NULL: a signal without a name. */
static const char *signal_name(const struct target *t)
{
	const char *abbrev = sigabbrev_np(t->record.signo);

	return abbrev ? arena_printf(t->arena, "SIG%s", abbrev) : NULL;
}

static bool is_fatal(const struct target *t)
{
	return t->record.signo && !(t->record.flags & CRASHD_RECORD_CONTINUE);
}

/* What a reader sees first; the handler's own lines have not come to us. */
static const char *heading(const struct target *t, const char *comm)
{
	const char *name = signal_name(t);

	if (!t->record.signo)
		return arena_printf(t->arena,
			"Process %d (%s) asked for a traceback.\n", t->pid,
			comm);
	return arena_printf(t->arena, "Process %d (%s) got %s in thread %d.\n",
		t->pid, comm,
		name ? name
		     : arena_printf(t->arena, "signal %d", t->record.signo),
		t->record.tid);
}

static const char *comm_of(const struct target *t)
{
	char line[64];

	if (target_text(t, 0, "comm", line, sizeof line) < 0)
		return "";
	line[strcspn(line, "\n")] = '\0';
	return arena_strdup(t->arena, line);
}

static const char *command_line(const struct target *t)
{
	enum { SIZE = 1 << 16 };
	char *line = arena_alloc(t->arena, SIZE);
	ssize_t n = target_text(t, 0, "cmdline", line, SIZE);

	for (ssize_t i = 0; i + 1 < n; i++)
		if (!line[i])
			line[i] = ' ';
	return n > 0 ? line : NULL;
}

static void put_identity(struct writer *w)
{
	const struct target *t = w->t;
	bool fatal = is_fatal(t);
	bool listed = fatal && !(t->record.flags & CRASHD_RECORD_STORED);

	buf_printf(&w->b, "MESSAGE_ID=%s\nPRIORITY=%d\n",
		listed ? CRASHD_ID_BACKTRACE : CRASHD_ID_REPORT, fatal ? 2 : 5);
	buf_puts(&w->b, "SYSLOG_IDENTIFIER=crashd\n");
	number(w, "CRASHD_FATAL", fatal);
}

static void put_process(struct writer *w, const char *comm)
{
	const struct target *t = w->t;
	char host[256] = "";

	field(w, "COREDUMP_COMM", comm);
	number(w, "COREDUMP_PID", t->pid);
	number(w, "COREDUMP_SIGNAL", t->record.signo);
	field(w, "COREDUMP_SIGNAL_NAME", signal_name(t));
	number(w, "COREDUMP_TIMESTAMP", t->record.time_ms * 1000);
	number(w, "COREDUMP_UID", getuid());
	number(w, "COREDUMP_GID", getgid());
	field(w, "COREDUMP_EXE", about_link(t, "exe"));
	field(w, "COREDUMP_CMDLINE", command_line(t));
	field(w, "COREDUMP_CWD", about_link(t, "cwd"));
	field(w, "COREDUMP_ROOT", about_link(t, "root"));
	if (!gethostname(host, sizeof host - 1))
		field(w, "COREDUMP_HOSTNAME", host);
	field(w, "COREDUMP_OPEN_FDS", about_files(t));
	field(w, "COREDUMP_PROC_LIMITS", about_text(t, "limits"));
	field(w, "COREDUMP_PROC_STATUS", about_text(t, "status"));
}

static void put_unit(struct writer *w)
{
	const char *text = about_text(w->t, "cgroup");
	const char *cgroup = text ? about_cgroup(w->t->arena, text) : NULL;

	field(w, "COREDUMP_PROC_CGROUP", text);
	if (!cgroup)
		return;

	struct about_unit u = about_unit(w->t->arena, cgroup);

	field(w, "COREDUMP_CGROUP", cgroup);
	field(w, "COREDUMP_UNIT", u.unit);
	field(w, "COREDUMP_USER_UNIT", u.user_unit);
	field(w, "COREDUMP_SLICE", u.slice);
}

/*
 * Ours, or the kernel's, which is still to come.  COREDUMP_FILENAME makes
 * coredumpctl open it; not for a name that the next crash takes again.
 */
static void put_core(struct writer *w)
{
	const struct target *t = w->t;
	const struct crashd_record *rec = &t->record;
	const char *path = rec->core_path, *name = strrchr(path, '/');

	if (!path[0] || !is_fatal(t) ||
		(rec->flags & CRASHD_RECORD_CORE && !rec->core_bytes))
		return;
	field(w, "CRASHD_CORE", path);
	if (strstr(name ? name : path, arena_printf(t->arena, "%d", t->pid)))
		field(w, "COREDUMP_FILENAME", path);
}

static void put_crash(struct writer *w, const struct journal_report *report)
{
	static const char *const levels[] = { "none", "single", "all", "system",
		"crash" };
	const struct target *t = w->t;
	const siginfo_t *info = (const void *)t->record.siginfo;
	const struct module *exe = report->image ? report->image->exe : NULL;

	number(w, "CRASHD_THREAD", t->record.tid);
	if (t->n)
		field(w, "CRASHD_THREAD_NAME", t->thread[0].name);
	if (report->level >= 0 && report->level <= CRASHD_CRASH)
		field(w, "CRASHD_LEVEL", levels[report->level]);
	if (t->record.signo && !(t->record.flags & CRASHD_RECORD_BAD_INFO)) {
		number(w, "CRASHD_SIGNAL_CODE", info->si_code);
		/* SI_KERNEL: the processor did not tell the address. */
		if (crashd_signal_is_fault(info) && info->si_code != SI_KERNEL)
			buf_printf(&w->b, "CRASHD_FAULT_ADDRESS=0x%llx\n",
				(unsigned long long)(uintptr_t)info->si_addr);
	}
	field(w, "CRASHD_CRASH_ID", report->crash_id);
	if (exe && exe->wanted.n)
		field(w, "CRASHD_BUILD_ID",
			build_id_hex(&exe->wanted, t->arena));
	put_core(w);
}

enum err journal_send(
	const struct target *t, const struct journal_report *report)
{
	struct writer w = { .t = t, .b = { .arena = t->arena } };
	const char *comm = comm_of(t);

	put_identity(&w);
	put_process(&w, comm);
	put_unit(&w);
	put_crash(&w, report);
	field(&w, "MESSAGE",
		arena_printf(t->arena, "%s%s", heading(t, comm), report->text));

	const struct iovec part = { w.b.s, w.b.n };
	int error = crashd_journald_send(&part, 1);

	if (error == -EAGAIN)
		return err_set(ERR_SYS, "not sent to the journal: journald "
					"does not read what it is sent");
	if (error) {
		errno = -error;
		return err_sys("not sent to the journal: "
			       "/run/systemd/journal/socket");
	}
	return OK;
}
