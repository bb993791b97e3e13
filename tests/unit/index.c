/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of a program: functions, variables, types, enumerators. */
#include "inspect/dwarf/index.h"
#include "tests/lib/fixture.h"
#include "tests/lib/tap.h"

static struct arena arena;
static struct image image;

static struct index_entry find(const char *name, unsigned kinds, size_t *ret_n)
{
	struct index_entry *e = NULL;

	if (index_find(&image, NULL, name, kinds, &arena, &e, ret_n) || !*ret_n)
		return (struct index_entry){ .name = "(none)" };
	return e[0];
}

static void kinds(void)
{
	size_t n = 0;
	struct index_entry e = find("blocks", INDEX_FUNCTION, &n);

	is_int(n, 1, "one function of that name");
	ok(index_pc(&image, &e) != 0, "with an entry");
	is_int(e.external, 1, "it is global");
	is_int(e.decl_line > 0, 1, "its line");
	ok(e.decl_file && strstr(e.decl_file, "shapes.c"), "its file");
	ok(e.file && strstr(e.file, "shapes.c"), "its unit");
	e = find("twice", INDEX_FUNCTION, &n);
	is_int(n, 1, "a function that is inlined everywhere");
	is_int(index_pc(&image, &e), 0, "has no entry");
	e = find("hidden_static", INDEX_VARIABLE, &n);
	is_int(e.external, 0, "a file static is not global");
	find("calls", INDEX_VARIABLE, &n);
	is_int(n, 0, "a static local is not seen from outside");
	e = find("calls", INDEX_VARIABLE | INDEX_LOCAL, &n);
	is_int(n, 1, "a static local");
	is_str(e.function, "counted", "of which function");
	e = find("BLUE", INDEX_CONSTANT, &n);
	is_int(e.constant, 6, "an enumerator's value");
	is_str(type_name(index_type(&image, &e), &arena), "enum color",
		"and its enum");
	find("node", INDEX_VARIABLE | INDEX_FUNCTION, &n);
	is_int(n, 0, "a struct's tag is no variable");
	find("no_such_name", 15, &n);
	is_int(n, 0, "an unknown name is nothing");
}

static void types(void)
{
	const struct type *t = index_find_type(&image, NULL, "struct", "node");

	ok(t && t->kind == TYPE_STRUCT, "struct node");
	ok(!index_find_type(&image, NULL, NULL, "node"),
		"the tag alone is not a type in C");
	t = index_find_type(&image, NULL, NULL, "callback");
	ok(t && t->kind == TYPE_TYPEDEF, "a typedef");
	ok(index_find_type(&image, NULL, "enum", "color") != NULL, "an enum");
	ok(index_find_type(&image, NULL, "union", "word") != NULL, "a union");
	ok(!index_find_type(&image, NULL, "union", "node"),
		"a struct is no union");
	ok(index_find_type(&image, NULL, NULL, "int") != NULL, "a basic type");
}

struct seen {
	int variables, functions;
	bool global, calls;
};

static bool see(const struct index_entry *e, void *ctx)
{
	struct seen *s = ctx;

	s->variables += e->kind == INDEX_VARIABLE;
	s->functions += e->kind == INDEX_FUNCTION;
	s->global |= !strcmp(e->name, "global");
	s->calls |= e->function && !strcmp(e->name, "calls");
	return true;
}

static bool stop(const struct index_entry *e, void *ctx)
{
	(void)e;
	return ++*(int *)ctx < 2;
}

static void each(void)
{
	struct seen s = { 0 };
	int n = 0;

	index_each(&image, image.exe, INDEX_VARIABLE | INDEX_LOCAL, see, &s);
	ok(s.global && s.calls, "globals and static locals are visited");
	is_int(s.functions, 0, "and nothing that was not asked for");
	index_each(&image, image.exe, INDEX_FUNCTION, stop, &n);
	is_int(n, 2, "the visitor can stop");
}

struct words {
	size_t n;
	const char *first;
	bool all;
	const char *prefix;
};

static bool word(const char *name, void *ctx)
{
	struct words *w = ctx;

	if (!w->n++)
		w->first = name;
	w->all &= !strncmp(name, w->prefix, strlen(w->prefix));
	return true;
}

static struct words prefixed(unsigned kinds, const char *prefix)
{
	struct words w = { .all = true, .prefix = prefix };

	index_prefixed(&image, image.exe, kinds, prefix, word, &w);
	return w;
}

static void prefixes(void)
{
	struct words w = prefixed(INDEX_FUNCTION, "block");

	ok(w.n >= 1 && w.all, "names that begin so, and no others");
	ok(prefixed(INDEX_FUNCTION, "").n > w.n, "nothing begins all names");
	is_int(prefixed(15, "no_such").n, 0, "or none");
	is_int(prefixed(15, "no::such").n, 0, "C has no namespaces");
	is_int(prefixed(INDEX_TYPE | INDEX_TAG, "callback").n, 0,
		"a typedef has no tag");
	ok(prefixed(INDEX_TYPE | INDEX_TAG, "nod").n >= 1, "a struct has");
}

static void value(void)
{
	size_t n = 0;
	struct index_entry e = find("global", INDEX_VARIABLE, &n);
	struct scope_ctx ctx = { .image = &image, .arena = &arena };
	struct value v = { 0 };

	is_int(index_value(&e, &ctx, &v), OK, "the value of a global");
	is_int(v.loc.kind, LOC_ADDR, "is in memory");
	e = find("thread_local_long", INDEX_VARIABLE, &n);
	is_int(index_value(&e, &ctx, &v), OK, "a thread-local one");
	is_int(v.loc.kind, LOC_NONE, "has no place without a thread");
}

/* A module that is read last is only read where it may matter. */
static void near(void)
{
	struct module other = { .path = "/none" };
	struct module *both[] = { image.exe, &other };
	struct module **modules = image.modules;
	struct index_entry *e;
	size_t nmodules = image.nmodules, n;

	image.modules = both;
	image.nmodules = 2;
	ok(index_find_near(&image, NULL, "global", INDEX_VARIABLE, &arena, &e,
		   &n) == OK &&
			n == 1 && !other.tried_dwarf,
		"a global of the program needs no other debug info");
	ok(index_find_near(&image, NULL, "hidden_static", INDEX_VARIABLE,
		   &arena, &e, &n) == OK &&
			other.tried_dwarf,
		"others may have a static of the same name");
	image.modules = modules;
	image.nmodules = nmodules;
}

int main(void)
{
	static const char *const ways[] = {
		"gcc -g -O0",
		"gcc -g -O2",
		"gcc -gdwarf-4 -O2 -fdebug-types-section",
		"clang -g -O2",
		"clang -gdwarf-4 -O0",
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		printf("# %s\n", ways[i]);
		if (!fixture_image(&image, ways[i]))
			continue;
		kinds();
		types();
		each();
		prefixes();
		value();
		near();
	}
	return tap_done();
}
