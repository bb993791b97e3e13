/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kernel's core has registers, memory and mappings, and nothing of what only
 * the kernel knew of the process.  Whatever else is known comes from others,
 * and a user is told from whom: csnap looks just before the pause,
 * systemd-coredump while the process dies, memory may have been overwritten.
 */
#include "inspect/cmd/about.h"

#include "inspect/base/buf.h"
#include "inspect/cmd/crashes.h"

#include <string.h>

const char *about_source_name(enum about_source source)
{
	static const char *const names[] = { NULL, "core", "memory", "csnap",
		"journal" };

	return names[source];
}

const char *about_source_words(enum about_source source)
{
	static const char *const words[] = { "", "from the kernel's notes",
		"from the memory of the process",
		"from csnap's notes in the core",
		"from the journal's record of the crash" };

	return words[source];
}

struct about_fact about_field(struct session *s, const char *field)
{
	const char *text = record_text(crashes_record(s), field);

	return (struct about_fact){ text, text ? ABOUT_RECORD : ABOUT_NOWHERE };
}

struct about_fact about_text(
	struct session *s, enum core_text which, const char *field)
{
	const char *text = s->core.text[which];

	if (text)
		return (struct about_fact){ text, ABOUT_CSNAP };
	return about_field(s, field);
}

static const char *joined(struct session *s, const struct strings *words)
{
	struct buf b = { .arena = &s->scratch };

	for (size_t i = 0; i < words->n; i++)
		buf_printf(&b, "%s%s", i ? " " : "", words->v[i]);
	return buf_str(&b);
}

static const char *psargs(struct session *s)
{
	char *text = s->core.psargs ? arena_strdup(&s->scratch, s->core.psargs)
				    : NULL;

	for (size_t n = text ? strlen(text) : 0; n && text[n - 1] == ' ';)
		text[--n] = '\0';
	return text;
}

struct about_fact about_command(struct session *s)
{
	struct startup startup;
	struct about_fact fact;

	if (startup_read(&s->image, &s->scratch, &startup) && startup.args.n &&
		!startup.args.cut)
		return (struct about_fact){ joined(s, &startup.args),
			ABOUT_MEMORY };
	fact = about_field(s, "COREDUMP_CMDLINE");
	if (fact.text)
		return fact;
	fact.text = psargs(s);
	fact.source = fact.text ? ABOUT_CORE : ABOUT_NOWHERE;
	return fact;
}

/* "0::/a/b" of version 2, unless a line of the old kind names systemd's. */
struct about_fact about_cgroup(struct session *s)
{
	struct about_fact fact = about_field(s, "COREDUMP_CGROUP");
	const char *at;

	if (fact.text)
		return fact;
	fact = about_text(s, CORE_CGROUP, "COREDUMP_PROC_CGROUP");
	if (!fact.text)
		return fact;
	at = strstr(fact.text, ":name=systemd:");
	if (at)
		at += strlen(":name=systemd:");
	else if ((at = strstr(fact.text, "0::")))
		at += 3;
	else
		return (struct about_fact){ 0 };
	fact.text = arena_strndup(&s->scratch, at, strcspn(at, "\n"));
	return fact;
}

enum err about_unknown(struct session *s, const char *what)
{
	if (s->core.snapshot)
		return err_set(ERR_NOTFOUND,
			"The %s are not known: csnap could not read them.",
			what);
	return err_set(ERR_NOTFOUND,
		"The %s are not known: a core of the kernel does not have "
		"them, and there is no record of the crash in the journal. "
		"csnap's cores have them, and what systemd-coredump records "
		"(cinspect --journal).",
		what);
}
