/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading, parts, conversions; sentences are GDB's. */
#include "tests/lib/fake.h"
#include "tests/lib/tap.h"

static int64_t number(const struct value *v)
{
	int64_t n = 0x5a5a;

	if (value_int(v, &fake_values, &n))
		return -0x5a5a;
	return n;
}

static struct value cast(const struct value *v, const struct type *t)
{
	struct value ret = value_absent(t, ABSENT_OPTIMIZED_OUT, "no cast");

	if (value_cast(v, t, &fake_values, &ret))
		return value_absent(t, ABSENT_OPTIMIZED_OUT, "no cast");
	return ret;
}

static struct value constant(const char *type, int64_t n)
{
	return value_of_int(type_basic(type), n, &fake_arena);
}

static void test_numbers(void)
{
	uint64_t at = fake_put(0, "\xff\xff\xff\xff\x01", 5);
	struct value v = value_at(t_int, at);
	long double x;
	bool b;

	is_int(number(&v), -1, "int is extended by its sign");
	v.type = type_basic("unsigned int");
	is_int(number(&v), 0xffffffff, "unsigned int is not");
	v.type = t_char;
	is_int(number(&v), -1, "char");
	v = value_of_double(type_basic("double"), -2.75, &fake_arena);
	is_int(number(&v), -2, "a double is cut toward zero");
	v = constant("unsigned long", -1);
	ok(!value_double(&v, &fake_values, &x) && x > 1.8e19L,
		"unsigned long to floating point");
	v = value_of_double(type_basic("float"), 0.1, &fake_arena);
	ok(!value_double(&v, &fake_values, &x) && x == (long double)0.1f,
		"a float keeps a float's precision");
	v = value_of_double(type_basic("long double"), 1.5, &fake_arena);
	ok(!value_double(&v, &fake_values, &x) && x == 1.5L, "long double");
	v = value_of_double(type_basic("double"), 0.25, &fake_arena);
	ok(!value_true(&v, &fake_values, &b) && b,
		"a fraction below one is true");
	v = value_at(t_int, 8);
	ok(value_int(&v, &fake_values, &(int64_t){ 0 }) == ERR_FAULT,
		"unmapped memory is a fault");
	v = value_absent(t_int, ABSENT_OPTIMIZED_OUT, NULL);
	ok(value_int(&v, &fake_values, &(int64_t){ 0 }) == ERR_ABSENT,
		"an absent value is absent");
	is_str(err_msg(), "value has been optimized out", "in GDB's words");
}

static void test_byte_order(void)
{
	struct type big = *type_basic("int");
	struct value v = value_at(&big, fake_put(0, "\x01\x02\x03\x04", 4));

	big.big_endian = true;
	is_int(number(&v), 0x01020304, "a number in the other byte order");
	v.bit_size = 12;
	v.bit_offset = 4;
	is_int(number(&v), 0x102, "its bit-fields count from the high end");
	v = value_at(&big, fake_put(0, "\xff\xf0\0\0", 4));
	v.bit_size = 12;
	is_int(number(&v), -1, "and have a sign");
	v = value_of_int(&big, 258, &fake_arena);
	is_int(number(&v), 258, "a result of such a type is read as written");
}

static void test_lower_bound(void)
{
	struct type t = *type_new_array(t_int, 3, &fake_arena);
	struct value v = value_at(&t, fake_put(0, "\1\0\0\0\2\0\0\0", 8));
	struct value e;

	t.lower = 1;
	ok(!value_index(&v, 1, &fake_values, &e) && number(&e) == 1,
		"the first element of an array from 1");
	ok(!value_deref(&v, &fake_values, &e) && number(&e) == 1,
		"is what * gives");
}

