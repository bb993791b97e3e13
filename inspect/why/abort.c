/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIGABRT that the process sent to itself, and what comes to the same.  What
 * libc said is looked at first (message.c); without that (musl says nothing
 * that stays, a truncated core has lost it) the functions on the stack tell
 * who gave up.
 */
#include "inspect/why/abort.h"

#include "inspect/why/exception.h"
#include "inspect/why/machinery.h"
#include "inspect/why/message.h"

#include <elf.h>
#include <string.h>

enum { NAMED_FRAMES = 32 };

/*
 * libstdc++ says why on standard error alone, but the stack tells, too: to
 * throw does not return, and handlers run when its frame is gone.  Names are
 * mangled, or not, as the symbols were read.
 */
static struct why_finding *terminate(struct rule *r)
{
	bool again = rule_has_function(r, "__cxa_rethrow");

	if (again || rule_has_function(r, "__cxa_throw")) {
		const char *what = exception_describe(r);

		if (again && !what)
			return rule_add(r, "uncaught-exception", WHY_LIKELY,
				"A C++ exception that was thrown again was not "
				"caught, or there was none to throw again.");
		return rule_add(r, "uncaught-exception", WHY_CERTAIN,
			"A C++ exception was not caught%s%s.", what ? ": " : "",
			what ? what : "");
	}
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

bool abort_smashed(struct rule *r)
{
	if (!rule_has_function(r, "__stack_chk_fail") &&
		!rule_has_function(r, "__stack_chk_fail_local"))
		return false;
	rule_signal_evidence(
		r, rule_add(r, "stack-smash", WHY_CERTAIN,
			   "A function wrote past the end of an array on its "
			   "stack: __stack_chk_fail() stopped it."));
	return true;
}

static bool has_any(const struct rule *r, const char *const *names)
{
	for (; *names; names++)
		if (rule_has_function(r, *names))
			return true;
	return false;
}

/* Frames that were scanned for may be leftovers of earlier calls. */
static enum why_confidence trust(const struct rule *r)
{
	for (size_t i = 0; i < r->trace->n && i < NAMED_FRAMES; i++)
		if (r->trace->frames[i].how == HOW_SCAN)
			return WHY_LIKELY;
	return WHY_CERTAIN;
}

/* libc's message is not there. */
static struct why_finding *by_stack(struct rule *r)
{
	static const char *const chk[] = { "__chk_fail", "__GI___chk_fail",
		NULL };
	static const char *const jump[] = { "____longjmp_chk", "__longjmp_chk",
		NULL };
	static const char *const assertion[] = { "__assert_fail",
		"__GI___assert_fail", "__assert", "__assert_perror_fail",
		NULL };
	static const char *const heap[] = { "malloc_printerr",
		"__malloc_assert", NULL };
	const char *call;

	if (has_any(r, jump))
		return rule_add(r, "abort", trust(r),
			"longjmp() was to go into a function that has "
			"returned.");
	if (has_any(r, chk)) {
		call = message_checked_call(r);
		return rule_add(r, "abort", trust(r),
			"A call%s%s%s would have written more than its "
			"destination holds: libc stopped it.",
			call ? " of " : "", call ? call : "", call ? "()" : "");
	}
	if (has_any(r, assertion))
		return rule_add(r, "assert", trust(r),
			"An assertion failed, whose text is not known.");
	if (has_any(r, heap))
		return rule_add(r, "heap-corruption", trust(r),
			"The allocator found its own data to be wrong.");
	return NULL;
}

/* Behind libc's frames, if there are such, is one of GLib. */
static bool is_of_glib(const struct rule *r)
{
	char name[MACHINERY_MODULE_SIZE];

	for (size_t i = 0; i < r->trace->n && i < NAMED_FRAMES; i++) {
		const struct module *m = r->trace->frames[i].module;

		if (!m || !m->path)
			return false;
		machinery_module_name(m->path, strlen(m->path), name);
		if (strcmp(name, "libc"))
			return !strcmp(name, "libglib");
	}
	return false;
}

/*
 * GLib keeps the text of an assertion for debuggers, but of no message.  An
 * assertion's function ends in a part of its own, which has no name in a
 * stripped library, and calls abort(); a message is a trap or an abort().
 */
static struct why_finding *by_glib(struct rule *r)
{
	static const char *const message[] = { "g_log", "g_logv",
		"g_log_structured", "g_log_structured_array",
		"g_log_structured_standard", "g_log_default_handler", NULL };
	const char *text = NULL;

	if (!is_of_glib(r))
		return NULL;
	if (has_any(r, message))
		return rule_add(r, "abort", trust(r),
			"A message ended the program: GLib does so with those "
			"of g_error(), and with those that are made fatal.");
	if (r->sig == SIGABRT)
		text = message_behind(r, "__glib_assert_msg", 0);
	return text ? rule_add(r, "assert", trust(r), "An assertion failed: %s",
			      text)
		    : NULL;
}

void abort_trap(struct rule *r)
{
	static const uint64_t INT3 = 0xcc;
	struct why_finding *f = by_glib(r);
	uint64_t insn;

	if (!f && r->image->arch->elf_machine == EM_X86_64 &&
		r->code == SI_KERNEL &&
		!mem_read_uint(&r->image->mem, r->pc - 1, 1, &insn) &&
		insn == INT3)
		f = rule_add(r, "abort", WHY_LIKELY,
			"The program executed int3, a breakpoint, and no "
			"debugger was there to take it.");
	if (!f)
		f = rule_add(r, "unknown", WHY_UNKNOWN, "The process got %s.",
			r->why->signal);
	f->frame = rule_outside_of_headers(r, f->frame);
	rule_signal_evidence(r, f);
}

void abort_explain(struct rule *r)
{
	const char *text = message_of_abort(r);
	struct why_finding *f = text ? message_explain(r, text) : NULL;

	if (!f)
		f = terminate(r);
	if (!f && !text) {
		if (abort_smashed(r))
			return;
		f = by_stack(r);
		if (!f)
			f = by_glib(r);
	}
	if (!f) {
		bool called = rule_has_function(r, "abort") ||
			      rule_has_function(r, "__GI_abort");

		f = rule_add(r, "abort", WHY_CERTAIN,
			text     ? "The program was aborted with the message "
				   "\"%s\"."
			: called ? "The program called abort().%s"
				 : "The program sent SIGABRT to itself.%s",
			text ? text : "");
		f->plain = true;
	}
	f->frame = rule_outside_of_headers(r, f->frame);
	rule_signal_evidence(r, f);
	if (text)
		rule_evidence(r, f, "__abort_msg: %s", text);
}
