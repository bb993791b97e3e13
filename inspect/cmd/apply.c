/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command writes into an out of its own: whether its heading is printed
 * depends on how it ends, and what it leaves open when it fails half way must
 * not swallow what comes after it.
 */
#include "inspect/cmd/apply.h"

#include <string.h>

size_t apply_flags(const struct args *a, size_t i, struct apply_flags *ret)
{
	for (; i < a->n && a->word[i][0] == '-' && a->word[i][1]; i++)
		for (const char *flag = a->word[i] + 1; *flag; flag++) {
			ret->quiet |= *flag == 'q';
			ret->go_on |= *flag == 'c';
			ret->silent |= *flag == 's';
		}
	return i;
}

static enum err apply_to(struct session *s, const struct apply_flags *flags,
	const char *line, apply_heading_fn *heading, size_t i, struct out *o,
	struct out *inner)
{
	enum err e = cmd_run_to(s, line, inner);
	const char *why = e ? arena_strdup(&s->scratch, err_msg()) : NULL;

	if (e && flags->silent && !s->interrupted)
		return OK;
	out_record(o, NULL);
	TRY(heading(s, i, flags->quiet, o));
	out_nest(o, "result", inner);
	if (e) {
		out_str(o, ".error", why);
		if (flags->go_on)
			out_text(o, "%s\n", why);
	}
	out_record_end(o);
	if (!e || (flags->go_on && !s->interrupted))
		return OK;
	return err_set(e, "%s", why);
}

enum err apply_one(struct session *s, const struct apply_flags *flags,
	const char *line, apply_heading_fn *heading, size_t i, struct out *o)
{
	struct out *inner = out_new_like(o);
	struct arena words = { 0 };

	out_hold(inner, &words);
	enum err e = apply_to(s, flags, line, heading, i, o, inner);
	arena_clear(&words);
	return e;
}
