/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fds, env, limits and info proc: the process as ps, lsof and /proc would have
 * shown it.  Each says where it knows it from.
 */
#include "inspect/cmd/process.h"

#include "inspect/base/buf.h"
#include "inspect/cmd/about.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/maps.h"
#include "inspect/out/width.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINES = 1 << 20 };

static void put_source(struct out *o, enum about_source source)
{
	out_str(o, ".source", about_source_name(source));
	out_style(o, STYLE_DIM, about_source_words(source));
	out_text(o, "\n");
}

/* The next line, without its end; false: there are no more. */
static bool next_line(const char **at, const char **ret, size_t *ret_n)
{
	size_t n = strcspn(*at, "\n");

	if (!**at)
		return false;
	*ret = *at;
	*ret_n = n;
	*at += n + ((*at)[n] == '\n');
	return true;
}

/* ---- fds ---- */

struct descriptor {
	int number;
	bool has_flags, has_offset;
	unsigned long flags;
	long long offset;
	const char *what;
};

/* open(2)'s flags: "rw append cloexec". */
static const char *flag_words(unsigned long flags, struct arena *arena)
{
	static const struct {
		unsigned long flag;
		const char *word;
	} words[] = {
		{ O_APPEND, " append" },
		{ O_NONBLOCK, " nonblock" },
		{ O_CLOEXEC, " cloexec" },
		{ O_DIRECT, " direct" },
		{ O_DIRECTORY, " directory" },
		{ O_PATH, " path" },
	};
	struct buf b = { .arena = arena };
	unsigned long access = flags & O_ACCMODE;

	buf_puts(&b, access == O_RDWR ? "rw" : access == O_WRONLY ? "w" : "r");
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if ((flags & words[i].flag) == words[i].flag)
			buf_puts(&b, words[i].word);
	return buf_str(&b);
}

static void put_descriptor(
	struct session *s, const struct descriptor *d, struct out *o)
{
	const char *words =
		d->has_flags ? flag_words(d->flags, &s->scratch) : NULL;

	out_record(o, NULL);
	out_num(o, "fd", d->number);
	out_cell(o);
	if (words)
		out_str(o, "flags", words);
	else
		out_null(o, "flags");
	out_cell(o);
	if (d->has_offset)
		out_num(o, "offset", d->offset);
	else
		out_null(o, "offset");
	out_cell(o);
	out_styled(o, "what", STYLE_FILE, d->what);
	out_row(o);
	out_record_end(o);
}

/* csnap's line: number, flags, offset, what it is; tabs between. */
static bool parse_snap(
	struct session *s, const char *line, size_t n, struct descriptor *ret)
{
	char *text = arena_strndup(&s->scratch, line, n), *save = NULL;
	const char *word[3];

	for (int i = 0; i < 3; i++)
		if (!(word[i] = strtok_r(i ? NULL : text, "\t", &save)))
			return false;
	*ret = (struct descriptor){
		.number = atoi(word[0]),
		.flags = strtoul(word[1], NULL, 8),
		.offset = strtoll(word[2], NULL, 10),
		.has_flags = true,
		.has_offset = true,
		.what = save ? save : "",
	};
	return true;
}

static size_t each_of_snap(struct session *s, const char *text, struct out *o)
{
	const char *line;
	struct descriptor d;
	size_t n, count = 0;

	while (next_line(&text, &line, &n))
		if (parse_snap(s, line, n, &d)) {
			put_descriptor(s, &d, o);
			count++;
		}
	return count;
}

static bool begins(const char *line, size_t n, const char *with)
{
	size_t k = strlen(with);

	return n >= k && !memcmp(line, with, k);
}

/*
 * COREDUMP_OPEN_FDS: "3:/a/b", lines of /proc/PID/fdinfo/3, an empty line.  A
 * path may have newlines in it; the next descriptor begins after an empty one.
 */
static size_t each_of_record(struct session *s, const char *text, struct out *o)
{
	struct descriptor d = { .number = -1 };
	bool begin = true;
	const char *line;
	size_t n, count = 0;

	while (next_line(&text, &line, &n)) {
		const char *colon = memchr(line, ':', n);

		if (begin && colon) {
			d = (struct descriptor){
				.number = atoi(line),
				.what = arena_strndup(&s->scratch, colon + 1,
					n - (size_t)(colon + 1 - line)),
			};
		} else if (begins(line, n, "pos:")) {
			d.offset = strtoll(line + 4, NULL, 10);
			d.has_offset = true;
		} else if (begins(line, n, "flags:")) {
			d.flags = strtoul(line + 6, NULL, 8);
			d.has_flags = true;
		}
		begin = !n;
		if ((!n || !*text) && d.number >= 0) {
			put_descriptor(s, &d, o);
			count++;
			d.number = -1;
		}
	}
	return count;
}

