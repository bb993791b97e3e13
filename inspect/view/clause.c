/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Expressions are not parsed here, only told apart from the words between
 * them.  In C no name follows an operand, so a word counts where an operand
 * has just ended and nowhere else: `count` in "n->count count 3" is a member
 * first, a word then.  The exceptions are the words that types begin with.
 */
#include "inspect/view/clause.h"

#include "inspect/base/limits.h"

#include <ctype.h>
#include <string.h>

enum word { BY, COUNT, TREE, AS, NIL, WHERE, UNTIL, EACH, COLON, END };

static const char *const words[] = { "by", "count", "tree", "as", "nil",
	"where", "until", "each" };

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

const char *clause_word_end(const char *s)
{
	while (name_char(*s))
		s++;
	return s;
}

char *clause_trim(const char *a, const char *b, struct arena *arena)
{
	while (a < b && isspace((unsigned char)*a))
		a++;
	while (b > a && isspace((unsigned char)b[-1]))
		b--;
	return arena_strndup(arena, a, (size_t)(b - a));
}

/* Behind the string or character constant at s. */
static const char *skip_quotes(const char *s)
{
	char quote = *s++;

	for (; *s && *s != quote; s++)
		if (*s == '\\' && s[1])
			s++;
	return *s ? s + 1 : s;
}

/* Words after which another belongs to the expression. */
static bool goes_on(const char *start, const char *end)
{
	static const char *const heads[] = { "struct", "union", "enum", "class",
		"unsigned", "signed", "long", "const", "volatile", "sizeof" };
	const char *s = end;

	while (s > start && name_char(s[-1]))
		s--;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (strlen(heads[i]) == (size_t)(end - s) &&
			!strncmp(heads[i], s, (size_t)(end - s)))
			return true;
	return false;
}

static enum word word_at(const char *s)
{
	size_t n = (size_t)(clause_word_end(s) - s);

	for (enum word w = BY; w < COLON; w++)
		if (strlen(words[w]) == n && !strncmp(words[w], s, n))
			return w;
	return END;
}

/* Where the expression at s ends, and with what. */
static const char *expr_end(const char *s, enum word *ret)
{
	const char *start = s, *operand = NULL; /* its end, if it has ended */
	unsigned open = 0, questions = 0;

	while (*s) {
		if (isspace((unsigned char)*s)) {
			s++;
		} else if (*s == '"' || *s == '\'') {
			operand = s = skip_quotes(s);
		} else if (name_char(*s)) {
			const char *end = clause_word_end(s);

			*ret = word_at(s);
			if (!open && operand && *ret != END && s > operand &&
				!goes_on(start, operand))
				return s;
			operand = s = end;
		} else if (!open && !strncmp(s, "::", 2)) {
			operand = NULL;
			s += 2;
		} else if (!open && *s == ':' && !questions) {
			*ret = COLON;
			return s;
		} else {
			open += *s && strchr("([{", *s) != NULL;
			open -= open && strchr(")]}", *s);
			questions += !open && *s == '?';
			questions -= !open && *s == ':';
			s++;
			operand = strchr(")]}", s[-1]) ? s : NULL;
		}
	}
	*ret = END;
	return s;
}

/* ---- what is shown ---- */

static const char *item_end(const char *s)
{
	unsigned open = 0;

	while (*s && (open || *s != ',')) {
		if (*s == '"' || *s == '\'') {
			s = skip_quotes(s);
			continue;
		}
		open += strchr("([{", *s) != NULL;
		open -= open && strchr(")]}", *s);
		s++;
	}
	return s;
}

static void parse_item(
	const char *text, struct arena *arena, struct clause_item *ret)
{
	const char *end = clause_word_end(text);
	const char *equals = end + strspn(end, " \t");

	*ret = (struct clause_item){ .expr.text = text };
	if (end == text || isdigit((unsigned char)*text) || *equals != '=' ||
		equals[1] == '=')
		return;
	ret->label = arena_strndup(arena, text, (size_t)(end - text));
	ret->expr.text = clause_trim(equals + 1, text + strlen(text), arena);
}

enum err clause_parse_body(
	const char *text, struct arena *arena, struct clause_body *ret)
{
	size_t cap = 0;

	*ret = (struct clause_body){ 0 };
	for (const char *s = text;; s++) {
		const char *end = item_end(s);
		const char *one = clause_trim(s, end, arena);

		if (!*one)
			return err_set(ERR_SYNTAX,
				"An expression is missing at column %zu of "
				"`%s'.",
				(size_t)(s - text) + 1, text);
		if (ret->n == MAX_VIEW_ITEMS)
			return err_set(ERR_LIMIT,
				"More than %d expressions for one element.",
				MAX_VIEW_ITEMS);
		ret->item = arena_grow(
			arena, ret->item, ret->n, &cap, sizeof(*ret->item));
		parse_item(one, arena, &ret->item[ret->n++]);
		s = end;
		if (!*s)
			return OK;
	}
}

/* ---- the walk ---- */

struct clauses {
	struct arena *arena;
	const char *text, *s;
	enum word word; /* at s */
	unsigned depth;
};

/* Only on whole names: node->next, a[3].x. */
static enum err take(struct clauses *c, struct view_expr *ret, const char *what)
{
	const char *end = expr_end(c->s, &c->word);

