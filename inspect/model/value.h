/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A value is a type and a place; bytes are fetched when somebody looks.
 * Optimized out is a place (LOC_NONE), not an error.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/model/loc.h"
#include "inspect/model/type.h"

#include <stdbool.h>
#include <stdint.h>

struct value {
	const struct type *type;
	struct loc loc;
	unsigned bit_offset, bit_size; /* bit_size 0: whole bytes */
	bool not_lvalue;               /* a result: has no address */
	const char *note; /* "(not yet in scope)" and the like, or NULL */
};

struct value_ctx {
	struct mem *mem;
	const struct arch *arch;
	struct arena *arena; /* scratch */
};

struct value value_absent(const struct type *, enum absent, const char *why);
struct value value_of_bytes(const struct type *, const void *, struct arena *);
struct value value_of_int(const struct type *, int64_t, struct arena *);
struct value value_of_double(const struct type *, double, struct arena *);
struct value value_of_int128(const struct type *, __int128, struct arena *);
struct value value_of_real(const struct type *, long double, struct arena *);
struct value value_at(const struct type *, uint64_t addr);

/* The value's bytes: type_strip(type)->size of them.  A bit-field is shifted
 * down and extended to its type. */
enum err value_load(const struct value *, struct value_ctx *, void *buf,
	size_t n, enum absent *ret_absent);
/* All bytes of a scalar or a complex number into NUMBER_MAX bytes, zeros after
 * them; an absent one is refused in GDB's words. */
enum err value_load_scalar(
	const struct value *, struct value_ctx *, uint8_t *bytes);
/* Integer, enum, bool, char, pointer: as 64 bits, extended by sign. */
enum err value_int(const struct value *, struct value_ctx *, int64_t *ret);
/* As value_int, for __int128 too. */
enum err value_int128(const struct value *, struct value_ctx *, __int128 *ret);
enum err value_double(
	const struct value *, struct value_ctx *, long double *ret);
/* C's truth. */
enum err value_true(const struct value *, struct value_ctx *, bool *ret);

/* The member, through anonymous ones and base classes; ERR_NOTFOUND: none.
 * Works on values without an address (registers, pieces). */
enum err value_member(const struct value *, const char *name,
	struct value_ctx *, struct value *ret);
/* The n'th member as declared, by its description. */
struct value value_member_of(const struct value *, const struct member *);
/* Whether the value has this member of its type: variants exclude each other.
 * True also where the discriminant is not known. */
bool value_has_member(
	const struct value *, const struct member *, struct value_ctx *);
/* v[i] of an array or a pointer. */
enum err value_index(
	const struct value *, int64_t i, struct value_ctx *, struct value *ret);
/* Bytes from p to p + 1; ERR_TYPE when the target is only declared. */
enum err value_pointee_size(const struct type *pointer, uint64_t *ret);
/* *v: follows implicit pointers too. */
enum err value_deref(
	const struct value *, struct value_ctx *, struct value *ret);
/* &v: ERR_TYPE with the reason when v has no address. */
enum err value_address(
	const struct value *, struct value_ctx *, struct value *ret);
/* C's conversion to another type. */
enum err value_cast(const struct value *, const struct type *,
	struct value_ctx *, struct value *ret);
/* A pointer that the program never made, of whose target the place is known. */
bool value_is_synthetic(const struct value *);
/* Rust's () and what holds nothing else: there is no other value of the type,
 * so that it is known without a place. */
bool value_is_unit(const struct value *);
/*
 * ERR_FAULT, "Cannot access memory at address 0x...", when the value is in
 * memory that the process did not have: what print refuses, as GDB does.
 * Other absent values are shown as such.
 */
enum err value_probe(const struct value *, struct value_ctx *);
/*
 * Why the value is not known, and a sentence's rest in *ret_why (may be NULL).
 * PRESENT when it is known; of a struct or an array, when any part of it is.
 */
enum absent value_unknown(
	const struct value *, struct value_ctx *, const char **ret_why);
/* After a failed load: GDB's sentence for the reason, ERR_FAULT for unmapped
 * memory; other errors unchanged. */
enum err value_refusal(enum err, enum absent);
/* A copy whose bytes and place live in the arena given (history). */
struct value value_keep(
	const struct value *, struct value_ctx *, struct arena *to);
