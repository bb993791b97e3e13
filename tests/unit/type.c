/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and definitions; what is expected is what GDB 13 prints. */
#include "tests/lib/fake.h"
#include "tests/lib/tap.h"

static const char *name(const struct type *t)
{
	return type_name(t, &fake_arena);
}

static void test_names(void)
{
	const struct type *foo = t_struct("foo", 4, M("a", t_int, 0));
	const struct type *anon = t_struct(NULL, 4, M("a", t_int, 0));
	struct type *f = t_func(t_int, t_int, t_ptr(t_char), NULL);
	struct type *va = t_func(t_int, t_ptr(t_const(t_char)), NULL);
	struct type *old = t_func(t_int, NULL);
	struct type *flexible = (struct type *)t_array(t_int, 0);
	struct type *vector = (struct type *)t_array(type_basic("float"), 4);

	va->varargs = true;
	old->prototyped = false;
	flexible->has_count = false;
	vector->is_vector = true;
	is_str(name(t_ptr(foo)), "struct foo *", "pointer to struct");
	is_str(name(anon), "struct {...}", "a struct without a name");
	is_str(name(t_ptr(anon)), "struct {...} *", "and a pointer to it");
	is_str(name(t_array(t_char, 16)), "char [16]", "array");
	is_str(name(t_array(t_array(t_int, 3), 2)), "int [2][3]",
		"array of arrays");
	is_str(name(t_array(t_ptr(t_int), 3)), "int *[3]", "array of pointers");
	is_str(name(t_ptr(t_array(t_int, 3))), "int (*)[3]",
		"pointer to array");
	is_str(name(flexible), "int []", "array without a bound");
	is_str(name(t_ptr(f)), "int (*)(int, char *)", "function pointer");
	is_str(name(f), "int (int, char *)", "function");
	is_str(name(va), "int (const char *, ...)", "variable arguments");
	is_str(name(t_func(type_basic("void"), NULL)), "void (void)",
		"no arguments");
	is_str(name(old), "int ()", "unknown arguments");
	is_str(name(t_array(t_ptr(f), 2)), "int (*[2])(int, char *)",
		"array of function pointers");
	is_str(name(t_func(t_ptr(f), t_int, NULL)), "int (*(int))(int, char *)",
		"function that returns a function pointer");
	is_str(name(t_const(t_ptr(t_const(t_char)))), "const char * const",
		"constant pointer to constant");
	is_str(name(t_array(t_const(t_ptr(t_char)), 2)), "char * const[2]",
		"array of constant pointers");
	is_str(name(t_const(t_volatile(t_int))), "const volatile int",
		"qualifiers in GDB's order");
	is_str(name(t_volatile(t_const(t_int))), "const volatile int",
		"whichever way they come");
	is_str(name(t_array(t_const(t_int), 3)), "const int [3]",
		"array of constants");
	is_str(name(t_ptr(t_typedef("T", t_int))), "T *", "typedef stays");
	is_str(name(vector), "float __attribute__ ((vector_size(4)))",
		"vector");
	is_str(name(type_new_int("long unsigned int", 8, false, &fake_arena)),
		"unsigned long", "GCC's names become GDB's");
	is_str(type_decl(t_ptr(t_array(t_int, 3)), "p", &fake_arena),
		"int (*p)[3]", "a declaration has its name inside");
	is_str(type_decl(t_const(t_ptr(t_char)), "p", &fake_arena),
		"char * const p", "and after qualifiers");
}

