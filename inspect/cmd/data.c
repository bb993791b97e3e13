/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print, output, whatis, ptype: expressions and their types. */
#include "inspect/cmd/data.h"

#include "inspect/cmd/past.h"
#include "inspect/cmd/registers.h"
#include "inspect/cmd/settings.h"
#include "inspect/cmd/walk.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- options in front of an expression ---- */

static bool is_own_option(const char *name)
{
	return !strcmp(name, "children") || !strcmp(name, "why") ||
	       !strcmp(name, "each");
}

/* -object, -raw-values: gdb has them, and here they change nothing. */
static bool is_idle_option(struct session *s, const char *name)
{
	return !strcmp(name, "raw-values") ||
	       (!settings_is_print_option(name) && name[0] &&
		       settings_is_ignored(
			       arena_printf(&s->scratch, "print %s", name)));
}

/* -pretty, -elements 5, -elements=5, -children, -why, up to "--". */
static enum err parse_option(
	struct session *s, struct print_args *p, const char **text)
{
	const char *w = *text + 1;
	size_t n = 0;

	w += *w == '-';
	while (isalpha((unsigned char)w[n]) || w[n] == '-')
		n++;
	const char *name = arena_strndup(&s->scratch, w, n);
	w += n + (w[n] == '=');
	w += strspn(w, " \t");
	*text = w;
	if (is_own_option(name)) {
		p->children |= name[0] == 'c';
		p->why |= name[0] == 'w';
		p->each |= name[0] == 'e';
		return OK;
	}
	size_t len = strcspn(w, " \t");
	const char *value = arena_strndup(&s->scratch, w, len);
	bool used = false;
	TRY(settings_print_option(&p->options, name, value, &used));
	if (used)
		*text = w + len + strspn(w + len, " \t");
	return OK;
}

enum err data_print_args(
	struct session *s, struct args *a, struct print_args *p)
{
	const char *text = a->text;

	p->options = s->set.print;
	p->children = true;
	if (text[0] == '%' && isalpha((unsigned char)text[1]) &&
		isspace((unsigned char)text[2])) { /* delve: print %x EXPR */
		p->options.format = text[1];
		if (!strchr("xduotzacfs", text[1]))
			return err_set(ERR_USAGE,
				"Undefined output format \"%c\": x d u o t z a "
				"c f s.",
				text[1]);
		text += 2 + strspn(text + 2, " \t");
	}
	while (text[0] == '-' &&
		(isalpha((unsigned char)text[1]) || text[1] == '-')) {
		if (!strncmp(text, "--", 2) && strchr(" \t", text[2])) {
			text += 2;
			break;
		}
		/* -x is an expression, -pretty an option: options are words
		 * that settings know. */
		size_t n = strcspn(text + 1, " \t=");
		char name[32];
		snprintf(name, sizeof(name), "%.*s", (int)n, text + 1);
		if (is_idle_option(s, name)) {
			text += 1 + n + strspn(text + 1 + n, " \t=");
			size_t word = strcspn(text, " \t");
			if (settings_is_switch_word(
				    arena_strndup(&s->scratch, text, word)))
				text += word + strspn(text + word, " \t");
			continue;
		}
		if (!is_own_option(name) && !settings_is_print_option(name)) {
			if (strstr(text, " -- "))
				return err_set(ERR_USAGE,
					"Unrecognized option at: %s", text);
			break;
		}
		TRY(parse_option(s, p, &text));
	}
	p->text = text + strspn(text, " \t");
	const char *format = a->format;
	if (text != a->text &&
		p->text[0] == '/') { /* gdb: print -pretty -- /x EXPR */
		size_t n = strcspn(p->text, " \t");

		format = arena_printf(
			&s->scratch, "%s%.*s", format, (int)n - 1, p->text + 1);
		p->text += n + strspn(p->text + n, " \t");
	}
	for (const char *f = format; *f; f++) {
		if (isdigit((unsigned char)*f))
			return err_set(ERR_USAGE,
				"Item count other than 1 is meaningless in "
				"\"%s\" command.",
				a->cmd->name);
		if (!strchr("xduotzacfsr", *f))
			return err_set(ERR_USAGE,
				"Undefined output format \"%c\": x d u o t z a "
				"c f s r.",
				*f);
		if (*f == 'r')
			p->options.raw = true;
		else
			p->options.format = *f;
	}
	return OK;
}

/* ---- print ---- */

