/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb's rules for the address in front of a function: it is left out when the
 * pc is the first instruction of a statement (then file:line says all), and in
 * the frame that made an inlined call, which has no pc of its own.  The library
 * is named when there is no source file to name.
 */
#include "inspect/cmd/frameline.h"

#include "inspect/cmd/variables.h"
#include "inspect/dwarf/line.h"

#include <string.h>

static bool shows_address(struct session *s, const struct trace *t, size_t i)
{
	const struct frame *f = &t->frames[i];
	struct line row;

	if (!s->set.print.addresses)
		return false;
	if (!f->file)
		return true;
	if (i > 0 && t->frames[i - 1].inlined)
		return false;
	return !line_at(&s->image, frame_lookup_pc(f), &row) ||
	       row.start != f->pc || !row.is_stmt;
}

/* What a reference refers to counts. */
static bool is_aggregate(const struct type *type)
{
	const struct type *t = type_bare(type);

	if (t->kind == TYPE_REFERENCE || t->kind == TYPE_RVALUE_REFERENCE)
		t = type_bare(type_target(t));
	switch (t->kind) {
	case TYPE_STRUCT:
	case TYPE_UNION:
	case TYPE_CLASS:
	case TYPE_ARRAY:
		return true;
	default:
		return false;
	}
}

/* set print frame-arguments: an aggregate is "..." in a line of bt. */
static bool elided(struct session *s, const struct variable *v)
{
	switch (s->set.frame_arguments) {
	case 'a':
		return false;
	case 'n':
		return true;
	default:
		return is_aggregate(v->type);
	}
}

/* What the caller passed, where it says so; NULL: not known. */
static const char *entry_text(struct session *s, const struct trace *t,
	const struct frame *f, const struct variable *v)
{
	struct scope_ctx ctx = {
		.image = &s->image,
		.frame = f,
		.arena = &s->scratch,
	};
	struct value entry;

	/* main's caller is hidden, and so is what it passed. */
	if (!s->set.entry_values ||
		(f == &t->frames[t->n - 1] && f->function &&
			!strcmp(f->function, "main")) ||
		!scope_entry_value(v, &ctx, &entry))
		return NULL;
	return print_text(&entry, session_print(s, NULL));
}

static enum err print_args(struct session *s, const struct trace *t,
	const struct frame *f, struct out *o)
{
	struct variable *v;
	size_t n;

	TRY(variables_of(s, f, VARIABLES_ARGS, &v, &n));
	out_text(o, " (");
	if (n && s->set.frame_arguments == 'p')
		out_text(o, "...");
	out_list(o, s->set.frame_arguments == 'p' ? ".args" : "args");
	for (size_t i = 0; i < n; i++) {
		struct value value = variables_value(s, f, &v[i]);

		out_text(o, "%s", i ? ", " : "");
		if (elided(s, &v[i])) {
			out_style(o, STYLE_VARIABLE, v[i].name);
			out_text(o, "=...");
			out_record(o, ".");
		} else {
			out_record(o, NULL);
		}
		struct variables_style style = {
			.brief = true,
			.entry = entry_text(s, t, f, &v[i]),
		};
		variables_print(s, &v[i], &value, style, o);
		out_record_end(o);
	}
	out_list_end(o);
	out_text(o, ")");
	return OK;
}

static void print_place(const struct frame *f, struct out *o)
{
	const struct module *m = f->module;

	if (f->file) {
		out_text(o, " at ");
		out_style(o, STYLE_FILE, f->file_name ? f->file_name : f->file);
		out_text(o, ":%d", f->line);
	} else if (m && !m->is_exe && !m->is_vdso) {
		out_text(o, " from ");
		out_style(o, STYLE_FILE, module_name(m));
	}
	out_str(o, ".file", f->file_name ? f->file_name : f->file);
	if (f->file && f->file_name && strcmp(f->file, f->file_name))
		out_str(o, ".path", f->file);
	if (f->line)
		out_num(o, ".line", f->line);
	else
		out_null(o, "line");
	out_str(o, ".module", m ? module_name(m) : NULL);
	if (m)
		out_addr(o, ".offset", f->pc - m->start);
	else
		out_null(o, "offset");
	out_bool(o, "inlined", f->inlined);
	out_bool(o, "signal", f->signal);
	out_str(o, ".how", frame_how_name(f->how));
	if (f->how != HOW_CFI && f->how != HOW_CONTEXT)
		out_text(o, " [%s]", frame_how_name(f->how));
	if (f->note) {
		out_str(o, ".note", f->note);
		out_text(o, " %s", f->note);
	}
}

static enum err print_locals(
	struct session *s, const struct frame *f, struct out *o)
{
	struct variable *v;
	size_t n;

	if (f->signal)
		return OK;
	if (!f->has_debug)
		out_text(o, "No symbol table info available.\n");
	else {
		TRY(variables_of(s, f, VARIABLES_LOCALS, &v, &n));
		if (!n)
			out_text(o, "No locals.\n");
	}
	return variables_print_list(s, f, VARIABLES_LOCALS, "locals", 8, o);
}

enum err frameline_print(struct session *s, const struct trace *t, size_t i,
	unsigned flags, struct out *o)
{
	const struct frame *f = &t->frames[i];

	if (flags & FRAMELINE_LEVEL)
		out_text(o, "#%-2u ", f->level);
	out_num(o, ".level", f->level);
	out_addr(o, ".pc", f->pc);
	if (f->signal) {
		out_str(o, ".function", "<signal handler called>");
		out_text(o, "<signal handler called>");
		out_list(o, ".args");
		out_list_end(o);
	} else {
		if (shows_address(s, t, i)) {
			out_addr(o, NULL, f->pc);
			out_text(o, " in ");
		}
		out_str(o, ".function", f->function);
		out_style(o, STYLE_FUNCTION, f->function ? f->function : "??");
		TRY(print_args(s, t, f, o));
	}
	if (f->signal) {
		struct frame bare = *f;

		bare.file = NULL;
		bare.line = 0;
		out_str(o, ".file", NULL);
		out_null(o, "line");
		out_str(o, ".module",
			f->module ? module_name(f->module) : NULL);
		out_bool(o, "inlined", false);
		out_bool(o, "signal", true);
		out_str(o, ".how", frame_how_name(bare.how));
	} else {
		print_place(f, o);
	}
	out_text(o, "\n");
	if (flags & FRAMELINE_LOCALS)
		TRY(print_locals(s, f, o));
	return OK;
}
