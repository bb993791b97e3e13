/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A frame is a line as gdb prints it: "#1  0x… in f (a=1) at file.c:88".  An
 * outer frame of inlined calls has no address of its own, as there.  A run of
 * the same function calling itself becomes one line: a report of an endless
 * recursion must not be ten thousand lines long.
 */
#include "crashd/report/print.h"
#include "inspect/dwarf/name.h"
#include "inspect/dwarf/scope.h"
#include "inspect/model/print.h"

#include <string.h>

enum {
	RECURSION_SHOWN = 3, /* at each end of a run */
	RECURSION_FOLDED = 16,
	STARTUP_FRAMES = 3,
	MAX_PRINTED = 256,  /* frames of one thread as text */
	MAX_ARGUMENT = 200, /* bytes of one argument's value */
};

static const struct print_options brief_options = {
	.elements = 40,
	.repeats = 10,
	.max_depth = 1,
	.brief = true,
	.symbols = true,
	.addresses = true,
	.unions = true,
};

struct printer {
	struct image *image;
	struct out *out;
	struct arena *arena;
};

static const char *symbol_name(void *ctx, uint64_t addr, struct arena *arena)
{
	return name_of_address(ctx, addr, arena);
}

/* An error says of which variable it is; here its name stands before. */
static const char *without_name(const char *message, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(message, name, n) && !strncmp(message + n, ": ", 2)
		       ? message + n + 2
		       : message;
}

static void argument(
	struct printer *p, const struct frame *f, const struct variable *v)
{
	struct value_ctx values = {
		.mem = &p->image->mem,
		.arch = p->image->arch,
		.arena = p->arena,
	};
	struct print_ctx ctx = {
		.values = &values,
		.options = &brief_options,
		.symbol = symbol_name,
		.symbol_ctx = p->image,
	};
	struct scope_ctx where = {
		.image = p->image,
		.frame = f,
		.arena = p->arena,
	};
	struct value value;
	const char *text;

	if (scope_value(v, &where, &value))
		text = arena_printf(
			p->arena, "<%s>", without_name(err_msg(), v->name));
	else
		text = print_text(&value, &ctx);
	if (strlen(text) > MAX_ARGUMENT)
		text = arena_printf(p->arena, "%.*s...", MAX_ARGUMENT, text);
	out_record(p->out, NULL);
	out_styled(p->out, "name", STYLE_VARIABLE, v->name);
	out_text(p->out, "=");
	out_str(p->out, ".type", type_name(v->type, p->arena));
	out_str(p->out, "value", text);
	out_record_end(p->out);
}

static void arguments(struct printer *p, const struct frame *f)
{
	struct variable *vars;
	size_t n, shown = 0;

	out_text(p->out, " (");
	out_list(p->out, "args");
	if (f->has_debug &&
		!scope_variables(f->scope, f->line, p->arena, &vars, &n))
		for (size_t i = 0; i < n; i++) {
			if (!vars[i].is_arg)
				continue;
			if (shown++)
				out_text(p->out, ", ");
			argument(p, f, &vars[i]);
		}
	out_list_end(p->out);
	out_text(p->out, ")");
}

static void place(struct printer *p, const struct frame *f)
{
	if (f->line) {
		out_text(p->out, " at ");
		out_str_as(p->out, "file", f->file,
			f->file_name ? f->file_name : f->file);
		out_text(p->out, ":");
		out_num(p->out, "line", f->line);
	} else {
		if (f->module)
			out_text(p->out, " from %s", module_name(f->module));
		if (f->module && !f->function)
			out_text(p->out, " (+0x%llx)",
				(unsigned long long)(f->pc - f->module->bias));
		out_null(p->out, "file");
		out_null(p->out, "line");
	}
	if (f->module) {
		out_str(p->out, ".module", module_name(f->module));
		out_str(p->out, ".offset",
			arena_printf(p->arena, "0x%llx",
				(unsigned long long)(f->pc - f->module->bias)));
	} else {
		out_null(p->out, "module");
		out_null(p->out, "offset");
	}
}

/* "??" as text, null in JSON */
static void no_function(struct out *o)
{
	out_text(o, "??");
	out_null(o, "function");
}

