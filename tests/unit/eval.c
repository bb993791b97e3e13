/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expressions over a memory by hand; the answers are GDB's. */
#include "inspect/lang/eval.h"
#include "tests/lib/fake.h"
#include "tests/lib/tap.h"

static const struct type *in, *big, *color, *complex_t;
static unsigned lookups;

/*
 *	struct in { int x; char c; };
 *	struct big { struct in in; struct in *ip; unsigned b : 3; char name[8];
 *		union { int ua; float uf; }; };
 */
static void make_types(void)
{
	const struct type *u = t_union(
		NULL, 4, M("ua", t_int, 0), M("uf", type_basic("float"), 0));

	in = t_struct("in", 8, M("x", t_int, 0), M("c", t_char, 4));
	big = t_struct("big", 32, M("in", in, 0), M("ip", t_ptr(in), 8),
		BITS("b", type_basic("unsigned"), 16, 0, 3),
		M("name", t_array(t_char, 8), 20), M(NULL, u, 28));
	color = t_enum("color", { "RED", 0 }, { "GREEN", 5 }, { "BLUE", 6 });
	complex_t = type_basic("complex double");
}

enum {
	G = 0,
	ARR = 0x10,
	BIG = 0x40,
	BP = 0x80,
	HELLO = 0x90,
	PP = 0xa0,
	COLOR = 0xb0,
	OUT = 0xb8,
	CPLX = 0xc0,
	FN = 0xe0
};

static void make_memory(void)
{
	uint64_t bp = FAKE_BASE + BIG, out = FAKE_LEFT_OUT, pp = FAKE_BASE + BP;
	int g = 42, arr[] = { 0, 1, 2, 3, 4 };
	double c[] = { 1.5, -2 };

	fake_put(G, &g, 4);
	fake_put(ARR, arr, sizeof(arr));
	fake_put(BIG, "\7\0\0\0x\0\0\0", 8);
	fake_put(BIG + 8, &bp, 8);
	fake_put(BIG + 16, "\5\0\0\0name\0\0\0\0\0\0\x80\x3f", 16);
	fake_put(BP, &bp, 8);
	fake_put(HELLO, "hello", 6);
	fake_put(PP, &pp, 8);
	fake_put(COLOR, "\6\0\0\0", 4);
	fake_put(OUT, &out, 8);
	fake_put(CPLX, c, sizeof(c));
}

static enum err name(struct eval_env *env, const char *where, const char *n,
	struct value *ret)
{
	const struct {
		const char *name;
		const struct type *type;
		uint64_t at;
	} names[] = {
		{ "g", t_int, G },
		{ "arr", t_array(t_int, 5), ARR },
		{ "bg", big, BIG },
		{ "bp", t_ptr(big), BP },
		{ "hello", t_array(t_char, 6), HELLO },
		{ "pp", t_ptr(t_ptr(big)), PP },
		{ "col", color, COLOR },
		{ "out", t_ptr(t_int), OUT },
		{ "cplx", complex_t, CPLX },
		{ "f", t_func(t_int, t_int, NULL), FN },
	};

	(void)env;
	lookups++;
	if (where && !strcmp(where, "f.c") && !strcmp(n, "g")) {
		*ret = value_of_int(t_int, 7, &fake_arena);
		return OK;
	}
	for (size_t i = 0; !where && i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i].name, n)) {
			*ret = value_at(names[i].type, FAKE_BASE + names[i].at);
			return OK;
		}
	if (!strcmp(n, "lost")) {
		*ret = value_absent(t_ptr(t_int), ABSENT_OPTIMIZED_OUT, NULL);
		return OK;
	}
	if (!strcmp(n, "gone")) {
		*ret = value_absent(t_int, ABSENT_OPTIMIZED_OUT, NULL);
		return OK;
	}
	return err_set(ERR_NOTFOUND, "No symbol \"%s\" in current context.", n);
}

static const struct type *type(
	struct eval_env *env, const char *tag, const char *n)
{
	(void)env;
	if (tag && !strcmp(n, "in"))
		return in;
	if (tag && !strcmp(n, "big"))
		return big;
	if (tag && !strcmp(n, "color"))
		return color;
	return NULL;
}

