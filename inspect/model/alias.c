/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In the definition of Buf<int> an int is written T, and a std::vector<int> is
 * a std::vector<T>: gdb's way, and nearly that of the source.  Types are
 * compared by their names, for each unit has its own DIE of them.
 */
#include "inspect/model/alias.h"

#include "inspect/base/buf.h"
#include "inspect/base/limits.h"

#include <string.h>

enum { MAX_ALIASES = 1024 };

static void add(const struct class_name ***v, size_t *n, size_t *cap,
	const struct class_name *names, size_t nnames, struct arena *arena)
{
	const struct class_name **old = *v;
	size_t before = *n;

	if (!nnames || before + nnames > MAX_ALIASES)
		return;
	*v = NULL;
	*n = *cap = 0;
	for (size_t i = 0; i < before + nnames; i++) {
		*v = arena_grow(arena, *v, *n, cap, sizeof(**v));
		(*v)[(*n)++] = i < before ? old[i] : &names[i - before];
	}
}

void aliases_add_arguments(
	struct aliases *a, const struct class *c, struct arena *arena)
{
	add(&a->arguments, &a->narguments, &a->arguments_cap, c->arguments,
		c->narguments, arena);
}

static void add_typedefs(struct aliases *a, const struct type *class,
	struct arena *arena, unsigned depth)
{
	const struct class *c = class_of(class);

	add(&a->typedefs, &a->ntypedefs, &a->typedefs_cap, c->typedefs,
		c->ntypedefs, arena);
	for (size_t i = 0; i < class->nmembers && depth < MAX_PRINT_DEPTH; i++)
		if (class->members[i].is_base)
			add_typedefs(a, type_strip(class->members[i].type),
				arena, depth + 1);
}

void aliases_add_typedefs(
	struct aliases *a, const struct type *class, struct arena *arena)
{
	add_typedefs(a, class, arena, 0);
}

static bool is_named(const struct type *t)
{
	return t->kind != TYPE_POINTER && t->kind != TYPE_REFERENCE &&
	       t->kind != TYPE_RVALUE_REFERENCE && t->kind != TYPE_ARRAY &&
	       t->kind != TYPE_FUNC && t->name;
}

static bool same(
	const struct type *a, const struct type *b, struct arena *arena)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || is_named(a) != is_named(b))
		return false;
	return is_named(a) ? !strcmp(a->name, b->name)
			   : !strcmp(type_name(a, arena), type_name(b, arena));
}

const char *aliases_find(
	const struct aliases *a, const struct type *t, struct arena *arena)
{
	for (size_t i = 0; i < a->ntypedefs; i++)
		if (a->typedefs[i]->self == t)
			return a->typedefs[i]->name;
	for (size_t i = 0; i < a->narguments && t->kind != TYPE_TYPEDEF; i++)
		if (same(a->arguments[i]->type, t, arena))
			return a->arguments[i]->name;
	return NULL;
}

/* The argument of a template that begins here, as far as it has a name. */
static const struct class_name *argument_at(const struct aliases *a,
	const char *text, struct arena *arena, size_t *ret_n)
{
	for (size_t i = 0; i < a->narguments; i++) {
		const struct type *t = a->arguments[i]->type;
		const char *name = type_name(t, arena);
		size_t n = strlen(name);

		if (!t->name || strncmp(text, name, n) != 0)
			continue;
		if (text[n] && (strchr(",>*&", text[n]) ||
				       !strncmp(text + n, " >", 2) ||
				       !strncmp(text + n, " const", 6))) {
			*ret_n = n;
			return a->arguments[i];
		}
	}
	return NULL;
}

static bool begins_argument(const char *name, const char *at)
{
	if (at > name && at[-1] == '<')
		return true;
	if (at - name >= 2 && !strncmp(at - 2, ", ", 2))
		return true;
	return at - name >= 6 && !strncmp(at - 6, "const ", 6);
}

const char *aliases_within(
	const struct aliases *a, const char *name, struct arena *arena)
{
	struct buf b = { .arena = arena };

	if (!a->narguments || !strchr(name, '<'))
		return name;
	for (const char *at = name; *at;) {
		size_t n;
		const struct class_name *found =
			begins_argument(name, at)
				? argument_at(a, at, arena, &n)
				: NULL;

		if (!found) {
			buf_putc(&b, *at++);
			continue;
		}
		buf_puts(&b, found->name);
		at += n;
		/* It stood between two '>', which T does not end with. */
		if (!strncmp(at, " >", 2))
			at++;
	}
	return buf_str(&b);
}