/* As gdb shows it, with the type of a pointer; flags by their names. */
static const char *value_words(
	struct session *s, const struct value *v, const struct print_ctx *p)
{
	if (!p->options->format && register_is_flags(type_strip(v->type))) {
		int64_t flags;

		if (!value_int(v, p->values, &flags))
			return register_flags_text(
				(uint64_t)flags, &s->scratch);
	}
	return print_top(v, p);
}

static enum err print_one(struct session *s, const struct print_args *pa,
	const char *text, struct out *o)
{
	struct value v;

	TRY(session_eval(s, text, &v));
	struct print_ctx *p = session_print(s, &pa->options);
	TRY(value_probe(&v, p->values));
	const char *words = value_words(s, &v, p);
	out_str(o, ".name", text);
	size_t n = session_remember(s, &v);
	out_text(o, "$");
	out_unum(o, "history", n);
	out_text(o, " = ");
	out_text(o, "%s%s%s\n", words, v.note ? " " : "", v.note ? v.note : "");
	print_fields(&v, p, o, pa->children);
	return OK;
}

static enum err run_print(struct session *s, struct args *a, struct out *o)
{
	struct print_args pa = { 0 };
	size_t named;

	TRY(data_print_args(s, a, &pa));
	if (pa.each)
		return walk_show(s, &pa, false, o);
	const char *text = pa.text[0] ? pa.text : "$";
	enum err e = print_one(s, &pa, text, o);
	if (!pa.why)
		return e;
	/* A part of it that is not known is what was asked about. */
	if (e != OK && e != ERR_ABSENT && e != ERR_FAULT && e != ERR_TYPE)
		return e;
	if (e != OK) {
		out_str(o, "message", err_msg());
		out_text(o, "\n");
	}
	TRY(past_print(s, text, o, &named));
	return OK;
}

static enum err run_output(struct session *s, struct args *a, struct out *o)
{
	struct print_args pa;
	struct value v;

	TRY(data_print_args(s, a, &pa));
	if (!pa.text[0])
		return err_usage(a);
	TRY(session_eval(s, pa.text, &v));
	struct print_ctx *p = session_print(s, &pa.options);
	TRY(value_probe(&v, p->values));
	out_str(o, ".name", pa.text);
	out_text(o, "%s", value_words(s, &v, p));
	print_fields(&v, p, o, pa.children);
	return OK;
}

/* call and set var: an expression, but nothing runs and nothing is written. */
static enum err run_set_var(struct session *s, struct args *a, struct out *o)
{
	struct value v;
	const char *text = a->text;

	(void)o;
	if (!*text)
		return err_usage(a);
	return session_eval(s, text, &v);
}

/* ---- types ---- */

static enum err type_of_text(
	struct session *s, const char *text, const struct type **ret)
{
	const struct type *t;
	struct value v;

	TRY(session_eval_type(s, text[0] ? text : "$", &v, &t));
	*ret = t ? t : v.type;
	return OK;
}

static void type_fields(struct session *s, const struct type *t, struct out *o)
{
	const struct type *complete = type_strip(t);

	out_str(o, ".type", type_name(t, &s->scratch));
	out_str(o, ".kind", type_kind_name(complete->kind));
	if (complete->has_size)
		out_unum(o, ".size", complete->size);
	if (complete->file) {
		out_str(o, ".file", complete->file);
		out_num(o, ".line", complete->line);
	}
}

static enum err run_whatis(struct session *s, struct args *a, struct out *o)
{
	const struct type *t;
	struct value v;

	if (!a->n)
		return err_usage(a);
	TRY(session_eval_type(s, a->text, &v, &t));
	/* gdb: whatis of a typedef's name unrolls one level. */
	if (t && t->kind == TYPE_TYPEDEF && t->target)
		t = t->target;
	out_text(o, "type = %s\n", type_name(t ? t : v.type, &s->scratch));
	type_fields(s, t ? t : v.type, o);
	return OK;
}

static void members_fields(
	struct session *s, const struct type *t, struct out *o)
{
	const struct type *c = type_strip(t);

