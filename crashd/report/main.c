/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crashd-report: names the threads of a process that is dying, or, for `csnap
 * stack`, of one that is not.  Started by libcrashd's handler (the protocol is
 * in crashd/safe/spawn.h) or by csnap; a program of its own, because what it
 * does needs a heap, locks, and libraries, and the dying process may have
 * spoilt its own.
 *
 *	crashd-report --pid=P [--tid=T --record=0xADDR] [--level=0…4] [--fd=N]
 *	              [--ask=0xADDR] [--proc=FD] [--json]
 *
 * A dying process stays stopped until all is printed.  One that lives is
 * stopped twice: once to see where its threads are, after which the debug
 * information of those places is read while it runs, and once more to print,
 * which then takes milliseconds.
 */
#include "crashd/crashd.h"
#include "crashd/report/cause.h"
#include "crashd/report/corefile.h"
#include "crashd/report/cxx.h"
#include "crashd/report/journal.h"
#include "crashd/report/print.h"
#include "crashd/report/state.h"
#include "crashd/report/target.h"
#include "crashd/report/walk.h"
#include "crashd/safe/text.h"
#include "inspect/base/gone.h"
#include "inspect/image/changed.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	EXIT_CANNOT = 1,
	EXIT_USAGE = 2,
	SPARE_MS = 1000, /* of the deadline, for what comes after the threads */
};

struct options {
	pid_t pid, tid;
	int level, fd, proc;
	uint64_t record, ask;
	bool json;
};

struct report {
	struct options options;
	struct arena arena;  /* until the end */
	struct arena thread; /* until the next thread */
	struct target target;
	struct image image;
	struct walk *walk;
	struct crashd_text text;
	struct out *json;
	char crash_id[CRASH_ID_SIZE]; /* "": nothing has crashed */
	struct buf journal; /* the text again, when it goes there, too */
	size_t gone;        /* pages of files, of which was told */
};

/* ---- output ---- */

/*
 * Line by line through crashd_text, which knows of full pipes and closed
 * readers, and defuses control characters in names.
 */
static void put(struct report *r, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n");

		crashd_text_name(&r->text, s, n);
		s += n;
		if (*s) {
			crashd_text_char(&r->text, '\n');
			s++;
		}
	}
	crashd_text_flush(&r->text);
}

static void say(struct report *r, const char *s)
{
	if (r->target.record.flags & CRASHD_RECORD_JOURNAL)
		buf_puts(&r->journal, s);
	put(r, s);
}

/* Into the report of a process that dies; of a live one the output is kept
 * clean. */
static void complain(struct report *r)
{
	const char *line =
		arena_printf(&r->arena, "crashd-report: %s\n", err_msg());

	if (r->options.record)
		put(r, line);
	else
		fputs(line, stderr);
}

/* ---- threads ---- */

static struct trace trace_of(struct report *r, struct target_thread *th)
{
	struct trace trace = { 0 };
	const struct arch *arch = r->image.arch;

	if (!regs_has(&th->regs, arch->pc) || !regs_has(&th->regs, arch->sp))
		trace.end = "the kernel does not tell where it is";
	else
		walk_thread(
			r->walk, &th->regs, th->vregs, 0, &r->thread, &trace);
	return trace;
}

static void print_one(struct report *r, size_t i, struct out *out)
{
	struct target_thread *th = &r->target.thread[i];
	int signo = r->target.record.signo;
	struct trace trace = trace_of(r, th);
	const char *abbrev = signo ? sigabbrev_np(signo) : NULL;
	bool selected = th->access == THREAD_RECORDED;
	struct print_thread p = {
		.id = (int)i + 1,
		.lwp = th->tid,
		.name = th->name,
		.state = state_text(
			&r->target, th, &r->image, &trace, &r->thread),
		.selected = i == 0,
		.signal = selected && abbrev
				  ? arena_printf(&r->thread, "SIG%s", abbrev)
				  : NULL,
		.trace = trace,
		.hidden = r->options.level >= CRASHD_SYSTEM,
		.whole = r->options.json,
	};

	print_thread(&r->image, &p, out, &r->thread);
}

