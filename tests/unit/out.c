/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same calls as text and as JSON. */
#include "inspect/out/out.h"
#include "inspect/out/utf8.h"
#include "tests/lib/tap.h"

static struct arena arena;

static void frames(struct out *o)
{
	out_list(o, "frames");
	for (int i = 0; i < 2; i++) {
		out_record(o, NULL);
		out_text(o, "#");
		out_num(o, "level", i);
		out_text(o, "  ");
		out_addr(o, "pc", 0x401136);
		out_text(o, " in ");
		out_styled(o, "function", STYLE_FUNCTION, "crash");
		out_str(o, ".how", "cfi");
		out_bool(o, "inlined", false);
		out_text(o, "\n");
		out_record_end(o);
	}
	out_list_end(o);
}

static void test_both(void)
{
	struct out *text = out_new_text(&arena, false);
	struct out *json = out_new_json(&arena);

	frames(text);
	frames(json);
	is_str(out_result(text),
		"#0  0x0000000000401136 in crash\n"
		"#1  0x0000000000401136 in crash\n",
		"text has glue, and fields without a dot");
	is_str(out_result(json),
		"{\"frames\":[{\"level\":0,\"pc\":\"0x401136\",\"function\":"
		"\"crash\",\"how\":\"cfi\",\"inlined\":false},{\"level\":1,"
		"\"pc\":\"0x401136\",\"function\":\"crash\",\"how\":\"cfi\","
		"\"inlined\":false}]}",
		"JSON has keys, no glue, on one line");
}

static void test_terminal(void)
{
	struct out *o = out_new_text(&arena, false);

	out_str(o, "name", "a\033[1m\tb\n\177");
	is_str(out_result(o), "a\\033[1m\tb\n\\177",
		"no value talks to the terminal");
}

static void test_numbers(void)
{
	struct out *o = out_new_json(&arena);

	out_unum(o, "exact", UINT64_C(1) << 53);
	out_unum(o, "beyond", (UINT64_C(1) << 53) + 1);
	out_num(o, "low", INT64_MIN);
	out_num(o, "minus", -1);
	out_real(o, "pause", 1.25, 1);
	out_null(o, "nothing");
	out_str(o, "none", NULL);
	is_str(out_result(o),
		"{\"exact\":9007199254740992,\"beyond\":\"9007199254740993\","
		"\"low\":\"-9223372036854775808\",\"minus\":-1,\"pause\":1.2,"
		"\"nothing\":null,\"none\":null}",
		"what a double cannot hold is a string");
}

static void test_bytes(void)
{
	struct out *o = out_new_json(&arena);
	struct out *t = out_new_text(&arena, false);

	out_str(o, "a\"b", "q\"\\\n\x01\xff h\xc3\xa9");
	is_str(out_result(o),
		"{\"a\\\"b\":\"q\\\"\\\\\\n\\u0001\\\\377 h\xc3\xa9\"}",
		"what is not UTF-8 is escaped, and JSON stays valid");
	out_str(t, "s", "\xff");
	is_str(out_result(t), "\xff", "text keeps its bytes");
}

static void test_open(void)
{
	struct out *o = out_new_json(&arena);

	out_list(o, "a");
	out_record(o, NULL);
	out_num(o, "x", 1);
	is_str(out_result(o), "{\"a\":[{\"x\":1}]}",
		"a command that failed half way leaves valid JSON");
	out_num(o, "y", 2);
	is_str(out_result(o), "{\"a\":[{\"x\":1,\"y\":2}]}",
		"asking for the result does not close anything");
}

static void test_muted(void)
{
	struct out *t = out_new_text(&arena, false);

	out_list(t, ".json_alone");
	out_record(t, NULL);
	out_str(t, "name", "hidden");
	out_text(t, "hidden too");
	out_record_end(t);
	out_list_end(t);
	out_str(t, "name", "seen");
	is_str(out_result(t), "seen", "a list with a dot has no text");
}

static void row(struct out *o, const char *a, int b, const char *c)
{
	out_record(o, NULL);
	out_str(o, "a", a);
	out_cell(o);
	out_num(o, "b", b);
	out_cell(o);
	out_styled(o, "c", STYLE_FILE, c);
	out_row(o);
	out_record_end(o);
}