	if (c->kind == TYPE_ENUM) {
		out_list(o, ".enumerators");
		for (size_t i = 0; i < c->nenumerators; i++) {
			out_record(o, NULL);
			out_str(o, "name", c->enumerators[i].name);
			out_num(o, "value", c->enumerators[i].value);
			out_record_end(o);
		}
		out_list_end(o);
	}
	if (c->kind != TYPE_STRUCT && c->kind != TYPE_UNION &&
		c->kind != TYPE_CLASS)
		return;
	out_list(o, ".members");
	for (size_t i = 0; i < c->nmembers; i++) {
		const struct member *m = &c->members[i];

		out_record(o, NULL);
		out_str(o, "name", m->name);
		out_str(o, "type", type_name(m->type, &s->scratch));
		out_unum(o, "offset", m->offset);
		const struct type *mt = type_strip(m->type);
		if (mt->has_size)
			out_unum(o, "size", mt->size);
		if (m->bit_size) {
			out_unum(o, "bit_offset", m->bit_offset);
			out_unum(o, "bit_size", m->bit_size);
		}
		out_record_end(o);
	}
	out_list_end(o);
}

static enum err run_ptype(struct session *s, struct args *a, struct out *o)
{
	const char *flags = a->format;
	const char *text = a->text;
	const struct type *t;

	/* "ptype /o struct x", with a blank, is gdb's usual spelling. */
	while (text[0] == '/' && isalpha((unsigned char)text[1])) {
		size_t n = strcspn(text, " \t");

		flags = arena_printf(
			&s->scratch, "%s%.*s", flags, (int)n - 1, text + 1);
		text += n + strspn(text + n, " \t");
	}
	if (!text[0])
		return err_usage(a);
	/* gdb's others choose what of a C++ class is shown, and the radix. */
	const char *odd = flags + strspn(flags, "orRmMtTdx");
	if (*odd)
		return err_set(ERR_USAGE,
			"Unrecognized flag \"%c\" in ptype/%s.", *odd, flags);
	enum type_offsets offsets = !strchr(flags, 'o') ? OFFSETS_NONE
				    : flags[strcspn(flags, "xd")] == 'x'
					    ? OFFSETS_HEX
					    : OFFSETS_DECIMAL;
	TRY(type_of_text(s, text, &t));
	if (offsets)
		out_text(o, "%s", type_offsets_header(t));
	out_text(o, "type = %s\n", type_definition(t, offsets, &s->scratch));
	type_fields(s, t, o);
	members_fields(s, t, o);
	return OK;
}

const struct cmd cmd_data[] = {
	{
		.name = "print",
		.alias = "p inspect",
		.usage = "[/FMT] [-pretty] [-elements N] [-children] [-why] "
			 "[--] EXPR | -each NAME in LIST ... : EXPR",
		.summary = "Print the value of a C expression",
		.help = "FMT: x hexadecimal, d decimal, u unsigned, o octal, t "
			"binary,\n"
			"z hexadecimal with zeros, a address, c character, f "
			"float, s string.\n"
			"The value is kept in the history as $1, $2 ...; $ is "
			"the last one.\n"
			"-why: also where each variable in EXPR lived, over "
			"which addresses,\n"
			"and the nearest value that is still known of one that "
			"is gone: what the\n"
			"caller passed, a constant, or what is now in its last "
			"place.\n"
			"-each: the elements of a list, an array, a tree "
			"(`help walk`).  r: as it\n"
			"is, without views (`help views`).\n"
			"    p *room->bookings[0]\n"
			"    p -why room\n"
			"    p/x flags & 0xff\n"
			"    p -pretty -- *conn\n"
			"    p array[0]@10\n"
			"    p -each r in rooms.by_name by next_by_name : "
			"r->name\n"
			"    p rooms.c::cache",
		.run = run_print,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{
		.name = "output",
		.usage = "[/FMT] EXPR",
		.summary = "Print a value without history, name or newline",
		.help = "For scripts."
			"\n    output room->seats",
		.run = run_output,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{
		.name = "whatis",
		.usage = "EXPR|TYPE",
		.summary = "Print the type of an expression",
		.help = "    whatis room->bookings",
		.run = run_whatis,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{
		.name = "ptype",
		.usage = "[/o] [/ox] EXPR|TYPE",
		.summary = "Print the definition of a type",
		.help = "/o: with offsets, sizes and holes; /ox: these in "
			"hexadecimal.\n"
			"    ptype struct room\n"
			"    ptype/o struct room",
		.run = run_ptype,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{
		.name = "set-variable",
		.usage = "$NAME = EXPR",
		.summary = "Set a convenience variable",
		.help = "Also spelled `set $NAME = EXPR` and `set var`.  The "
			"core itself cannot\n"
			"be changed."
			"\n    set $r = room->next",
		.run = run_set_var,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{ 0 },
};