/* Who sent the signal, what a fault was about, who waits for whom. */
static const char *cause(struct report *r)
{
	struct trace trace = { 0 };

	if (r->target.n)
		trace = trace_of(r, &r->target.thread[0]);
	return cause_text(
		&r->target, &r->image, &trace, &r->thread, r->crash_id);
}

/*
 * A library was installed over the one that the process has mapped, or cut off,
 * while we read it: what was there reads as zeros (inspect/base/gone.h).  Told
 * once; NULL: nothing new.
 */
static const char *shortened(struct report *r)
{
	const char *why;

	if (gone_count() == r->gone)
		return NULL;
	r->gone = gone_count();
	why = changed_find(&r->image);
	return why ? arena_printf(&r->arena, "[%s]\n", why) : NULL;
}

static void say_shortened(struct report *r)
{
	const char *line = shortened(r);

	if (line)
		say(r, line);
}

static bool late(const struct report *r)
{
	return target_now() > r->target.deadline - SPARE_MS;
}

/* Of what r->thread holds; not what was seen of a process without memory. */
static bool say_seen(struct report *r, const char *s)
{
	bool dying = target_is_dying(&r->target);

	if (!dying)
		say(r, s);
	arena_clear(&r->thread);
	return !dying;
}

static bool print_text_thread(struct report *r, size_t i)
{
	struct out *out = out_new_text(&r->thread, false);

	out_text(out, "\n");
	target_ask(&r->target, &r->target.thread[i]);
	print_one(r, i, out);
	target_release(&r->target);
	if (!say_seen(r, out_result(out)))
		return false;
	say_shortened(r);
	return true;
}

/* False: the process is gone. */
static bool print_threads(struct report *r)
{
	size_t n = r->options.level >= CRASHD_ALL ? r->target.n : 1;
	size_t i = 0;
	const char *why = target_foreign(&r->target);

	if (why)
		say(r, arena_printf(&r->arena,
			       "[the other threads are not stopped: %s]\n",
			       why));
	if (!say_seen(r, cause(r)))
		return false;
	say_shortened(r);
	for (; i < n && !(i && late(r)); i++)
		if (!print_text_thread(r, i))
			return false;
	if (i < n)
		say(r, arena_printf(&r->arena,
			       "\n(%zu more threads: out of time)\n", n - i));
	return true;
}

static void print_json(struct report *r)
{
	struct out *out = out_new_json(&r->arena);
	const char *line;

	out_num(out, "pid", r->target.pid);
	out_list(out, "threads");
	for (size_t i = 0; i < r->target.n; i++) {
		print_one(r, i, out);
		arena_clear(&r->thread);
	}
	out_list_end(out);
	line = shortened(r);
	if (line)
		out_str(out, "warning",
			arena_strndup(&r->arena, line + 1, strlen(line) - 3));
	r->json = out;
}

/*
 * The descriptor of /proc is all there may be of it (chroot, no mount): then
 * it becomes the working folder, and relative names lead into it.
 */
static enum err open_image(struct report *r)
{
	struct find_options find = { .no_debuginfod = true };

	if (r->options.proc >= 0 && fchdir(r->options.proc) == 0)
		find.proc = ".";
	TRY(image_open_live(
		&r->image, &r->arena, r->target.alive, r->target.mem, &find));
	r->walk = walk_new(&r->image);
	return OK;
}

static enum err to_journal(struct report *r)
{
	const struct journal_report report = {
		.text = buf_str(&r->journal),
		.crash_id = r->crash_id,
		.level = r->options.level,
		.image = &r->image,
	};

	return journal_send(&r->target, &report);
}

/* The handler is gone, too: the last line is ours to print. */
static int killed(struct report *r)
{
	say(r, arena_printf(&r->arena,
		       "[process %d ended during this report, which is not "
		       "complete: as SIGKILL ends it when memory is used up]\n",
		       r->options.pid));
	if (r->target.record.flags & CRASHD_RECORD_JOURNAL && to_journal(r))
		complain(r);
	put(r, arena_printf(&r->arena, "--- end of crashd report %d ---\n",
		       r->options.pid));
	return EXIT_CANNOT;
}

static int failed(struct report *r)
{
	if (r->options.record && target_is_dying(&r->target))
		return killed(r);
	complain(r);
	return EXIT_CANNOT;
}

/* ---- a process that lives ---- */

