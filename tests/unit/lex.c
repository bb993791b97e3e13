/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words, numbers with C's types, quotes, and sentences for what is none. */
#include "inspect/lang/lex.h"
#include "tests/lib/tap.h"

static struct arena arena;
static struct token *t;
static size_t n;

static bool lexes(const char *text, size_t want)
{
	return !lex(text, 0, &arena, &t, &n) && n == want + 1;
}

static void number(const char *text, unsigned long long want, const char *type)
{
	ok(lexes(text, 1) && t[0].kind == TOKEN_INT && t[0].number == want,
		text);
	is_str(t[0].type, type, type);
}

static void refused(const char *text, const char *sentence)
{
	is_int(lex(text, 0, &arena, &t, &n), ERR_SYNTAX, text);
	is_str(err_msg(), sentence, sentence);
}

static void test_numbers(void)
{
	number("42", 42, "int");
	number("2147483647", 2147483647, "int");
	number("2147483648", 2147483648, "long");
	number("0xffffffff", 0xffffffff, "unsigned int");
	number("0x7fffffff", 0x7fffffff, "int");
	number("5000000000u", 5000000000, "unsigned long");
	number("18446744073709551615", UINT64_MAX, "unsigned long");
	number("1ull", 1, "unsigned long long");
	number("1LLU", 1, "unsigned long long");
	number("1l", 1, "long");
	number("017", 15, "int");
	number("0b101", 5, "int");
	number("0", 0, "int");
	ok(lexes("1.5e-3f", 1) && t[0].kind == TOKEN_FLOAT, "1.5e-3f");
	is_str(t[0].type, "float", "a float");
	ok(lexes("0x1p4", 1) && t[0].real == 16, "hexadecimal floating point");
	ok(lexes(".5", 1) && t[0].real == 0.5L, "no digit before the point");
	ok(lexes("1e+2-3", 3), "the sign belongs to the exponent, once");
	ok(lexes("0xe+1", 3), "but not to a hexadecimal e");
	ok(lexes("1..3", 3) && t[1].kind == TOKEN_OP, "two dots are a range");
	refused("08", "Invalid number \"08\".");
	refused("1z", "Invalid number \"1z\".");
	refused("0x", "Invalid number \"0x\".");
	refused("1.5q", "Invalid number \"1.5q\".");
	refused("0xfffffffffffffffffffffffffffffffff",
		"Numeric constant too large.");
}

static void test_entry(void)
{
	ok(lexes("n@entry", 1) && t[0].kind == TOKEN_NAME, "n@entry is a name");
	is_str(t[0].text, "n@entry", "with all of it");
	ok(lexes("n@entry1", 3), "n@entry1 is n, @, entry1");
	ok(lexes("n @entry", 3), "and so is n @entry");
}

static void test_quotes(void)
{
	test_entry();
	ok(lexes("'a'", 1) && t[0].kind == TOKEN_CHAR && t[0].number == 'a',
		"'a'");
	ok(lexes("'\\n'", 1) && t[0].number == '\n', "'\\n'");
	ok(lexes("'\\''", 1) && t[0].number == '\'', "'\\''");
	ok(lexes("'\\x41'", 1) && t[0].number == 'A', "'\\x41'");
	ok(lexes("'\\377'", 1) && t[0].number == 255, "'\\377'");
	ok(lexes("L'\xe2\x82\xac'", 1) && t[0].number == 0x20ac,
		"L'\xe2\x82\xac'");
	ok(lexes("'a b.c'::x", 3) && t[0].kind == TOKEN_NAME && t[0].quoted,
		"a quoted name");
	ok(lexes("'a'::x", 3) && t[0].kind == TOKEN_NAME,
		"one letter before :: is a name");
	ok(lexes("\"a\\\"b\\0\"", 1) && t[0].n == 4 &&
			!memcmp(t[0].bytes, "a\"b\0", 4),
		"a string with a quote and a NUL");
	ok(lexes("u\"ab\"", 1) && t[0].n == 4, "a string of char16_t");
	refused("''", "A character constant must contain at least one "
		      "character.");
	refused("'a", "Unmatched single quote.");
	refused("'\\q'", "Invalid character constant.");
	refused("\"abc", "Unterminated string in expression.");
	refused("\"\\400\"", "Invalid escape in a string at column 2.");
}

static void test_words(void)
{
	ok(lexes("a->b[3].c", 8), "a->b[3].c");
	ok(lexes("rooms.c::x", 3) && t[0].kind == TOKEN_FILE, "rooms.c::x");
	is_str(t[0].text, "rooms.c", "the file");
	ok(lexes("a.b", 3) && t[0].kind == TOKEN_NAME, "a.b is no file");
	ok(lexes("$rip $$2 $", 3) && t[2].kind == TOKEN_DOLLAR, "dollars");
	is_str(t[1].text, "$2", "a dollar's name");
	is_str(t[2].text, "", "the last value");
	ok(lexes("a<<=b>>c", 5), "the longest operator wins");
	is_int(t[3].column, 6, "columns count from one");
	ok(lexes("  ", 0) && t[0].column == 3, "nothing but blanks");
	ok(lexes("na\xc3\xafve", 1), "letters beyond ASCII");
	refused("a # b", "Invalid character '#' in expression, at column 3.");
	refused("a \x01", "Invalid byte 0x01 in expression, at column 3.");
}

static void test_error(void)
{
	is_int(lex_error("a->]", 4, "a name"), ERR_SYNTAX, "a syntax error");
	is_str(err_msg(),
		"A syntax error in expression, near `]': a name was expected "
		"at column 4.\n    a->]\n       ^",
		"points at the column");
	is_int(lex_error("1+", 3, "a value"), ERR_SYNTAX, "at the end");
	is_str(err_msg(),
		"A syntax error in expression: it ends at column 3, where a "
		"value was expected.\n    1+\n      ^",
		"points behind the text");
}

int main(void)
{
	test_numbers();
	test_quotes();
	test_words();
	test_error();
	arena_clear(&arena);
	return tap_done();
}
