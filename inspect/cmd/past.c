/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may still tell of a value that is gone is shown for what it is, never
 * as the value itself: what the caller passed (its call site's DWARF), the
 * constant that the variable was at another pc, and the caller's source line.
 * What is now in the nearest place that it had elsewhere is a guess, and says
 * so: nobody has kept that place since.
 */
#include "inspect/cmd/past.h"

#include "inspect/cmd/names.h"
#include "inspect/cmd/source.h"
#include "inspect/cmd/variables.h"
#include "inspect/dwarf/history.h"
#include "inspect/dwarf/line.h"
#include "inspect/lang/lex.h"

#include <string.h>

struct past {
	struct session *s;
	const struct trace *trace;
	const struct frame *frame;
	const struct variable *var;
	struct scope_ctx ctx;
	struct out *o;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *value_words(const struct past *p, const struct value *v)
{
	return print_text(v, session_print(p->s, NULL));
}

/* ---- places ------------------------------------------------------------ */

/* "f.c:12" or "f.c:12-19": the lines of a range, of its first file. */
static const char *lines_of(const struct past *p, uint64_t start, uint64_t end)
{
	enum { MAX_ROWS = 1000 };
	const char *file = NULL;
	int first = 0, last = 0;
	struct line row;

	for (size_t i = 0; i < MAX_ROWS && start < end; i++) {
		if (!line_at(&p->s->image, start, &row))
			break;
		if (row.line && (!file || !strcmp(file, row.file))) {
			file = row.file;
			first = first && first < row.line ? first : row.line;
			last = last > row.line ? last : row.line;
		}
		if (row.end <= start)
			break;
		start = row.end;
	}
	if (!file)
		return NULL;
	return arena_printf(&p->s->scratch,
		first == last ? "%s:%d" : "%s:%d-%d", base_name(file), first,
		last);
}

static void print_place(const struct past *p, const struct history *h)
{
	struct out *o = p->o;

	out_record(o, NULL);
	out_text(o, h->here ? " => " : "    ");
	if (h->start || h->end) {
		const char *lines = lines_of(p, h->start, h->end);

		out_addr(o, "start", h->start);
		out_text(o, " - ");
		out_addr(o, "end", h->end);
		out_text(o, "  ");
		out_str(o, "lines", lines);
		out_text(o, lines ? "  " : "");
	} else {
		out_text(o, "everywhere  ");
	}
	out_str(o, "place", h->text);
	out_bool(o, "here", h->here);
	out_text(o, "\n");
	out_record_end(o);
}

/* ---- the nearest known value ------------------------------------------- */

static void print_entry(const struct past *p)
{
	struct value v;
	struct out *o = p->o;

	if (!scope_entry_value(p->var, &p->ctx, &v) ||
		value_unknown(&v, session_values(p->s), NULL))
		return;
	out_record(o, NULL);
	out_str(o, ".from", "entry");
	out_text(o, "    nearest known value: ");
	out_str(o, "value", value_words(p, &v));
	out_text(o, ", on entry to %s: the call site of its caller says so\n",
		p->var->scope->name ? p->var->scope->name : "its function");
	out_bool(o, "certain", true);
	out_record_end(o);
}

/* The line of the call, whose text has the argument's expression. */
static void print_caller(const struct past *p)
{
	const struct frame *f = p->frame, *to = NULL;
	struct source *source;

	for (size_t i = 0; i + 1 < p->trace->n; i++)
		if (&p->trace->frames[i] == f)
			to = &p->trace->frames[i + 1];
	if (!p->var->is_arg || !to || !to->file || !to->line || to->signal)
		return;
	bool known = !source_get(p->s, to->file, &source) &&
		     (size_t)to->line <= source->n;
	const char *text = known ? source->line[to->line - 1] : NULL;

	out_record(p->o, "caller");
	out_text(p->o, "    called by ");
	out_str(p->o, "function", to->function);
	out_text(p->o, " at ");
	out_str_as(p->o, "file", to->file, base_name(to->file));
	out_text(p->o, ":");
	out_num(p->o, "line", to->line);
	if (text) {
		text += strspn(text, " \t");
		out_text(p->o, ": ");
		out_str(p->o, "source", text);
	}
	out_text(p->o, "\n");
	out_record_end(p->o);
}

static struct value value_now(const struct past *p, const struct history *h)
{
	const struct type *t = type_strip(p->var->type);
	struct value v = { .type = p->var->type, .loc = h->now };

	/* A constant of 8 bytes for an int: the low end is it. */
	if (h->now.kind == LOC_BYTES && t->has_size && h->now.n < t->size)
		v = value_absent(p->var->type, ABSENT_OPTIMIZED_OUT, NULL);
	return v;
}

static uint64_t distance(const struct history *h, uint64_t pc)
{
	return h->end <= pc ? pc - h->end + 1 : h->start - pc;
}

/* Of the places that are not the one here, the nearest whose content is
 * known; those before the pc first. */
static const struct history *nearest(const struct past *p,
	const struct history *h, size_t n, bool constant, struct value *ret)
{
	uint64_t pc = frame_lookup_pc(p->frame);
	const struct history *best = NULL;

	for (size_t i = 0; i < n; i++) {
		struct value v = value_now(p, &h[i]);

		if (h[i].here || h[i].constant != constant ||
			value_unknown(&v, session_values(p->s), NULL))
			continue;
		bool before = h[i].end <= pc;
		if (best && ((best->end <= pc && !before) ||
				    ((best->end <= pc) == before &&
					    distance(best, pc) <=
						    distance(&h[i], pc))))
			continue;
		best = &h[i];
		*ret = v;
	}
	return best;
}

static void print_nearest(
	const struct past *p, const struct history *h, size_t n, bool constant)
{
	struct out *o = p->o;
	struct value v;
	const struct history *best = nearest(p, h, n, constant, &v);

	if (!best)
		return;
	bool before = best->end <= frame_lookup_pc(p->frame);
	uint64_t edge = before ? best->end : best->start;
	const char *lines = before ? lines_of(p, edge - 1, edge)
				   : lines_of(p, edge, edge + 1);
	const char *where = arena_printf(&p->s->scratch, "%s 0x%llx%s%s",
		before ? "until" : "from", (unsigned long long)edge,
		lines ? ", " : "", lines ? lines : "");

	out_record(o, NULL);
	out_str(o, ".from", constant ? "constant" : "place");
	if (constant)
		out_text(o, "    nearest known value: ");
	else
		out_text(o, "    now %s, its place %s: ", best->text, where);
	out_str(o, "value", value_words(p, &v));
	if (constant)
		out_text(o, ", %s\n", where);
	else
		out_text(o, " (perhaps another value since)\n");
	out_bool(o, "certain", constant);
	out_str(o, ".place", best->text);
	out_addr(o, ".start", best->start);
	out_addr(o, ".end", best->end);
	out_record_end(o);
}

/* ---- one variable ------------------------------------------------------ */

static void print_heading(const struct past *p, const char *kind)
{
	const struct variable *v = p->var;
	struct out *o = p->o;

	out_styled(o, "name", STYLE_VARIABLE, v->name);
	out_text(o, ": ");
	out_str(o, "kind_of", kind);
	out_text(o, " of ");
	out_str(o, "function", v->scope ? v->scope->name : NULL);
	out_text(o, ", ");
	out_str(o, "type", type_name(v->type, &p->s->scratch));
	if (v->file && v->line) {
		out_text(o, ", declared at ");
		out_str_as(o, "file", v->file, base_name(v->file));
		out_text(o, ":");
		out_num(o, "line", v->line);
	}
	out_text(o, "\n");
}

static void print_state(const struct past *p, const struct value *v)
{
	const char *why = NULL;
	enum absent absent = value_unknown(v, session_values(p->s), &why);
	struct out *o = p->o;

	out_addr(o, ".pc", frame_lookup_pc(p->frame));
	if (!absent) {
		out_text(o, "    known here: ");
		out_str(o, "value", value_words(p, v));
		out_text(o, "\n");
		return;
	}
	out_text(o, "    %s", absent_text(absent));
	out_str(o, ".absent", absent_name(absent));
	out_text(o, why ? ": " : "");
	out_str(o, "why", why);
	out_text(o, "\n");
}

static void print_variable(struct past *p)
{
	struct value v = variables_value(p->s, p->frame, p->var);
	struct history *h;
	size_t n;

	out_record(p->o, NULL);
	print_heading(p, p->var->is_static ? "static"
			 : p->var->is_arg  ? "argument"
					   : "local");
	print_state(p, &v);
	out_list(p->o, "places");
	if (history_of(p->var, &p->ctx, &h, &n)) {
		out_text(p->o, "    ");
		out_record(p->o, NULL);
		out_str(p->o, "error", err_msg());
		out_record_end(p->o);
		out_text(p->o, "\n");
		n = 0;
	} else if (!n && value_unknown(&v, session_values(p->s), NULL)) {
		out_text(p->o, "    the compiler kept no place for it anywhere "
			       "in the function\n");
	}
	for (size_t i = 0; i < n; i++)
		print_place(p, &h[i]);
	out_list_end(p->o);
	if (value_unknown(&v, session_values(p->s), NULL)) {
		out_list(p->o, "nearest");
		print_entry(p);
		print_nearest(p, h, n, true);
		print_nearest(p, h, n, false);
		out_list_end(p->o);
		print_caller(p);
	}
	out_record_end(p->o);
}

/* ---- the names in an expression ---------------------------------------- */

static void print_global(struct past *p, const char *name)
{
	struct value_ctx *values = session_values(p->s);
	const char *why = NULL;
	struct out *o = p->o;
	struct value v;

	if (session_eval(p->s, name, &v) ||
		type_strip(v.type)->kind == TYPE_FUNC)
		return;
	enum absent absent = value_unknown(&v, values, &why);
	out_record(o, NULL);
	out_styled(o, "name", STYLE_VARIABLE, name);
	out_text(o, ": ");
	out_str_as(o, "kind_of", "global", "one place for the whole run");
	out_text(o, ", ");
	out_str(o, "type", type_name(v.type, &p->s->scratch));
	out_text(o, "\n    ");
	if (absent) {
		out_text(o, "%s", absent_text(absent));
		out_str(o, ".absent", absent_name(absent));
		out_text(o, why ? ": " : "");
		out_str(o, "why", why);
		out_text(o, "\n    ");
	}
	out_text(o, v.loc.kind == LOC_ADDR ? "at " : "");
	out_str(o, "place", loc_text(&v.loc, p->s->image.arch, &p->s->scratch));
	out_text(o, "\n");
	out_record_end(o);
}

static bool print_local(struct past *p, const char *name)
{
	struct variable *v;
	size_t n;

	if (!p->frame || variables_of(p->s, p->frame,
				 VARIABLES_ARGS | VARIABLES_LOCALS, &v, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, name) && !v[i].shadowed) {
			p->var = &v[i];
			print_variable(p);
			return true;
		}
	return false;
}

/* A name by itself: no member, and no word of C's. */
static bool is_variable_name(const struct token *t, size_t i)
{
	static const char *const before[] = { ".", "->", "::" };
	static const char *const tag[] = { "struct", "union", "enum", "class" };

	if (t[i].kind != TOKEN_NAME)
		return false;
	for (size_t k = 0; i && k < 3; k++)
		if (t[i - 1].kind == TOKEN_OP &&
			!strcmp(t[i - 1].text, before[k]))
			return false;
	for (size_t k = 0; i && k < 4; k++)
		if (t[i - 1].kind == TOKEN_NAME &&
			!strcmp(t[i - 1].text, tag[k]))
			return false;
	return true;
}

static bool met_before(const struct token *t, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_variable_name(t, k) && !strcmp(t[k].text, t[i].text))
			return true;
	return false;
}

enum err past_print(
	struct session *s, const char *text, struct out *o, size_t *ret_n)
{
	struct past p = { .s = s, .o = o };
	struct frame *f;
	struct trace *trace = NULL;
	struct token *t;
	size_t n, named = 0;

	TRY(lex(text, 0, &s->scratch, &t, &n));
	if (!session_frame(s, &f) && !session_trace(s, s->thread, 0, &trace)) {
		p.frame = f;
		p.trace = trace;
	}
	names_scope_ctx(s, &p.ctx);
	out_list(o, "variables");
	for (size_t i = 0; i < n; i++) {
		if (!is_variable_name(t, i) || met_before(t, i))
			continue;
		named++;
		if (!print_local(&p, t[i].text))
			print_global(&p, t[i].text);
	}
	out_list_end(o);
	*ret_n = named;
	return OK;
}
