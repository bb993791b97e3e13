/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks over memory made by hand: sound, circular, broken, endless. */
#include "inspect/view/view.h"
#include "tests/lib/fake.h"
#include "tests/lib/tap.h"

#include <string.h>

enum { N = 0x100 }; /* where node 0 is; each has 32 bytes */

static struct type *node, *holder;

static uint64_t at(int i)
{
	return i < 0 ? 0 : FAKE_BASE + N + 32 * (uint64_t)i;
}

static void put_node(int i, int next, int left, int right, int value)
{
	uint64_t words[] = { at(next), at(left), at(right), (uint64_t)value };

	fake_put(N + 32 * (uint64_t)i, words, sizeof(words));
}

static enum err name(struct eval_env *env, const char *where, const char *n,
	struct value *ret)
{
	(void)env;
	(void)where;
	if (!strcmp(n, "first"))
		*ret = value_at(t_ptr(node), FAKE_BASE);
	else if (!strcmp(n, "head"))
		*ret = value_at(node, at(0));
	else if (!strcmp(n, "table"))
		*ret = value_at(t_array(t_ptr(node), 3), FAKE_BASE);
	else if (!strcmp(n, "holder"))
		*ret = value_at(holder, FAKE_BASE);
	else
		return err_set(ERR_NOTFOUND, "No symbol \"%s\".", n);
	return OK;
}

static const struct type *type(
	struct eval_env *env, const char *tag, const char *n)
{
	(void)env;
	return tag && !strcmp(n, "node") ? node : NULL;
}

static struct eval_env env = {
	.values = &fake_values, .name = name, .type = type
};

static const char *text_of(const struct shown *s)
{
	struct buf b = { .arena = &fake_arena };

	shown_print(s, fake_print(), 0, &b);
	return buf_str(&b);
}

static const char *walk_of(const char *text, unsigned limit, size_t left)
{
	struct clause_body body;
	struct walk w = {
		.env = &env, .body = &body, .limit = limit, .left = &left
	};
	struct shown list;

	if (clause_parse(text, true, &fake_arena, &w.clause, &body) ||
		walk_run(&w, &list))
		return err_msg();
	return text_of(&list);
}

static void set_up(void)
{
	uint64_t table[] = { 0, 0, 0 };

	fake_options = print_defaults;
	fake_init();
	node = t_struct("node", 32, M("next", t_int, 0), M("left", t_int, 8),
		M("right", t_int, 16), M("value", t_int, 24));
	for (int i = 0; i < 3; i++)
		node->members[i].type = t_ptr(node);
	holder = t_struct(
		"holder", 16, M("list", t_ptr(node), 0), M("n", t_int, 8));
	table[0] = at(0);
	table[2] = at(3);
	fake_put(0, table, sizeof(table));
}

static void lists(void)
{
	put_node(0, 1, -1, -1, 10);
	put_node(1, 2, -1, -1, 11);
	put_node(2, -1, -1, -1, 12);
	is_str(walk_of("first next : value", 0, 100), "{10, 11, 12}", "a list");
	is_str(walk_of("n in first by n->next : n->value + 1", 0, 100),
		"{11, 12, 13}", "by an expression");
	is_str(walk_of("first next : value, twice = 2 * value", 1, 100),
		"{{value = 10, twice = 20}...}",
		"two expressions, one element");
	is_str(walk_of("first by next where value != 11 : value", 0, 100),
		"{10, 12}", "where");
	is_str(walk_of("first by next until value == 12 : value", 0, 100),
		"{10, 11}", "until");
	is_str(walk_of("first by next nil &head : value", 0, 100), "{}", "nil");
	is_str(walk_of("first next : value", 0, 2),
		"{10, 11, <more nodes than are looked at for one value>}",
		"a bound of nodes");
	put_node(2, 0, -1, -1, 12);
	is_str(walk_of("first next : value", 0, 100), "{10, 11, 12}",
		"a ring from its first node");
	is_str(walk_of("head next : value", 0, 100), "{11, 12}",
		"a ring from its head, which is no element");
	put_node(2, 1, -1, -1, 12);
	is_str(walk_of("first next : value", 0, 100),
		"{10, 11, 12, <a cycle: it comes back to node 1, 0x10120>}",
		"a cycle that leaves the start out");
	put_node(2, 100000, -1, -1, 12);
	ok(strstr(walk_of("first next : value", 0, 100),
		   "{10, 11, 12, <broken at the node 0x") != NULL,
		"a wild pointer");
}

