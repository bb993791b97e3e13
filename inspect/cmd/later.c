/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a user may type and will not get: commands of a debugger of running
 * processes, which a core cannot serve, with what to use instead.
 */
#include "inspect/cmd/cmd.h"

static enum err run_running(struct session *s, struct args *a, struct out *o)
{
	(void)s;
	(void)o;
	return err_set(ERR_UNSUPPORTED,
		"A core does not run: \"%s\" needs a live process.  %s",
		a->cmd->name, a->cmd->help);
}

#define RUNNING(n, al, instead)                                                \
	{                                                                      \
		.name = n, .alias = al, .usage = "",                           \
		.summary = "Not for cores: says what to use instead",          \
		.help = instead, .run = run_running, .group = GROUP_OTHER,     \
		.needs = CMD_EXPR,                                             \
	}
const struct cmd cmd_later[] = {
	RUNNING("continue", "c cont fg",
		"The stack of the moment is all there is: see bt and why."),
	RUNNING("next", "n", "up and list show how it came there."),
	RUNNING("step", "s", "up and list show how it came there."),
	RUNNING("stepi", "si",
		"disassemble shows the instructions around the pc."),
	RUNNING("nexti", "ni",
		"disassemble shows the instructions around the pc."),
	RUNNING("finish", "fin stepout", "up selects the caller."),
	RUNNING("until", "u advance", "up and list show how it came there."),
	RUNNING("run", "r start restart",
		"Start the program yourself; TRACEBACK=crash makes it leave a "
		"core."),
	RUNNING("break", "b br tbreak",
		"A debugger stops live processes; csnap PID makes a core of "
		"one."),
	RUNNING("watch", "rwatch awatch",
		"find searches memory for a value, x shows it."),
	RUNNING("display", "undisplay",
		"print shows a value; an empty line prints it again."),
	RUNNING("generate-core-file", "gcore",
		"csnap PID makes a core of a live process."),
	RUNNING("call", NULL, "print evaluates expressions without calls."),
	RUNNING("detach", NULL, "exit leaves."),
	RUNNING("kill", "k", "The process is gone already; exit leaves."),
	RUNNING("attach", NULL,
		"csnap PID makes a core of a live process, cinspect -p PID "
		"opens one."),
	{ 0 },
};
