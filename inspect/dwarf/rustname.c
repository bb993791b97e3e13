/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rust's newer mangling (RFC 2603, and its later "Symbol grammar summary" in
 * the book of rustc) is a tree in prefix notation: N stands for something in a
 * path, I for generic arguments, and so on, which is written out as it is read.
 * "B" refers back to what stands further in front; so a short name may stand
 * for one of any length, and what is written is bounded.
 *
 * Left out, as in gdb: hashes of crates, and what only disambiguates.
 */
#include "inspect/dwarf/rustname.h"

#include "inspect/base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MAX_DEPTH = 64, MAX_TEXT = 16384, MAX_LIST = 1000 };

struct rust {
	const char *s; /* behind "_R" */
	size_t at, size;
	struct buf out;
	bool bad;
	unsigned depth, silent;
	uint64_t lifetimes; /* bound by "for<…>" around here */
};

static void path(struct rust *, bool in_value);
static void type(struct rust *);

/* ---- letters ----------------------------------------------------------- */

static char peek(const struct rust *r)
{
	return r->bad || r->at >= r->size ? '\0' : r->s[r->at];
}

static char next(struct rust *r)
{
	char c = peek(r);

	if (c)
		r->at++;
	else
		r->bad = true;
	return c;
}

static bool eat(struct rust *r, char c)
{
	if (peek(r) != c)
		return false;
	r->at++;
	return true;
}

static void put(struct rust *r, const char *s, size_t n)
{
	if (r->silent || r->bad)
		return;
	if (r->out.n + n > MAX_TEXT)
		r->bad = true;
	else
		buf_add(&r->out, s, n);
}

static void puts_(struct rust *r, const char *s)
{
	put(r, s, strlen(s));
}

static void put_number(struct rust *r, uint64_t n)
{
	char text[24], *p = text + sizeof(text);

	*--p = '\0';
	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	puts_(r, p);
}

/* ---- numbers ----------------------------------------------------------- */

static uint64_t decimal(struct rust *r)
{
	uint64_t n = 0;
	char c = next(r);

	if (c < '0' || c > '9')
		r->bad = true;
	else
		n = (uint64_t)(c - '0');
	while (n && peek(r) >= '0' && peek(r) <= '9') {
		n = n * 10 + (uint64_t)(next(r) - '0');
		if (n > MAX_TEXT)
			r->bad = true;
	}
	return n;
}

/* "_" is 0, "0_" is 1. */
static uint64_t base62(struct rust *r)
{
	uint64_t n = 0;

	if (eat(r, '_'))
		return 0;
	for (;;) {
		char c = next(r);
		unsigned digit = 0;

		if (c == '_')
			break;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'z')
			digit = (unsigned)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'Z')
			digit = (unsigned)(c - 'A') + 36;
		else
			r->bad = true;
		if (r->bad || __builtin_mul_overflow(n, 62, &n) ||
			__builtin_add_overflow(n, digit, &n)) {
			r->bad = true;
			return 0;
		}
	}
	return n + 1;
}

/* With its letter in front, or 0. */
static uint64_t optional(struct rust *r, char letter)
{
	return eat(r, letter) ? base62(r) + 1 : 0;
}

/* ---- identifiers ------------------------------------------------------- */

struct identifier {
	const char *s;
	size_t n;
	bool punycode;
	uint64_t disambiguator;
};

static struct identifier plain_identifier(struct rust *r)
{
	struct identifier id = { .punycode = eat(r, 'u') };

	id.n = decimal(r);
	eat(r, '_');
	if (r->bad || id.n > r->size - r->at) {
		r->bad = true;
		return (struct identifier){ .s = "" };
	}
	id.s = r->s + r->at;
	r->at += id.n;
	return id;
}

static struct identifier identifier(struct rust *r)
{
	uint64_t disambiguator = optional(r, 's');
	struct identifier id = plain_identifier(r);

	id.disambiguator = disambiguator;
	return id;
}

static void put_identifier(struct rust *r, const struct identifier *id)
{
	if (id->punycode)
		puts_(r, "punycode{");
	put(r, id->s, id->n);
	if (id->punycode)
		puts_(r, "}");
}

/* ---- references back, lifetimes ---------------------------------------- */

static void back(struct rust *r, void (*read)(struct rust *, bool), bool arg)
{
	size_t start = r->at - 1, here;
	uint64_t to = base62(r);

	if (r->bad || to >= start || r->depth >= MAX_DEPTH) {
		r->bad = true;
		return;
	}
	if (r->silent)
		return;
	here = r->at;
	r->at = (size_t)to;
	r->depth++;
	read(r, arg);
	r->depth--;
	r->at = here;
}

/* Counted from the innermost binder; 0 is one that was left out. */
static void put_lifetime(struct rust *r, uint64_t index)
{
	uint64_t n = r->lifetimes - index;
	char name[2] = { 0 };

	puts_(r, "'");
	if (!index) {
		puts_(r, "_");
	} else if (index > r->lifetimes) {
		r->bad = true;
	} else if (n < 26) {
		name[0] = (char)('a' + n);
		puts_(r, name);
	} else {
		puts_(r, "_");
		put_number(r, n);
	}
}