static enum err dollar(struct eval_env *env, const char *n, struct value *ret)
{
	(void)env;
	*ret = value_of_int(type_basic("long"), !strcmp(n, "rip") ? 0x1234 : 9,
		&fake_arena);
	return OK;
}

static struct eval_env env = {
	.values = &fake_values,
	.name = name,
	.type = type,
	.dollar = dollar,
};

static void is(const char *text, const char *want)
{
	struct value v;

	is_str(eval_text(&env, text, &v) ? err_msg()
					 : print_top(&v, fake_print()),
		want, text);
}

static void type_is(const char *text, const char *want)
{
	const struct type *t = NULL;
	struct value v;

	if (eval_text_or_type(&env, text, &v, &t))
		is_str(err_msg(), want, text);
	else
		is_str(type_name(t ? t : v.type, &fake_arena), want, text);
}

static void test_arithmetic(void)
{
	is("10/3", "3");
	is("-7/2", "-3");
	is("-7%3", "-1");
	is("10/3.0", "3.3333333333333335");
	is("1/0", "Division by zero");
	is("1%0", "Division by zero");
	is("1.0/0", "inf");
	is("(float)1/3", "0.333333343");
	is("0.1f+0.2f", "0.300000012");
	is("0.1+0.2", "0.30000000000000004");
	is("1<<31", "-2147483648");
	is("1<<32", "0");
	is("1ul<<40", "1099511627776");
	is("-1>>1", "-1");
	is("-1>>40", "-1");
	is("-1 > 1u", "1");
	is("-1 > 1", "0");
	is("0x7fffffff+1", "-2147483648");
	is("2147483648+1", "2147483649");
	is("4294967296*4294967296", "0");
	is("1-2u", "4294967295");
	is("-5u", "4294967291");
	is("~0", "-1");
	is("!g", "0");
	is("!!5", "1");
	is("-g", "-42");
	is("1 == 1.0", "1");
	is("10 > 5 > 3", "0");
	is("3 & 1 == 1", "1");
	is("1 | 2 ^ 3 & 4", "3");
	is("g > 40 && g < 50", "1");
	is("1 ? 2 ? 3 : 4 : 5", "3");
	is("1,2", "2");
	is("'a'", "97 'a'");
	is("'a'+1", "98");
	is("((__int128)1<<100) * 2", "2535301200456458802993406410752");
	is("-((__int128)1<<127)/-1 == (__int128)1<<127", "1");
	is("3.5%2", "Integer-only operation on floating point number.");
	is("~1.5", "Argument to complement operation not an integer, boolean.");
	is("cplx", "1.5 + -2i");
	is("cplx*cplx", "-1.75 + -6i");
	is("cplx+1", "2.5 + -2i");
	is("-cplx", "-1.5 + 2i");
	is("bg+1", "Argument to operation `+' is not a number: it is a struct "
		   "big.");
}

