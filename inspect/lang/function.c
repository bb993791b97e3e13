/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing of the program runs: these read its memory. */
#include "inspect/lang/function.h"

#include "inspect/base/limits.h"
#include "inspect/lang/arith.h"

#include <regex.h>
#include <string.h>

enum err function_text(
	const struct value *v, struct value_ctx *ctx, const char **ret)
{
	const struct type *t = type_strip(v->type);
	enum absent absent;
	struct value pointer;
	bool whole;
	int64_t addr;

	if (t->kind == TYPE_ARRAY && v->loc.kind != LOC_ADDR &&
		type_size(t) <= MAX_STRING) {
		size_t n = (size_t)type_size(t);
		char *text = arena_alloc(ctx->arena, n + 1);

		*ret = text;
		return value_refusal(
			value_load(v, ctx, text, n, &absent), absent);
	}
	TRY(arith_decay(v, ctx, &pointer));
	if (type_strip(pointer.type)->kind != TYPE_POINTER)
		return err_set(ERR_TYPE,
			"A string is needed, not a value of "
			"the type %s.",
			type_name(v->type, ctx->arena));
	TRY(value_int(&pointer, ctx, &addr));
	char *text;
	TRY(mem_read_str(ctx->mem, (uint64_t)addr, MAX_STRING, ctx->arena,
		&text, &whole));
	*ret = text;
	if (!whole)
		return err_set(ERR_FAULT,
			"The string at 0x%llx has no end where it could be "
			"read.",
			(unsigned long long)addr);
	return OK;
}

static enum err give(struct eval_env *env, int64_t n, struct value *ret)
{
	*ret = value_of_int(type_basic("int"), n, env->values->arena);
	return OK;
}

static enum err call_strlen(
	struct eval_env *env, const struct value *arg, struct value *ret)
{
	const char *text;

	TRY(function_text(&arg[0], env->values, &text));
	return give(env, (int64_t)strlen(text), ret);
}

static enum err call_streq(
	struct eval_env *env, const struct value *arg, struct value *ret)
{
	const char *a, *b;

	TRY(function_text(&arg[0], env->values, &a));
	TRY(function_text(&arg[1], env->values, &b));
	return give(env, !strcmp(a, b), ret);
}

/* n bytes at a pointer, or of an array. */
static enum err load_bytes(
	const struct value *v, struct value_ctx *ctx, size_t n, uint8_t **ret)
{
	const struct type *t = type_strip(v->type);
	enum absent absent = PRESENT;
	struct value part = *v;
	int64_t addr;

	*ret = arena_alloc(ctx->arena, n + 1);
	if (t->kind != TYPE_ARRAY || type_size(t) < n) {
		struct value pointer;

		TRY(arith_decay(v, ctx, &pointer));
		TRY(value_int(&pointer, ctx, &addr));
		part = value_at(NULL, (uint64_t)addr);
	}
	part.type = type_new_array(type_basic("char"), n, ctx->arena);
	return value_refusal(value_load(&part, ctx, *ret, n, &absent), absent);
}

static enum err call_memeq(
	struct eval_env *env, const struct value *arg, struct value *ret)
{
	uint8_t *a, *b;
	int64_t n;

	TRY(value_int(&arg[2], env->values, &n));
	if (n < 0 || n > MAX_VALUE_SIZE)
		return err_set(ERR_LIMIT, "$_memeq compares %d bytes at most.",
			MAX_VALUE_SIZE);
	TRY(load_bytes(&arg[0], env->values, (size_t)n, &a));
	TRY(load_bytes(&arg[1], env->values, (size_t)n, &b));
	return give(env, !memcmp(a, b, (size_t)n), ret);
}

static enum err call_regex(
	struct eval_env *env, const struct value *arg, struct value *ret)
{
	const char *text, *pattern;
	char why[128];
	regex_t re;

	TRY(function_text(&arg[0], env->values, &text));
	TRY(function_text(&arg[1], env->values, &pattern));
	int e = regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB);
	if (e) {
		regerror(e, &re, why, sizeof(why));
		return err_set(ERR_SYNTAX,
			"\"%s\" is no regular expression: "
			"%s.",
			pattern, why);
	}
	bool is = !regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return give(env, is, ret);
}

static enum err call_isvoid(
	struct eval_env *env, const struct value *arg, struct value *ret)
{
	return give(env, type_bare(arg[0].type)->kind == TYPE_VOID, ret);
}

static enum err call_as_string(
	struct eval_env *env, const struct value *arg, struct value *ret)
{
	const struct type *t = type_strip(arg[0].type);
	struct arena *arena = env->values->arena;
	const char *name = NULL;
	int64_t n;

	TRY(value_int(&arg[0], env->values, &n));
	for (size_t i = 0; t->kind == TYPE_ENUM && i < t->nenumerators; i++)
		if (t->enumerators[i].value == n)
			name = t->enumerators[i].name;
	if (!name)
		name = arena_printf(arena, "%lld", (long long)n);
	size_t size = strlen(name) + 1;
	*ret = value_of_bytes(
		type_new_array(type_basic("char"), size, arena), name, arena);
	return OK;
}

static const struct {
	const char *name;
	size_t n;
	enum err (*call)(
		struct eval_env *, const struct value *, struct value *);
} functions[] = {
	{ "_strlen", 1, call_strlen },
	{ "_streq", 2, call_streq },
	{ "_memeq", 3, call_memeq },
	{ "_regex", 2, call_regex },
	{ "_isvoid", 1, call_isvoid },
	{ "_as_string", 1, call_as_string },
};

enum err function_call(struct eval_env *env, const char *name,
	const struct value *args, size_t n, struct value *ret)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (strcmp(functions[i].name, name))
			continue;
		if (n == functions[i].n)
			return functions[i].call(env, args, ret);
		return err_set(ERR_USAGE,
			"You must provide %zu argument%s for $%s.",
			functions[i].n, functions[i].n == 1 ? "" : "s", name);
	}
	if (env->call)
		return env->call(env, name, args, n, ret);
	return err_set(ERR_NOTFOUND, "There is no function $%s.", name);
}