/* How many lifetimes "for<…>" binds; the caller takes them away again. */
static uint64_t binder(struct rust *r)
{
	uint64_t n = optional(r, 'G');

	if (r->bad || n > MAX_LIST) {
		r->bad = true;
		return 0;
	}
	for (uint64_t i = 0; i < n; i++) {
		puts_(r, i ? ", " : "for<");
		r->lifetimes++;
		put_lifetime(r, 1);
	}
	if (n)
		puts_(r, "> ");
	return n;
}

/* ---- constants --------------------------------------------------------- */

static void put_value(
	struct rust *r, char kind, bool negative, const char *digits, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n && n <= 16; i++)
		v = v << 4 |
		    (uint64_t)(digits[i] <= '9' ? digits[i] - '0'
						: digits[i] - 'a' + 10);
	if (kind == 'b' && v <= 1) {
		puts_(r, v ? "true" : "false");
		return;
	}
	if (kind == 'c' && v >= 0x20 && v < 0x7f) {
		char text[4] = { '\'', (char)v, '\'' };

		puts_(r, text);
		return;
	}
	puts_(r, negative ? "-" : "");
	if (n > 16) {
		puts_(r, "0x");
		put(r, digits, n);
	} else {
		put_number(r, v);
	}
}

static void constant(struct rust *r, bool unused)
{
	char kind = next(r);
	bool negative;
	size_t start;

	(void)unused;
	if (kind == 'B') {
		back(r, constant, false);
		return;
	}
	if (kind == 'p') {
		puts_(r, "_");
		return;
	}
	if (!kind || !strchr("ahijlmnostxybc", kind)) {
		r->bad = true; /* values of structs: unstable */
		return;
	}
	negative = eat(r, 'n');
	for (start = r->at; peek(r) && strchr("0123456789abcdef", peek(r));)
		r->at++;
	put_value(r, kind, negative, r->s + start, r->at - start);
	if (!eat(r, '_'))
		r->bad = true;
}

/* ---- types ------------------------------------------------------------- */

static const char *basic(char c)
{
	static const char *const names[26] = {
		['a' - 'a'] = "i8",
		['b' - 'a'] = "bool",
		['c' - 'a'] = "char",
		['d' - 'a'] = "f64",
		['e' - 'a'] = "str",
		['f' - 'a'] = "f32",
		['h' - 'a'] = "u8",
		['i' - 'a'] = "isize",
		['j' - 'a'] = "usize",
		['l' - 'a'] = "i32",
		['m' - 'a'] = "u32",
		['n' - 'a'] = "i128",
		['o' - 'a'] = "u128",
		['p' - 'a'] = "_",
		['s' - 'a'] = "i16",
		['t' - 'a'] = "u16",
		['u' - 'a'] = "()",
		['v' - 'a'] = "...",
		['x' - 'a'] = "i64",
		['y' - 'a'] = "u64",
		['z' - 'a'] = "!",
	};

	return c >= 'a' && c <= 'z' ? names[c - 'a'] : NULL;
}

/* Up to "E"; how many. */
static size_t list(struct rust *r, void (*read)(struct rust *))
{
	size_t n = 0;

	while (!r->bad && !eat(r, 'E')) {
		if (n++)
			puts_(r, ", ");
		if (n > MAX_LIST)
			r->bad = true;
		read(r);
	}
	return n;
}

static void function(struct rust *r)
{
	uint64_t bound = binder(r);

	if (eat(r, 'U'))
		puts_(r, "unsafe ");
	if (eat(r, 'K')) {
		puts_(r, "extern \"");
		if (eat(r, 'C')) {
			puts_(r, "C");
		} else {
			struct identifier abi = plain_identifier(r);

			put_identifier(r, &abi);
		}
		puts_(r, "\" ");
	}
	puts_(r, "fn(");
	list(r, type);
	puts_(r, ")");
	if (!eat(r, 'u')) {
		puts_(r, " -> ");
		type(r);
	}
	r->lifetimes -= bound;
}

static void generic_argument(struct rust *r)
{
	if (eat(r, 'L'))
		put_lifetime(r, base62(r));
	else if (eat(r, 'K'))
		constant(r, false);
	else
		type(r);
}

/* A trait and its associated types: "Iterator<Item = u8>". */
static void bound_trait(struct rust *r)
{
	bool open = false;

	if (peek(r) == 'I') {
		r->at++;
		path(r, false);
		puts_(r, "<");
		open = list(r, generic_argument) > 0;
	} else {
		path(r, false);
	}
	while (eat(r, 'p')) {
		struct identifier id;

		puts_(r, open ? ", " : "<");
		open = true;
		id = plain_identifier(r);
		put_identifier(r, &id);
		puts_(r, " = ");
		type(r);
	}
	if (open)
		puts_(r, ">");
}

