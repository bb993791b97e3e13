/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lookup from the inside out: the element's variable, its members, those of
 * the walk around it, the program.  The trees are parsed late, because what a
 * name is (a type or a variable) depends on what is bound when it is met.
 */
#include "inspect/view/names.h"

#include "inspect/lang/parse.h"

#include <string.h>

/* The record that the value is, or points to; false: it is none. */
static bool record_of(
	const struct value *v, struct value_ctx *values, struct value *ret)
{
	const struct type *t = type_strip(v->type);

	*ret = *v;
	if (t->kind != TYPE_POINTER)
		return type_is_record(t);
	if (!type_is_record(type_strip(type_target(t))))
		return false;
	return value_deref(v, values, ret) == OK;
}

static bool has_member(const struct type *t, const char *name, unsigned depth)
{
	t = type_strip(t);
	for (size_t i = 0; depth && i < t->nmembers; i++) {
		const struct member *m = &t->members[i];
		bool inside = m->is_base || !m->name || !m->name[0];

		if (inside ? has_member(m->type, name, depth - 1)
			   : !strcmp(m->name, name))
			return true;
	}
	return false;
}

/* A misspelled member: of what is said, too. */
static enum err no_name(const struct view_env *e, const char *name)
{
	struct value record;

	for (const struct view_names *n = e->names; n; n = n->outer)
		if (n->members && record_of(&n->value, e->env.values, &record))
			return err_set(ERR_NOTFOUND,
				"No symbol \"%s\" in current context, and no "
				"member of that name in %s.",
				name,
				type_name(record.type, e->env.values->arena));
	return err_set(
		ERR_NOTFOUND, "No symbol \"%s\" in current context.", name);
}

/* The names of the walks, from the inside out; ERR_NOTFOUND: none of them. */
static enum err bound(
	const struct view_env *e, const char *name, struct value *ret)
{
	enum { DEPTH = 8 }; /* anonymous members inside each other */
	struct value_ctx *values = e->env.values;
	struct value record;

	for (const struct view_names *n = e->names; n; n = n->outer) {
		if (n->name && !strcmp(n->name, name)) {
			*ret = n->value;
			return OK;
		}
		if (n->members && record_of(&n->value, values, &record) &&
			has_member(record.type, name, DEPTH))
			return value_member(&record, name, values, ret);
	}
	return no_name(e, name);
}

static enum err name_of(struct eval_env *env, const char *where,
	const char *name, struct value *ret)
{
	struct view_env *e = env->ctx;
	enum err own = where ? ERR_NOTFOUND : bound(e, name, ret);

	if (own != ERR_NOTFOUND)
		return own;
	if (!e->program->name)
		return err_set(ERR_NOTFOUND,
			"No symbol \"%s\" in current context.", name);
	enum err err = e->program->name(e->program, where, name, ret);
	if (err == ERR_NOTFOUND && !where && e->names)
		return no_name(e, name);
	return err;
}

static bool hides(struct eval_env *env, const char *name)
{
	struct view_env *e = env->ctx;
	struct value v;

	if (bound(e, name, &v) == OK)
		return true;
	return e->program->hides ? e->program->hides(e->program, name)
				 : !name_of(env, NULL, name, &v);
}

static const struct type *type_of(
	struct eval_env *env, const char *tag, const char *name)
{
	struct view_env *e = env->ctx;

	return e->program->type ? e->program->type(e->program, tag, name)
				: NULL;
}

static enum err dollar_of(
	struct eval_env *env, const char *name, struct value *ret)
{
	struct view_env *e = env->ctx;

	if (!e->program->dollar) {
		*ret = (struct value){ .type = type_basic("void") };
		return OK;
	}
	return e->program->dollar(e->program, name, ret);
}

void view_env_init(struct view_env *e, struct eval_env *program)
{
	*e = (struct view_env){ .program = program };
	e->env = *program;
	e->env.name = name_of;
	e->env.type = type_of;
	e->env.hides = hides;
	e->env.dollar = dollar_of;
	e->env.ctx = e;
}

enum err view_eval(struct view_env *e, struct view_expr *x, struct value *ret)
{
	if (!x->tree)
		TRY(parse(&e->env, x->text, &x->tree));
	return eval_tree(&e->env, x->tree, ret);
}

enum err view_eval_int(struct view_env *e, struct view_expr *x, int64_t *ret)
{
	struct value_ctx *values = e->env.values;
	struct value v, address;

	TRY(view_eval(e, x, &v));
	const struct type *t = type_strip(v.type);
	if (type_is_record(t) || t->kind == TYPE_ARRAY) {
		TRY(value_address(&v, values, &address));
		v = address;
	} else if (!type_is_integer(t) && t->kind != TYPE_POINTER) {
		return err_set(ERR_TYPE,
			"`%s' is neither an address nor a "
			"number.",
			x->text);
	}
	return value_int(&v, values, ret);
}
