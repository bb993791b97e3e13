/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Types by hand, and the few questions that everybody asks of a type.  Chains
 * of typedefs and qualifiers come from a file, so walking them is bounded; a
 * chain that does not end is treated as void.
 */
#include "inspect/model/type.h"

#include "inspect/base/limits.h"

#include <string.h>

static const struct type type_void = { .kind = TYPE_VOID, .name = "void" };

const struct type *type_complete(const struct type *t)
{
	/* Types are immutable but for this: nobody sees the change, because
	 * nobody looks at members before asking. */
	struct type *open = (struct type *)t;
	void (*complete)(struct type *) = t->complete;

	if (complete) {
		open->complete = NULL;
		complete(open);
	}
	return t;
}

static bool is_wrapper(const struct type *t)
{
	return t->kind == TYPE_TYPEDEF || t->kind == TYPE_CONST ||
	       t->kind == TYPE_VOLATILE || t->kind == TYPE_RESTRICT ||
	       t->kind == TYPE_ATOMIC;
}

const struct type *type_strip(const struct type *t)
{
	for (int i = 0; t && i < MAX_DIE_DEPTH; i++) {
		type_complete(t);
		if (!is_wrapper(t))
			return t;
		t = t->target;
	}
	return &type_void;
}

const struct type *type_bare(const struct type *t)
{
	for (int i = 0; t && i < MAX_DIE_DEPTH; i++) {
		if (!is_wrapper(t))
			return t;
		t = t->target;
	}
	return &type_void;
}

const struct type *type_unqualified(const struct type *t)
{
	for (int i = 0; t && i < MAX_DIE_DEPTH; i++) {
		if (t->kind == TYPE_TYPEDEF || !is_wrapper(t))
			return t;
		t = t->target;
	}
	return &type_void;
}

const struct type *type_target(const struct type *t)
{
	t = type_strip(t);
	return t->target ? t->target : &type_void;
}

const char *type_kind_name(enum type_kind kind)
{
	static const char *const names[] = {
		[TYPE_VOID] = "void",
		[TYPE_BOOL] = "bool",
		[TYPE_CHAR] = "char",
		[TYPE_UCHAR] = "char",
		[TYPE_WCHAR] = "char",
		[TYPE_INT] = "int",
		[TYPE_FLOAT] = "float",
		[TYPE_COMPLEX] = "complex",
		[TYPE_ENUM] = "enum",
		[TYPE_POINTER] = "pointer",
		[TYPE_REFERENCE] = "reference",
		[TYPE_RVALUE_REFERENCE] = "reference",
		[TYPE_ARRAY] = "array",
		[TYPE_STRUCT] = "struct",
		[TYPE_UNION] = "union",
		[TYPE_CLASS] = "class",
		[TYPE_FUNC] = "function",
		[TYPE_TYPEDEF] = "typedef",
		[TYPE_CONST] = "const",
		[TYPE_VOLATILE] = "volatile",
		[TYPE_RESTRICT] = "restrict",
		[TYPE_ATOMIC] = "atomic",
		[TYPE_UNSPECIFIED] = "unspecified",
	};

	return names[kind];
}

bool type_is_integer(const struct type *t)
{
	switch (type_bare(t)->kind) {
	case TYPE_BOOL:
	case TYPE_CHAR:
	case TYPE_UCHAR:
	case TYPE_WCHAR:
	case TYPE_INT:
	case TYPE_ENUM:
		return true;
	default:
		return false;
	}
}

bool type_is_scalar(const struct type *t)
{
	switch (type_bare(t)->kind) {
	case TYPE_FLOAT:
	case TYPE_POINTER:
	case TYPE_REFERENCE:
	case TYPE_RVALUE_REFERENCE:
		return true;
	default:
		return type_is_integer(t);
	}
}

bool type_is_reference(const struct type *t)
{
	enum type_kind kind = type_bare(t)->kind;

	return kind == TYPE_REFERENCE || kind == TYPE_RVALUE_REFERENCE;
}

bool type_is_record(const struct type *t)
{
	enum type_kind kind = type_bare(t)->kind;

	return kind == TYPE_STRUCT || kind == TYPE_UNION || kind == TYPE_CLASS;
}

