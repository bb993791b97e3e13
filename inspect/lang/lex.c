/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers get the type that C gives them (C11 6.4.4.1, 6.4.4.2), with GDB's
 * sentences for those that are none.  A single quote is a character constant
 * when one character stands inside, else a name: 'static name'::x.  A word
 * with dots right before "::" is a file.
 */
#include "inspect/lang/lex.h"

#include "inspect/base/buf.h"
#include "inspect/base/limits.h"
#include "inspect/lang/escape.h"
#include "inspect/model/quote.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct lexer {
	const char *text, *s; /* s: what comes next */
	struct arena *arena;
	struct token *tokens;
	size_t n, cap;
	unsigned radix;
};

enum { SHOWN = 60 }; /* columns of a long text around an error */

static unsigned column_of(const struct lexer *l, const char *s)
{
	return (unsigned)(s - l->text) + 1;
}

enum err lex_error(const char *text, unsigned column, const char *expected)
{
	size_t n = strlen(text), at = column - 1;
	const char *more = "";

	if (at > n)
		at = n;
	size_t from = at > SHOWN / 2 ? at - SHOWN / 2 : 0;
	int width = (int)strcspn(text + from, "\n");
	if (width > SHOWN) {
		width = SHOWN;
		more = "...";
	}
	if (at == n)
		return err_set(ERR_SYNTAX,
			"A syntax error in expression: it ends at column %u, "
			"where %s was expected.\n    %s%.*s\n    %*s",
			column, expected, from ? "..." : "", width, text + from,
			(int)(at - from + 1 + (from ? 3 : 0)), "^");
	return err_set(ERR_SYNTAX,
		"A syntax error in expression, near `%.20s': %s was expected "
		"at column %u.\n    %s%.*s%s\n    %*s",
		text + at, expected, column, from ? "..." : "", width,
		text + from, more, (int)(at - from + 1 + (from ? 3 : 0)), "^");
}

static struct token *add(
	struct lexer *l, enum token_kind kind, const char *start)
{
	l->tokens = arena_grow(
		l->arena, l->tokens, l->n, &l->cap, sizeof(*l->tokens));
	struct token *t = &l->tokens[l->n++];
	*t = (struct token){
		.kind = kind,
		.text = arena_strndup(l->arena, start, (size_t)(l->s - start)),
		.column = column_of(l, start),
		.end = column_of(l, l->s),
	};
	return t;
}

/* ---- numbers ---- */

/* C11 6.4.4.1: the first type of its list that holds the number; a decimal
 * number without u does not become unsigned until nothing else is left. */
static const char *int_type(
	unsigned __int128 n, bool uns, unsigned longs, bool decimal)
{
	if (n > UINT64_MAX)
		return uns || n >> 127 ? "unsigned __int128" : "__int128";
	if (!longs && !uns && n <= INT32_MAX)
		return "int";
	if (!longs && (uns || !decimal) && n <= UINT32_MAX)
		return "unsigned int";
	if (!uns && n <= INT64_MAX)
		return longs == 2 ? "long long" : "long";
	return longs == 2 ? "unsigned long long" : "unsigned long";
}

static bool parse_suffix(const char *s, bool *uns, unsigned *longs)
{
	*uns = false;
	*longs = 0;
	for (; *s; s++) {
		if ((*s == 'u' || *s == 'U') && !*uns) {
			*uns = true;
		} else if ((*s == 'l' || *s == 'L') && !*longs) {
			*longs = 1;
			if (s[1] == s[0]) {
				*longs = 2;
				s++;
			}
		} else {
			return false;
		}
	}
	return true;
}

static enum err lex_int(struct lexer *l, const char *start, const char *word)
{
	unsigned base = l->radix;
	const char *s = word;
	unsigned __int128 n = 0;
	unsigned longs;
	bool uns, any = false;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0' && (s[1] == 'b' || s[1] == 'B')) {
		base = 2;
		s += 2;
	} else if (s[0] == '0' && base == 10) {
		base = 8;
	}
	for (; isxdigit((unsigned char)*s); s++) {
		unsigned d = isdigit((unsigned char)*s)
				     ? (unsigned)(*s - '0')
				     : (unsigned)(tolower(*s) - 'a' + 10);

		if (d >= base)
			break;
		if (n > ((unsigned __int128)-1 - d) / base)
			return err_set(
				ERR_SYNTAX, "Numeric constant too large.");
		n = n * base + d;
		any = true;
	}
	if (!any || !parse_suffix(s, &uns, &longs))
		return err_set(ERR_SYNTAX, "Invalid number \"%s\".", word);
	struct token *t = add(l, TOKEN_INT, start);
	t->number = n;
	t->type = int_type(n, uns, longs, base == 10);
	return OK;
}

