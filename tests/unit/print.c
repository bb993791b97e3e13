/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GDB's notation: what is expected was printed by GDB 13 for the same bytes. */
#include "tests/lib/fake.h"
#include "tests/lib/tap.h"

static struct value bytes(const struct type *t, const void *b)
{
	return value_of_bytes(t, b, &fake_arena);
}

static const char *text_of(const struct type *t, const void *b)
{
	struct value v = bytes(t, b);

	return fake_text(&v);
}

static const char *number(const char *type, int64_t n)
{
	struct value v = value_of_int(type_basic(type), n, &fake_arena);

	return fake_text(&v);
}

static const char *real(const char *type, long double x)
{
	struct value v = value_of_real(type_basic(type), x, &fake_arena);

	return fake_text(&v);
}

static const char *under(char format, const struct value *v)
{
	const char *text;

	fake_options.format = format;
	text = print_top(v, fake_print());
	fake_options.format = 0;
	return text;
}

static void test_integers(void)
{
	is_str(number("int", -42), "-42", "int");
	is_str(number("unsigned long", -1), "18446744073709551615", "unsigned");
	is_str(number("char", 97), "97 'a'", "char");
	is_str(number("char", -1), "-1 '\\377'", "negative char");
	is_str(number("unsigned char", 200), "200 '\\310'", "unsigned char");
	is_str(number("char", 0), "0 '\\000'", "NUL");
	is_str(number("char", '\''), "39 '\\''", "quote");
	is_str(number("char", '"'), "34 '\"'", "double quote");
	is_str(number("char", '\n'), "10 '\\n'", "newline");
	is_str(number("char", '\\'), "92 '\\\\'", "backslash");
	is_str(number("_Bool", 1), "true", "true");
	is_str(number("_Bool", 7), "7", "a _Bool that is neither");
	is_str(number("wchar_t", 'w'), "119 L'w'", "wide char");
	is_str(number("char16_t", 0x20ac), "8364 u'\xe2\x82\xac'", "char16_t");
	is_str(text_of(type_basic("unsigned __int128"),
		       "\xff\xff\xff\xff\xff\xff\xff\xff"
		       "\xff\xff\xff\xff\xff\xff\xff\xff"),
		"340282366920938463463374607431768211455", "128 bits");
}

static void test_reals(void)
{
	is_str(real("double", 0.1), "0.10000000000000001", "double");
	is_str(real("double", 1e10), "10000000000", "without exponent");
	is_str(real("double", 1e17), "1e+17", "with exponent");
	is_str(real("double", -0.0L), "-0", "negative zero");
	is_str(real("float", 0.1f), "0.100000001", "float");
	is_str(real("long double", 1.1L), "1.10000000000000000002",
		"long double");
	is_str(real("double", __builtin_inf()), "inf", "infinity");
	is_str(real("double", -__builtin_inf()), "-inf", "minus infinity");
	is_str(text_of(type_basic("double"), "\0\0\0\0\0\0\xf8\x7f"),
		"nan(0x8000000000000)", "NaN with its bits");
	is_str(text_of(type_basic("float"), "\1\0\xc0\xff"), "-nan(0x400001)",
		"negative NaN");
	is_str(text_of(type_basic("long double"),
		       "\1\0\0\0\0\0\0\x40\0\x40\0\0\0\0\0\0"),
		"<invalid float value>", "no integer bit");
	is_str(text_of(type_basic("long double"),
		       "\1\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\0"),
		"<invalid float value>", "one that should not be there");
	is_str(text_of(type_basic("complex double"),
		       "\0\0\0\0\0\0\xf8\x3f\0\0\0\0\0\0\x04\xc0"),
		"1.5 + -2.5i", "complex");
}

static void test_enums(void)
{
	const struct type *color =
		t_enum("color", { "RED", 0 }, { "GREEN", 5 }, { "BLUE", 6 });
	const struct type *flags =
		t_enum("flags", { "FA", 1 }, { "FB", 2 }, { "FC", 4 });
	const struct type *multi = t_enum("multi", { "M1", 3 }, { "M2", 4 });
	const struct type *neg = t_enum("neg", { "NA", -1 }, { "NB", 1 });

	is_str(text_of(color, "\6\0\0\0"), "BLUE", "an enumerator");
	is_str(text_of(color, "\7\0\0\0"), "7", "no enumerator");
	is_str(text_of(flags, "\5\0\0\0"), "(FA | FC)", "flags");
	is_str(text_of(flags, "\x41\0\0\0"), "(FA | unknown: 0x40)",
		"flags and more");
	is_str(text_of(flags, "\x40\0\0\0"), "(unknown: 0x40)", "no flag");
	is_str(text_of(flags, "\0\0\0\0"), "0", "no bits");
	is_str(text_of(multi, "\7\0\0\0"), "7",
		"enumerators of two bits are no flags");
	is_str(text_of(neg, "\xff\xff\xff\xff"), "NA", "a negative enumerator");
}

