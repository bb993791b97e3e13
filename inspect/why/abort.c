/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIGABRT that the process sent to itself: what glibc printed before is in
 * __abort_msg, which is in the dynamic symbols even of a stripped libc.
 */
#include "inspect/why/abort.h"

#include "inspect/image/symbol.h"

#include <string.h>

/* glibc: struct abort_msg_s { unsigned size; char msg[]; } *__abort_msg. */
static const char *abort_message(struct rule *r)
{
	struct symbol sym;
	uint64_t at;
	char *text;
	bool whole;

	if (!symbol_find(r->image, NULL, "__abort_msg", &sym) ||
		mem_read_uint(&r->image->mem, sym.addr, 8, &at) || !at ||
		mem_read_str(
			&r->image->mem, at + 4, 4096, r->arena, &text, &whole))
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text[0] ? text : NULL;
}

/* What glibc says when it aborts by itself. */
static const struct {
	const char *text, *cause, *sentence;
} messages[] = {
	{ "stack smashing detected", "stack-smash",
		"A function wrote past the end of an array on its stack" },
	{ "buffer overflow detected", "stack-smash",
		"A call wrote more than its destination holds" },
	{ "double free", "double-free", "The program freed memory twice" },
	{ "invalid pointer", "invalid-free",
		"The program freed something that malloc did not give" },
	{ "invalid next size", "heap-overflow",
		"The program wrote past the end of a heap block" },
	{ "corrupted top size", "heap-overflow",
		"The program wrote past the end of a heap block" },
	{ "corrupted size vs. prev_size", "heap-overflow",
		"The program wrote past the end of a heap block" },
	{ "invalid size", "heap-corruption",
		"The heap's own data was overwritten" },
	{ "malloc", "heap-corruption", "The heap's own data was overwritten" },
	{ "corrupted", "heap-corruption",
		"The heap's own data was overwritten" },
};

/*
 * libstdc++ says why on standard error alone, but the stack tells, too: to
 * throw does not return, and handlers run when its frame is gone.  Names are
 * mangled, or not, as the symbols were read.
 */
static struct why_finding *terminate(struct rule *r)
{
	if (rule_has_function(r, "__cxa_throw") ||
		rule_has_function(r, "__cxa_rethrow"))
		return rule_add(r, "uncaught-exception", WHY_CERTAIN,
			"A C++ exception was not caught.");
	if (rule_has_function(r, "__cxa_pure_virtual"))
		return rule_add(r, "abort", WHY_CERTAIN,
			"The program called a pure virtual function.");
	if (rule_has_function(r, "std::terminate()") ||
		rule_has_function(r, "std::terminate") ||
		rule_has_function(r, "_ZSt9terminatev"))
		return rule_add(r, "abort", WHY_CERTAIN,
			"The program called std::terminate().");
	return NULL;
}

void abort_explain(struct rule *r)
{
	const char *text = abort_message(r);
	struct why_finding *f = NULL;

	if (text && strstr(text, "Assertion"))
		f = rule_add(r, "assert", WHY_CERTAIN,
			"An assertion failed: %s", text);
	for (size_t i = 0;
		text && !f && i < sizeof(messages) / sizeof(*messages); i++)
		if (strstr(text, messages[i].text))
			/* glibc noticed: that it happened is certain, which
			 * kind of it is read from the sentence. */
			f = rule_add(r, messages[i].cause,
				!strcmp(messages[i].cause, "heap-overflow")
					? WHY_LIKELY
					: WHY_CERTAIN,
				"%s: glibc stopped it with \"%s\".",
				messages[i].sentence, text);
	if (!f)
		f = terminate(r);
	if (!f)
		f = rule_add(r, "abort", WHY_CERTAIN,
			text ? "The program called abort(), with the message "
			       "\"%s\"."
			     : "The program called abort().%s",
			text ? text : "");
	rule_signal_evidence(r, f);
	if (text)
		rule_evidence(r, f, "__abort_msg: %s", text);
}