static void test_bitfields(void)
{
	const struct type *s = t_struct("s", 8,
		BITS("u", type_basic("unsigned"), 0, 0, 3),
		BITS("i", t_int, 0, 3, 4),
		BITS("b", type_basic("bool"), 0, 7, 1),
		BITS("w", type_basic("long"), 0, 11, 40),
		BITS("e", t_enum("e", { "A", -1 }, { "B", 1 }), 7, 0, 2));
	uint64_t raw = 5 | 13u << 3 | 1u << 7 |
		       ((UINT64_C(1) << 40) - 2) << 11 | UINT64_C(3) << 56;
	struct value v = value_at(s, fake_put(0x40, &raw, 8)), m, p;

	ok(!value_member(&v, "u", &fake_values, &m) && number(&m) == 5,
		"unsigned bit-field");
	ok(value_address(&m, &fake_values, &p) == ERR_TYPE,
		"a bit-field has no address");
	ok(!value_member(&v, "i", &fake_values, &m) && number(&m) == -3,
		"signed bit-field");
	ok(!value_member(&v, "b", &fake_values, &m) && number(&m) == 1,
		"_Bool bit-field of one bit");
	ok(!value_member(&v, "w", &fake_values, &m) && number(&m) == -2,
		"a bit-field across bytes");
	ok(!value_member(&v, "e", &fake_values, &m) && number(&m) == -1,
		"an enum with negative values is signed");
	m.bit_size = 60;
	m.type = t_int;
	ok(value_int(&m, &fake_values, &(int64_t){ 0 }) == ERR_BADDATA,
		"a bit-field wider than its type is refused");
}

static void test_members(void)
{
	const struct type *u = t_union(
		NULL, 4, M("low", type_basic("short"), 0), M("all", t_int, 0));
	const struct type *s = t_struct("s", 12, M("a", t_int, 0),
		M(NULL, u, 4), M("arr", t_array(type_basic("short"), 2), 8));
	struct regs regs = { 0 };
	struct loc rax = { .kind = LOC_REG, .reg = 0, .regs = &regs };
	struct loc none = loc_none(ABSENT_OPTIMIZED_OUT, NULL);
	struct piece pieces[] = { { 64, 0, &rax }, { 32, 0, &none } };
	struct value v = { .type = t_typedef("S", s),
		.loc = { .kind = LOC_PIECES, .pieces = pieces, .n = 2 } };
	struct value m, e;
	int64_t n;

	regs_set(&regs, 0, 0x1111222200000007);
	ok(!value_member(&v, "a", &fake_values, &m) && number(&m) == 7,
		"a member in a piece, through a typedef");
	ok(!value_member(&v, "low", &fake_values, &m) && number(&m) == 0x2222,
		"through an anonymous union");
	ok(!value_member(&v, "arr", &fake_values, &m) &&
			!value_index(&m, 1, &fake_values, &e) &&
			value_int(&e, &fake_values, &n) == ERR_ABSENT,
		"only the member in the missing piece is absent");
	is_int(value_member(&v, "zz", &fake_values, &m), ERR_NOTFOUND,
		"no such member");
	is_str(err_msg(), "There is no member named zz.", "in GDB's words");
	v = constant("int", 3);
	is_int(value_member(&v, "a", &fake_values, &m), ERR_TYPE,
		"an int has no members");
}

static void test_pointers(void)
{
	uint64_t arr = fake_put(0x80, "\1\0\0\0\2\0\0\0\3\0\0\0", 12);
	struct value a = value_at(t_array(t_int, 3), arr), e, p, q;
	struct value target = value_at(t_int, arr + 4);
	struct loc implicit = { .kind = LOC_IMPLICIT, .target = &target.loc };
	struct value synthetic = { .type = t_ptr(t_int), .loc = implicit };

	ok(!value_index(&a, 2, &fake_values, &e) && number(&e) == 3, "a[2]");
	ok(!value_deref(&a, &fake_values, &e) && number(&e) == 1, "*a");
	ok(!value_address(&a, &fake_values, &p) &&
			!strcmp(type_name(p.type, &fake_arena), "int (*)[3]"),
		"&a points to an array");
	ok(!value_address(&e, &fake_values, &p) && number(&p) == (int64_t)arr,
		"&a[0]");
	ok(!value_index(&p, 1, &fake_values, &e) && number(&e) == 2, "p[1]");
	ok(!value_index(&p, -1, &fake_values, &e) && e.loc.addr == arr - 4,
		"p[-1]");
	ok(value_is_synthetic(&synthetic), "an implicit pointer is synthetic");
	ok(!value_deref(&synthetic, &fake_values, &e) && number(&e) == 2,
		"and can be followed");
	ok(!value_index(&synthetic, 1, &fake_values, &e) && number(&e) == 3,
		"and indexed");
	is_int(value_int(&synthetic, &fake_values, &(int64_t){ 0 }), ERR_ABSENT,
		"but has no number");
	q = cast(&p, t_ptr(type_basic("void")));
	is_int(value_deref(&q, &fake_values, &e), ERR_TYPE,
		"void * cannot be followed");
	e = constant("int", 3);
	is_int(value_deref(&e, &fake_values, &q), ERR_TYPE, "nor can a number");
	is_str(err_msg(), "Attempt to take contents of a non-pointer value.",
		"in GDB's words");
	is_int(value_address(&e, &fake_values, &q), ERR_TYPE,
		"a constant has no address");
	is_int(value_index(&e, 0, &fake_values, &q), ERR_TYPE,
		"and no elements");
	a = value_at(t_ptr(t_int), 8);
	is_int(value_probe(&a, &fake_values), ERR_FAULT,
		"print refuses unmapped memory");
	a = value_at(t_int, FAKE_LEFT_OUT);
	is_int(value_probe(&a, &fake_values), OK,
		"but shows what was left out of the core");
}

