/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trees, shown as Lisp would write them: precedence, casts and multiplications
 * told apart, type names, refusals, bounds.
 */
#include "inspect/lang/parse.h"
#include "tests/lib/fake.h"
#include "tests/lib/tap.h"

#include <stdlib.h>

static const struct type *the_type(
	struct eval_env *env, const char *tag, const char *name)
{
	(void)env;
	if (tag && !strcmp(name, "foo"))
		return t_struct("foo", 4, M("a", t_int, 0));
	if (!tag && (!strcmp(name, "T") || !strcmp(name, "hidden")))
		return t_typedef(name, t_int);
	return NULL;
}

static enum err the_name(struct eval_env *env, const char *where,
	const char *name, struct value *ret)
{
	(void)env;
	(void)where;
	if (!strcmp(name, "nosuch") || !strcmp(name, "T") ||
		!strcmp(name, "bool"))
		return err_set(ERR_NOTFOUND,
			"No symbol \"%s\" in current context.", name);
	*ret = value_of_int(t_int, 0, &fake_arena);
	return OK;
}

static struct eval_env env = {
	.values = &fake_values,
	.type = the_type,
	.name = the_name,
};

static void show(const struct node *n, struct buf *b);

static void show_list(const char *head, const struct node *n, struct buf *b)
{
	const struct node *parts[] = { n->a, n->b, n->c };

	buf_printf(b, "(%s", head);
	if (n->type)
		buf_printf(b, " <%s>", type_name(n->type, &fake_arena));
	for (int i = 0; i < 3 && parts[i]; i++) {
		buf_putc(b, ' ');
		show(parts[i], b);
	}
	if (n->kind == NODE_MEMBER || n->kind == NODE_ARROW)
		buf_printf(b, " %s", n->text);
	buf_putc(b, ')');
}

static void show(const struct node *n, struct buf *b)
{
	static const char *const heads[] = { [NODE_COND] = "?",
		[NODE_CAST] = "cast",
		[NODE_AT] = "at",
		[NODE_SIZEOF] = "sizeof",
		[NODE_ALIGNOF] = "alignof",
		[NODE_MEMBER] = ".",
		[NODE_ARROW] = "->",
		[NODE_INDEX] = "[]",
		[NODE_SLICE] = ".." };

	switch (n->kind) {
	case NODE_INT:
		buf_printf(b, "%lld", (long long)n->number);
		break;
	case NODE_REAL:
		buf_printf(b, "%Lg", n->real);
		break;
	case NODE_STRING:
		buf_printf(b, "\"%s\"", (const char *)n->bytes);
		break;
	case NODE_NAME:
		buf_printf(b, "%s%s%s", n->where ? n->where : "",
			n->where ? "::" : "", n->text);
		break;
	case NODE_DOLLAR:
		buf_printf(b, "$%s", n->text);
		break;
	case NODE_TYPE:
		buf_printf(b, "<%s>", type_name(n->type, &fake_arena));
		break;
	case NODE_UNARY:
	case NODE_BINARY:
		show_list(n->text, n, b);
		break;
	default:
		show_list(heads[n->kind], n, b);
	}
}

static const char *tree(const char *text)
{
	struct buf b = { .arena = &fake_arena };
	struct node *n;

	if (parse(&env, text, &n))
		return err_msg();
	show(n, &b);
	return buf_str(&b);
}

static void is(const char *text, const char *want)
{
	is_str(tree(text), want, text);
}

static void test_precedence(void)
{
	is("1+2*3", "(+ 1 (* 2 3))");
	is("1-2-3", "(- (- 1 2) 3)");
	is("a|b^c&d==e<f<<g+h*i",
		"(| a (^ b (& c (== d (< e (<< f (+ g (* h i))))))))");
	is("a||b&&c|d", "(|| a (&& b (| c d)))");
	is("a?b:c?d:e", "(? a b (? c d e))");
	is("a,b,c", "(, (, a b) c)");
	is("*a->b[3].c", "(* (. ([] (-> a b) 3) c))");
	is("-a.b", "(- (. a b))");
	is("&*p", "(& (* p))");
	is("!~-+a", "(! (~ (- (+ a))))");
	is("*p@3", "(@ (* p) 3)");
	is("a+1@2<<3", "(<< (@ (+ a 1) 2) 3)");
	is("a[1..3]", "(.. a 1 3)");
	is("((a))", "a");
	is("\"a\" \"b\"", "\"ab\"");
	is("$1+$$+$rip", "(+ (+ $1 $$) $rip)");
	is("f::x", "f::x");
	is("rooms.c::x.y", "(. rooms.c::x y)");
	is("'my file.c'::x", "my file.c::x");
	is("::g", "::g");
}

