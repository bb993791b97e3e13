/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help, apropos, exit, and opening another core; and the manual. */
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/script.h"
#include "inspect/out/width.h"

#include <elf.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char cmd_version[] = CRASHD_VERSION;

static const char *const group_names[] = {
	[GROUP_STACK] = "Stack",
	[GROUP_DATA] = "Data",
	[GROUP_THREADS] = "Threads",
	[GROUP_SYMBOLS] = "Source and symbols",
	[GROUP_STATUS] = "Status",
	[GROUP_OTHER] = "Other",
};

enum { GROUPS = sizeof(group_names) / sizeof(*group_names) };

enum { HELP_COLUMN = 24 }; /* where summaries begin, if there is room */

/* "  name (aliases)        summary", which goes on below itself. */
static void summary_row(struct session *s, const struct cmd *c, struct out *o)
{
	size_t width = s->set.width;
	size_t column = width && width < 3 * HELP_COLUMN ? 6 : HELP_COLUMN;
	const char *also =
		c->alias ? arena_printf(&s->scratch, " (%s)", c->alias) : "";
	size_t used = 2 + strlen(c->name) + strlen(also);

	out_record(o, NULL);
	out_text(o, "  ");
	out_styled(o, "name", STYLE_FUNCTION, c->name);
	out_text(o, "%s",
		width_wrapped(
			also, width, 2 + strlen(c->name), 6, &s->scratch));
	out_str(o, ".alias", c->alias);
	if (used + 2 > column)
		out_text(o, "\n%*s", (int)column, "");
	else
		out_text(o, "%*s", (int)(column - used), "");
	out_str_as(o, "summary", c->summary,
		width_wrapped(c->summary, width, column, column, &s->scratch));
	out_text(o, "\n");
	out_record_end(o);
}

static enum err help_all(struct session *s, struct out *o)
{
	out_list(o, "commands");
	for (unsigned g = 0; g < GROUPS; g++) {
		out_text(o, "%s", g ? "\n" : "");
		out_style(o, STYLE_HEADING, group_names[g]);
		out_text(o, "\n");
		for (size_t f = 0; cmd_families[f]; f++)
			for (const struct cmd *c = cmd_families[f]; c->name;
				c++)
				if (c->group == g)
					summary_row(s, c, o);
	}
	for (const struct user_command *u = s->user; u; u = u->next)
		out_text(o, "  %s  (user-defined)\n", u->name);
	out_list_end(o);
	out_text(o, "%s",
		width_wrapped("\n\"help NAME\" explains one; unique prefixes "
			      "work.  \"apropos WORD\" finds some.\n"
			      "CMD | grep RE filters what a command prints.\n",
			s->set.width, 0, 0, &s->scratch));
	return OK;
}

static enum err run_help(struct session *s, struct args *a, struct out *o)
{
	const struct user_command *u;
	size_t width = s->set.width;
	const struct cmd *c;

	if (!a->n)
		return help_all(s, o);
	u = script_user_command(s, a->word[0]);
	if (u) {
		out_str(o, "help",
			u->document ? u->document : "User-defined.\n");
		return OK;
	}
	c = cmd_find(a->word[0]);
	if (!c)
		return ERR_NOTFOUND;
	out_styled(o, "name", STYLE_HEADING, c->name);
	if (c->usage && *c->usage)
		out_text(o, " %s",
			width_wrapped(c->usage, width, strlen(c->name) + 1, 4,
				&s->scratch));
	out_text(o, "\n");
	out_str(o, ".usage", c->usage);
	if (c->alias)
		out_text(o, "Also: %s\n", c->alias);
	out_str(o, ".alias", c->alias);
	out_str_as(o, "summary", c->summary,
		width_wrapped(c->summary, width, 0, 0, &s->scratch));
	out_text(o, ".\n");
	if (c->help && *c->help) {
		out_text(o, "\n");
		out_str_as(o, "help", c->help,
			width_wrapped(c->help, width, 0, 0, &s->scratch));
		out_text(o, "\n");
	}
	return OK;
}

static enum err run_apropos(struct session *s, struct args *a, struct out *o)
{
	size_t found = 0;
	regex_t re;

	if (!a->n)
		return err_usage(a);
	if (regcomp(&re, a->text, REG_EXTENDED | REG_NOSUB | REG_ICASE))
		return err_set(
			ERR_SYNTAX, "Bad regular expression \"%s\".", a->text);
	out_list(o, "commands");
	for (size_t f = 0; cmd_families[f]; f++)
		for (const struct cmd *c = cmd_families[f]; c->name; c++) {
			if (regexec(&re, c->name, 0, NULL, 0) &&
				regexec(&re, c->summary, 0, NULL, 0) &&
				regexec(&re, c->help ? c->help : "", 0, NULL,
					0))
				continue;
			found++;
			summary_row(s, c, o);
		}
	out_list_end(o);
	regfree(&re);
	if (!found)
		out_text(o, "Nothing matches \"%s\".\n", a->text);
	return OK;
}

static enum err run_exit(struct session *s, struct args *a, struct out *o)
{
	(void)o;
	if (a->n) {
		long status;

		if (!args_number(a->word[0], &status))
			return err_usage(a);
		s->exit_status = (int)(status & 255);
	}
	s->quit = true;
	return OK;
}

