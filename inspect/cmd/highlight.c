/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of C, and of languages that look like it, cut into words: enough to
 * read by, and never wrong about what the text is, because every byte of it is
 * written in its order whatever it is taken for.
 */
#include "inspect/cmd/highlight.h"

#include <ctype.h>
#include <string.h>

static const char *const keywords[] = { "alignas", "alignof", "auto", "bool",
	"break", "case", "catch", "char", "class", "const", "constexpr",
	"continue", "default", "delete", "do", "double", "else", "enum",
	"explicit", "extern", "false", "float", "fn", "for", "friend", "goto",
	"if", "impl", "inline", "int", "let", "long", "match", "mut",
	"namespace", "new", "noexcept", "nullptr", "operator", "override",
	"private", "protected", "pub", "public", "register", "restrict",
	"return", "short", "signed", "sizeof", "static", "static_assert",
	"struct", "switch", "template", "this", "throw", "true", "try",
	"typedef", "typename", "typeof", "union", "unsigned", "use", "using",
	"virtual", "void", "volatile", "while", NULL };

static bool is_keyword(const char *word, size_t n)
{
	for (const char *const *k = keywords; *k; k++)
		if (strlen(*k) == n && !memcmp(*k, word, n))
			return true;
	return false;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* Bytes up to the end of a string or character that begins here; a digit
 * separator or a lifetime is none. */
static size_t quoted(const char *s)
{
	for (size_t i = 1; s[i]; i++) {
		if (s[i] == s[0])
			return i + 1;
		i += s[i] == '\\' && s[i + 1];
	}
	return s[0] == '"' ? strlen(s) : 1;
}

static size_t comment(struct highlight *h, const char *s, size_t from)
{
	const char *end = strstr(s + from, "*/");

	h->comment = !end;
	return end ? (size_t)(end + 2 - s) : strlen(s);
}

/* The next piece of a line: its length, and as what it is shown. */
static size_t piece(struct highlight *h, const char *s, enum out_style *ret)
{
	size_t n = 0;

	*ret = STYLE_DIM;
	if (h->comment)
		return comment(h, s, 0);
	if (s[0] == '/' && s[1] == '*')
		return comment(h, s, 2);
	if (s[0] == '/' && s[1] == '/')
		return strlen(s);
	*ret = STYLE_STRING;
	if (s[0] == '"' || s[0] == '\'')
		return quoted(s);
	while (is_word(s[n]))
		n++;
	*ret = is_keyword(s, n) ? STYLE_TYPE : STYLE_NONE;
	if (n)
		return n;
	while (s[n] && !is_word(s[n]) && !strchr("/\"'", s[n]))
		n++;
	return n ? n : 1;
}

/* "#include" and its like, with the blanks before it; 0: none. */
static size_t directive(const char *line)
{
	size_t n = strspn(line, " \t");

	if (line[n] != '#')
		return 0;
	n++;
	n += strspn(line + n, " \t");
	while (islower((unsigned char)line[n]))
		n++;
	return n;
}

void highlight_line(struct highlight *h, const char *line, struct out *o)
{
	enum out_style style = STYLE_ADDRESS;
	size_t n = h->comment ? 0 : directive(line);

	for (const char *s = line; *s; s += n, n = 0) {
		if (!n)
			n = piece(h, s, &style);
		if (!o)
			continue;
		char *text = arena_strndup(o->arena, s, n);
		if (style == STYLE_NONE)
			out_text(o, "%s", text);
		else
			out_style(o, style, text);
	}
}
