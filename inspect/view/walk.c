/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list that begins at a structure, and not at a pointer, has its own head:
 * the walk goes from what the head points to back to the head, which is no
 * element (Linux's list_head, nginx's queues).  One that begins at a pointer
 * begins with its first node, and ends at NULL or where it began.
 *
 * Nodes are remembered by address: where one comes again the walk stops, and
 * says which it was.  A tree is walked in order with a stack of its own, since
 * a broken one is as deep as it has nodes.
 */
#include "inspect/view/walk.h"

#include "inspect/base/limits.h"

#include <inttypes.h>
#include <string.h>

/* The nodes that were there, by address; open addressing. */
struct seen {
	struct arena arena; /* emptied at the end */
	uint64_t *addr;
	uint32_t *at;
	size_t n, size; /* size: a power of two */
};

struct walker {
	struct walk *w;
	struct view_env env;
	struct clause *c;
	struct seen seen;
	const struct type *node; /* a pointer to a node, or to its link */
	const struct type *as;   /* a pointer to what it lies in; NULL */
	int64_t offset;          /* of the link in that */
	uint64_t nil, head;
	bool has_nil, has_head;
	bool is_ring;    /* the head is a node by its type */
	const char *why; /* stopped early */
	bool full;       /* at the limit of elements */
	struct shown *list;
	size_t *cap;
};

static enum err run(struct walk *, const struct view_names *outer,
	struct clause *, struct shown *, size_t *cap, bool *ret_full);

/* ---- nodes that were there ---- */

static size_t slot_of(const struct seen *s, uint64_t addr)
{
	size_t i = (size_t)((addr * 0x9e3779b97f4a7c15) >> 17) & (s->size - 1);

	while (s->addr[i] && s->addr[i] != addr)
		i = (i + 1) & (s->size - 1);
	return i;
}

static void seen_grow(struct seen *s)
{
	struct seen old = *s;

	s->size = old.size ? 2 * old.size : 64;
	s->addr = arena_array(&s->arena, uint64_t, s->size);
	s->at = arena_array(&s->arena, uint32_t, s->size);
	for (size_t i = 0; i < old.size; i++) {
		if (!old.addr[i])
			continue;
		size_t slot = slot_of(s, old.addr[i]);

		s->addr[slot] = old.addr[i];
		s->at[slot] = old.at[i];
	}
}

/* false: it was there, as *ret_at. */
static bool seen_add(struct seen *s, uint64_t addr, uint32_t *ret_at)
{
	if (2 * (s->n + 1) > s->size)
		seen_grow(s);
	size_t slot = slot_of(s, addr);

	*ret_at = s->at[slot];
	if (s->addr[slot])
		return false;
	s->addr[slot] = addr;
	s->at[slot] = (uint32_t)s->n++;
	return true;
}

/* ---- one node ---- */

static struct value pointer_to(
	struct walker *k, const struct type *pointer, uint64_t addr)
{
	struct value v =
		value_of_int(pointer, (int64_t)addr, k->w->env->values->arena);

	v.not_lvalue = true;
	return v;
}

/* The variable: the node, or what it is the link of. */
static struct view_names bind(struct walker *k, uint64_t addr)
{
	return (struct view_names){
		.outer = k->w->outer,
		.name = k->c->var,
		.value =
			k->as ? pointer_to(k, k->as, addr - (uint64_t)k->offset)
			      : pointer_to(k, k->node, addr),
		.members = true,
	};
}

/* What an expression of a node leads to; next is the link's, not what the link
 * lies in. */
static enum err follow(
	struct walker *k, struct view_expr *x, uint64_t addr, uint64_t *ret)
{
	struct view_names element = bind(k, addr);
	struct view_names link = {
		.outer = &element,
		.value = pointer_to(k, k->node, addr),
		.members = true,
	};
	int64_t to;

	k->env.names = &link;
	enum err e = view_eval_int(&k->env, x, &to);
	k->env.names = k->w->outer;
	if (!e)
		*ret = (uint64_t)to;
	return e;
}

static enum err condition(struct walker *k, struct view_expr *x,
	const struct view_names *names, bool otherwise, bool *ret)
{
	struct value v;

	*ret = otherwise;
	if (!x->text)
		return OK;
	k->env.names = names;
	enum err e = view_eval(&k->env, x, &v);
	k->env.names = k->w->outer;
	return e ? e : value_true(&v, k->w->env->values, ret);
}

static bool is_end(const struct walker *k, uint64_t addr)
{
	return !addr || (k->has_nil && addr == k->nil) ||
	       (k->has_head && addr == k->head);
}

/* ---- what is shown of it ---- */

