/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * C types as immutable structs.  No DWARF here: tests make types by hand, and
 * inspect/dwarf/types.c makes them from DIEs, once per DIE.  Members of a
 * struct and a struct that is only declared are filled in on first need by
 * type_complete().
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/model/loc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum type_kind {
	TYPE_VOID,
	TYPE_BOOL,
	TYPE_CHAR,  /* char, signed char, unsigned char, char8_t */
	TYPE_UCHAR, /* unsigned char as text: is_signed says which */
	TYPE_WCHAR, /* char16_t, char32_t, wchar_t (DW_ATE_UTF) */
	TYPE_INT,   /* signed or unsigned: is_signed */
	TYPE_FLOAT,
	TYPE_COMPLEX,
	TYPE_ENUM,
	TYPE_POINTER,
	TYPE_REFERENCE,
	TYPE_RVALUE_REFERENCE,
	TYPE_ARRAY,
	TYPE_STRUCT,
	TYPE_UNION,
	TYPE_CLASS,
	TYPE_FUNC,
	TYPE_TYPEDEF,
	TYPE_CONST,
	TYPE_VOLATILE,
	TYPE_RESTRICT,
	TYPE_ATOMIC,
	TYPE_UNSPECIFIED, /* decltype(nullptr); a symbol without debug info */
};

enum type_access { ACCESS_PUBLIC, ACCESS_PROTECTED, ACCESS_PRIVATE };

struct class;

struct member {
	const char *name; /* NULL: anonymous struct or union */
	const struct type *type;
	uint64_t offset;         /* bytes from the start of the struct */
	unsigned bit_offset;     /* bits from offset, little-endian */
	unsigned bit_size;       /* 0: not a bit-field */
	bool is_base;            /* a C++ base class */
	bool is_static;          /* no place inside the object */
	bool unknown_offset;     /* virtual base and the like: say so */
	bool is_virtual;         /* C++: a base that is shared */
	bool is_artificial;      /* the compiler's own: _vptr, `this` */
	enum type_access access; /* C++ */
	struct loc place;        /* is_static: where it is, if that is known */
	/* unknown_offset: its address in the object at an address, which the
	 * debug info computes (virtual bases); NULL: it does not say. */
	bool (*locate)(const struct member *, uint64_t object, uint64_t *ret);
	const void *ctx; /* for locate */
	/* Rust: it is there only in one variant of its struct, when the
	 * discriminant has this value; or, default, when it has no other's. */
	bool is_variant, is_default;
	int64_t variant;
};

struct enumerator {
	const char *name;
	int64_t value;
};

struct type {
	enum type_kind kind;
	const char *name; /* tag or name; NULL: anonymous */
	uint64_t size;    /* bytes; 0 and !has_size: not known */
	bool has_size;
	bool is_signed;
	bool is_declaration; /* struct foo; and no definition found (yet) */
	bool is_vector;      /* GNU vector: an array that is a value */
	bool prototyped, varargs;
	bool is_flag_enum;
	bool big_endian;    /* a number stored in the other byte order */
	bool no_tag;        /* C++, Rust: its name stands without "struct" */
	bool is_enum_class; /* C++ */
	bool is_cxx;        /* its definition says more than C has */

	const struct type *target; /* pointer, array, typedef, const, function
				      result, enum's underlying type */
	/* C++: a pointer to a member (by its kind a number) of that class. */
	const struct type *containing;
	struct member *members; /* struct, union, class; function: parameters */
	size_t nmembers;
	/* Rust: what says which variant there is; NULL: the only one. */
	const struct member *discriminant;
	struct enumerator *enumerators;
	size_t nenumerators;

	bool has_count; /* array: a bound is known */
	uint64_t count;
	int64_t lower; /* array: the index of the first element; C: 0 */
	uint64_t
		stride; /* array: bytes from one element to the next; 0: size */
	/* A bound that is computed (VLA): the DWARF side resolves it. */
	const void *dynamic;

	/* Fills members, or finds the definition of a declaration. */
	void (*complete)(struct type *);
	void *ctx; /* for complete, class */
	/* C++: the rest of a class, see class.h; NULL: there is none. */
	const struct class *(*class)(const struct type *);
	const char *file; /* where it is declared, or NULL */
	int line;
};

/* The type without typedefs and qualifiers, completed.  Never NULL. */
const struct type *type_strip(const struct type *);
/* What type_strip() would return, not completed: for its kind.  What a pointer
 * points to may be defined in another library, and is rarely asked for. */
const struct type *type_bare(const struct type *);
/* Without qualifiers, but a typedef stays; not completed.  Never NULL. */
const struct type *type_unqualified(const struct type *);
/* What a pointer points to, an array is made of, a function returns, through
 * typedefs and qualifiers; void where there is none. */
const struct type *type_target(const struct type *);
/* Bytes; an array's are computed; 0: not known. */
uint64_t type_size(const struct type *);
/* Bytes from one element of an array to the next. */
uint64_t type_stride(const struct type *array);
/* Makes members and size valid; cheap when they are.  t->complete is cleared
 * before it is called. */
const struct type *type_complete(const struct type *);
/* Names are written by decl.c.
 * "const struct foo *", "int (*)(char, ...)", "char [16]": GDB's notation. */
const char *type_name(const struct type *, struct arena *);
/* A declaration: type_decl(int[3], "v") is "int v[3]". */
const char *type_decl(const struct type *, const char *name, struct arena *);
/* As ptype prints it: the definition of a struct with its members.
 * offsets: with /o's columns of offset and size, and holes. */
enum type_offsets { OFFSETS_NONE, OFFSETS_DECIMAL, OFFSETS_HEX };
const char *type_definition(
	const struct type *, enum type_offsets offsets, struct arena *);
/* What GDB prints before "type = " when offsets are asked for: the heading of
 * the columns, or nothing when the type has no members. */
const char *type_offsets_header(const struct type *);
/* The word of the JSON contract's "kind": "struct", "pointer", "int", ... */
const char *type_kind_name(enum type_kind);

bool type_is_integer(const struct type *);   /* bool, char, int, enum */
bool type_is_scalar(const struct type *);    /* and float, pointer */
bool type_is_reference(const struct type *); /* C++: & and && */
bool type_is_record(const struct type *);    /* struct, union, class */
bool type_is_text(const struct type *); /* a char type that prints as text */
/* L, u or U of wide characters; 0: none. */
char type_text_prefix(const struct type *);
/* An enum that prints as (A | B): no enumerator has two bits. */
bool type_is_flags(const struct type *);

/* By hand: tests, casts, and what expressions need.  In the arena given. */
const struct type *type_new_pointer(const struct type *target, struct arena *);
const struct type *type_new_array(
	const struct type *elem, uint64_t count, struct arena *);
const struct type *type_new_int(
	const char *name, uint64_t size, bool is_signed, struct arena *);
/* int, long, double, char...: C's basic types by spelling; NULL: not one. */
const struct type *type_basic(const char *name);