static enum err opened(struct session *s, struct out *o)
{
	out_text(o, "Opened ");
	out_str(o, "core", s->core_path);
	out_text(o, ", %zu threads.\n", s->core.nthreads);
	out_str(o, ".executable", s->image.exe ? s->image.exe->path : NULL);
	out_list(o, "warnings");
	for (size_t i = 0; i < s->image.nnotes; i++) {
		out_str(o, ".", s->image.notes[i]);
		out_text(o, "warning: %s\n", s->image.notes[i]);
	}
	s->image.notes_told = s->image.nnotes;
	out_list_end(o);
	return OK;
}

/* Opens another pair; what was open stays open if that fails. */
static enum err switch_to(
	struct session *s, const char *exe, const char *core, struct out *o)
{
	const char *old_exe = s->exe_path, *old_core = s->core_path;
	size_t thread = s->thread, frame = s->frame;
	bool was_open = s->open;
	enum err e = session_open(s, exe, core);

	if (!e)
		return opened(s, o);
	if (!was_open)
		return e;
	const char *why = arena_strdup(&s->life, err_msg());
	TRY(session_open(s, old_exe, old_core));
	session_select(s, thread, frame);
	return err_set(e, "%s", why);
}

static enum err run_core_file(struct session *s, struct args *a, struct out *o)
{
	if (a->n != 1)
		return err_usage(a);
	return switch_to(s, s->exe_path, a->word[0], o);
}

static enum err run_file(struct session *s, struct args *a, struct out *o)
{
	if (a->n != 1)
		return err_usage(a);
	int type = core_elf_type(a->word[0]);
	if (access(a->word[0], R_OK))
		return err_sys("%s", a->word[0]);
	if (type != ET_EXEC && type != ET_DYN)
		return err_set(
			ERR_NOTFOUND, "%s: not an executable.", a->word[0]);
	if (!s->core_path) {
		s->exe_path = arena_strdup(&s->life, a->word[0]);
		return OK;
	}
	return switch_to(s, a->word[0], s->core_path, o);
}

static enum err run_version(struct session *s, struct args *a, struct out *o)
{
	(void)s;
	(void)a;
	out_text(o, "cinspect ");
	out_str(o, "version", cmd_version);
	out_text(o, "\n");
	return OK;
}

const struct cmd cmd_misc[] = {
	{
		.name = "help",
		.alias = "h",
		.usage = "[COMMAND]",
		.summary = "List the commands, or explain one",
		.help = "    help bt",
		.run = run_help,
		.group = GROUP_OTHER,
	},
	{
		.name = "apropos",
		.usage = "REGEX",
		.summary = "Commands whose help matches",
		.help = "    apropos memory",
		.run = run_apropos,
		.group = GROUP_OTHER,
	},
	{
		.name = "core-file",
		.alias = "core",
		.usage = "FILE",
		.summary = "Open another core",
		.help = "The executable stays the same, if one was given."
			"\n    core-file core.1234",
		.run = run_core_file,
		.group = GROUP_OTHER,
		.needs = CMD_ONCE,
	},
	{
		.name = "file",
		.alias = "exec-file symbol-file",
		.usage = "FILE",
		.summary = "Use another executable for this core",
		.help = "It is used only if its build-id is the core's."
			"\n    file ./server.debug",
		.run = run_file,
		.group = GROUP_OTHER,
		.needs = CMD_ONCE,
	},
	{
		.name = "version",
		.usage = "",
		.summary = "Print the version of cinspect",
		.help = "",
		.run = run_version,
		.group = GROUP_OTHER,
	},
	{
		.name = "exit",
		.alias = "quit q",
		.usage = "[STATUS]",
		.summary = "Leave",
		.help = "Also Ctrl-D."
			"\n    exit\n    exit 1",
		.run = run_exit,
		.group = GROUP_OTHER,
		.needs = CMD_ONCE,
	},
	{ 0 },
};

/* ---- docs/commands.md ---- */

static void markdown_help(struct buf *b, const char *help)
{
	bool example = false;

	while (*help) {
		size_t n = strcspn(help, "\n");
		bool indented = !strncmp(help, "    ", 4);

		/* An example after a paragraph needs an empty line. */
		if (indented != example)
			buf_putc(b, '\n');
		example = indented;
		buf_add(b, help, n);
		buf_putc(b, '\n');
		help += n + (help[n] == '\n');
	}
}

static void markdown_command(struct buf *b, const struct cmd *c)
{
	bool usage = c->usage && *c->usage;

	buf_printf(b, "\n### `%s%s%s`\n\n%s.", c->name, usage ? " " : "",
		usage ? c->usage : "", c->summary);
	if (c->alias)
		buf_printf(b, "  Also: %s.", c->alias);
	buf_putc(b, '\n');
	if (c->help && *c->help) {
		buf_putc(b, '\n');
		markdown_help(b, c->help);
	}
}

const char *cmd_markdown(struct arena *arena)
{
	struct buf b = { .arena = arena };

	buf_puts(&b, "# The commands of cinspect\n\n"
		     "This page is what `cinspect --commands-md` prints.  "
		     "Unique prefixes of names work.\n"
		     "`CMD | grep RE` (also head, tail, count, sort, uniq) "
		     "filters what a command prints,\n"
		     "`CMD |! SHELL COMMAND` feeds it to a shell command; "
		     "where the argument is an\n"
		     "expression `|` is C's, and `pipe CMD | SHELL COMMAND` "
		     "does it.\n");
	for (unsigned g = 0; g < GROUPS; g++) {
		buf_printf(&b, "\n## %s\n", group_names[g]);
		for (size_t i = 0; cmd_families[i]; i++)
			for (const struct cmd *c = cmd_families[i]; c->name;
				c++)
				if (c->group == g)
					markdown_command(&b, c);
	}
	return buf_str(&b);
}