	ret->text = clause_trim(c->s, end, c->arena);
	c->s = end;
	if (*ret->text)
		return OK;
	return err_set(ERR_SYNTAX, "%s is missing at column %zu of `%s'.", what,
		(size_t)(end - c->text) + 1, c->text);
}

/* "tree left right": two expressions with a blank between them. */
static enum err split_tree(struct clauses *c, struct clause *one)
{
	struct view_expr both;

	TRY(take(c, &both, "LEFT"));
	const char *s = both.text, *operand = NULL;
	unsigned open = 0;

	for (; *s; s++) {
		if (!open && operand && operand < s && name_char(*s))
			break;
		open += strchr("([", *s) != NULL;
		open -= open && strchr(")]", *s);
		if (name_char(*s) || strchr(")]", *s))
			operand = s + 1;
		else if (!isspace((unsigned char)*s))
			operand = NULL;
	}
	one->left.text = clause_trim(both.text, s, c->arena);
	one->right.text = clause_trim(s, s + strlen(s), c->arena);
	if (*one->left.text && *one->right.text)
		return OK;
	return err_set(ERR_SYNTAX,
		"`tree' needs two members: `tree left right', not `%s'.",
		both.text);
}

static enum err parse_word(struct clauses *c, struct clause *one)
{
	enum word w = c->word;

	c->s += strlen(words[w]);
	switch (w) {
	case BY:
		one->kind = CLAUSE_LIST;
		return take(c, &one->next, "NEXT");
	case COUNT:
		return take(c, &one->count, "The number of elements");
	case TREE:
		one->kind = CLAUSE_TREE;
		return split_tree(c, one);
	case NIL:
		return take(c, &one->nil, "An address");
	case WHERE:
		return take(c, &one->where, "A condition");
	case UNTIL:
		return take(c, &one->until, "A condition");
	default: { /* AS */
		struct view_expr as;

		TRY(take(c, &as, "TYPE.MEMBER"));
		one->as = as.text;
		if (strchr(as.text, '.'))
			return OK;
		return err_set(ERR_SYNTAX,
			"`as' needs TYPE.MEMBER, the member that links the "
			"structures, not `%s'.",
			as.text);
	}
	}
}

/* "VAR in" at the start; the walk command may leave it out. */
static enum err parse_var(struct clauses *c, bool optional, struct clause *one)
{
	const char *s = c->s + strspn(c->s, " \t\n");
	const char *end = clause_word_end(s);
	const char *in = end + strspn(end, " \t\n");

	one->var = "node";
	if (end > s && in > end && !strncmp(in, "in", 2) &&
		isspace((unsigned char)in[2])) {
		one->var = arena_strndup(c->arena, s, (size_t)(end - s));
		c->s = in + 2;
		return OK;
	}
	if (optional)
		return OK;
	return err_set(ERR_SYNTAX,
		"`each' is followed by `NAME in LIST', at column %zu of `%s'.",
		(size_t)(s - c->text) + 1, c->text);
}

/* "LIST next": the last word is the member; one word is an array. */
static void split_short(struct clauses *c, struct clause *one)
{
	const char *text = one->from.text, *s = text + strlen(text);

	while (s > text && !isspace((unsigned char)s[-1]))
		s--;
	if (s == text)
		return; /* an array */
	one->next.text = arena_strdup(c->arena, s);
	one->from.text = clause_trim(text, s, c->arena);
	one->kind = CLAUSE_LIST;
}

static enum err parse_clause(
	struct clauses *c, bool short_form, struct clause **ret)
{
	struct clause *one = arena_new(c->arena, struct clause);

	if (++c->depth > MAX_WALK_NESTING)
		return err_set(ERR_LIMIT, "More than %d walks in each other.",
			MAX_WALK_NESTING);
	*ret = one;
	TRY(parse_var(c, short_form, one));
	TRY(take(c, &one->from, "The list"));
	if (short_form && c->word != BY && c->word != COUNT && c->word != TREE)
		split_short(c, one);
	while (c->word < EACH)
		TRY(parse_word(c, one));
	if (c->word == EACH) {
		c->s += strlen(words[EACH]);
		return parse_clause(c, false, &one->inner);
	}
	return OK;
}

/* Among others r->name is called name. */
static void shorten(const struct clause *c, struct clause_item *item)
{
	const char *text = item->expr.text;

	while (c->inner)
		c = c->inner;
	size_t n = strlen(c->var);
	if (item->label || strncmp(text, c->var, n))
		return;
	if (!strncmp(text + n, "->", 2))
		item->label = text + n + 2;
	else if (text[n] == '.')
		item->label = text + n + 1;
}

enum err clause_parse(const char *text, bool short_form, struct arena *arena,
	struct clause **ret, struct clause_body *ret_body)
{
	struct clauses c = { .arena = arena, .text = text, .s = text };

	*ret_body = (struct clause_body){ 0 };
	TRY(parse_clause(&c, short_form, ret));
	if (c.word != COLON)
		return OK;
	TRY(clause_parse_body(c.s + 1, arena, ret_body));
	for (size_t i = 0; ret_body->n > 1 && i < ret_body->n; i++)
		shorten(*ret, &ret_body->item[i]);
	return OK;
}
