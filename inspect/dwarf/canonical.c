/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compilers write template arguments in DW_AT_name as their diagnostics do,
 * with the qualifiers of a type before it: pair<const A, B>.  Linkage names,
 * demangled, have them behind it (Itanium C++ ABI, 5.1.5), and so have gdb's
 * names of types: pair<A const, B>.  Functions are named by their linkage
 * names, so that types have to be written alike.
 *
 * A qualifier moves from the beginning of an argument to the end of the name
 * that it qualifies: before what makes a pointer, a reference, a function or
 * an array of it.  Parameters of function types are arguments too.  There is
 * no space before * and &, one between >'s; 3UL is 3ul, and long unsigned int
 * is unsigned long.
 */
#include "inspect/dwarf/canonical.h"

#include "inspect/base/buf.h"
#include "inspect/base/limits.h"

#include <stdbool.h>
#include <string.h>

struct canonical {
	const char *at;
	struct buf out;
	unsigned depth;
	bool failed; /* brackets that do not match, or too deep */
};

static void arguments(struct canonical *c, char close);

static const char *qualifier(struct canonical *c)
{
	static const char *const words[] = { "const ", "volatile " };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strncmp(c->at, words[i], strlen(words[i]))) {
			c->at += strlen(words[i]);
			return words[i];
		}
	return NULL;
}

static bool is_name(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static char last(const struct canonical *c)
{
	return c->out.n ? c->out.s[c->out.n - 1] : 0;
}

/* The words that a C type may be made of, in any order. */
enum word { LONG, SHORT, INT, CHAR, SIGNED, UNSIGNED, WORDS };

static enum word word_at(const char *at, size_t *ret_length)
{
	static const char *const words[] = {
		[LONG] = "long",
		[SHORT] = "short",
		[INT] = "int",
		[CHAR] = "char",
		[SIGNED] = "signed",
		[UNSIGNED] = "unsigned",
	};

	for (size_t i = 0; i < WORDS; i++) {
		size_t n = strlen(words[i]);

		if (!strncmp(at, words[i], n) && !is_name(at[n])) {
			*ret_length = n;
			return (enum word)i;
		}
	}
	return WORDS;
}

static bool number_type(struct canonical *c)
{
	unsigned count[WORDS] = { 0 };
	const char *end = NULL;
	enum word w;
	size_t n;

	if (!c->depth || is_name(last(c)))
		return false;
	for (const char *at = c->at; (w = word_at(at, &n)) < WORDS;
		at = end + (*end == ' ')) {
		count[w]++;
		end = at + n;
	}
	if (!end)
		return false;
	buf_puts(&c->out, count[UNSIGNED]                ? "unsigned "
			  : count[SIGNED] && count[CHAR] ? "signed "
							 : "");
	buf_puts(&c->out, count[CHAR]       ? "char"
			  : count[SHORT]    ? "short"
			  : count[LONG] > 1 ? "long long"
			  : count[LONG]     ? "long"
					    : "int");
	c->at = end;
	return true;
}

/* One character of an argument. */
static void copy(struct canonical *c)
{
	char ch = *c->at++;

	if (c->depth && ch == ' ' && (*c->at == '*' || *c->at == '&'))
		return;
	if (c->depth && (ch == 'U' || ch == 'L') &&
		strchr("0123456789ul", last(c)) && last(c))
		ch = (char)(ch - 'A' + 'a');
	buf_putc(&c->out, ch);
}

/* Copies up to one of those characters outside of brackets. */
static void copy_until(struct canonical *c, const char *ends)
{
	while (*c->at && !strchr(ends, *c->at) && !c->failed) {
		char open = *c->at;

		if (number_type(c))
			continue;
		copy(c);
		if (open == '<')
			arguments(c, '>');
		else if (open == '(')
			arguments(c, ')');
	}
}

static void argument(struct canonical *c)
{
	const char *moved[2];
	size_t n = 0;

	while (n < 2 && (moved[n] = qualifier(c)))
		n++;
	copy_until(c, n ? "*&(),>[" : ",)>");
	if (!n)
		return;

	bool spaced = last(c) == ' ';

	c->out.n -= spaced;
	for (size_t i = 0; i < n; i++)
		buf_printf(
			&c->out, " %.*s", (int)strlen(moved[i]) - 1, moved[i]);
	if (spaced)
		buf_putc(&c->out, ' ');
	copy_until(c, ",)>");
}

/* Behind the opening bracket, to behind the closing one. */
static void arguments(struct canonical *c, char close)
{
	if (++c->depth > MAX_DIE_DEPTH)
		c->failed = true;
	while (!c->failed) {
		argument(c);
		if (*c->at != ',')
			break;
		buf_puts(&c->out, ", ");
		c->at += 1 + strspn(c->at + 1, " ");
	}
	if (*c->at != close) {
		c->failed = true;
		return;
	}
	if (close == '>' && last(c) == '>')
		buf_putc(&c->out, ' ');
	buf_putc(&c->out, *c->at++);
	c->depth--;
}

const char *canonical_name(const char *name, struct arena *arena)
{
	if (!name || !strchr(name, '<'))
		return name;
	if (strstr(name, "operator") || strchr(name, '{') || strchr(name, '\''))
		return name; /* brackets that are none */

	struct canonical c = { .at = name, .out = { .arena = arena } };

	copy_until(&c, "");
	return c.failed ? name : buf_str(&c.out);
}