static void frame(struct printer *p, const struct frame *f, bool inner_inlined)
{
	bool shares = inner_inlined || f->signal; /* as gdb: no address */
	struct out *o = p->out;

	out_record(o, NULL);
	out_text(o, "#%-2u ", f->level);
	out_num(o, ".level", f->level);
	if (shares)
		out_str(o, ".pc",
			arena_printf(
				p->arena, "0x%llx", (unsigned long long)f->pc));
	else
		out_addr(o, "pc", f->pc);
	if (!shares)
		out_text(o, " in ");
	if (f->signal)
		out_str(o, "function", "<signal handler called>");
	else if (f->function)
		out_styled(o, "function", STYLE_FUNCTION, f->function);
	else
		no_function(o);
	out_bool(o, ".inlined", f->inlined);
	out_bool(o, ".signal", f->signal);
	out_str(o, ".how", frame_how_name(f->how));
	if (!f->signal) {
		arguments(p, f);
		place(p, f);
	}
	if (f->how > HOW_CFI)
		out_text(o, " [%s]", frame_how_name(f->how));
	if (f->note)
		out_text(o, " %s", f->note);
	out_text(o, "\n");
	out_record_end(o);
}

/* How many frames from i on are the same call of the same function. */
static size_t recursion(const struct trace *t, size_t i)
{
	const struct frame *a = &t->frames[i];
	size_t n = 1;

	if (!a->function || a->inlined)
		return 1;
	while (i + n < t->n && t->frames[i + n].function_pc == a->function_pc &&
		t->frames[i + n].function && !t->frames[i + n].inlined)
		n++;
	return n;
}

static void frames(
	struct printer *p, const struct trace *t, size_t n, bool whole)
{
	size_t printed = 0, i = 0;

	while (i < n && (whole || printed < MAX_PRINTED)) {
		size_t run = whole ? 1 : recursion(t, i);
		bool fold = run >= RECURSION_FOLDED && i + run <= n;
		size_t stop = i + (fold ? RECURSION_SHOWN : 1);

		for (; i < stop; i++, printed++)
			frame(p, &t->frames[i],
				i > 0 && t->frames[i - 1].inlined);
		if (fold) {
			size_t skip = run - 2 * RECURSION_SHOWN;

			out_text(p->out, "#%zu–#%zu: %zu × %s\n", i,
				i + skip - 1, skip, t->frames[i].function);
			i += skip;
			for (stop = i + RECURSION_SHOWN; i < stop;
				i++, printed++)
				frame(p, &t->frames[i], false);
		}
	}
	if (i < n)
		out_text(p->out, "    … %zu more frames …\n", n - i);
}

static bool is_startup(const struct frame *f)
{
	static const char *const names[] = { "__libc_start_main",
		"__libc_start_main_impl", "__libc_start_call_main", "clone",
		"clone3", "__clone", "__clone3" };

	for (size_t i = 0; f->function && i < sizeof names / sizeof *names; i++)
		if (!strcmp(f->function, names[i]))
			return true;
	return false;
}

/*
 * Frames of libc that lead to main, or to a thread's start function.  Of a
 * stripped program main has no name, of a stripped libc not all of these.
 */
static size_t without_startup(const struct trace *t)
{
	size_t main = trace_to_main(t), n = t->n;

	if (main < t->n)
		return main;
	for (size_t i = t->n; i > 1 && i + STARTUP_FRAMES > t->n; i--) {
		const struct frame *f = &t->frames[i - 1];

		/* a program may have a start_thread of its own */
		if (is_startup(f) ||
			(n == i && i < t->n && f->function &&
				!strcmp(f->function, "start_thread")))
			n = i - 1;
	}
	if (n < t->n && n > 1 && !t->frames[n - 1].function &&
		t->frames[n - 1].module == t->frames[n].module)
		n--;
	return n;
}

static void heading(struct out *o, const struct print_thread *t)
{
	out_text(o, "thread ");
	out_num(o, ".id", t->id);
	out_num(o, "lwp", t->lwp);
	out_text(o, " \"");
	out_str(o, "name", t->name);
	out_text(o, "\", ");
	out_str(o, "state", t->state);
	out_text(o, ":\n");
	out_bool(o, ".selected", t->selected);
	if (t->signal)
		out_str(o, ".signal", t->signal);
	else
		out_null(o, ".signal");
}

void print_thread(struct image *image, const struct print_thread *t,
	struct out *o, struct arena *arena)
{
	struct printer p = { image, o, arena };
	size_t n = t->hidden ? t->trace.n : without_startup(&t->trace);

	out_record(o, NULL);
	heading(o, t);
	out_list(o, "frames");
	frames(&p, &t->trace, n, t->whole);
	out_list_end(o);
	/* A clean end needs no words. */
	if (t->trace.end && n == t->trace.n &&
		strncmp(t->trace.end, "outermost", 9))
		out_text(o, "    the stack ends here: %s\n", t->trace.end);
	out_str(o, ".end", t->trace.end ? t->trace.end : "");
	out_record_end(o);
}
