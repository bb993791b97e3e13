/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading and choosing.  A line is an expression, `LABEL = EXPR`, or a walk;
 * the names in it are the members of the value first (names.c).  The newest
 * view of a type whose condition holds is taken, that of a typedef before that
 * of what it stands for.
 */
#include "inspect/view/view.h"

#include "inspect/base/buf.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

/* ---- reading ---- */

struct reader {
	struct arena *arena;
	const char *file, *s;
	unsigned line; /* of s */
	struct view *view, *all;
};

static enum err bad(const struct reader *r, const char *what)
{
	return err_set(ERR_SYNTAX, "%s:%u: %s", r->file, r->line, what);
}

static bool begins_with_word(const char *s, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(s, word, n) && clause_word_end(s) == s + n;
}

/* The next line without blanks and comments; one that ends in a comma, a
 * colon or a backslash goes on in the next.  NULL: the text is over. */
static const char *next_line(struct reader *r)
{
	struct buf b = { .arena = r->arena };

	while (*r->s) {
		size_t n = strcspn(r->s, "\n");
		const char *line = clause_trim(r->s, r->s + n, r->arena);

		r->s += n + (r->s[n] == '\n');
		r->line++;
		n = strlen(line);
		if (line[0] == '#' || !n)
			continue;
		bool more = strchr(",:\\", line[n - 1]) != NULL;
		buf_add(&b, line, n - (line[n - 1] == '\\'));
		if (!more)
			return buf_str(&b);
		buf_putc(&b, ' ');
	}
	return b.n ? buf_str(&b) : NULL;
}

static enum err parse_type(struct reader *r, const char *text)
{
	static const char *const tags[] = { "struct", "union", "class" };
	struct view *v = r->view;

	v->type = v->name = text;
	if (!*text)
		return bad(r, "`view' is followed by a type and `{'.");
	for (size_t i = 0; i < 3; i++)
		if (begins_with_word(text, tags[i])) {
			v->tag = tags[i];
			v->name = text + strlen(tags[i]);
			v->name += strspn(v->name, " \t");
		}
	return *v->name ? OK : bad(r, "the type has no name.");
}

/* Whether it can be read at all: mistakes are told when the file is loaded. */
static enum err check_each(struct reader *r, const char *text)
{
	struct clause_body body;
	struct clause *c;
	enum err e = clause_parse(text, false, r->arena, &c, &body);

	return e ? err_prefix(e, "%s:%u: ", r->file, r->line) : OK;
}

static enum err parse_content(struct reader *r, const char *text)
{
	struct view *v = r->view;
	const char *end = clause_word_end(text);
	const char *equals = end + strspn(end, " \t");
	struct view_line *line = &v->line[v->n];

	if (begins_with_word(text, "when")) {
		if (v->when || v->n)
			return bad(r, "`when' stands once, before all else.");
		v->when = text + strlen("when");
		return OK;
	}
	if (v->n == MAX_VIEW_ITEMS)
		return bad(r, "too many lines in one view.");
	*line = (struct view_line){ .text = text };
	if (end > text && !isdigit((unsigned char)*text) && *equals == '=' &&
		equals[1] != '=') {
		line->label =
			arena_strndup(r->arena, text, (size_t)(end - text));
		line->text =
			clause_trim(equals + 1, text + strlen(text), r->arena);
	}
	if (!*line->text)
		return bad(r, "an expression is missing after `='.");
	line->each = begins_with_word(line->text, "each");
	if (line->each) {
		line->text += strlen("each");
		TRY(check_each(r, line->text));
	}
	v->n++;
	return OK;
}

/* view TYPE {, or the whole of one in a line. */
static enum err parse_head(struct reader *r, const char *line)
{
	const char *open = strchr(line, '{');
	size_t n = strlen(line);

	if (!begins_with_word(line, "view"))
		return bad(r, "only `view TYPE {' can stand here: a file of "
			      "views holds declarations, no commands.");
	if (!open)
		return bad(r, "`{' is missing after the type.");
	r->view = arena_new(r->arena, struct view);
	r->view->file = r->file;
	r->view->at = r->line;
	TRY(parse_type(r, clause_trim(line + strlen("view"), open, r->arena)));
	const char *rest = clause_trim(open + 1, line + n, r->arena);
	if (!*rest)
		return OK;
	n = strlen(rest);
	if (rest[n - 1] != '}')
		return bad(r, "what is in a view begins on the next line.");
	return parse_content(r, clause_trim(rest, rest + n - 1, r->arena));
}

static enum err close_view(struct reader *r)
{
	if (!r->view->n)
		return bad(r, "the view shows nothing.");
	r->view->next = r->all;
	r->all = r->view;
	r->view = NULL;
	return OK;
}