static void trees(void)
{
	put_node(0, -1, 1, 2, 10);
	put_node(1, -1, -1, 3, 5);
	put_node(2, -1, -1, -1, 20);
	put_node(3, -1, -1, -1, 7);
	is_str(walk_of("first tree left right : value", 0, 100),
		"{5, 7, 10, 20}", "a tree in its order");
	is_str(walk_of("first tree left right : value", 2, 100), "{5, 7...}",
		"and a limit");
	put_node(3, -1, -1, 0, 7);
	ok(strstr(walk_of("first tree left right : value", 0, 100), "a cycle"),
		"a tree that leads back to its root");
	put_node(3, -1, -1, -1, 7);
}

static void tables(void)
{
	put_node(0, 1, -1, -1, 10);
	put_node(1, -1, -1, -1, 11);
	is_str(walk_of("b in table each n in b by next : value", 0, 100),
		"{10, 11, 7}", "a hash table");
	is_str(walk_of("b in table count 2 each n in b by next : value", 0,
		       100),
		"{10, 11}", "of which only two buckets");
	is_str(walk_of("n in first count 2 : n.value", 0, 100), "{10, 11}",
		"a pointer and a count");
	is_str(walk_of("first by next as struct node.next : value", 0, 100),
		"{10, 11}", "a link in a structure");
	is_str(walk_of("(struct node *)((char *)first + 8) left", 0, 0),
		"{<more nodes than are looked at for one value>}",
		"no nodes at all");
}

static void refused(void)
{
	is_str(walk_of("first", 0, 9),
		"`first' is no array of a known length: `count N', `by NEXT' "
		"or `tree LEFT RIGHT' says how it goes on.",
		"no way to go on");
	is_str(walk_of("first nxt", 0, 9),
		"No symbol \"nxt\" in current context, and no member of that "
		"name in struct node.",
		"no such member");
	is_str(walk_of("first by : value", 0, 9),
		"NEXT is missing at column 10 of `first by : value'.",
		"a clause without its expression");
	is_str(walk_of("first tree left", 0, 9),
		"`tree' needs two members: `tree left right', not `left'.",
		"half a tree");
}

static const char *view_of(const char *text)
{
	struct views views = { 0 };
	size_t left = 100;
	struct view_ctx ctx = { .env = &env, .left = &left };
	struct value v = value_at(holder, FAKE_BASE);
	struct shown s;

	if (views_parse(&views, "f", text, &fake_arena))
		return err_msg();
	return views_show(&views, &ctx, &v, &s) ? text_of(&s) : "none";
}

static void types(void)
{
	is_str(view_of("# rooms\nview struct holder {\n\tn\n"
		       "\tall = each x in list by next : x->value\n}\n"),
		"{n = 0, all = {10, 11}}", "a view");
	is_str(view_of("view struct holder { each x in list by next : value }"),
		"{10, 11}", "in one line, without a label");
	is_str(view_of("view struct holder {\n when n\n list\n}\n"
		       "view struct h* {\n this.n + 1\n}\n"),
		"1", "when, and a pattern");
	is_str(view_of("view struct other {\n n\n}\n"), "none",
		"another type's");
	is_str(view_of("view struct holder {\n n\n m = nosuch\n}\n"),
		"{n = 0, m = <No symbol \"nosuch\" in current context, and no "
		"member of that name in struct holder.>}",
		"what cannot be computed says so in its place");
	is_str(view_of("shell rm\n"),
		"f:1: only `view TYPE {' can stand here: a file of views holds "
		"declarations, no commands.",
		"no commands");
	is_str(view_of("view struct holder {\n n\n"),
		"f:2: the view has no `}' on a line of its own.", "not closed");
	is_str(view_of("view struct holder {\n}\n"),
		"f:2: the view shows nothing.", "empty");
}

int main(void)
{
	set_up();
	lists();
	trees();
	tables();
	refused();
	types();
	return tap_done();
}
