/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands around others: where the output of one goes (pipe, shell,
 * transcript), and a setting that holds for it alone (with).
 */
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/filter.h"
#include "inspect/cmd/line.h"
#include "inspect/cmd/settings.h"

#include <string.h>

static enum err run_pipe(struct session *s, struct args *a, struct out *o)
{
	const char *text = a->text, *sep = "|";
	const char *result;

	if (args_is(a, 0, "-d", 2) && a->n > 2) {
		sep = a->word[1];
		text = args_from(a, 2);
	}
	const char *bar = strstr(text, sep);
	/* The last bar that a shell command follows: the first one outside of
	 * an expression is not known, so gdb's rule is the first at all. */
	if (!bar || !bar[strlen(sep)])
		return err_usage(a);
	const char *left = line_trim(text, (size_t)(bar - text), &s->scratch);
	TRY(cmd_run_text(s, left, &result));
	TRY(filter_shell(s, bar + strlen(sep), result, &result));
	out_str(o, "text", result);
	out_num(o, ".status", s->shell_status);
	return OK;
}

static enum err run_shell(struct session *s, struct args *a, struct out *o)
{
	const char *text;

	if (!*a->text)
		return err_usage(a);
	/* The lines of a pipe are ours, and not the command's to read. */
	TRY(filter_shell(s, a->text, s->page ? NULL : "", &text));
	out_str(o, "text", text);
	out_num(o, ".status", s->shell_status);
	return OK;
}

/* with SETTING [VALUE] [-- CMD] */
static enum err run_with(struct session *s, struct args *a, struct out *o)
{
	const char *dashes = strstr(a->text, "--");
	struct settings saved = s->set;

	if (!dashes || dashes == a->text)
		return err_usage(a);
	const char *setting =
		line_trim(a->text, (size_t)(dashes - a->text), &s->scratch);
	TRY(cmd_forward(s, "set", setting, "", o));
	enum err e = cmd_run_to(s, dashes + 2, o);
	s->set = saved;
	return e;
}

/* ---- transcript ---- */

static enum err run_transcript(struct session *s, struct args *a, struct out *o)
{
	const char *path = NULL;
	bool truncate = false, only = false;

	(void)o;
	for (size_t i = 0; i < a->n; i++) {
		if (!strcmp(a->word[i], "-t"))
			truncate = true;
		else if (!strcmp(a->word[i], "-x"))
			only = true;
		else
			path = a->word[i];
	}
	if (!path)
		return err_usage(a);
	if (s->transcript)
		fclose(s->transcript);
	s->transcript = NULL;
	s->transcript_only = false;
	if (!strcmp(path, "-off"))
		return OK;
	s->transcript = fopen(path, truncate ? "we" : "ae");
	if (!s->transcript)
		return err_sys("cannot write %s", path);
	s->transcript_only = only;
	return OK;
}

const struct cmd cmd_around[] = {
	{
		.name = "pipe",
		.usage = "CMD | SHELL COMMAND",
		.summary = "Feed what a command prints to a shell command",
		.help = "`CMD |! SHELL COMMAND` is the same where '|' is not "
			"an operator; and\n"
			"`CMD | grep RE`, head, tail, count, sort, uniq are "
			"built in.\n"
			"    pipe p *server | less",
		.run = run_pipe,
		.group = GROUP_OTHER,
		.needs = CMD_EXPR,
	},
	{
		.name = "shell",
		.alias = "sh",
		.usage = "COMMAND",
		.summary = "Run a shell command",
		.help = "Also `!COMMAND`."
			"\n    shell ls -l core*",
		.run = run_shell,
		.group = GROUP_OTHER,
		.needs = CMD_EXPR | CMD_ONCE,
	},
	{
		.name = "with",
		.alias = "w",
		.usage = "SETTING [VALUE] -- CMD",
		.summary = "Run a command with a setting changed",
		.help = "    with print pretty on -- p *room",
		.run = run_with,
		.word = settings_word,
		.group = GROUP_OTHER,
		.needs = CMD_EXPR,
	},
	{
		.name = "transcript",
		.usage = "[-t] [-x] FILE | -off",
		.summary = "Append commands and what they print to a file",
		.help = "-t: empty the file first.  -x: do not print on the "
			"screen."
			"\n    transcript session.txt\n    transcript -off",
		.run = run_transcript,
		.group = GROUP_OTHER,
		.needs = CMD_ONCE,
	},
	{ 0 },
};
