/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The C++ runtime has the demangler.  It is asked for when the first name needs
 * it; where there is none, as in a statically linked program, the names of the
 * debug info have to do.
 *
 * What it gives is a whole signature, "int f<int>(long) const".  The name in
 * it is what stands between the last space outside of all brackets and the
 * parameters; spaces behind "operator" belong to the name.  A lambda has its
 * own parameters inside its name, and gdb then leaves the whole text alone: so
 * does this.
 *
 * Rust's older scheme looks like C++ and ends in a hash that says nothing; its
 * newer one is read by rustname.c.
 */
#include "inspect/dwarf/demangle.h"

#include "inspect/base/cleanup.h"
#include "inspect/dwarf/rustname.h"

#include <stdbool.h>
#include <string.h>

static demangle_fn *(*find_runtime)(void);

void demangle_runtime(demangle_fn *(*find)(void))
{
	find_runtime = find;
}

static char *demangle(const char *linkage)
{
	static demangle_fn *fn;
	static bool tried;

	if (!tried && find_runtime) {
		tried = true;
		fn = find_runtime();
	}
	return fn ? fn(linkage, NULL, NULL, NULL) : NULL;
}

static int depth_of(char c)
{
	return strchr("(<[{", c) ? 1 : strchr(")>]}", c) ? -1 : 0;
}

static bool is_operator(const char *s, const char *at)
{
	static const char word[] = "operator";
	size_t n = sizeof(word) - 1;

	return !strncmp(at, word, n) && (at == s || strchr(": ", at[-1])) &&
	       !strchr("abcdefghijklmnopqrstuvwxyz_", at[n]);
}

/* Behind the symbol or the type that follows "operator". */
static const char *skip_operator(const char *at)
{
	at += sizeof("operator") - 1;
	if (!strncmp(at, "()", 2))
		return at + 2;
	while (*at && *at != '(' && (*at != '<' || strchr("r<", at[-1])))
		at++;
	return at;
}

/* Where the parameters begin: the last bracket group outside of all others. */
static const char *find_parameters(const char *s)
{
	const char *found = NULL;
	int depth = 0;

	for (const char *p = s; *p; p++) {
		if (depth == 0 && is_operator(s, p)) {
			p = skip_operator(p) - 1;
			continue;
		}
		if (!strncmp(p, "->", 2)) {
			p++;
			continue;
		}
		if (depth == 0 && *p == '(')
			found = p;
		depth += depth_of(*p);
	}
	return found;
}

/* " const::": of a member function that something is local to. */
static bool qualifies(const char *s)
{
	static const char *const words[] = { " const", " volatile", " &&",
		" &" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i]);

		if (!strncmp(s, words[i], n))
			return !strncmp(s + n, "::", 2) || qualifies(s + n);
	}
	return false;
}

/* Where the name begins: behind the result. */
static const char *find_name(const char *s, const char *end)
{
	const char *name = s;
	int depth = 0;

	for (const char *p = s; p < end; p++) {
		if (depth == 0 && is_operator(s, p))
			break;
		if (!strncmp(p, "->", 2)) {
			p++;
			continue;
		}
		if (depth == 0 && *p == ' ' && !qualifies(p))
			name = p + 1;
		depth += depth_of(*p);
	}
	return name;
}

/* "char (&f<int>(int)) [4]", "int (*f<int>(int))(int)": a result that the name
 * stands in the middle of. */
static char *unwrap(char *s)
{
	for (;;) {
		const char *at = find_parameters(s);

		if (at && strchr("&*", at[1]) == NULL)
			at = find_name(s, at);
		if (!at || *at != '(' || !at[1] || !strchr("&*", at[1]))
			return s;
		s += at - s + 1;
		s += strspn(s, "&*");
	}
}

const char *demangle_function(const char *linkage, struct arena *arena)
{
	if (!linkage || strncmp(linkage, "_Z", 2))
		return NULL;
	_cleanup_(free) char *text = demangle(linkage);

	if (!text)
		return NULL;
	const char *s = unwrap(text);
	const char *end = find_parameters(s);

	if (!end || end == s)
		return NULL;
	const char *name = strstr(s, " thunk to ") ? s : find_name(s, end);

	if (strchr(name, '{') || strstr(name, "'lambda"))
		end = name + strlen(name);
	return arena_strndup(arena, name, (size_t)(end - name));
}

/* "::h" and sixteen hexadecimal digits at the end. */
static size_t without_hash(const char *s)
{
	enum { HASH = 19 };
	size_t n = strlen(s);

	if (n <= HASH || strncmp(s + n - HASH, "::h", 3) ||
		strspn(s + n - HASH + 3, "0123456789abcdef") != HASH - 3)
		return n;
	return n - HASH;
}

/* What is not C++'s. */
static const char *other_name(const char *symbol, struct arena *arena)
{
	const char *name = rustname(symbol, arena);

	return name ? name : symbol;
}

const char *demangle_signature(const char *linkage, struct arena *arena)
{
	if (strncmp(linkage, "_Z", 2))
		return other_name(linkage, arena);
	_cleanup_(free) char *text = demangle(linkage);

	if (!text)
		return linkage;
	const char *s = unwrap(text);
	const char *end = find_parameters(s);

	return arena_strndup(arena, end ? find_name(s, end) : text,
		without_hash(end ? find_name(s, end) : text));
}

const char *demangle_symbol(const char *symbol, struct arena *arena)
{
	if (strncmp(symbol, "_Z", 2))
		return other_name(symbol, arena);
	_cleanup_(free) char *text = demangle(symbol);

	return text ? arena_strndup(arena, text, without_hash(text)) : symbol;
}