/* Reads the debug information of the places where the threads are. */
static void warm_up(struct report *r)
{
	for (size_t i = 0; i < r->target.n; i++) {
		struct target_thread *th = &r->target.thread[i];

		(void)trace_of(r, th);
		arena_clear(&r->thread);
	}
}

static void print_live(struct report *r, struct out *out)
{
	const char *line;

	out_text(out, "%s", cause(r));
	arena_clear(&r->thread);
	for (size_t i = 0; i < r->target.n; i++) {
		out_text(out, "\n");
		print_one(r, i, out);
		arena_clear(&r->thread);
	}
	line = shortened(r);
	if (line)
		out_text(out, "\n%s", line);
}

static int written(struct report *r)
{
	(void)crashd_text_flush(&r->text);
	if (!r->text.error)
		return 0;
	(void)err_set(ERR_SYS, "cannot write to standard output: %s",
		strerror(-r->text.error));
	complain(r);
	return EXIT_CANNOT;
}

static int live(struct report *r)
{
	struct target *t = &r->target;
	char exe[256];
	ssize_t n;

	if (target_stop(t) || open_image(r)) {
		target_resume(t);
		complain(r);
		return EXIT_CANNOT;
	}
	target_resume(t);
	warm_up(r);

	if (target_stop(t)) {
		complain(r);
		return EXIT_CANNOT;
	}
	walk_forget_memory(r->walk);

	/* Into the buffer now, out when the process runs again. */
	struct out *text = out_new_text(&r->arena, false);

	if (r->options.json)
		print_json(r);
	else
		print_live(r, text);
	if (target_is_dying(t)) {
		(void)err_set(
			ERR_NOTFOUND, "process %d ended meanwhile", t->pid);
		complain(r);
		return EXIT_CANNOT;
	}
	target_resume(t);

	if (r->json) {
		const char *s = out_result(r->json);

		crashd_text_str(&r->text, s);
		crashd_text_char(&r->text, '\n');
		return written(r);
	}

	char link[32];

	snprintf(link, sizeof link, "%d/exe", t->pid);
	n = readlinkat(t->proc, link, exe, sizeof exe - 1);
	exe[n > 0 ? n : 0] = 0;
	put(r, arena_printf(&r->arena, "PID %d ", t->pid));
	crashd_text_name(&r->text, exe, sizeof exe); /* newlines, too */
	put(r, arena_printf(&r->arena, ", %zu thread%s\n", t->n,
		       t->n == 1 ? "" : "s"));
	put(r, out_result(text));
	return written(r);
}

/* ---- a process that dies ---- */

static void count_threads(struct report *r)
{
	uint32_t n = (uint32_t)r->target.n, lost = 0;

	for (size_t i = 0; i < r->target.n; i++)
		lost += (r->target.thread[i].access == THREAD_STUCK ||
				r->target.thread[i].access == THREAD_FOREIGN) &&
			!r->target.thread[i].regs.known;
	target_set_record(&r->target, offsetof(struct crashd_record, threads),
		&n, sizeof n);
	target_set_record(&r->target,
		offsetof(struct crashd_record, unreachable), &lost,
		sizeof lost);
}

/* A kernel's core has no names of threads: they go into the memory of the
 * process, where cinspect finds them. */
static void leave_names(struct report *r)
{
	const struct crashd_record *rec = &r->target.record;
	struct crashd_thread_name *names;
	uint32_t n = 0;

	if (!rec->names || rec->name_size != sizeof *names)
		return;
	names = arena_array(&r->arena, struct crashd_thread_name, CRASHD_NAMES);
	for (size_t i = 0; i < r->target.n && n < CRASHD_NAMES; i++, n++) {
		names[n].tid = r->target.thread[i].tid;
		snprintf(names[n].name, sizeof names[n].name, "%.19s",
			r->target.thread[i].name);
	}
	target_write(&r->target, rec->names, names, n * sizeof *names);
	target_set_record(&r->target,
		offsetof(struct crashd_record, name_count), &n, sizeof n);
}

