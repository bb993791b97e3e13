/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convenience functions about the frames above the selected one, for
 * conditions in scripts: thread apply all if $_any_caller_is("f", 20). */
#include "inspect/cmd/caller.h"

#include "inspect/cmd/session.h"
#include "inspect/lang/function.h"

#include <regex.h>
#include <string.h>

struct wanted {
	const char *text;
	bool any, is_pattern;
	regex_t re;
};

static bool fits(const struct wanted *w, const struct frame *f)
{
	if (!f->function)
		return false;
	return w->is_pattern ? !regexec(&w->re, f->function, 0, NULL, 0)
			     : !strcmp(f->function, w->text);
}

static enum err search(
	struct session *s, const struct wanted *w, int64_t up, bool *ret)
{
	struct trace *t;

	*ret = false;
	if (up < 0 || up > INT32_MAX)
		return err_set(ERR_USAGE, "The number of frames is negative, "
					  "or no number of frames.");
	TRY(session_trace(s, s->thread, s->frame + (size_t)up + 1, &t));
	for (size_t i = w->any ? 0 : (size_t)up; i <= (size_t)up && !*ret; i++)
		if (s->frame + i < t->n)
			*ret = fits(w, &t->frames[s->frame + i]);
	return OK;
}

enum err caller_call(struct eval_env *env, const char *name,
	const struct value *args, size_t n, struct value *ret)
{
	struct wanted w = { .any = !strncmp(name, "_any_", 5) };
	const char *rest = name + (w.any ? 5 : 1);
	int64_t up = 1;
	bool is;

	w.is_pattern = !strcmp(rest, "caller_matches");
	if (name[0] != '_' || (!w.is_pattern && strcmp(rest, "caller_is")))
		return err_set(ERR_NOTFOUND, "There is no function $%s.", name);
	if (n < 1 || n > 2)
		return err_set(ERR_USAGE,
			"$%s needs the name of a function, and may have a "
			"number of frames.",
			name);
	TRY(function_text(&args[0], env->values, &w.text));
	if (n == 2)
		TRY(value_int(&args[1], env->values, &up));
	if (w.is_pattern && regcomp(&w.re, w.text, REG_EXTENDED | REG_NOSUB))
		return err_set(
			ERR_SYNTAX, "\"%s\" is no regular expression.", w.text);
	enum err e = search(env->ctx, &w, up, &is);
	if (w.is_pattern)
		regfree(&w.re);
	TRY(e);
	*ret = value_of_int(type_basic("int"), is, env->values->arena);
	return OK;
}