char type_text_prefix(const struct type *t)
{
	/* wchar_t is an int but for its name (C11, 7.19). */
	for (int i = 0; t && i < MAX_DIE_DEPTH && is_wrapper(t); i++) {
		if (t->kind == TYPE_TYPEDEF && t->name) {
			if (!strcmp(t->name, "wchar_t"))
				return 'L';
			if (!strcmp(t->name, "char16_t"))
				return 'u';
			if (!strcmp(t->name, "char32_t"))
				return 'U';
		}
		t = t->target;
	}
	t = type_bare(t);
	if (t->kind == TYPE_WCHAR && t->name && !strcmp(t->name, "char"))
		return 0; /* Rust's */
	if (t->kind == TYPE_WCHAR && t->size == 2)
		return 'u';
	if (t->kind == TYPE_WCHAR && t->size == 4)
		return t->name && !strcmp(t->name, "wchar_t") ? 'L' : 'U';
	return 0;
}

bool type_is_text(const struct type *t)
{
	const struct type *bare = type_bare(t);

	if (bare->kind == TYPE_CHAR || bare->kind == TYPE_UCHAR)
		return true;
	if (bare->kind == TYPE_WCHAR)
		return bare->size == 1 || bare->size == 2 || bare->size == 4;
	return bare->kind == TYPE_INT && type_text_prefix(t) &&
	       (bare->size == 2 || bare->size == 4);
}

bool type_is_flags(const struct type *t)
{
	t = type_strip(t);
	if (t->kind != TYPE_ENUM || !t->nenumerators)
		return false;
	for (size_t i = 0; i < t->nenumerators; i++) {
		int64_t v = t->enumerators[i].value;

		if (v < 0 || (v & (v - 1)))
			return false;
	}
	return true;
}

uint64_t type_size(const struct type *t)
{
	t = type_strip(t);
	if (t->kind == TYPE_ARRAY && !t->has_size && t->has_count) {
		uint64_t size = 0;

		if (__builtin_mul_overflow(type_stride(t), t->count, &size))
			return UINT64_MAX;
		return size;
	}
	return t->size;
}

uint64_t type_stride(const struct type *array)
{
	array = type_strip(array);
	return array->stride ? array->stride : type_size(type_target(array));
}

const struct type *type_new_pointer(
	const struct type *target, struct arena *arena)
{
	struct type *t = arena_new(arena, struct type);

	t->kind = TYPE_POINTER;
	t->size = 8;
	t->has_size = true;
	t->target = target;
	return t;
}

const struct type *type_new_array(
	const struct type *elem, uint64_t count, struct arena *arena)
{
	struct type *t = arena_new(arena, struct type);

	t->kind = TYPE_ARRAY;
	t->target = elem;
	t->count = count;
	t->has_count = true;
	t->size = type_size(t);
	t->has_size = true;
	return t;
}

const struct type *type_new_int(
	const char *name, uint64_t size, bool is_signed, struct arena *arena)
{
	struct type *t = arena_new(arena, struct type);

	t->kind = TYPE_INT;
	t->name = name;
	t->size = size;
	t->has_size = true;
	t->is_signed = is_signed;
	return t;
}

#define BASIC(kind_, name_, size_, signed_)                                    \
	{                                                                      \
		.kind = (kind_), .name = (name_), .size = (size_),             \
		.has_size = true, .is_signed = (signed_)                       \
	}

/* LP64: psABI x86-64 3.1.2 and AAPCS64 10.1 agree but for char and long
 * double; char is signed here as on x86-64. */
static const struct type basic_types[] = {
	{ .kind = TYPE_VOID, .name = "void" },
	BASIC(TYPE_BOOL, "_Bool", 1, false),
	BASIC(TYPE_CHAR, "char", 1, true),
	BASIC(TYPE_CHAR, "signed char", 1, true),
	BASIC(TYPE_UCHAR, "unsigned char", 1, false),
	BASIC(TYPE_INT, "short", 2, true),
	BASIC(TYPE_INT, "unsigned short", 2, false),
	BASIC(TYPE_INT, "int", 4, true),
	BASIC(TYPE_INT, "unsigned int", 4, false),
	BASIC(TYPE_INT, "long", 8, true),
	BASIC(TYPE_INT, "unsigned long", 8, false),
	BASIC(TYPE_INT, "long long", 8, true),
	BASIC(TYPE_INT, "unsigned long long", 8, false),
	BASIC(TYPE_INT, "__int128", 16, true),
	BASIC(TYPE_INT, "unsigned __int128", 16, false),
	BASIC(TYPE_FLOAT, "float", 4, true),
	BASIC(TYPE_FLOAT, "double", 8, true),
	BASIC(TYPE_FLOAT, "long double", 16, true),
	BASIC(TYPE_COMPLEX, "complex float", 8, true),
	BASIC(TYPE_COMPLEX, "complex double", 16, true),
	BASIC(TYPE_COMPLEX, "complex long double", 32, true),
	BASIC(TYPE_WCHAR, "wchar_t", 4, true),
	BASIC(TYPE_WCHAR, "char16_t", 2, false),
	BASIC(TYPE_WCHAR, "char32_t", 4, false),
};

