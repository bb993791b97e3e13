/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What glibc printed before it aborted is in __abort_msg, which is in the
 * dynamic symbols even of a stripped libc.  It stays there when a program
 * leaves its handler of SIGABRT by longjmp(), so it counts only where it is
 * libc that called abort().
 *
 * The checks of _FORTIFY_SOURCE and of -fstack-protector are different things:
 * those stop a call before it writes, these notice afterwards.
 */
#include "inspect/why/message.h"

#include "inspect/image/symbol.h"
#include "inspect/out/utf8.h"

#include <string.h>

enum {
	MAX_MESSAGE = 4096,
	NAMED_FRAMES = 32,
	MAX_CHECKED = 64, /* "__vswprintf_chk" */
};

/* ---- who called abort() ---- */

static bool gives_up(const char *function)
{
	static const char *const names[] = { "abort", "__GI_abort", "raise",
		"gsignal", "__GI_raise", "pthread_kill", "__GI___pthread_kill",
		"__pthread_kill", "kill", "tgkill" };

	for (size_t i = 0; function && i < sizeof names / sizeof *names; i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

/* The innermost frames are libc's, and the last of these is abort() or the
 * like: whoever called it, it was not libc.  A handler of SIGABRT may have run,
 * and raised it again: then those frames that it interrupted. */
static bool is_called_by_others(const struct rule *r)
{
	const struct trace *t = r->trace;
	size_t i = 0, first = 0;

	for (; i + 1 < t->n && i < NAMED_FRAMES; i++)
		if (t->frames[i].signal)
			first = i + 1;
	for (i = first; i + 1 < t->n && t->frames[i].module &&
			t->frames[i + 1].module == t->frames[first].module;)
		i++;
	return i + 1 < t->n && t->frames[i + 1].module &&
	       gives_up(t->frames[i].function);
}

/* Does libc's __assert_fail() have a caller in libc? */
static bool is_own_assertion(const struct rule *r)
{
	const struct trace *t = r->trace;

	for (size_t i = 0; i + 1 < t->n && i < NAMED_FRAMES; i++) {
		const char *name = t->frames[i].function;

		if (name && (!strcmp(name, "__assert_fail") ||
				    !strcmp(name, "__GI___assert_fail")))
			return t->frames[i].module &&
			       t->frames[i].module != r->image->exe &&
			       t->frames[i].module == t->frames[i + 1].module;
	}
	return false;
}

/* ---- what it said ---- */

const char *message_behind(struct rule *r, const char *pointer, uint64_t offset)
{
	struct symbol sym;
	uint64_t at;
	char *text;
	bool whole;

	if (!symbol_find(r->image, NULL, pointer, &sym) ||
		mem_read_uint(&r->image->mem, sym.addr, 8, &at) || !at ||
		mem_read_str(&r->image->mem, at + offset, MAX_MESSAGE, r->arena,
			&text, &whole))
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text[0] ? utf8_defused(text, r->arena) : NULL;
}

/* glibc: struct abort_msg_s { unsigned size; char msg[]; } *__abort_msg. */
const char *message_of_abort(struct rule *r)
{
	return is_called_by_others(r) ? NULL
				      : message_behind(r, "__abort_msg", 4);
}

/* What glibc says when it aborts by itself; the first that fits. */
static const struct message {
	const char *text, *cause;
	bool unsure; /* that it happened is certain, but not which kind */
	const char *sentence;
} messages[] = {
	{ "stack smashing detected", "stack-smash", false,
		"A function wrote past the end of an array on its stack" },
	{ "buffer overflow detected", "abort", false,
		"A call would have written more than its destination holds" },
	{ "bit out of range 0 - FD_SETSIZE", "abort", false,
		"FD_SET, FD_CLR or FD_ISSET was given a descriptor that no "
		"fd_set has room for" },
	{ "%n in writable segment", "abort", false,
		"A format with %n is in memory that can be written to" },
	{ "invalid %N$ use", "abort", false,
		"A format numbers its arguments and leaves some out" },
	{ "longjmp causes uninitialized stack frame", "abort", false,
		"longjmp() was to go into a function that has returned" },
	{ "futex facility returned an unexpected", "abort", false,
		"The kernel refused the futex call of a lock, as it does where "
		"the lock's memory is not aligned or not mapped" },
	{ "invalid stdio handle", "abort", false,
		"A FILE does not have libc's functions: it was overwritten, or "
		"is no FILE" },
	{ "exception not rethrown", "abort", false,
		"A catch (...) kept what ends a thread that is cancelled or "
		"calls pthread_exit()" },
	{ "Unexpected error: ", "assert", false, "An assertion failed" },
	{ "Fatal glibc error: malloc", "heap-corruption", false,
		"The heap's own data was overwritten" },
	{ "assertion failed", "assert", false,
		"An assertion of the C library failed" },
	{ "double free", "double-free", false,
		"The program freed memory twice" },
	{ "munmap_chunk(): invalid pointer", "invalid-free", true,
		"The program freed something that malloc did not give, or "
		"overwrote the header of a large block" },
	{ "invalid pointer", "invalid-free", false,
		"The program freed something that malloc did not give" },
	{ "invalid next size", "heap-overflow", true,
		"The program wrote past the end of a heap block" },
	{ "corrupted top size", "heap-overflow", true,
		"The program wrote past the end of a heap block" },
	{ "corrupted size vs. prev_size", "heap-overflow", true,
		"The program wrote past the end of a heap block" },
	{ "invalid size", "heap-corruption", false,
		"The heap's own data was overwritten" },
	{ "malloc", "heap-corruption", false,
		"The heap's own data was overwritten" },
	{ " chunk", "heap-corruption", false,
		"The heap's own data was overwritten" },
	{ "corrupted", "heap-corruption", false,
		"The heap's own data was overwritten" },
};

/*
 * "strcpy" of __strcpy_chk, ___sprintf_chk, __vsprintf_chk: the outermost, for
 * they call each other.  NULL: there is none with a name of its own, as in
 * memcpy's for most processors.
 */
const char *message_checked_call(struct rule *r)
{
	const struct frame *blamed = why_blame(r->image, r->trace);
	const char *found = NULL;

	for (size_t i = 0; i < r->trace->n && i < NAMED_FRAMES; i++) {
		const char *name = r->trace->frames[i].function;
		size_t n = name ? strlen(name) : 0;

		if (n < sizeof "__x_chk" - 1 || n > MAX_CHECKED ||
			strncmp(name, "__", 2) || strcmp(name + n - 4, "_chk"))
			continue;
		name += strspn(name, "_");
		if (!strncmp(name, "GI_", 3)) /* glibc's own name for it */
			name += 3 + strspn(name + 3, "_");
		found = arena_strndup(r->arena, name, strlen(name) - 4);
	}
	if (!found && blamed && blamed->inlined && rule_is_header(blamed))
		found = blamed->function; /* the inlined wrapper's */
	return found;
}

struct why_finding *message_explain(struct rule *r, const char *text)
{
	const struct message *m = messages;
	const struct message *end =
		messages + sizeof messages / sizeof *messages;
	const char *call;

	if (strstr(text, "Assertion") && strstr(text, "malloc.c")) {
		m = NULL; /* glibc before 2.36 */
	} else if (strstr(text, "Assertion")) {
		bool own = is_own_assertion(r);
		struct why_finding *f = rule_add(r, "assert", WHY_CERTAIN,
			"An assertion%s failed: %s",
			own ? " of the C library" : "", text);

		f->plain = !own;
		return f;
	}
	while (m && m < end && !strstr(text, m->text))
		m++;
	if (m == end)
		return NULL;
	if (m && strstr(m->text, "buffer overflow") &&
		(call = message_checked_call(r)))
		return rule_add(r, m->cause, WHY_CERTAIN,
			"A call of %s() would have written more than its "
			"destination holds: glibc stopped it with \"%s\".",
			call, text);
	return rule_add(r, m ? m->cause : "heap-corruption",
		m && m->unsure ? WHY_LIKELY : WHY_CERTAIN,
		"%s: glibc stopped it with \"%s\".",
		m ? m->sentence : "The heap's own data was overwritten", text);
}