/* char [n], with NULs after the literal. */
static const char *padded(const char *s, size_t size, size_t n)
{
	char b[512] = { 0 };

	memcpy(b, s, size < n ? size : n);
	return text_of(t_array(t_char, n), b);
}

#define chars(literal, n) padded((literal), sizeof(literal), (n))

static void test_strings(void)
{
	char many[301];
	struct value v;

	is_str(chars("hello", 6), "\"hello\"", "the last NUL is not shown");
	is_str(chars("abcd", 4), "\"abcd\"", "there may be none");
	is_str(chars("", 1), "\"\"", "empty");
	is_str(chars("\0\0\0", 4), "\"\\000\\000\\000\"", "all NULs but one");
	is_str(chars("name\0\0\0\0\0\0\0\0\0\0\0", 16),
		"\"name\", '\\000' <repeats 11 times>", "many are counted");
	is_str(chars("abc\0def\0\0\0\0\0\0\0\0\0\0\0\0", 20),
		"\"abc\\000def\", '\\000' <repeats 12 times>",
		"a NUL inside goes on");
	is_str(chars("xxaaaaaaaaaa", 13), "\"xxaaaaaaaaaa\"",
		"ten are not many");
	is_str(chars("xxaaaaaaaaaaa", 14), "\"xx\", 'a' <repeats 11 times>",
		"eleven are");
	is_str(chars("aaaaaaaaaaaabbbbbbbbbbbbc", 26),
		"'a' <repeats 12 times>, 'b' <repeats 12 times>, \"c\"",
		"parts have commas");
	is_str(chars("a\"b\\c\n\t\033\0011\177\377'q", 15),
		"\"a\\\"b\\\\c\\n\\t\\033\\0011\\177\\377'q\"", "escapes");
	is_str(chars("h\xc3\xa9llo", 7), "\"h\xc3\xa9llo\"", "UTF-8");
	is_str(chars("\xc0\x80\xed\xa0\x80", 6),
		"\"\\300\\200\\355\\240\\200\"", "what is not UTF-8");
	is_str(chars("ab\xc3", 4), "\"ab\", <incomplete sequence \\303>",
		"a character that is cut");
	memset(many, 0, sizeof(many));
	many[299] = 'x';
	is_str(chars(many, 300), "'\\000' <repeats 299 times>...",
		"the limit counts every character of a run");
	for (int i = 0; i < 300; i++)
		many[i] = (char)('a' + i % 26);
	is_int(strlen(chars(many, 300)), 205, "200 characters and the rest");
	v = value_at(t_array(t_char, 70000), FAKE_BASE);
	memset(fake_bytes, 0, FAKE_SIZE);
	fake_bytes[0] = 'x';
	is_str(fake_text(&v), "\"x\", '\\000' <repeats 65535 times>...",
		"a large array that breaks off");
	v = value_at(t_array(t_char, FAKE_SIZE), FAKE_BASE);
	is_str(fake_text(&v), "\"x\", '\\000' <repeats 65534 times>",
		"a large array that is there");
	v = value_at(t_array(t_array(t_char, 4), FAKE_SIZE / 4), FAKE_BASE);
	is_str(fake_text(&v),
		"{\"x\\000\\000\", \"\\000\\000\\000\" "
		"<repeats 16383 times>}",
		"a large array of small ones");
	fake_options.null_stop = true;
	is_str(chars("abc\0def", 8), "\"abc\"", "print null-stop");
	fake_options.null_stop = false;
	is_str(text_of(t_array(type_basic("wchar_t"), 3),
		       "w\0\0\0\xac\x20\0\0\0\0\0\0"),
		"L\"w\xe2\x82\xac\"", "wide string");
	is_str(text_of(t_array(type_basic("unsigned char"), 3), "\1\2\3"),
		"\"\\001\\002\\003\"", "unsigned char is text too");
}