static enum err run_fds(struct session *s, struct args *a, struct out *o)
{
	static const char *const heads[] = { "FD", "Flags", "Offset", "What" };
	struct about_fact f = about_text(s, CORE_FILES, "COREDUMP_OPEN_FDS");
	size_t n;

	if (a->n)
		return err_usage(a);
	if (!f.text)
		return about_unknown(s, "open files");
	out_list(o, "fds");
	out_table(o);
	out_heading(o, heads, 4);
	n = f.source == ABOUT_CSNAP ? each_of_snap(s, f.text, o)
				    : each_of_record(s, f.text, o);
	out_table_end(o);
	out_list_end(o);
	out_text(o, "%zu open, ", n);
	put_source(o, f.source);
	return OK;
}

/* ---- env ---- */

static bool is_wanted(struct args *a, const char *variable)
{
	size_t n = strcspn(variable, "=");

	for (size_t i = 0; i < a->n; i++)
		if (strlen(a->word[i]) == n && !memcmp(a->word[i], variable, n))
			return true;
	return !a->n;
}

static bool put_variable(struct session *s, const char *variable, struct out *o)
{
	size_t n = strcspn(variable, "=");

	out_record(o, NULL);
	out_styled(o, "name", STYLE_VARIABLE,
		arena_strndup(&s->scratch, variable, n));
	out_text(o, "=");
	out_str(o, "value", variable[n] ? variable + n + 1 : "");
	out_text(o, "\n");
	out_record_end(o);
	return true;
}

/* COREDUMP_ENVIRON: a line each; one that has newlines in its value goes on. */
static void read_environ(
	struct session *s, const char *text, struct strings *ret)
{
	const char *line;
	size_t n;

	*ret = (struct strings){ 0 };
	while (next_line(&text, &line, &n)) {
		ret->v = arena_grow(&s->scratch, ret->v, ret->n, &ret->cap,
			sizeof(*ret->v));
		ret->v[ret->n++] = arena_strndup(&s->scratch, line, n);
	}
}

static enum err find_environ(
	struct session *s, struct strings *ret, struct about_fact *ret_fact)
{
	struct startup startup;

	*ret_fact = (struct about_fact){ .source = ABOUT_MEMORY };
	if (startup_environ(&s->image, &s->scratch, ret)) {
		ret_fact->text = "environ, as the process had it last";
		return OK;
	}
	if (startup_read(&s->image, &s->scratch, &startup)) {
		*ret = startup.env;
		ret_fact->text = "its stack, as it was started; what setenv() "
				 "changed is not known";
		return OK;
	}
	*ret_fact = about_field(s, "COREDUMP_ENVIRON");
	if (!ret_fact->text)
		return err_set(ERR_NOTFOUND,
			"The environment is not known: neither libc's environ "
			"nor the top of the first stack can be read, and the "
			"journal has no record of the crash.");
	read_environ(s, ret_fact->text, ret);
	ret_fact->text = "as systemd-coredump recorded it";
	return OK;
}

static enum err run_env(struct session *s, struct args *a, struct out *o)
{
	struct about_fact fact;
	struct strings env;
	size_t shown = 0;

	TRY(find_environ(s, &env, &fact));
	out_list(o, "variables");
	for (size_t i = 0; i < env.n; i++)
		if (is_wanted(a, env.v[i]))
			shown += put_variable(s, env.v[i], o);
	out_list_end(o);
	if (a->n && !shown)
		return err_set(ERR_NOTFOUND,
			"There is no %s in the environment of the process.",
			a->word[0]);
	out_bool(o, "cut", env.cut);
	if (env.cut)
		out_text(o, "(some cannot be read)\n");
	out_text(o, "%zu variable%s, ", shown, shown == 1 ? "" : "s");
	out_str(o, ".source", about_source_name(fact.source));
	out_style(o, STYLE_DIM, about_source_words(fact.source));
	out_text(o, ": ");
	out_str(o, "detail", fact.text);
	out_text(o, "\n");
	return OK;
}

/* ---- limits ---- */

enum { LIMIT_SOFT = 26, LIMIT_HARD = 47, LIMIT_UNITS = 68 };

static const char *column(
	struct session *s, const char *line, size_t n, size_t from, size_t to)
{
	if (from > n)
		from = n;
	if (to > n)
		to = n;
	while (to > from && line[to - 1] == ' ')
		to--;
	while (from < to && line[from] == ' ')
		from++;
	return arena_strndup(&s->scratch, line + from, to - from);
}

/* kernel: fs/proc/base.c, proc_pid_limits: "%-25s %-20s %-20s %-10s" */
static enum err run_limits(struct session *s, struct args *a, struct out *o)
{
	static const char *const heads[] = { "Limit", "Soft", "Hard", "Units" };
	struct about_fact f =
		about_text(s, CORE_LIMITS, "COREDUMP_PROC_LIMITS");
	const char *at = f.text, *line;
	size_t n;