static void test_types(void)
{
	is("(T)a", "(cast <T> a)");
	is("(T)-1", "(cast <T> (- 1))");
	is("(a)-1", "(- a 1)");
	is("(T)*p", "(cast <T> (* p))");
	is("(a)*p", "(* a p)");
	is("(hidden)-1", "(- hidden 1)");
	is("(struct foo *)p", "(cast <struct foo *> p)");
	is("(unsigned long int)p", "(cast <unsigned long> p)");
	is("(char[16])x", "(cast <char [16]> x)");
	is("(int (*)(char, ...))p", "(cast <int (*)(char, ...)> p)");
	is("(int (*(*)[3])(void))p", "(cast <int (*(*)[3])(void)> p)");
	is("(const char *const)p", "(cast <const char * const> p)");
	is("(char const *)p", "(cast <const char *> p)");
	is("sizeof(int)", "(sizeof <int>)");
	is("sizeof (T)+1", "(+ (sizeof <T>) 1)");
	is("sizeof(a)+1", "(+ (sizeof a) 1)");
	is("sizeof a->b", "(sizeof (-> a b))");
	is("_Alignof(long)", "(alignof <long>)");
	is("{int} p", "(at <int> p)");
	is("(T)(T)a", "(cast <T> (cast <T> a))");
	is("struct foo *", "<struct foo *>");
	is("unsigned", "<unsigned int>");
	is("(T)", "<T>");
	is("(struct nosuch *)p", "No struct type named nosuch.");
	is("(nosuch)1", "No symbol \"nosuch\" in current context.");
	is("(nosuch)", "nosuch");
}

static void begins(const char *text, enum err code, const char *want)
{
	struct node *n;
	size_t len = strlen(want);

	is_int(parse(&env, text, &n), code, text);
	is_str(arena_strndup(&fake_arena, err_msg(), len), want, want);
}

static void test_errors(void)
{
	begins("a->]", ERR_SYNTAX,
		"A syntax error in expression, near `]': the name of a member "
		"was expected at column 4.");
	begins("1+", ERR_SYNTAX,
		"A syntax error in expression: it ends at column 3, where a "
		"value was expected.");
	begins("(1", ERR_SYNTAX,
		"A syntax error in expression: it ends at column 3, where `)' "
		"was expected.");
	begins("1 2", ERR_SYNTAX,
		"A syntax error in expression, near `2': an operator or the "
		"end was expected at column 3.");
	begins("", ERR_SYNTAX,
		"A syntax error in expression: it ends at column 1,");
	begins("sizeof int", ERR_SYNTAX,
		"A syntax error in expression, near `int': a type in "
		"parentheses was expected at column 8.");
	begins("(unsigned float)1", ERR_SYNTAX,
		"A syntax error in expression, near `unsigned float)1': a "
		"type that exists was expected at column 2.");
	begins("a = 3", ERR_UNSUPPORTED,
		"Cannot do `=' at column 3: a core is not changed.");
	begins("a <<= 3", ERR_UNSUPPORTED, "Cannot do `<<=' at column 3");
	begins("a++", ERR_UNSUPPORTED, "Cannot do `++' at column 2");
	begins("--a", ERR_UNSUPPORTED, "Cannot do `--' at column 1");
	begins("f(1,2)", ERR_UNSUPPORTED,
		"Cannot call a function at column 2: a core does not run.");
}

static void repeat(const char *s, size_t n, const char *tail, enum err want,
	const char *name)
{
	struct buf b = { .arena = &fake_arena };
	struct node *node;

	while (n--)
		buf_puts(&b, s);
	buf_puts(&b, tail);
	is_int(parse(&env, buf_str(&b), &node), want, name);
}

static void test_bounds(void)
{
	repeat("(", 10000, "1", ERR_LIMIT, "parentheses without end");
	repeat("- ", 10000, "1", ERR_LIMIT, "signs without end");
	repeat("a?", 10000, "b", ERR_LIMIT, "conditions without end");
	repeat("a->", 10000, "b", ERR_LIMIT, "a chain without end");
	repeat("1+", 10000, "1", ERR_LIMIT, "a sum without end");
	repeat("sizeof ", 5000, "1", ERR_LIMIT, "sizeof without end");
	repeat("1", 70000, "", ERR_LIMIT, "a text without end");
	repeat("(int ", 1, "(*(*(*(*(*))))))p", OK, "a nested declarator");
	repeat("(int ", 1, "((((((((((((((((((((p", ERR_SYNTAX,
		"an unfinished one");
	repeat("1+", 500, "1", OK, "a long sum");
}

int main(void)
{
	fake_init();
	test_precedence();
	test_types();
	test_errors();
	test_bounds();
	arena_clear(&fake_arena);
	return tap_done();
}