static void table(struct out *o)
{
	out_list(o, "rows");
	out_table(o);
	row(o, "one", 1, "x");
	row(o, "h\xc3\xa9llo", 1000, "yy");
	row(o, "", 7, "z");
	out_table_end(o);
	out_list_end(o);
	out_text(o, "after");
}

static void test_table(void)
{
	struct out *t = out_new_text(&arena, false);
	struct out *c = out_new_text(&arena, true);
	struct out *j = out_new_json(&arena);

	table(t);
	is_str(out_result(t),
		"one    1     x\n"
		"h\xc3\xa9llo  1000  yy\n"
		"       7     z\n"
		"after",
		"columns are as wide as their widest cell, in characters");
	table(c);
	ok(strstr(out_result(c), "one    1     \033[32mx\033[m\n"),
		"colours take no room");
	table(j);
	ok(strstr(out_result(j), "{\"rows\":[{\"a\":\"one\",\"b\":1,"),
		"JSON has no columns");
}

static void test_nest(void)
{
	struct out *outer = out_new_json(&arena), *inner = out_new_json(&arena);

	out_num(inner, "n", 1);
	out_bool(outer, "ok", true);
	out_nest(outer, "result", inner);
	is_str(out_result(outer), "{\"ok\":true,\"result\":{\"n\":1}}",
		"one result inside another");
}

static void test_utf8(void)
{
	uint32_t code;

	is_int(utf8_length("\xc0\x80", 2, &code), 0, "overlong is not UTF-8");
	is_int(utf8_length("\xed\xa0\x80", 3, &code), 0, "a surrogate is not");
	is_int(utf8_length("\xf4\x90\x80\x80", 4, &code), 0,
		"nothing beyond U+10FFFF");
	is_int(utf8_length("\xf0\x9f\x98\x80", 4, &code), 4, "four bytes");
	is_int(code, 0x1f600, "and their character");
	is_int(utf8_length("\xc3", 1, &code), 0, "a cut one is not");
	ok(!utf8_printable(0x202e), "a change of direction is not shown");
	ok(!utf8_printable(0x7bc), "nor what is not assigned to a character");
	ok(utf8_printable(0x7b1) && utf8_printable(0x1f600) &&
			utf8_printable('~') && !utf8_printable(0x7f),
		"what is, is");
}

static void collect(void *ctx, const char *text)
{
	buf_printf(ctx, "[%s]", text);
}

static void test_stream(void)
{
	struct arena held = { 0 };
	struct buf seen = { .arena = &held };
	struct out *o = out_new_text(&arena, false);
	struct out *json = out_new_json(&arena);

	out_hold(o, &held);
	out_hold(json, &held);
	ok(out_is_held(o) && out_is_held(out_new_like(o)),
		"an out inside one that is held is held too");
	out_stream(o, collect, &seen);
	out_stream(json, collect, &seen);
	for (int i = 0; i < 3; i++) {
		struct arena_mark mark = arena_mark(&arena);

		out_text(o, "line ");
		out_num(o, "i", i);
		out_num(json, i == 1 ? "two" : "n", i);
		if (i != 1)
			out_flush(o);
		out_flush(json);
		arena_release(&arena, mark);
	}
	out_flush(o);
	is_str(buf_str(&seen), "[line 0][line 1line 2]",
		"text streams piece by piece, nothing twice, no JSON");
	is_str(out_result(json), "{\"n\":0,\"two\":1,\"n\":2}",
		"what is held outlives the words");
	out_num(json, "more", 3);
	is_str(out_result(json), "{\"n\":0,\"two\":1,\"n\":2,\"more\":3}",
		"a result does not end it");
	out_table(o);
	out_text(o, "cell");
	out_flush(o);
	out_row(o);
	out_table_end(o);
	is_str(out_result(o), "cell\n", "a table is not taken apart");
	arena_clear(&held);
}

int main(void)
{
	test_both();
	test_terminal();
	test_numbers();
	test_bytes();
	test_open();
	test_muted();
	test_table();
	test_nest();
	test_utf8();
	arena_clear(&arena);
	test_stream();
	return tap_done();
}