static struct shown failed(struct value_ctx *values)
{
	return (struct shown){
		.kind = SHOWN_NOT,
		.why = arena_strdup(values->arena, err_msg()),
	};
}

/* One expression: what cannot be computed says so in its place. */
static enum err show_item(
	struct clause_item *item, struct view_env *env, struct shown *ret)
{
	enum err e;

	*ret = (struct shown){ .kind = SHOWN_VALUE };
	e = view_eval(env, &item->expr, &ret->value);
	if (e == ERR_INTERRUPTED || e == ERR_SYNTAX || e == ERR_NOTFOUND ||
		e == ERR_TYPE)
		return e;
	if (e)
		*ret = failed(env->env.values);
	return OK;
}

enum err walk_body(
	const struct clause_body *body, struct view_env *env, struct shown *ret)
{
	if (body->n == 1 && !body->item[0].label)
		return show_item(&body->item[0], env, ret);
	*ret = (struct shown){ .kind = SHOWN_RECORD, .n = body->n };
	ret->item = arena_array(env->env.values->arena, struct shown, body->n);
	for (size_t i = 0; i < body->n; i++) {
		const char *label = body->item[i].label;

		TRY(show_item(&body->item[i], env, &ret->item[i]));
		ret->item[i].label = label ? label : body->item[i].expr.text;
	}
	return OK;
}

/* Without expressions: what a pointer to a node points to. */
static enum err show_node(
	struct walker *k, const struct view_names *names, struct shown *ret)
{
	const struct value *v = &names->value;

	*ret = (struct shown){ .kind = SHOWN_VALUE, .value = *v };
	if (k->c->kind == CLAUSE_ARRAY)
		return OK;
	return value_deref(v, k->w->env->values, &ret->value);
}

static enum err emit(struct walker *k, const struct view_names *names,
	bool has_address, uint64_t addr)
{
	struct value_ctx *values = k->w->env->values;
	struct shown one, *list = k->list;
	enum err e;

	if (k->c->inner)
		return run(k->w, names, k->c->inner, list, k->cap, &k->full);
	if (k->w->limit && list->n >= k->w->limit) {
		k->full = true;
		return OK;
	}
	k->env.names = names;
	e = k->w->body->n ? walk_body(k->w->body, &k->env, &one)
			  : show_node(k, names, &one);
	k->env.names = k->w->outer;
	TRY(e);
	one.has_address = has_address;
	one.address = addr;
	list->item = arena_grow(values->arena, list->item, list->n, k->cap,
		sizeof(*list->item));
	list->item[list->n++] = one;
	return OK;
}

/* *ret_stop: the walk is over. */
static enum err visit(struct walker *k, const struct view_names *names,
	bool has_address, uint64_t addr, bool *ret_stop)
{
	const volatile int *interrupted =
		k->w->env->values->mem ? k->w->env->values->mem->interrupted
				       : NULL;
	bool shown;

	if (interrupted && *interrupted)
		return err_set(ERR_INTERRUPTED, "Interrupted.");
	if (!*k->w->left) {
		k->why = "more nodes than are looked at for one value";
		*ret_stop = true;
		return OK;
	}
	--*k->w->left;
	TRY(condition(k, &k->c->until, names, false, ret_stop));
	if (*ret_stop)
		return OK;
	TRY(condition(k, &k->c->where, names, true, &shown));
	if (shown)
		TRY(emit(k, names, has_address, addr));
	*ret_stop = k->full;
	return OK;
}

static enum err visit_node(struct walker *k, uint64_t addr, bool *ret_stop)
{
	struct view_names names = bind(k, addr);
	struct value node = value_at(type_target(k->node), addr);

	TRY(value_probe(&node, k->w->env->values));
	return visit(k, &names, true, k->as ? addr - (uint64_t)k->offset : addr,
		ret_stop);
}

/* A node that comes again; the first one of a list closes a ring. */
static const char *again(struct walker *k, uint64_t addr, uint32_t at)
{
	return arena_printf(k->w->env->values->arena,
		"a cycle: it comes back to node %" PRIu32 ", 0x%" PRIx64, at,
		addr);
}

static const char *broken(struct walker *k, uint64_t addr)
{
	return arena_printf(k->w->env->values->arena,
		"broken at the node 0x%" PRIx64 ": %s", addr, err_msg());
}

/* What is wrong with one node ends its list; what is wrong with the
 * expressions is wrong for all of them. */
static bool ends_walk(enum err e, size_t nodes)
{
	if (e == ERR_FAULT || e == ERR_ABSENT)
		return nodes > 0;
	return false;
}

/* ---- lists ---- */