static enum err lex_float(struct lexer *l, const char *start, const char *word)
{
	char *end;
	long double x = strtold(word, &end);
	const char *type = "double";

	if ((*end == 'f' || *end == 'F') && !end[1]) {
		type = "float";
		x = strtof(word, NULL);
	} else if ((*end == 'l' || *end == 'L') && !end[1]) {
		type = "long double";
	} else if (*end) {
		return err_set(ERR_SYNTAX, "Invalid number \"%s\".", word);
	} else {
		x = strtod(word, NULL);
	}
	struct token *t = add(l, TOKEN_FLOAT, start);
	t->real = x;
	t->type = type;
	return OK;
}

/* A preprocessing number (C11 6.4.8): everything that clings to it. */
static enum err lex_number(struct lexer *l)
{
	const char *start = l->s;
	bool hex = start[0] == '0' && (start[1] == 'x' || start[1] == 'X');
	bool real = false;

	while (isalnum((unsigned char)*l->s) || *l->s == '.' || *l->s == '_') {
		char c = (char)tolower(*l->s);

		/* p arr[1..3]: two dots are an operator. */
		if (*l->s == '.' && l->s[1] == '.')
			break;
		l->s++;
		real |= c == '.' || (hex ? c == 'p' : c == 'e');
		if ((hex ? c == 'p' : c == 'e') &&
			(*l->s == '+' || *l->s == '-'))
			l->s++;
	}
	const char *word =
		arena_strndup(l->arena, start, (size_t)(l->s - start));
	return real ? lex_float(l, start, word) : lex_int(l, start, word);
}

/* ---- quotes ---- */

static const char *closing(const char *s, char quote)
{
	for (; *s && *s != quote; s++)
		if (*s == '\\' && s[1])
			s++;
	return *s ? s : NULL;
}

static enum err lex_char(struct lexer *l, const char *start, const char *prefix)
{
	const char *open = l->s, *end = closing(open + 1, '\'');
	const char *s = open + 1;
	uint32_t code = 0;

	if (!end)
		return err_set(ERR_SYNTAX, "Unmatched single quote.");
	if (s == end)
		return err_set(ERR_SYNTAX,
			"A character constant must contain at least one "
			"character.");
	bool named;
	bool valid = escape_next(&s, !*prefix, &code, &named) &&
		     (*prefix || !named || code < 0x80);
	l->s = end + 1;
	if (valid && s == end && strncmp(l->s, "::", 2)) {
		struct token *t = add(l, TOKEN_CHAR, start);

		t->number = code;
		t->type = prefix;
		return OK;
	}
	if (*prefix || memchr(open, '\\', (size_t)(end - open)))
		return err_set(ERR_SYNTAX, "Invalid character constant.");
	struct token *t = add(l, TOKEN_NAME, start);
	t->quoted = true;
	t->text = arena_strndup(l->arena, open + 1, (size_t)(end - open - 1));
	return OK;
}

static enum err lex_string(
	struct lexer *l, const char *start, const char *prefix)
{
	const char *end = closing(l->s + 1, '"');
	unsigned width = *prefix == 'u' ? 2 : *prefix ? 4 : 1;
	struct buf b = { .arena = l->arena };

	if (!end)
		return err_set(
			ERR_SYNTAX, "Unterminated string in expression.");
	for (const char *s = l->s + 1; s < end;) {
		const char *at = s;
		uint32_t code;
		bool named;

		if (!escape_next(&s, width == 1, &code, &named))
			return err_set(ERR_SYNTAX,
				"Invalid escape in a string at column %u.",
				column_of(l, at));
		if (width == 1 && !named)
			buf_putc(&b, (char)code);
		else
			quote_encode(code, width, &b);
	}
	l->s = end + 1;
	struct token *t = add(l, TOKEN_STRING, start);
	t->bytes = (const uint8_t *)buf_str(&b);
	t->n = b.n;
	t->type = prefix;
	return OK;
}

