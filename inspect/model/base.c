/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A base class may lie anywhere in an object, so a cast between pointers to
 * related classes moves the pointer (C++20, [expr.static.cast] 11 and
 * [conv.ptr] 3).  Upward, the base is looked for in the object.  Downward the
 * same is done with an object that is taken to be where the pointer leads, and
 * the way is gone back; but where a virtual base is depends on the object.  Its
 * own vtable then says how far away the top of the whole object is (Itanium
 * C++ ABI 2.5.2, offset to top), and that is believed if from there the base
 * is found where the pointer leads.
 */
#include "inspect/model/base.h"

#include "inspect/base/limits.h"

#include <string.h>

/* Two words before where the vtable pointer leads (Itanium C++ ABI 2.5.2). */
#define OFFSET_TO_TOP 16

struct found {
	struct value part;
	unsigned n; /* different places */
	bool is_virtual;
};

/* One class may be in the debug info of several units. */
static bool same_class(const struct type *a, const struct type *b)
{
	return a == b || (a->name && b->name && !strcmp(a->name, b->name));
}

static void note(struct found *f, const struct value *part, bool is_virtual)
{
	if (f->n && part->loc.kind == LOC_ADDR &&
		part->loc.addr + (uint64_t)part->loc.offset ==
			f->part.loc.addr + (uint64_t)f->part.loc.offset)
		return;
	f->part = *part;
	f->is_virtual |= is_virtual;
	f->n++;
}

static void look(const struct value *object, const struct type *base,
	unsigned depth, bool is_virtual, struct found *f)
{
	const struct type *t = type_strip(object->type);

	if (depth > MAX_PRINT_DEPTH || !type_is_record(t))
		return;
	for (size_t i = 0; i < t->nmembers; i++) {
		const struct member *m = &t->members[i];

		if (!m->is_base)
			continue;
		struct value part = value_member_of(object, m);
		bool v = is_virtual || m->unknown_offset;

		if (same_class(type_strip(part.type), base))
			note(f, &part, v);
		else
			look(&part, base, depth + 1, v, f);
	}
}

static struct found find(
	const struct type *class, uint64_t addr, const struct type *base)
{
	struct value object = value_at(class, addr);
	struct found f = { 0 };

	look(&object, base, 0, false, &f);
	return f;
}

static bool place_of(const struct found *f, uint64_t *ret)
{
	if (f->part.loc.kind != LOC_ADDR)
		return false;
	*ret = f->part.loc.addr + (uint64_t)f->part.loc.offset;
	return true;
}

static enum err several(const struct type *base, const struct type *derived)
{
	return err_set(ERR_TYPE,
		"Invalid cast: %s is in %s more than once; cast to what lies "
		"between them first.",
		base->name, derived->name);
}

static enum err to_base(const struct found *f, const struct type *base,
	const struct type *derived, uint64_t *ret)
{
	if (f->n > 1)
		return several(base, derived);
	if (place_of(f, ret))
		return OK;
	return err_set(ERR_ABSENT,
		"Where %s is in this %s is not known: it is a virtual base, "
		"and the object's vtable cannot be read.",
		base->name, derived->name);
}

static bool word_at(struct value_ctx *ctx, uint64_t addr, int64_t *ret)
{
	struct value v = value_at(type_basic("long"), addr);

	return value_int(&v, ctx, ret) == OK;
}

static enum err from_virtual_base(uint64_t addr, const struct type *base,
	const struct type *derived, struct value_ctx *ctx, uint64_t *ret)
{
	int64_t vtable, to_top;
	uint64_t place = 0;

	if (word_at(ctx, addr, &vtable) &&
		word_at(ctx, (uint64_t)vtable - OFFSET_TO_TOP, &to_top)) {
		struct found f = find(derived, addr + (uint64_t)to_top, base);

		if (f.n == 1 && place_of(&f, &place) && place == addr) {
			*ret = addr + (uint64_t)to_top;
			return OK;
		}
	}
	return err_set(ERR_TYPE,
		"Invalid cast: %s is a virtual base of %s, and this one's "
		"vtable does not say that it is part of one; "
		"reinterpret_cast<TYPE *>(POINTER) looks at the same address.",
		base->name, derived->name);
}

static enum err to_derived(const struct found *f, uint64_t addr,
	const struct type *base, const struct type *derived,
	struct value_ctx *ctx, uint64_t *ret)
{
	uint64_t place = 0;

	if (f->is_virtual)
		return from_virtual_base(addr, base, derived, ctx, ret);
	if (f->n > 1 || !place_of(f, &place))
		return several(base, derived);
	*ret = addr - (place - addr);
	return OK;
}

static const struct type *class_behind(const struct type *t)
{
	t = type_strip(t);
	if (t->kind != TYPE_POINTER)
		return NULL;
	t = type_strip(type_target(t));
	return type_is_record(t) && t->name ? t : NULL;
}

enum err base_cast(const struct value *v, const struct type *type,
	struct value_ctx *ctx, struct value *ret, bool *ret_is)
{
	const struct type *from = class_behind(v->type);
	const struct type *to = class_behind(type);
	uint64_t moved = 0;
	int64_t addr;

	*ret_is = false;
	if (!from || !to || same_class(from, to) || value_is_synthetic(v) ||
		value_int(v, ctx, &addr) || !addr)
		return OK;
	struct found f = find(from, (uint64_t)addr, to);
	if (f.n) {
		*ret_is = true;
		TRY(to_base(&f, to, from, &moved));
	} else {
		f = find(to, (uint64_t)addr, from);
		if (!f.n)
			return OK;
		*ret_is = true;
		TRY(to_derived(&f, (uint64_t)addr, from, to, ctx, &moved));
	}
	*ret = value_of_int(type, (int64_t)moved, ctx->arena);
	return OK;
}
