/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Macros in expressions: C11 6.10.3, its examples, and what never ends. */
#include "inspect/lang/macro.h"
#include "tests/lib/fake.h"
#include "tests/lib/tap.h"

#include <string.h>

static const char *const definitions[] = {
	"N 5",
	"EMPTY ",
	"MAX(a,b) ((a) > (b) ? (a) : (b))",
	"STR(x) #x",
	"XSTR(x) STR(x)",
	"CAT(a,b) a ## b",
	"SELF SELF + 1",
	"A B",
	"B A",
	"CALL(f, ...) f(__VA_ARGS__)",
	"NAMED(args...) 0 + sum(args)",
	"NONE() 7",
	"BIG BIG1 BIG1 BIG1 BIG1 BIG1 BIG1 BIG1 BIG1",
	"BIG1 BIG2 BIG2 BIG2 BIG2 BIG2 BIG2 BIG2 BIG2",
	"BIG2 BIG3 BIG3 BIG3 BIG3 BIG3 BIG3 BIG3 BIG3",
	"BIG3 BIG4 BIG4 BIG4 BIG4 BIG4 BIG4 BIG4 BIG4",
	"BIG4 BIG5 BIG5 BIG5 BIG5 BIG5 BIG5 BIG5 BIG5",
	"BIG5 0123456789012345",
};

static const struct macro *find(struct eval_env *env, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]);
		i++) {
		const struct macro *m =
			macro_parse(definitions[i], env->values->arena);

		if (m && strlen(m->name) == n && !strcmp(m->name, name))
			return m;
	}
	return NULL;
}

static struct eval_env env = { .values = &fake_values, .macro = find };

static void gives(const char *text, const char *want)
{
	const char *got;

	if (macro_expand(&env, text, &got))
		got = err_msg();
	is_str(got, want, text);
}

int main(void)
{
	fake_init();
	gives("N + n", "5 + n");
	gives("a + EMPTY b", "a +  b");
	gives("MAX(N, x)", "((5) > (x) ? (5) : (x))");
	gives("MAX(MAX(1,2),3)", "((((1) > (2) ? (1) : (2))) > (3) ? "
				 "(((1) > (2) ? (1) : (2))) : (3))");
	gives("MAX((1,2),3)", "(((1,2)) > (3) ? ((1,2)) : (3))");
	gives("MAX", "MAX");
	gives("MAX + (1)", "MAX + (1)");
	gives("MAX(1)", "Wrong number of arguments to macro `MAX' (expected "
			"2, got 1).");
	gives("MAX(1, 2", "Malformed argument list for macro `MAX'.");
	gives("STR(N \"q\\n\")", "\"N \\\"q\\\\n\\\"\"");
	gives("XSTR(N)", "\"5\"");
	gives("CAT(N, 1)", "N1");
	gives("CAT(x, y)", "xy");
	gives("SELF", "SELF + 1");
	gives("A", "A");
	gives("CALL(f, 1, N)", "f(1, 5)");
	gives("CALL(f)", "f()");
	gives("NAMED(1, 2)", "0 + sum(1, 2)");
	gives("NONE()", "7");
	gives("p->N + s.N + \"N\" + 'N' + $N + 0xN", "p->N + s.N + \"N\" + 'N' "
						     "+ $N + 0xN");
	gives("BIG", "The macro `BIG4' grows beyond the limit of an "
		     "expression.");
	ok(!macro_parse("", &fake_arena) && !macro_parse("A(", &fake_arena) &&
			!macro_parse("A(1)", &fake_arena),
		"definitions that are none");
	return tap_done();
}
