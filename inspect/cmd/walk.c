/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk, print -each: the elements of containers, one a line. */
#include "inspect/cmd/walk.h"

#include "inspect/base/limits.h"
#include "inspect/cmd/names.h"
#include "inspect/view/walk.h"

static void show_element(const struct shown *one, size_t i, bool address,
	const struct print_ctx *p, struct out *o)
{
	struct buf b = { .arena = p->values->arena };

	out_record(o, NULL);
	out_num(o, ".index", (int64_t)i);
	out_text(o, "[%zu]", i);
	if (one->has_address) {
		out_text(o, address ? " " : "");
		if (address)
			out_addr(o, "node", one->address);
		else
			out_addr(o, ".node", one->address);
	}
	shown_print(one, p, 0, &b);
	out_text(o, " = %s\n", buf_str(&b));
	print_shown_fields(one, p, o);
	out_record_end(o);
}

static void show_end(const struct shown *list, struct out *o)
{
	out_text(o, "%zu element%s", list->n, list->n == 1 ? "" : "s");
	if (list->more)
		out_text(o, ", and more: -elements N or unlimited shows them");
	else if (list->why)
		out_text(o, ", then %s", list->why);
	out_text(o, ".\n");
	out_unum(o, ".count", list->n);
	out_bool(o, ".whole", !list->why);
	if (list->why)
		out_str(o, ".why", list->why);
}

enum err walk_show(struct session *s, const struct print_args *pa,
	bool short_form, struct out *o)
{
	size_t left = MAX_WALK_NODES;
	struct print_options options = pa->options;
	struct print_ctx *p = session_print(s, &options);
	struct clause_body body;
	struct shown list;
	struct eval_env env;

	names_env(s, &env);
	struct walk w = {
		.env = &env,
		.body = &body,
		.limit = pa->options.elements,
		.left = &left,
	};
	/* -elements N is about nodes here, not about strings in them. */
	options.elements = s->set.print.elements;
	TRY(clause_parse(pa->text, short_form, &s->scratch, &w.clause, &body));
	TRY(walk_run(&w, &list));
	out_list(o, "children");
	for (size_t i = 0; i < list.n; i++) {
		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		show_element(&list.item[i], i, !body.n, p, o);
	}
	out_list_end(o);
	show_end(&list, o);
	return OK;
}

static enum err run_walk(struct session *s, struct args *a, struct out *o)
{
	struct print_args pa = { 0 };

	TRY(data_print_args(s, a, &pa));
	if (!pa.text[0])
		return err_usage(a);
	return walk_show(s, &pa, true, o);
}

const struct cmd cmd_walk[] = {
	{
		.name = "walk",
		.usage = "[/FMT] [-elements N] LIST NEXT | [NAME in] LIST "
			 "CLAUSES [: [LABEL =] EXPR, ...]",
		.summary = "Show what a list, a tree, an array or a hash table "
			   "holds",
		.help = "LIST is a pointer to the first node, or the structure "
			"that is the list's\n"
			"own head.  NEXT and EXPR know the members of a node "
			"by "
			"their names, and\n"
			"the node itself as NAME (`node' if none is given).  "
			"CLAUSES:\n"
			"    by NEXT             the next node, until NULL or "
			"the first one\n"
			"    count N             N elements of an array\n"
			"    tree LEFT RIGHT     a binary tree, in its order\n"
			"    as TYPE.MEMBER      the nodes are that member of "
			"a "
			"TYPE\n"
			"    nil ADDRESS         a node that stands for none\n"
			"    where COND          only those; until COND: up to "
			"the first such\n"
			"    each NAME in ...    for each element another "
			"walk: "
			"hash tables\n"
			"The walk ends at a node that was there before, at 200 "
			"elements (`set print\n"
			"elements`), and where memory is missing, and says "
			"so.\n"
			"    walk rooms.by_name next_by_name\n"
			"    walk server.clients->head next : value\n"
			"    walk ngx_cycle->reusable_connections_queue next "
			"as "
			"ngx_connection_t.queue : fd\n"
			"    walk b in rooms.buckets count 8 each r in b by "
			"next_in_bucket : r->name\n"
			"    walk timers.root tree left right nil "
			"timers.sentinel "
			": key\n"
			"Views show containers so wherever they are printed: "
			"`help views`.",
		.run = run_walk,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{ 0 },
};
