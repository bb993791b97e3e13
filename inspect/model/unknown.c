/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values that are not known: why, and what is said where one is needed.
 * Declared in value.h.
 */
#include "inspect/model/number.h"
#include "inspect/model/value.h"

#include <string.h>

enum {
	ABSENT_PAGE = 4096,  /* memory comes and goes in pages */
	MAX_LOOKED_AT = 256, /* pages or bytes, to say it once for all */
};

/* GDB's sentences for a value that is needed and not known. */
enum err value_refusal(enum err e, enum absent absent)
{
	if (e != ERR_ABSENT)
		return e;
	if (absent == ABSENT_OPTIMIZED_OUT)
		return err_set(e, "value has been optimized out");
	if (absent == ABSENT_NOT_SAVED)
		return err_set(e, "value is not saved in this frame");
	return absent == ABSENT_UNMAPPED ? ERR_FAULT : e;
}

enum err value_probe(const struct value *v, struct value_ctx *ctx)
{
	const struct type *t = type_strip(v->type);
	uint8_t first;
	enum absent absent;

	if (t->kind == TYPE_UNSPECIFIED && v->loc.kind == LOC_ADDR &&
		!(t->name && strstr(t->name, "nullptr")))
		return err_set(ERR_TYPE,
			"It has unknown type: no debug info describes it; cast "
			"it to its declared type, as in (int)name.");
	if (v->loc.kind != LOC_ADDR || t->kind == TYPE_FUNC ||
		!type_size(v->type))
		return OK;
	enum err e = loc_read(&v->loc, ctx->mem, &first, 1, &absent);
	if (e == ERR_ABSENT && absent == ABSENT_UNMAPPED)
		return ERR_FAULT;
	return e == ERR_INTERRUPTED ? e : OK;
}

static enum absent byte_absent(
	const struct value *v, struct value_ctx *ctx, uint64_t at)
{
	enum absent absent = PRESENT;
	uint8_t byte;

	if (!loc_read_bits(&v->loc, ctx->mem, at * 8, 8, &byte, &absent))
		return PRESENT;
	return absent;
}

/* The one reason why none of its bytes is known.  A page of memory is known
 * or not as a whole; the pieces of a value may differ at every byte. */
static enum absent all_absent(
	const struct value *v, struct value_ctx *ctx, uint64_t size)
{
	enum absent first = byte_absent(v, ctx, 0);
	uint64_t step = v->loc.kind == LOC_ADDR ? ABSENT_PAGE : 1;

	if (first == PRESENT || size > MAX_LOOKED_AT * step)
		return PRESENT;
	for (uint64_t at = step; at < size; at += step)
		if (byte_absent(v, ctx, at) != first)
			return PRESENT;
	return byte_absent(v, ctx, size - 1) == first ? first : PRESENT;
}

bool value_is_unit(const struct value *v)
{
	const struct type *t = type_strip(v->type);

	return (t->kind == TYPE_INT || type_is_record(t)) &&
	       !t->is_declaration && t->has_size && !t->size;
}

enum absent value_unknown(
	const struct value *v, struct value_ctx *ctx, const char **ret_why)
{
	const struct type *t = type_strip(v->type);
	uint64_t size = type_size(t);
	uint8_t bytes[NUMBER_MAX];
	enum absent absent = PRESENT;
	const char *why = NULL;

	if (value_is_unit(v))
		return PRESENT;
	if (v->loc.kind == LOC_NONE) {
		if (ret_why)
			*ret_why = v->loc.why;
		return v->loc.absent;
	}
	if (!size || t->kind == TYPE_FUNC || value_is_synthetic(v))
		return PRESENT;
	if (type_is_record(t) || t->kind == TYPE_ARRAY)
		absent = all_absent(v, ctx, size);
	else if (size <= NUMBER_MAX &&
		 !value_load(v, ctx, bytes, (size_t)size, &absent))
		return PRESENT;
	if (absent == PRESENT || !ret_why)
		return absent;
	*ret_why = arena_strdup(ctx->arena, err_msg());
	if (v->loc.kind == LOC_ADDR)
		mem_absent(ctx->mem, v->loc.addr + v->loc.offset, &why);
	if (why)
		*ret_why = why;
	return absent;
}