static void test_definition(void)
{
	const struct type *in =
		t_struct("in", 8, M("x", t_int, 0), M("c", t_char, 4));
	const struct type *deep = t_struct(
		NULL, 4, M("u", t_union(NULL, 4, M("i", t_int, 0)), 0));
	const struct type *big = t_struct("big", 40, M("i", t_int, 0),
		BITS("b", type_basic("unsigned"), 4, 0, 3), M("in", in, 8),
		M(NULL, t_union(NULL, 4, M("q", t_int, 0)), 16),
		M("deep", deep, 20), M("name", t_array(t_char, 3), 24));

	is_str(type_definition(t_ptr(in), false, &fake_arena),
		"struct in {\n    int x;\n    char c;\n} *",
		"a pointer's definition is its target's");
	is_str(type_definition(big, false, &fake_arena),
		"struct big {\n"
		"    int i;\n"
		"    unsigned int b : 3;\n"
		"    struct in in;\n"
		"    union {\n"
		"        int q;\n"
		"    };\n"
		"    struct {\n"
		"        union {...} u;\n"
		"    } deep;\n"
		"    char name[3];\n"
		"}",
		"what has no name is spelled out, one level deep");
	is_str(type_definition(big, true, &fake_arena),
		"struct big {\n"
		"/*      0      |       4 */    int i;\n"
		"/*      4: 0   |       4 */    unsigned int b : 3;\n"
		"/* XXX  5-bit hole       */\n"
		"/* XXX  3-byte hole      */\n"
		"/*      8      |       8 */    struct in {\n"
		"/*      8      |       4 */        int x;\n"
		"/*     12      |       1 */        char c;\n"
		"/* XXX  3-byte padding   */\n"
		"\n"
		"                                   /* total size (bytes):    "
		"8 "
		"*/\n"
		"                               } in;\n"
		"/*     16      |       4 */    union {\n"
		"/*                     4 */        int q;\n"
		"\n"
		"                                   /* total size (bytes):    "
		"4 "
		"*/\n"
		"                               };\n"
		"/*     20      |       4 */    struct {\n"
		"/*     20      |       4 */        union {\n"
		"/*                     4 */            int i;\n"
		"\n"
		"                                       /* total size (bytes): "
		"   "
		"4 */\n"
		"                                   } u;\n"
		"\n"
		"                                   /* total size (bytes):    "
		"4 "
		"*/\n"
		"                               } deep;\n"
		"/*     24      |       3 */    char name[3];\n"
		"/* XXX 13-byte padding   */\n"
		"\n"
		"                               /* total size (bytes):   40 "
		"*/\n"
		"                             }",
		"offsets, sizes, holes");
	is_str(type_definition(t_enum("color", { "RED", 0 }, { "GREEN", 5 },
				       { "BLUE", 6 }),
		       false, &fake_arena),
		"enum color {RED, GREEN = 5, BLUE}", "enumerators");
	is_str(type_definition(t_typedef("f_t", t_ptr(t_func(t_int, NULL))),
		       false, &fake_arena),
		"int (*)(void)", "a typedef's definition");
}

static void complete_me(struct type *t)
{
	t->members = arena_memdup(&fake_arena,
		&(struct member)M("late", t_int, 0), sizeof(struct member));
	t->nmembers = 1;
	t->size = 4;
}

static void test_lazy(void)
{
	struct type *t = t_struct("lazy", 0, M("none", t_int, 0));

	t->nmembers = 0;
	t->complete = complete_me;
	is_int(type_strip(t_typedef("L", t))->nmembers, 1,
		"members are filled in on first need");
	ok(!t->complete, "once");
}

static void test_endless(void)
{
	struct type *a = t_typedef("a", NULL), *b = t_typedef("b", a);
	struct type *s = t_struct(NULL, 8, M("m", t_int, 0));

	a->target = b;
	is_str(type_kind_name(type_strip(a)->kind), "void",
		"a typedef of itself is nothing");
	s->members[0].type = s;
	ok(strstr(type_definition(s, true, &fake_arena), "struct {"),
		"a struct inside itself ends somewhere");
	s->members[0].type = t_func(s, s, NULL);
	ok(type_name(s->members[0].type, &fake_arena)[0],
		"a function that takes and returns itself ends too");
}

static void test_basic(void)
{
	is_str(type_basic("long unsigned int")->name, "unsigned long",
		"words in any order");
	is_str(type_basic("unsigned")->name, "unsigned int", "short forms");
	is_str(type_basic("long long int")->name, "long long", "twice long");
	is_str(type_basic("signed char")->name, "signed char", "signed char");
	is_int(type_basic("long double")->size, 16, "long double");
	ok(!type_basic("unsigned float"), "no unsigned float");
	ok(!type_basic("short long"), "no short long");
	ok(!type_basic("foo"), "no foo");
	ok(!type_basic(""), "no nothing");
}

int main(void)
{
	fake_init();
	test_names();
	test_definition();
	test_lazy();
	test_endless();
	test_basic();
	arena_clear(&fake_arena);
	return tap_done();
}
