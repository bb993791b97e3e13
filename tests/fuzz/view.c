/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of views, walks and macros from anywhere: the first line is a walk, the
 * second a definition of a macro and a text with it, the rest a file of views.
 * The list that they walk over points into itself and into nothing.
 */
#include "inspect/view/view.h"
#include "inspect/lang/macro.h"
#include "tests/lib/fake.h"
#include "tests/lib/fuzz.h"

#include <string.h>

static struct type *node;
static struct macro *macro;

static void make(void)
{
	uint64_t links[] = { FAKE_BASE + 0x40, FAKE_BASE + 0x20, 7, FAKE_BASE };

	node = t_struct("node", 32, M("next", t_int, 0), M("other", t_int, 8),
		M("n", t_int, 16), M("list", t_int, 24));
	node->members[0].type = t_ptr(node);
	node->members[1].type = t_ptr(node);
	node->members[3].type = t_array(t_ptr(node), 1);
	fake_put(0, links, sizeof(links));
	fake_put(0x20, links + 1, 24);
	fake_put(0x40, links, 16);
}

static enum err name(struct eval_env *env, const char *where, const char *n,
	struct value *ret)
{
	(void)env;
	(void)where;
	if (n[0] == 'h')
		*ret = value_at(node, FAKE_BASE);
	else if (n[0] == 'p')
		*ret = value_at(t_ptr(node), FAKE_BASE);
	else if (n[0] == 'a')
		*ret = value_at(t_array(t_ptr(node), 4), FAKE_BASE);
	else
		return err_set(ERR_NOTFOUND, "No symbol \"%s\".", n);
	return OK;
}

static const struct type *type(
	struct eval_env *env, const char *tag, const char *n)
{
	(void)env;
	return tag && n[0] == 'n' ? node : NULL;
}

static const struct macro *find_macro(struct eval_env *env, const char *n)
{
	(void)env;
	return macro && !strcmp(macro->name, n) ? macro : NULL;
}

static struct views views;
static struct view_ctx ctx;

static bool show(void *unused, const struct value *v, const struct print_ctx *p,
	struct shown *ret)
{
	(void)unused;
	(void)p;
	return views_show(&views, &ctx, v, ret);
}

static void print(const struct shown *s)
{
	struct buf b = { .arena = &fake_arena };
	struct print_ctx p = *fake_print();
	struct out *o = out_new_json(&fake_arena);

	p.view = show;
	shown_print(s, &p, 0, &b);
	print_shown_fields(s, &p, o);
	out_result(o);
}

static char *line(char **text)
{
	char *start = *text, *end = strchr(start, '\n');

	*text = end ? end + 1 : start + strlen(start);
	if (end)
		*end = '\0';
	return start;
}

static void walk(const char *text, struct eval_env *env, size_t *left)
{
	struct clause_body body;
	struct walk w = {
		.env = env, .body = &body, .limit = 20, .left = left
	};
	struct shown s;

	if (!clause_parse(text, true, &fake_arena, &w.clause, &body) &&
		!walk_run(&w, &s))
		print(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eval_env env = { .values = &fake_values,
		.name = name,
		.type = type,
		.macro = find_macro };
	size_t left = 200;
	const char *expanded;
	struct shown s;

	fake_options = print_defaults;
	fake_options.max_depth = 4;
	fake_init();
	make();
	views = (struct views){ NULL };
	ctx = (struct view_ctx){ .env = &env, .limit = 20, .left = &left };
	char *text = arena_strndup(&fake_arena, (const char *)data, size);
	const char *first = line(&text);
	macro = macro_parse(line(&text), &fake_arena);
	const char *use = line(&text);
	(void)!macro_expand(&env, use, &expanded);
	(void)!views_parse(&views, "file", text, &fake_arena);
	walk(first, &env, &left);
	left = 200;
	struct value v = value_at(node, FAKE_BASE);
	if (views_show(&views, &ctx, &v, &s))
		print(&s);
	arena_clear(&fake_arena);
	return 0;
}