static void test_arrays(void)
{
	int v[300] = { 0 };
	struct type *vector = (struct type *)t_array(type_basic("float"), 2);

	vector->is_vector = true;
	is_str(text_of(t_array(t_int, 300), v), "{0 <repeats 300 times>}",
		"repeats");
	for (int i = 0; i < 300; i++)
		v[i] = i < 11 ? 1 : i < 13 ? i : 3;
	is_str(text_of(t_array(t_int, 20), v),
		"{1 <repeats 11 times>, 11, 12, 3, 3, 3, 3, 3, 3, 3}",
		"not all of them");
	v[10] = 0;
	is_str(text_of(t_array(t_int, 12), v),
		"{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 11}", "ten are not many");
	for (int i = 0; i < 300; i++)
		v[i] = i;
	const char *text = text_of(t_array(t_int, 300), v);
	ok(strstr(text, " 199...}") && !strstr(text, "200"), "200 elements");
	is_str(text_of(t_array(t_array(t_int, 2), 2), v), "{{0, 1}, {2, 3}}",
		"arrays of arrays");
	is_str(text_of(t_array(t_array(t_char, 4), 2), "ab\0\0cd\0\0"),
		"{\"ab\\000\", \"cd\\000\"}", "arrays of strings");
	is_str(text_of(vector, "\0\0\x80\x3f\0\0\0\x40"), "{1, 2}", "vector");
	fake_options.array_indexes = true;
	is_str(text_of(t_array(t_int, 2), v), "{[0] = 0, [1] = 1}", "indexes");
	fake_options.array_indexes = false;
	fake_options.array_pretty = true;
	is_str(text_of(t_array(t_int, 2), v), "{\n  0,\n  1\n}",
		"print array on");
	fake_options.array_pretty = false;
}

static void test_pointers(void)
{
	struct value v;
	struct type *flexible = (struct type *)t_array(t_char, 0);
	const struct type *bare = t_ptr(t_char);

	fake_put(0x10, "hi", 3);
	memset(fake_bytes + FAKE_SIZE - 4, 'z', 4);
	v = value_of_int(t_ptr(t_int), FAKE_BASE + 4, &fake_arena);
	is_str(fake_text(&v), "0x10004 <g+4>", "a pointer");
	is_str(print_top(&v, fake_print()), "(int *) 0x10004 <g+4>",
		"print says its type");
	v = value_of_int(bare, FAKE_BASE + 0x10, &fake_arena);
	is_str(print_top(&v, fake_print()), "0x10010 <g+16> \"hi\"",
		"a string speaks for itself");
	v.type = t_typedef("str_t", bare);
	is_str(print_top(&v, fake_print()), "(str_t) 0x10010 <g+16> \"hi\"",
		"under another name it does not");
	v.type = t_ptr(type_basic("unsigned char"));
	is_str(print_top(&v, fake_print()),
		"(unsigned char *) 0x10010 <g+16> \"hi\"",
		"nor as another char");
	v = value_of_int(bare, 0x10, &fake_arena);
	is_str(fake_text(&v),
		"0x10 <error: Cannot access memory at address 0x10>",
		"a bad string");
	v = value_of_int(bare, FAKE_BASE + FAKE_SIZE - 4, &fake_arena);
	is_str(fake_text(&v),
		"0x1fffc \"zzzz\"<error: Cannot access memory at address "
		"0x20000>",
		"a string that runs off the end");
	v = value_of_int(bare, FAKE_LEFT_OUT, &fake_arena);
	is_str(fake_text(&v), "0x30000 <not in core>", "a string left out");
	v = value_of_int(bare, 0, &fake_arena);
	is_str(fake_text(&v), "0x0", "NULL");
	v = value_of_int(
		t_ptr(t_func(t_int, t_int, NULL)), FAKE_BASE, &fake_arena);
	is_str(print_top(&v, fake_print()), "(int (*)(int)) 0x10000 <g>",
		"a function pointer");
	v = value_at(t_func(t_int, t_int, NULL), FAKE_BASE);
	is_str(fake_text(&v), "{int (int)} 0x10000 <g>", "a function");
	flexible->has_count = false;
	v = value_at(flexible, FAKE_BASE + 0x10);
	is_str(fake_text(&v), "0x10010 <g+16> \"hi\"",
		"an array without length is where it starts");
}