static enum err walk_list(struct walker *k, uint64_t addr)
{
	uint64_t first = addr;
	bool stop = false;
	uint32_t at;

	while (!is_end(k, addr)) {
		if (!seen_add(&k->seen, addr, &at)) {
			if (addr != first)
				k->why = again(k, addr, at);
			return OK;
		}
		enum err e = visit_node(k, addr, &stop);
		if (!e && !stop)
			e = follow(k, &k->c->next, addr, &addr);
		if (ends_walk(e, k->seen.n)) {
			k->why = broken(k, addr);
			return OK;
		}
		TRY(e);
		if (stop)
			return OK;
	}
	if (k->is_ring && addr != k->head)
		k->why = "NULL, and not the head again: if this structure is "
			 "the first node, put a & before it";
	return OK;
}

/* ---- trees ---- */

struct stack {
	uint64_t *addr;
	size_t n, cap;
};

/* The node and all that is left of it. */
static enum err push_left(struct walker *k, struct stack *s, uint64_t addr)
{
	uint32_t at;

	while (!is_end(k, addr)) {
		if (!seen_add(&k->seen, addr, &at)) {
			k->why = again(k, addr, at);
			return OK;
		}
		if (k->seen.n > MAX_WALK_NODES) {
			k->why = "more nodes than are walked";
			return OK;
		}
		s->addr = arena_grow(&k->seen.arena, s->addr, s->n, &s->cap,
			sizeof(*s->addr));
		s->addr[s->n++] = addr;
		enum err e = follow(k, &k->c->left, addr, &addr);
		if (ends_walk(e, k->seen.n)) {
			/* The rest of the tree may be sound. */
			k->why = broken(k, addr);
			s->n--;
			return OK;
		}
		TRY(e);
	}
	return OK;
}

static enum err walk_tree(struct walker *k, uint64_t root)
{
	struct stack s = { 0 };
	bool stop = false;

	TRY(push_left(k, &s, root));
	while (s.n && !stop) {
		uint64_t addr = s.addr[--s.n];

		enum err e = visit_node(k, addr, &stop);
		if (!e && stop)
			return OK;
		if (!e)
			e = follow(k, &k->c->right, addr, &addr);
		if (ends_walk(e, k->seen.n)) {
			k->why = broken(k, addr);
			continue;
		}
		TRY(e);
		TRY(push_left(k, &s, addr));
	}
	return OK;
}

/* ---- arrays ---- */

static enum err array_count(
	struct walker *k, const struct type *t, int64_t *ret)
{
	if (k->c->count.text)
		return view_eval_int(&k->env, &k->c->count, ret);
	if (t->kind != TYPE_ARRAY || !t->has_count)
		return err_set(ERR_TYPE,
			"`%s' is no array of a known length: `count N', `by "
			"NEXT' or `tree LEFT RIGHT' says how it goes on.",
			k->c->from.text);
	*ret = (int64_t)t->count;
	return OK;
}

static enum err walk_array(struct walker *k, const struct value *from)
{
	const struct type *t = type_strip(from->type);
	struct value_ctx *values = k->w->env->values;
	int64_t count, lower = t->kind == TYPE_ARRAY ? t->lower : 0;
	bool stop = false;

	if (t->kind != TYPE_ARRAY && t->kind != TYPE_POINTER)
		return err_set(ERR_TYPE,
			"`%s' is neither an array nor a pointer.",
			k->c->from.text);
	TRY(array_count(k, t, &count));
	if (count < 0)
		k->why = arena_printf(values->arena,
			"nothing: a count of %" PRId64 " is none", count);
	if (count > 0 && t->kind == TYPE_POINTER) {
		struct value first;

		TRY(value_index(from, 0, values, &first));
		TRY(value_probe(&first, values));
	}
	for (int64_t i = 0; i < count && !stop; i++) {
		struct view_names names = {
			.outer = k->w->outer,
			.name = k->c->var,
			.members = true,
		};

		TRY(value_index(from, lower + i, values, &names.value));
		uint64_t addr =
			names.value.loc.addr + (uint64_t)names.value.loc.offset;
		enum err e = visit(k, &names, names.value.loc.kind == LOC_ADDR,
			addr, &stop);
		if (ends_walk(e, (size_t)i)) {
			k->why = broken(k, addr);
			return OK;
		}
		TRY(e);
	}
	return OK;
}

/* ---- where it begins ---- */

/* The pointer type that nodes are reached by, of a member's value. */
static enum err node_type(
	struct walker *k, const struct type *t, const char *text)
{
	const struct type *target;

