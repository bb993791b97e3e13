/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From an address to its symbol, from a name to its place, from a line to its
 * code, and what can be named there: info symbol, address, line, scope.
 */
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/names.h"
#include "inspect/cmd/place.h"
#include "inspect/dwarf/demangle.h"
#include "inspect/dwarf/line.h"
#include "inspect/image/symbol.h"

#include <inttypes.h>
#include <string.h>

static enum err run_symbol(struct session *s, struct args *a, struct out *o)
{
	struct symbol sym;
	uint64_t addr;

	if (!a->n)
		return err_usage(a);
	TRY(session_eval_int(s, a->text, &addr));
	out_addr(o, ".address", addr);
	if (!symbol_at(&s->image, addr, &sym)) {
		struct module *m = module_at(&s->image, addr);

		out_str(o, ".symbol", NULL);
		out_str(o, ".module", m ? module_name(m) : NULL);
		out_text(o, "No symbol matches %s.\n", a->text);
		return OK;
	}
	const char *section = module_section(sym.module, addr);

	sym.name = demangle_symbol(sym.name, &s->scratch);
	out_str(o, ".symbol", sym.name);
	out_unum(o, ".offset", addr - sym.addr);
	out_str(o, ".section", section);
	out_str(o, ".module", module_name(sym.module));
	out_text(o, "%s", sym.name);
	if (addr != sym.addr)
		out_text(o, " + %" PRIu64, addr - sym.addr);
	if (section)
		out_text(o, " in section %s of %s\n", section,
			module_name(sym.module));
	else
		out_text(o, " in %s\n", module_name(sym.module));
	return OK;
}

/* Does the debug info say one address for the whole run, as for globals? */
static bool is_static(struct session *s, const struct value *v)
{
	return v->loc.kind == LOC_ADDR && module_at(&s->image, v->loc.addr);
}

static enum err run_address(struct session *s, struct args *a, struct out *o)
{
	struct value v;

	if (!a->n)
		return err_usage(a);
	TRY(session_eval(s, a->text, &v));
	const char *where = loc_text(&v.loc, s->image.arch, &s->scratch);
	out_str(o, ".name", a->text);
	out_str(o, ".location", where);
	if (type_bare(v.type)->kind == TYPE_FUNC)
		out_text(o,
			"Symbol \"%s\" is a function at address 0x%" PRIx64
			".\n",
			a->text, v.loc.addr);
	else if (is_static(s, &v))
		out_text(o,
			"Symbol \"%s\" is static storage at address 0x%" PRIx64
			".\n",
			a->text, v.loc.addr);
	else
		out_text(o, "Symbol \"%s\" is at %s.\n", a->text, where);
	return OK;
}

/* ---- info line ---- */

static const char *symbolic(struct session *s, uint64_t addr)
{
	const char *name = session_symbol(s, addr);

	return name ? arena_printf(
			      &s->scratch, "0x%" PRIx64 " <%s>", addr, name)
		    : arena_printf(&s->scratch, "0x%" PRIx64, addr);
}

static enum err no_code(const struct place *p)
{
	if (!p->file)
		return err_set(
			ERR_NOTFOUND, "No line number information available.");
	return err_set(ERR_NOTFOUND,
		"Line number %d is out of range for \"%s\": no code belongs "
		"to it or to a line after it.",
		p->line, p->file);
}

static enum err run_line(struct session *s, struct args *a, struct out *o)
{
	struct place p;
	struct line row;

	if (a->n)
		TRY(place_find(s, a->text, &p));
	else
		TRY(place_default(s, &p));
	TRY(place_code(s, &p));
	if (!p.pc || !line_at(&s->image, p.pc, &row))
		return no_code(&p);
	out_str(o, ".file", row.name);
	out_str(o, ".path", row.file);
	out_num(o, ".line", p.line);
	out_addr(o, ".start", row.start);
	out_text(o, "Line %d of \"%s\"", p.line, row.name);
	if (row.line != p.line) { /* the code of the next line that has any */
		out_num(o, ".code_line", row.line);
		out_text(o, " is at address %s but contains no code.\n",
			symbolic(s, row.start));
		return OK;
	}
	out_addr(o, ".end", row.end);
	out_text(o, " starts at address %s and ends at %s.\n",
		symbolic(s, row.start), symbolic(s, row.end));
	return OK;
}

/* ---- info scope ---- */

static void scope_variable(
	struct session *s, const struct variable *v, struct out *o)
{
	const struct type *t = type_strip(v->type);

	out_record(o, NULL);
	out_text(o, "Symbol ");
	out_str(o, "name", v->name);
	out_text(o, " is a %s of type ", v->is_arg ? "parameter" : "variable");
	out_str(o, "type", type_name(v->type, &s->scratch));
	out_bool(o, "argument", v->is_arg);
	if (t->has_size) {
		out_text(o, ", length ");
		out_unum(o, "size", t->size);
	}
	out_text(o, ".\n");
	out_record_end(o);
}

static enum err run_scope(struct session *s, struct args *a, struct out *o)
{
	struct variable *v;
	struct scope *scope;
	struct place p;
	size_t n, nscopes = 0;

	if (a->n)
		TRY(place_find(s, a->text, &p));
	else
		TRY(place_default(s, &p));
	TRY(place_code(s, &p));
	if (p.pc)
		TRY(scope_at(&s->image, p.pc, &scope, &nscopes));
	if (!nscopes)
		return err_set(ERR_NOTFOUND, "No function contains %s.",
			a->n ? a->text : "it");
	TRY(scope_variables(&scope[0], p.line, &s->scratch, &v, &n));
	out_text(o,
		n ? "Scope for %s:\n"
		  : "Scope for %s contains no locals or arguments.\n",
		a->n ? a->text : scope[0].name);
	out_list(o, "variables");
	for (size_t i = 0; i < n; i++)
		scope_variable(s, &v[i], o);
	out_list_end(o);
	return OK;
}

const struct cmd cmd_lookup[] = {
	{
		.name = "info-symbol",
		.usage = "ADDRESS",
		.summary = "Name the symbol at an address",
		.help = "Spelled `info symbol`."
			"\n    info symbol 0x401136",
		.run = run_symbol,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{
		.name = "info-address",
		.usage = "EXPR",
		.summary = "Say where a variable or function is",
		.help = "Spelled `info address`."
			"\n    info address rooms",
		.run = run_address,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{
		.name = "info-line",
		.usage = "[LOCATION]",
		.summary = "Addresses of a source line",
		.help = "Spelled `info line`."
			"\n    info line rooms.c:88",
		.run = run_line,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE,
	},
	{
		.name = "info-scope",
		.usage = "[LOCATION]",
		.summary = "Variables in scope at a location",
		.help = "Spelled `info scope`."
			"\n    info scope room_book",
		.run = run_scope,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE,
	},
	{ 0 },
};