static void test_records(void)
{
	const struct type *in =
		t_struct("in", 8, M("x", t_int, 0), M("c", t_char, 4));
	const struct type *u = t_union(
		NULL, 4, M("i", t_int, 0), M("f", type_basic("float"), 0));
	const struct type *s = t_struct("s", 28, M("a", t_array(in, 2), 0),
		M(NULL, u, 16), M("n", t_array(t_int, 2), 20));
	struct type *opaque = t_struct("opaque", 0, M("x", t_int, 0));
	struct type *empty = t_struct("empty", 0, M("x", t_int, 0));
	char b[28] = { 1, 0, 0, 0, 'a' };
	struct value v = bytes(s, b);

	is_str(fake_text(&v),
		"{a = {{x = 1, c = 97 'a'}, {x = 0, c = 0 '\\000'}}, "
		"{i = 0, f = 0}, n = {0, 0}}",
		"structs, arrays, an anonymous union");
	fake_options.pretty = true;
	is_str(fake_text(&v),
		"{\n  a = {{\n      x = 1,\n      c = 97 'a'\n    }, {\n"
		"      x = 0,\n      c = 0 '\\000'\n    }},\n  {\n    i = 0,\n"
		"    f = 0\n  },\n  n = {0, 0}\n}",
		"print pretty on");
	fake_options.pretty = false;
	fake_options.max_depth = 1;
	is_str(fake_text(&v), "{a = {...}, {i = 0, f = 0}, n = {...}}",
		"max-depth: what is anonymous counts as outside");
	fake_options.max_depth = 20;
	fake_options.unions = false;
	is_str(fake_text(&v),
		"{a = {{x = 1, c = 97 'a'}, {x = 0, c = 0 '\\000'}}, {...}, "
		"n = {0, 0}}",
		"print union off");
	fake_options.unions = true;
	fake_options.brief = true;
	is_str(fake_text(&v), "...", "bt shows no structs");
	fake_options.brief = false;
	is_str(under('x', &v),
		"{a = {{x = 0x1, c = 0x61}, {x = 0x0, c = 0x0}}, {i = 0x0, "
		"f = 0x0}, n = {0x0, 0x0}}",
		"print/x goes into all of them");
	opaque->is_declaration = true;
	opaque->nmembers = 0;
	v = value_at(opaque, FAKE_BASE);
	is_str(fake_text(&v), "<incomplete type>", "a declared struct");
	empty->nmembers = 0;
	v = value_at(empty, FAKE_BASE);
	is_str(fake_text(&v), "{<No data fields>}", "an empty one");
}

static void test_absent(void)
{
	const struct type *s =
		t_struct("s", 16, M("a", t_int, 0), M("p", t_ptr(t_int), 8));
	struct loc here = loc_bytes("\5\0\0\0\0\0\0", 8, &fake_arena);
	struct loc none = loc_none(ABSENT_OPTIMIZED_OUT, NULL);
	struct loc target = loc_addr(FAKE_BASE);
	struct loc implicit = { .kind = LOC_IMPLICIT, .target = &target };
	struct piece p[] = { { 64, 0, &here }, { 64, 0, &none } };
	struct value v = { .type = s,
		.loc = { .kind = LOC_PIECES, .pieces = p, .n = 2 } };

	is_str(fake_text(&v), "{a = 5, p = <optimized out>}",
		"one piece is missing");
	p[1].loc = &implicit;
	is_str(fake_text(&v), "{a = 5, p = <synthetic pointer>}",
		"one is an implicit pointer");
	p[0].loc = p[1].loc = &none;
	is_str(fake_text(&v), "<optimized out>", "all are: said once");
	v = value_absent(t_int, ABSENT_NOT_SAVED, NULL);
	is_str(fake_text(&v), "<not saved>", "not saved");
	v = value_at(s, FAKE_LEFT_OUT);
	is_str(fake_text(&v), "<not in core>", "left out: said once");
	v = value_at(s, FAKE_LEFT_OUT - 8);
	is_str(fake_text(&v),
		"{a = <error: Cannot access memory at address 0x2fff8>, "
		"p = <not in core>}",
		"each part has its own reason");
	v = value_at(t_array(t_int, 4), FAKE_BASE + FAKE_SIZE - 8);
	memset(fake_bytes + FAKE_SIZE - 8, 0, 8);
	is_str(fake_text(&v),
		"{0, 0, <error: Cannot access memory at address 0x20000>, "
		"<error: Cannot access memory at address 0x20004>}",
		"an array that runs off the end");
	v = value_at(t_array(t_int, 1 << 30), FAKE_LEFT_OUT - 4);
	ok(strlen(fake_text(&v)) < 100000, "a huge array that is not there");
}