static void write_core(struct report *r)
{
	uint64_t bytes = 0;
	int32_t error = corefile_write(&r->target, &bytes);

	if (error)
		bytes = 0;
	target_set_record(&r->target,
		offsetof(struct crashd_record, core_error), &error,
		sizeof error);
	target_set_record(&r->target,
		offsetof(struct crashd_record, core_bytes), &bytes,
		sizeof bytes);
	r->target.record.core_bytes = bytes;
}

/* Our working folder is the process', but will not stay so. */
static const char *absolute(struct report *r, const char *path)
{
	char here[4096];

	if (path[0] == '/' || !path[0] || !getcwd(here, sizeof here))
		return arena_strdup(&r->arena, path);
	return arena_printf(&r->arena, "%s/%s", here, path);
}

static int fatal(struct report *r)
{
	struct target *t = &r->target;
	unsigned flags = t->record.flags;

	target_set_state(t, CRASHD_STATE_WORKING);
	if (t->record.fallback[0])
		r->text.fallback = absolute(r, t->record.fallback);
	snprintf(t->record.core_path, sizeof t->record.core_path, "%s",
		absolute(r, t->record.core_path));
	if (target_stop(t))
		return failed(r);
	count_threads(r);
	leave_names(r);
	if (r->options.level > CRASHD_NONE) {
		if (open_image(r))
			return failed(r);
		if (!print_threads(r))
			return killed(r);
	}
	if (flags & CRASHD_RECORD_CORE) {
		target_set_state(t, CRASHD_STATE_CORE);
		write_core(r);
	}
	if (target_is_dying(t))
		return killed(r);
	if (flags & CRASHD_RECORD_JOURNAL && to_journal(r))
		complain(r);
	if (!(flags & CRASHD_RECORD_HOLD))
		target_resume(t);
	target_set_state(t, CRASHD_STATE_DONE);
	if (flags & CRASHD_RECORD_HOLD) {
		target_hold(t);
		target_resume(t);
	}
	return 0;
}

/* ---- options ---- */

static const struct option long_options[] = {
	{ "pid", required_argument, NULL, 'p' },
	{ "tid", required_argument, NULL, 't' },
	{ "level", required_argument, NULL, 'l' },
	{ "fd", required_argument, NULL, 'f' },
	{ "record", required_argument, NULL, 'r' },
	{ "proc", required_argument, NULL, 'P' },
	{ "ask", required_argument, NULL, 'a' },
	{ "json", no_argument, NULL, 'j' },
	{ 0 },
};

static bool parse(int argc, char **argv, struct options *ret)
{
	struct options o = { .level = CRASHD_ALL, .fd = 1, .proc = -1 };
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		long long n = optarg ? strtoll(optarg, NULL, 0) : 0;

		switch (c) {
		case 'p':
			o.pid = (pid_t)n;
			break;
		case 't':
			o.tid = (pid_t)n;
			break;
		case 'l':
			o.level = (int)n;
			break;
		case 'f':
			o.fd = (int)n;
			break;
		case 'r':
			o.record = strtoull(optarg, NULL, 0);
			break;
		case 'P':
			o.proc = (int)n;
			break;
		case 'a':
			o.ask = strtoull(optarg, NULL, 0);
			break;
		case 'j':
			o.json = true;
			break;
		default:
			return false;
		}
	}
	*ret = o;
	return o.pid > 0 && optind == argc;
}

/* The mask is the dying thread's, and a SIGBUS that is blocked kills. */
static void watch_files(void)
{
	sigset_t bus;

	sigemptyset(&bus);
	sigaddset(&bus, SIGBUS);
	sigprocmask(SIG_UNBLOCK, &bus, NULL);
	gone_watch();
}

int main(int argc, char **argv)
{
	static struct report r;
	if (!parse(argc, argv, &r.options)) {
		fputs("usage: crashd-report --pid=PID [--level=0-4] [--json] "
		      "(started by libcrashd and csnap)\n",
			stderr);
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	watch_files();
	cxx_use();
	crashd_text_init(&r.text, r.options.fd);
	r.journal.arena = &r.arena;
	if (target_open(&r.target, &r.arena, r.options.pid, r.options.proc,
		    r.options.record)) {
		r.target.record_addr = r.options.record;
		r.target.record.tid = r.options.tid;
		return failed(&r);
	}
	r.target.ask_addr = r.options.ask;
	return r.options.record ? fatal(&r) : live(&r);
}