enum err views_parse(struct views *views, const char *file, const char *text,
	struct arena *arena)
{
	struct reader r = {
		.arena = arena,
		.file = arena_strdup(arena, file),
		.s = text,
	};
	const char *line;

	while ((line = next_line(&r))) {
		if (r.view && !strcmp(line, "}")) {
			TRY(close_view(&r));
		} else if (r.view) {
			TRY(parse_content(&r, line));
		} else {
			TRY(parse_head(&r, line));
			if (r.view->n)
				TRY(close_view(&r));
		}
	}
	if (r.view)
		return bad(&r, "the view has no `}' on a line of its own.");
	while (r.all) {
		struct view *v = r.all;

		/* The last of the file comes first. */
		r.all = v->next;
		v->next = NULL;
		struct view **end = &r.view;
		while (*end)
			end = &(*end)->next;
		*end = v;
	}
	struct view **end = &r.view;
	while (*end)
		end = &(*end)->next;
	*end = views->first;
	views->first = r.view;
	return OK;
}

void views_forget(struct views *views, const char *file)
{
	for (struct view **v = &views->first; *v;)
		if (!strcmp((*v)->file, file))
			*v = (*v)->next;
		else
			v = &(*v)->next;
}

/* ---- choosing ---- */

static bool tag_is(const struct view *v, const struct type *t)
{
	if (!v->tag) /* a typedef, and C++'s names */
		return t->kind == TYPE_TYPEDEF ||
		       (type_is_record(t) && t->no_tag);
	return type_is_record(t) &&
	       (!strcmp(v->tag, "union")) == (t->kind == TYPE_UNION);
}

static bool is_of(const struct view *v, const struct type *t)
{
	if (!t->name || !tag_is(v, t))
		return false;
	return strpbrk(v->name, "*?") ? !fnmatch(v->name, t->name, 0)
				      : !strcmp(v->name, t->name);
}

static bool holds(const char *when, struct view_env *env)
{
	struct view_expr x = { .text = when };
	struct value v;
	bool is;

	return !when || (!view_eval(env, &x, &v) &&
				!value_true(&v, env->env.values, &is) && is);
}

static const struct view *find(const struct views *views,
	const struct type *type, struct view_env *env)
{
	const struct type *t = type_unqualified(type);

	for (unsigned depth = 0; depth < MAX_PRINT_DEPTH; depth++) {
		if (t->kind != TYPE_TYPEDEF)
			t = type_strip(t);
		for (const struct view *v = views->first; v; v = v->next)
			if (is_of(v, t) && holds(v->when, env))
				return v;
		if (t->kind != TYPE_TYPEDEF || !t->target)
			break;
		t = type_unqualified(t->target);
	}
	return NULL;
}

/* ---- showing ---- */

static struct shown not_shown(struct arena *arena)
{
	return (struct shown){
		.kind = SHOWN_NOT,
		.why = arena_strdup(arena, err_msg()),
	};
}

static struct shown show_line(const struct view_line *line,
	const struct view_ctx *ctx, struct view_env *env)
{
	struct arena *arena = env->env.values->arena;
	struct shown ret = { .kind = SHOWN_VALUE };

	if (line->each) {
		struct clause_body body;
		struct walk w = {
			.env = ctx->env,
			.outer = env->names,
			.body = &body,
			.limit = ctx->limit,
			.left = ctx->left,
		};

		if (clause_parse(line->text, false, arena, &w.clause, &body) ||
			walk_run(&w, &ret))
			return not_shown(arena);
		return ret;
	}
	struct view_expr x = { .text = line->text };
	if (view_eval(env, &x, &ret.value))
		return not_shown(arena);
	return ret;
}

bool views_show(const struct views *views, const struct view_ctx *ctx,
	const struct value *v, struct shown *ret)
{
	struct view_names self = {
		.name = "this",
		.value = *v,
		.members = true,
	};
	struct view_env env;

	view_env_init(&env, ctx->env);
	env.names = &self;
	const struct view *view = find(views, v->type, &env);
	if (!view)
		return false;
	if (view->n == 1 && !view->line[0].label) {
		*ret = show_line(&view->line[0], ctx, &env);
		return true;
	}
	*ret = (struct shown){ .kind = SHOWN_RECORD, .n = view->n };
	ret->item = arena_array(env.env.values->arena, struct shown, view->n);
	for (size_t i = 0; i < view->n; i++) {
		const struct view_line *line = &view->line[i];

		ret->item[i] = show_line(line, ctx, &env);
		ret->item[i].label = line->label  ? line->label
				     : line->each ? "each"
						  : line->text;
	}
	return true;
}
