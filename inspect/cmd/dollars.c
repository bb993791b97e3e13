/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names with a dollar, in gdb's order: the history, variables of the user's,
 * registers of the selected frame, and what the core itself tells.
 */
#include "inspect/cmd/dollars.h"

#include "inspect/cmd/names.h"
#include "inspect/cmd/registers.h"
#include "inspect/cmd/siginfo.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static struct value void_value(void)
{
	return (struct value){ .type = type_basic("void"), .not_lvalue = true };
}

/* $ is the last value, $$ the one before, $$n the n'th from the end. */
static enum err history_value(
	struct session *s, const char *name, struct value *ret)
{
	size_t n = s->nhistory, back = 0;

	if (isdigit((unsigned char)name[0])) {
		unsigned long i = strtoul(name, NULL, 10);

		if (!i || i > n)
			return err_set(ERR_NOTFOUND,
				"History has not yet reached $%s.", name);
		*ret = s->history[i - 1];
		return OK;
	}
	if (name[0] == '$')
		back = name[1] ? strtoul(name + 1, NULL, 10) : 1;
	if (back >= n) {
		*ret = void_value();
		return OK;
	}
	*ret = s->history[n - 1 - back];
	return OK;
}

/* What gdb keeps under these names; false: not set, or none of them. */
static bool dollar_number(struct session *s, const char *name, int64_t *ret)
{
	const struct core_thread *t = session_thread(s);

	if (!strcmp(name, "_thread") || !strcmp(name, "_gthread"))
		*ret = t ? t->id : 0;
	else if (!strcmp(name, "_inferior"))
		*ret = 1;
	else if (!strcmp(name, "_inferior_thread_count"))
		*ret = (int64_t)s->core.nthreads;
	else if (!strcmp(name, "_exitsignal") && s->core.signal)
		*ret = s->core.signal;
	else if (!strcmp(name, "_shell_exitcode") && s->shell_ran)
		*ret = s->shell_status;
	else
		return false;
	return true;
}

enum err dollars_value(
	struct eval_env *env, const char *name, struct value *ret)
{
	struct session *s = env->ctx;
	struct core_thread *t = session_thread(s);
	struct frame *f = names_frame(s);

	if (!name[0] || name[0] == '$' || isdigit((unsigned char)name[0]))
		return history_value(s, name, ret);
	for (struct convenience *c = s->vars; c; c = c->next)
		if (!strcmp(c->name, name)) {
			*ret = c->value;
			return OK;
		}
	if (f && !register_value(s, f, name, ret))
		return OK;
	if (!strcmp(name, "_siginfo")) {
		const siginfo_t *info =
			t && t->siginfo ? t->siginfo : s->core.siginfo;

		if (!info)
			return err_set(ERR_NOTFOUND,
				"The core has no signal information.");
		if (!s->siginfo_type)
			s->siginfo_type = siginfo_type(&s->arena);
		*ret = value_of_bytes(s->siginfo_type, info, &s->scratch);
		return OK;
	}
	int64_t number;
	if (dollar_number(s, name, &number)) {
		*ret = value_of_int(type_basic("int"), number, &s->scratch);
		return OK;
	}
	/* gdb: a convenience variable that was never set is void. */
	*ret = void_value();
	return OK;
}

enum err dollars_assign(
	struct eval_env *env, const char *name, const struct value *v)
{
	struct session *s = env->ctx;
	struct frame *f = names_frame(s);
	struct value other;

	if (f && !register_value(s, f, name, &other))
		return err_set(ERR_UNSUPPORTED,
			"$%s is a register: a core is not changed.", name);
	session_set_convenience(s, name, v);
	return OK;
}