/* ---- names ---- */

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' ||
	       (unsigned char)c >= 0x80;
}

/* Length of "file.c" in "file.c::x", else 0. */
static size_t file_length(const char *s)
{
	size_t n = 0;
	bool dot = false;

	while (name_char(s[n]) || (s[n] == '.' && s[n + 1] != '.')) {
		dot |= s[n] == '.';
		n++;
	}
	return dot && s[n] == ':' && s[n + 1] == ':' ? n : 0;
}

static const char *literal_prefix(const char *s)
{
	static const char *const prefixes[] = { "L", "U", "u8", "u" };

	for (size_t i = 0; i < 4; i++) {
		size_t n = strlen(prefixes[i]);

		if (!strncmp(s, prefixes[i], n) &&
			(s[n] == '"' || s[n] == '\''))
			return prefixes[i];
	}
	return NULL;
}

/* GDB: n@entry is one word, the argument as the caller passed it. */
static size_t entry_length(const char *s)
{
	static const char entry[] = "@entry";
	size_t n = sizeof(entry) - 1;

	return !strncmp(s, entry, n) && !name_char(s[n]) ? n : 0;
}

static enum err lex_word(struct lexer *l)
{
	const char *start = l->s, *prefix = literal_prefix(start);
	size_t file = file_length(start);

	if (prefix) {
		l->s += strlen(prefix);
		if (prefix[1])
			prefix = "";
		return *l->s == '"' ? lex_string(l, start, prefix)
				    : lex_char(l, start, prefix);
	}
	if (file) {
		l->s += file;
		add(l, TOKEN_FILE, start);
		return OK;
	}
	while (name_char(*l->s))
		l->s++;
	l->s += entry_length(l->s);
	add(l, TOKEN_NAME, start);
	return OK;
}

static enum err lex_dollar(struct lexer *l)
{
	const char *start = l->s++;

	while (name_char(*l->s) || *l->s == '$')
		l->s++;
	struct token *t = add(l, TOKEN_DOLLAR, start);
	t->text++;
	return OK;
}

static enum err lex_operator(struct lexer *l)
{
	/* Longest first. */
	static const char *const ops[] = { "<<=", ">>=", "->", "++", "--", "<<",
		">>", "<=", ">=", "==", "!=", "&&", "||",
		"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "::", "..", "+",
		"-", "*", "/", "%", "&", "|", "^", "~", "!", "<", ">", "=", "?",
		":", ",", ".", "(", ")", "[", "]", "{", "}", "@", NULL };
	const char *start = l->s;

	for (size_t i = 0; ops[i]; i++) {
		size_t n = strlen(ops[i]);

		if (strncmp(start, ops[i], n))
			continue;
		l->s += n;
		add(l, TOKEN_OP, start)->text = ops[i];
		return OK;
	}
	if (isprint((unsigned char)*start))
		return err_set(ERR_SYNTAX,
			"Invalid character '%c' in expression, at column %u.",
			*start, column_of(l, start));
	return err_set(ERR_SYNTAX,
		"Invalid byte 0x%02x in expression, at column %u.",
		(unsigned char)*start, column_of(l, start));
}

static enum err lex_one(struct lexer *l)
{
	char c = *l->s;

	if (isdigit((unsigned char)c) ||
		(c == '.' && isdigit((unsigned char)l->s[1])))
		return lex_number(l);
	if (c == '"')
		return lex_string(l, l->s, "");
	if (c == '\'')
		return lex_char(l, l->s, "");
	if (c == '$')
		return lex_dollar(l);
	if (name_char(c))
		return lex_word(l);
	return lex_operator(l);
}

enum err lex(const char *text, unsigned radix, struct arena *arena,
	struct token **ret, size_t *ret_n)
{
	struct lexer l = {
		.text = text,
		.s = text,
		.arena = arena,
		.radix = radix ? radix : 10,
	};

	if (strlen(text) > MAX_EXPR_TEXT)
		return err_set(ERR_LIMIT,
			"An expression of %zu bytes is longer than the limit "
			"of %d.",
			strlen(text), MAX_EXPR_TEXT);
	while (*(l.s += strspn(l.s, " \t\r\n")))
		TRY(lex_one(&l));
	add(&l, TOKEN_END, l.s);
	*ret = l.tokens;
	*ret_n = l.n;
	return OK;
}