static void test_memory(void)
{
	is("g", "42");
	is("&g", "(int *) 0x10000 <g>");
	is("*&g", "42");
	is("arr", "{0, 1, 2, 3, 4}");
	is("arr[3]", "3");
	is("3[arr]", "3");
	is("*arr", "0");
	is("*(arr+2)", "2");
	is("arr+1", "(int *) 0x10014 <g+20>");
	is("&arr", "(int (*)[5]) 0x10010 <g+16>");
	is("&arr[4]-&arr[1]", "3");
	is("&arr[4] > arr", "1");
	is("arr[1]@3", "{1, 2, 3}");
	is("arr[1..3]", "{1, 2, 3}");
	is("*arr@2", "{0, 1}");
	is("g@0", "Invalid number 0 of repetitions.");
	is("5@2", "Only values in memory can be extended with '@'.");
	is("bg.in.x", "7");
	is("bp->in.x", "7");
	is("bp.in.x", "7");
	is("bg->in.x", "7");
	is("pp->in.x", "7");
	is("(*bp).ip->c", "120 'x'");
	is("bp->b", "5");
	is("bp->uf", "1");
	is("bp->name", "\"name\\000\\000\\000\"");
	is("&bp->name[1]", "0x10055 <g+85> \"ame\"");
	is("bp->nosuch", "There is no member named nosuch.");
	is("g.x", "Attempt to extract a component of a value that is not a "
		  "structure.");
	is("g->x", "Attempt to extract a component of a value that is not a "
		   "structure pointer.");
	is("&bp->b", "Attempt to take address of value not located in memory.");
	is("&1", "Attempt to take address of value not located in memory.");
	is("{int} &g", "42");
	is("{char[3]} hello", "\"hel\"");
	is("(long)&g", "65536");
	is("(char)97", "97 'a'");
	is("*(struct in *)bp", "{x = 7, c = 120 'x'}");
	is("((struct big *)0)->ip",
		"<error: Cannot access memory at address 0x8>");
	is("&((struct big *)0)->ip", "(struct in **) 0x8");
	is("*(int *)((struct big *)0)->ip",
		"Cannot access memory at address 0x8");
	is("*out", "<not in core>");
	is("*out + 1",
		"Cannot access memory at address 0x30000: it was left out");
	is("bp == &bg", "1");
	is("!bp", "0");
	is("bp && g", "1");
	is("f", "{int (int)} 0x100e0 <g+224>");
	is("&f", "(int (*)(int)) 0x100e0 <g+224>");
	is("*f", "{int (int)} 0x100e0 <g+224>");
	is("bp*2", "Argument to arithmetic operation not a number or boolean.");
	is("hello == 0", "0");
	is("\"abc\"", "\"abc\"");
	is("sizeof(\"abc\")", "4");
}

static void test_names(void)
{
	is("nosuch", "No symbol \"nosuch\" in current context.");
	is("f.c::g", "7");
	is("$rip", "4660");
	is("$1+$", "18");
	is("RED", "No symbol \"RED\" in current context.");
	is("col", "BLUE");
	is("col+1", "7");
	is("(enum color)5", "GREEN");
	is("(enum color)9", "9");
	is("gone", "<optimized out>");
	is("gone+1", "value has been optimized out");
	is("(long)gone", "value has been optimized out");
	is("lost", "<optimized out>");
	is("&*lost", "<optimized out>");
	is("&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*arr",
		"(int *) 0x10010 <g+16>");
	is("&gone", "Can't take address of \"gone\" which isn't an lvalue.");
	is("*lost", "value has been optimized out");
	type_is("*lost", "int");
	type_is("lost[2]+1", "int");
	type_is("((struct big *)0)->ip->c", "char");
	is("gone ? 1 : 2", "value has been optimized out");
	is("int", "Attempt to use a type name as an expression");
	lookups = 0;
	is("0 && g", "0");
	is_int(lookups, 1,
		"what is not needed is looked up once, to tell it from a type");
}

static void test_types(void)
{
	type_is("1", "int");
	type_is("1u+1", "unsigned int");
	type_is("1+1ul", "unsigned long");
	type_is("'a'", "char");
	type_is("'a'+1", "int");
	type_is("1.5f+1", "float");
	type_is("1.5f+1.0", "double");
	type_is("1==1", "int");
	type_is("&arr[1]-&arr[0]", "long");
	type_is("arr+1", "int *");
	type_is("&arr", "int (*)[5]");
	type_is("col+1", "unsigned int");
	type_is("struct in *", "struct in *");
	type_is("sizeof(int)", "unsigned long");
	type_is("\"abc\"", "char [4]");
	type_is("*f", "int (int)");
	is("sizeof(struct big)", "32");
	is("sizeof arr", "20");
	is("sizeof(arr)/sizeof(arr[0])", "5");
	is("sizeof(bp->nosuch)", "There is no member named nosuch.");
	is("sizeof *(struct big *)0", "32");
	is("_Alignof(struct big)", "8");
	is("_Alignof(char[3])", "1");
}

int main(void)
{
	fake_options = print_defaults;
	fake_init();
	make_types();
	make_memory();
	test_arithmetic();
	test_memory();
	test_names();
	test_types();
	arena_clear(&fake_arena);
	return tap_done();
}