	if (a->n)
		return err_usage(a);
	if (!f.text)
		return about_unknown(s, "limits");
	out_list(o, "limits");
	out_table(o);
	out_heading(o, heads, 4);
	while (next_line(&at, &line, &n)) {
		if (begins(line, n, "Limit "))
			continue;
		out_record(o, NULL);
		out_str(o, "limit", column(s, line, n, 0, LIMIT_SOFT));
		out_cell(o);
		out_str(o, "soft", column(s, line, n, LIMIT_SOFT, LIMIT_HARD));
		out_cell(o);
		out_str(o, "hard", column(s, line, n, LIMIT_HARD, LIMIT_UNITS));
		out_cell(o);
		out_str(o, "units", column(s, line, n, LIMIT_UNITS, n));
		out_row(o);
		out_record_end(o);
	}
	out_table_end(o);
	out_list_end(o);
	put_source(o, f.source);
	return OK;
}

/* ---- info proc ---- */

/* "key = 'value'", and where it is from. */
static void proc_line(struct out *o, const char *key, struct about_fact f)
{
	if (!f.text)
		return;
	out_text(o, "%s = '", key);
	out_str(o, key, f.text);
	out_text(o, "'");
	if (f.source > ABOUT_CORE)
		out_text(o, "  (%s)", about_source_words(f.source));
	out_text(o, "\n");
}

static struct about_fact exe_of(struct session *s)
{
	return (struct about_fact){
		s->image.exe ? s->image.exe->path : s->core.fname, ABOUT_CORE
	};
}

/* What the shell's prompt and ps -o unit would have shown. */
static void proc_surroundings(struct session *s, struct out *o)
{
	static const struct {
		const char *key, *field;
	} rows[] = {
		{ "cwd", "COREDUMP_CWD" },
		{ "root", "COREDUMP_ROOT" },
		{ "unit", "COREDUMP_UNIT" },
		{ "user_unit", "COREDUMP_USER_UNIT" },
		{ "slice", "COREDUMP_SLICE" },
		{ "container", "COREDUMP_CONTAINER_CMDLINE" },
		{ "hostname", "COREDUMP_HOSTNAME" },
		{ "boot", "_BOOT_ID" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		proc_line(o, rows[i].key, about_field(s, rows[i].field));
	proc_line(o, "cgroup", about_cgroup(s));
}

static enum err proc_text(struct session *s, enum core_text which,
	const char *field, const char *what, struct out *o)
{
	struct about_fact f = about_text(s, which, field);

	if (!f.text)
		return about_unknown(s, what);
	out_str(o, "text", f.text);
	put_source(o, f.source);
	return OK;
}

enum err process_info(struct session *s, struct args *a, struct out *o)
{
	bool all = args_is(a, 0, "all", 2), some = !a->n || all;
	bool cwd = args_is(a, 0, "cwd", 2);

	if (args_is(a, 0, "mappings", 1))
		return maps_list(s, o);
	if (args_is(a, 0, "status", 4) || args_is(a, 0, "stat", 4))
		return proc_text(s, CORE_STATUS, "COREDUMP_PROC_STATUS",
			"lines of /proc/PID/status", o);
	if (cwd && !about_field(s, "COREDUMP_CWD").text)
		return err_set(ERR_NOTFOUND,
			"A core does not record the working directory, and the "
			"journal has no record of the crash.");
	if (!some && !cwd && !args_is(a, 0, "exe", 1) &&
		!args_is(a, 0, "cmdline", 2))
		return err_set(ERR_USAGE,
			"Usage: info proc "
			"[mappings|exe|cmdline|cwd|status|all]");
	if (some) {
		out_text(o, "process ");
		out_num(o, "pid", s->core.pid);
		out_text(o, "\n");
	}
	if (some || args_is(a, 0, "cmdline", 2))
		proc_line(o, "cmdline", about_command(s));
	if (some || args_is(a, 0, "exe", 1))
		proc_line(o, "exe", exe_of(s));
	if (some)
		proc_surroundings(s, o);
	if (cwd)
		proc_line(o, "cwd", about_field(s, "COREDUMP_CWD"));
	return all ? maps_list(s, o) : OK;
}

const struct cmd cmd_process[] = {
	{
		.name = "fds",
		.usage = "",
		.summary = "The open files of the process",
		.help = "From csnap's notes, or from the journal's record; the "
			"kernel's cores do\n"
			"not have them.  Flags: r, w, rw, and those of open(2)."
			"\n    fds",
		.run = run_fds,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{
		.name = "env",
		.alias = "environ",
		.usage = "[NAME...]",
		.summary = "The environment of the process",
		.help = "As libc has it (environ); if that cannot be read, as "
			"the process was\n"
			"started, from the top of its stack, or from the "
			"journal's record."
			"\n    env\n    env PATH HOME",
		.run = run_env,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{
		.name = "limits",
		.usage = "",
		.summary = "The resource limits of the process",
		.help = "From csnap's notes, or from the journal's record."
			"\n    limits",
		.run = run_limits,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{ 0 },
};