static void object(struct rust *r)
{
	uint64_t bound, lifetime;

	puts_(r, "dyn ");
	bound = binder(r);
	for (size_t n = 0; !r->bad && !eat(r, 'E'); n++) {
		puts_(r, n ? " + " : "");
		bound_trait(r);
	}
	r->lifetimes -= bound;
	if (!eat(r, 'L')) {
		r->bad = true;
		return;
	}
	lifetime = base62(r);
	if (lifetime) {
		puts_(r, " + ");
		put_lifetime(r, lifetime);
	}
}

static void reference(struct rust *r, bool mutable)
{
	uint64_t lifetime = eat(r, 'L') ? base62(r) : 0;

	puts_(r, "&");
	if (lifetime) {
		put_lifetime(r, lifetime);
		puts_(r, " ");
	}
	puts_(r, mutable ? "mut " : "");
	type(r);
}

static void array(struct rust *r, bool sized)
{
	puts_(r, "[");
	type(r);
	if (sized) {
		puts_(r, "; ");
		constant(r, false);
	}
	puts_(r, "]");
}

static void type_back(struct rust *r, bool unused)
{
	(void)unused;
	type(r);
}

static void type_inside(struct rust *r)
{
	char c = peek(r);
	const char *name = basic(c);

	r->at += c && (name || strchr("ASTRQPOFDB", c));
	if (name) {
		puts_(r, name);
		return;
	}
	switch (c) {
	case 'A':
	case 'S':
		array(r, c == 'A');
		return;
	case 'T':
		puts_(r, "(");
		puts_(r, list(r, type) == 1 ? ",)" : ")");
		return;
	case 'R':
	case 'Q':
		reference(r, c == 'Q');
		return;
	case 'P':
	case 'O':
		puts_(r, c == 'P' ? "*const " : "*mut ");
		type(r);
		return;
	case 'F':
		function(r);
		return;
	case 'D':
		object(r);
		return;
	case 'B':
		back(r, type_back, false);
		return;
	default:
		path(r, false);
	}
}

static void type(struct rust *r)
{
	if (r->depth++ >= MAX_DEPTH)
		r->bad = true;
	if (!r->bad)
		type_inside(r);
	r->depth--;
}

/* ---- paths ------------------------------------------------------------- */

/* Lower case is what the compiler has its own use for. */
static void nested(struct rust *r, bool in_value)
{
	char space = next(r);
	struct identifier id;

	path(r, in_value);
	id = identifier(r);
	if (space >= 'A' && space <= 'Z') {
		puts_(r, "::{");
		puts_(r, space == 'C'   ? "closure"
			 : space == 'S' ? "shim"
					: "?");
		if (id.n)
			puts_(r, ":");
		put_identifier(r, &id);
		puts_(r, "#");
		put_number(r, id.disambiguator);
		puts_(r, "}");
	} else if (id.n) {
		puts_(r, "::");
		put_identifier(r, &id);
	}
}

/* Where an impl stands, its type says enough. */
static void impl_path(struct rust *r)
{
	optional(r, 's');
	r->silent++;
	path(r, false);
	r->silent--;
}

static void qualified(struct rust *r, bool has_trait)
{
	puts_(r, "<");
	type(r);
	if (has_trait) {
		puts_(r, " as ");
		path(r, false);
	}
	puts_(r, ">");
}

static void path_inside(struct rust *r, bool in_value)
{
	char c = next(r);
	struct identifier id;

	switch (c) {
	case 'C':
		id = identifier(r);
		put_identifier(r, &id);
		return;
	case 'N':
		nested(r, in_value);
		return;
	case 'M':
	case 'X':
		impl_path(r);
		qualified(r, c == 'X');
		return;
	case 'Y':
		qualified(r, true);
		return;
	case 'I':
		path(r, in_value);
		puts_(r, in_value ? "::<" : "<");
		list(r, generic_argument);
		puts_(r, ">");
		return;
	case 'B':
		back(r, path, in_value);
		return;
	default:
		r->bad = true;
	}
}

static void path(struct rust *r, bool in_value)
{
	if (r->depth++ >= MAX_DEPTH)
		r->bad = true;
	if (!r->bad)
		path_inside(r, in_value);
	r->depth--;
}

const char *rustname(const char *symbol, struct arena *arena)
{
	struct rust r = { .out = { .arena = arena } };

	if (strncmp(symbol, "_R", 2) || symbol[2] < 'A' || symbol[2] > 'Z')
		return NULL;
	r.s = symbol + 2;
	r.size = strcspn(r.s, ".$"); /* what the linker or LLVM appended */
	path(&r, true);
	if (!r.bad && r.at < r.size) { /* the crate that made the instance */
		r.silent++;
		path(&r, false);
	}
	return r.bad || r.at != r.size ? NULL : buf_str(&r.out);
}