/* What the words of a specifier add up to, in whatever order they stand. */
struct words {
	unsigned n_signed, n_unsigned, n_long, n_short, n_int, n_other;
	char other[24];
};

static bool count_word(struct words *w, const char *word, size_t n)
{
	static const struct {
		const char *word;
		size_t field;
	} counted[] = {
		{ "signed", offsetof(struct words, n_signed) },
		{ "unsigned", offsetof(struct words, n_unsigned) },
		{ "long", offsetof(struct words, n_long) },
		{ "short", offsetof(struct words, n_short) },
		{ "int", offsetof(struct words, n_int) },
	};

	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		if (strlen(counted[i].word) == n &&
			!memcmp(counted[i].word, word, n)) {
			++*(unsigned *)((char *)w + counted[i].field);
			return true;
		}
	size_t used = strlen(w->other);
	if (used + n + 2 > sizeof(w->other))
		return false;
	if (used)
		w->other[used++] = ' ';
	memcpy(w->other + used, word, n);
	w->other[used + n] = '\0';
	w->n_other++;
	return true;
}

/* "long unsigned int" to "unsigned long": GDB's order; NULL: no such type. */
static const char *plain_integer(const struct words *w)
{
	bool uns = w->n_unsigned;

	if (w->n_signed + w->n_unsigned > 1 || w->n_long > 2 ||
		w->n_short > 1 || w->n_int > 1 || (w->n_long && w->n_short))
		return NULL;
	if (w->n_short)
		return uns ? "unsigned short" : "short";
	if (w->n_long == 1)
		return uns ? "unsigned long" : "long";
	if (w->n_long == 2)
		return uns ? "unsigned long long" : "long long";
	return uns ? "unsigned int" : "int";
}

static const char *other_spelling(const struct words *w)
{
	bool uns = w->n_unsigned;

	if (!strcmp(w->other, "char") && !w->n_long && !w->n_short && !w->n_int)
		return uns ? "unsigned char"
			   : (w->n_signed ? "signed char" : "char");
	if (!strcmp(w->other, "__int128") && !w->n_long && !w->n_short)
		return uns ? "unsigned __int128" : "__int128";
	if (uns || w->n_signed || w->n_short || w->n_int || w->n_long > 1)
		return NULL;
	if (w->n_long) {
		if (!strcmp(w->other, "double"))
			return "long double";
		if (!strcmp(w->other, "_Complex double") ||
			!strcmp(w->other, "double _Complex") ||
			!strcmp(w->other, "complex double"))
			return "complex long double";
		return NULL;
	}
	if (!strcmp(w->other, "bool"))
		return "_Bool";
	if (!strcmp(w->other, "_Complex float") ||
		!strcmp(w->other, "float _Complex"))
		return "complex float";
	if (!strcmp(w->other, "_Complex double") ||
		!strcmp(w->other, "double _Complex"))
		return "complex double";
	return w->other;
}

const struct type *type_basic(const char *name)
{
	struct words w = { 0 };
	const char *s = name;

	while (*(s += strspn(s, " \t"))) {
		size_t n = strcspn(s, " \t");

		if (!count_word(&w, s, n))
			return NULL;
		s += n;
	}
	if (s == name)
		return NULL;
	const char *spelling =
		w.n_other ? other_spelling(&w) : plain_integer(&w);
	for (size_t i = 0;
		spelling && i < sizeof(basic_types) / sizeof(basic_types[0]);
		i++)
		if (!strcmp(basic_types[i].name, spelling))
			return &basic_types[i];
	return NULL;
}