	t = type_strip(t);
	target = t->kind == TYPE_POINTER ? type_strip(type_target(t)) : NULL;
	if (target && target->kind != TYPE_VOID) {
		k->node = t;
		return OK;
	}
	return err_set(ERR_TYPE,
		"`%s' has the type %s, which is no pointer to a node: cast "
		"it.",
		text, type_name(t, k->w->env->values->arena));
}

/* A structure is the list's own head. */
static enum err begin_at_head(
	struct walker *k, const struct value *from, uint64_t *ret)
{
	struct view_names head = {
		.outer = k->w->outer,
		.name = k->c->var,
		.value = *from,
		.members = true,
	};
	struct value_ctx *values = k->w->env->values;
	struct value address, first;
	int64_t n;

	TRY(value_address(from, values, &address));
	TRY(value_int(&address, values, &n));
	k->has_head = true;
	k->head = (uint64_t)n;
	k->env.names = &head;
	enum err e = view_eval(&k->env, &k->c->next, &first);
	k->env.names = k->w->outer;
	k->c->next.tree = NULL; /* the head's names were no node's */
	TRY(e);
	TRY(node_type(k, first.type, k->c->next.text));
	TRY(value_int(&first, values, &n));
	*ret = (uint64_t)n;
	k->is_ring = type_strip(type_target(k->node)) == type_strip(from->type);
	return OK;
}

static enum err begin(struct walker *k, const struct value *from, uint64_t *ret)
{
	const struct type *t = type_strip(from->type);
	int64_t n;

	if (type_is_record(t) && k->c->kind == CLAUSE_LIST)
		return begin_at_head(k, from, ret);
	TRY(node_type(k, t, k->c->from.text));
	TRY(value_int(from, k->w->env->values, &n));
	*ret = (uint64_t)n;
	return OK;
}

/* "room" where only a struct is called so is that struct. */
static enum err as_type(struct walker *k, const char *name,
	const char **ret_name, const struct type **ret)
{
	static const char *const tags[] = { "", "struct ", "union ", "class " };
	struct arena *arena = k->w->env->values->arena;
	struct value v;

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		const char *full = arena_printf(arena, "%s%s", tags[i], name);
		struct view_expr type = {
			.text = arena_printf(arena, "(%s *)0", full),
		};

		if (view_eval(&k->env, &type, &v))
			continue;
		*ret_name = full;
		*ret = v.type;
		return OK;
	}
	return err_set(ERR_NOTFOUND, "There is no type named %s.", name);
}

/* as TYPE.MEMBER: how far the link is in the structure. */
static enum err begin_as(struct walker *k)
{
	struct arena *arena = k->w->env->values->arena;
	const char *as = k->c->as, *dot;

	if (!as)
		return OK;
	dot = strchr(as, '.');
	const char *name = clause_trim(as, dot, arena);
	TRY(as_type(k, name, &name, &k->as));
	struct view_expr place = {
		.text = arena_printf(
			arena, "(long)&((%s *)0)->%s", name, dot + 1),
	};
	return view_eval_int(&k->env, &place, &k->offset);
}

static enum err start(struct walker *k)
{
	struct value from;
	uint64_t addr = 0;
	int64_t nil;

	k->env.names = k->w->outer;
	TRY(view_eval(&k->env, &k->c->from, &from));
	if (k->c->kind == CLAUSE_ARRAY)
		return walk_array(k, &from);
	TRY(begin_as(k));
	if (k->c->nil.text) {
		TRY(view_eval_int(&k->env, &k->c->nil, &nil));
		k->nil = (uint64_t)nil;
		k->has_nil = true;
	}
	TRY(begin(k, &from, &addr));
	return k->c->kind == CLAUSE_LIST ? walk_list(k, addr)
					 : walk_tree(k, addr);
}

static enum err run(struct walk *w, const struct view_names *outer,
	struct clause *c, struct shown *list, size_t *cap, bool *ret_full)
{
	struct walk inside = *w;
	struct walker k = {
		.w = &inside,
		.c = c,
		.list = list,
		.cap = cap,
	};

	inside.outer = outer;
	view_env_init(&k.env, w->env);
	enum err e = start(&k);
	arena_clear(&k.seen.arena);
	TRY(e);
	*ret_full = k.full;
	if (k.why && !list->why)
		list->why = k.why;
	return OK;
}

enum err walk_run(struct walk *w, struct shown *ret)
{
	struct shown list = { .kind = SHOWN_LIST };
	bool full = false;
	size_t cap = 0;

	TRY(run(w, w->outer, w->clause, &list, &cap, &full));
	if (full) {
		list.more = true;
		list.why = arena_printf(w->env->values->arena,
			"more than the limit of %u elements", w->limit);
	}
	*ret = list;
	return OK;
}