static void test_formats(void)
{
	struct value v = value_of_int(type_basic("short"), -3, &fake_arena);
	struct value d =
		value_of_double(type_basic("double"), 1.5, &fake_arena);
	struct value p = value_of_int(t_ptr(t_int), FAKE_BASE + 4, &fake_arena);
	struct value c = bytes(t_array(t_char, 3), "a\377");
	struct value i = value_of_int(t_int, 0x3f800000, &fake_arena);

	is_str(under('x', &v), "0xfffd", "x has the type's width");
	is_str(under('o', &v), "0177775", "o");
	is_str(under('t', &v), "1111111111111101", "t");
	is_str(under('d', &v), "-3", "d");
	is_str(under('u', &v), "65533", "u");
	is_str(under('z', &v), "0xfffd", "z");
	is_str(under('c', &v), "-3 '\\375'", "c");
	is_str(under('a', &v), "0xfffffffffffffffd", "a is a whole address");
	is_str(under('x', &d), "0x3ff8000000000000", "x of a double: its bits");
	is_str(under('c', &d), "1 '\\001'", "c of a double: its value");
	is_str(under('f', &i), "1", "f of an int of a float's size");
	is_str(under('f', &v), "-3", "f of one that is not");
	is_str(under('x', &p), "0x10004", "x of a pointer");
	is_str(under('a', &p), "0x10004 <g+4>", "a of a pointer");
	is_str(under('s', &p), "(int *) 0x10004 <g+4>", "s changes nothing");
	is_str(under('x', &c), "{0x61, 0xff, 0x0}", "x of a string: its chars");
	is_str(under('d', &c), "{97, -1, 0}", "d of a string");
	is_str(under('s', &c), "\"a\\377\"", "s of a string");
	i = value_of_int(t_int, 0, &fake_arena);
	is_str(under('o', &i), "0", "o of zero");
	is_str(under('t', &i), "0", "t of zero");
	is_str(under('z', &i), "0x00000000", "z of zero");
}

static void test_fields(void)
{
	const struct type *s = t_struct(
		"s", 8, M("a", t_int, 0), M("v", t_array(t_char, 4), 4));
	struct value v = value_at(s, fake_put(0x20, "\1\0\0\0xyz", 8));
	struct out *o = out_new_json(&fake_arena);
	struct value gone = value_absent(
		t_int, ABSENT_OPTIMIZED_OUT, "no location covers this pc");

	print_fields(&v, fake_print(), o, true);
	is_str(out_result(o),
		"{\"type\":\"struct s\",\"value\":\"{a = 1, v = "
		"\\\"xyz\\\"}\",\"kind\":\"struct\",\"address\":\"0x10020\","
		"\"size\":8,\"children\":[{\"name\":\"a\",\"type\":\"int\","
		"\"value\":\"1\",\"kind\":\"int\",\"address\":\"0x10020\","
		"\"size\":4},{\"name\":\"v\",\"type\":\"char [4]\",\"value\":"
		"\"\\\"xyz\\\"\",\"kind\":\"array\",\"address\":\"0x10024\","
		"\"size\":4}]}",
		"the fields of the contract");
	o = out_new_json(&fake_arena);
	print_fields(&gone, fake_print(), o, false);
	is_str(out_result(o),
		"{\"type\":\"int\",\"value\":\"<optimized out>\",\"kind\":"
		"\"int\",\"size\":4,\"absent\":\"optimized-out\",\"why\":\"no "
		"location covers this pc\"}",
		"an unknown value says why");
	o = out_new_text(&fake_arena, false);
	print_fields(&v, fake_print(), o, true);
	is_str(out_result(o), "", "text is written by the caller");
}

int main(void)
{
	fake_options = print_defaults;
	fake_init();
	test_integers();
	test_reals();
	test_enums();
	test_strings();
	test_arrays();
	test_pointers();
	test_records();
	test_absent();
	test_formats();
	test_fields();
	arena_clear(&fake_arena);
	return tap_done();
}