static void test_casts(void)
{
	struct value v = constant("int", 300), w;
	struct value d =
		value_of_double(type_basic("double"), 3.99, &fake_arena);
	const struct type *s = t_struct("s", 4, M("lo", type_basic("short"), 0),
		M("hi", type_basic("short"), 2));
	long double x;

	w = cast(&v, type_basic("unsigned char"));
	is_int(number(&w), 44, "narrowing cuts");
	v = constant("char", -1);
	w = cast(&v, type_basic("unsigned int"));
	is_int(number(&w), 0xffffffff, "widening extends by the sign");
	w = cast(&v, type_basic("_Bool"));
	is_int(number(&w), 1, "anything but zero is true");
	d.type = type_basic("double");
	w = cast(&d, type_basic("_Bool"));
	is_int(number(&w), 1, "a fraction too");
	w = cast(&d, t_int);
	is_int(number(&w), 3, "double to int");
	w = cast(&v, type_basic("float"));
	ok(!value_double(&w, &fake_values, &x) && x == -1, "char to float");
	v = value_at(t_int, fake_put(0x90, "\1\0\2\0", 4));
	w = cast(&v, s);
	ok(!value_member(&w, "hi", &fake_values, &w) && number(&w) == 2,
		"memory is seen as another type");
	w = cast(&v, t_ptr(t_int));
	is_int(number(&w), 0x20001, "int to pointer");
	v = value_at(t_array(t_char, 4), FAKE_BASE + 0x90);
	w = cast(&v, t_ptr(t_char));
	is_int(number(&w), FAKE_BASE + 0x90, "an array decays");
	v = constant("int", 1);
	is_int(value_cast(&v, t_array(t_char, 8), &fake_values, &w), ERR_TYPE,
		"a number is no larger array");
	v = value_absent(t_ptr(t_int), ABSENT_NOT_SAVED, NULL);
	w = cast(&v, t_ptr(t_char));
	is_str(fake_text(&w), "<not saved>", "an absent pointer stays absent");
	v.type = t_int;
	is_int(value_cast(&v, type_basic("long"), &fake_values, &w), ERR_ABSENT,
		"an absent number has no conversion");
}

static void test_int128(void)
{
	struct value v = value_of_int128(
		type_basic("__int128"), -((__int128)1 << 100), &fake_arena);
	__int128 n;

	ok(!value_int128(&v, &fake_values, &n) && n == -((__int128)1 << 100),
		"sixteen bytes");
	is_str(fake_text(&v), "-1267650600228229401496703205376", "in decimal");
}

static void test_keep(void)
{
	struct arena session = { 0 };
	struct loc inner = loc_bytes("\x2a\0\0\0", 4, &fake_arena);
	struct piece p = { 32, 0, &inner };
	struct value v = {
		.type = t_const(t_int),
		.loc = { .kind = LOC_PIECES, .pieces = &p, .n = 1 },
	};
	struct value kept = value_keep(&v, &fake_values, &session);

	p.bits = 0;
	memset((void *)inner.bytes, 0, 4);
	is_int(number(&kept), 42, "a kept value lives on its own");
	ok(kept.type != v.type, "and so does a type made by an expression");
	arena_clear(&session);
}

int main(void)
{
	fake_init();
	test_numbers();
	test_byte_order();
	test_lower_bound();
	test_bitfields();
	test_members();
	test_pointers();
	test_casts();
	test_int128();
	test_keep();
	arena_clear(&fake_arena);
	return tap_done();
}
