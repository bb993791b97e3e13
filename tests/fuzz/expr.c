/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Expressions from anywhere, over a struct that points to itself, an array, a
 * variable in pieces and one that is gone: parsed, evaluated, printed in
 * every format, kept.
 */
#include "inspect/lang/eval.h"
#include "tests/lib/fake.h"
#include "tests/lib/fuzz.h"

static struct type *node;
static struct loc pieces_loc;

static void make(void)
{
	static struct loc here, none, target, implicit;
	static struct piece pieces[3];
	uint64_t next = FAKE_BASE + 0x40;

	node = t_struct("node", 32, M("next", t_int, 0), M("n", t_int, 8),
		BITS("b", t_int, 12, 3, 5), M("name", t_array(t_char, 8), 16),
		M("x", type_basic("double"), 24));
	node->members[0].type = t_ptr(node);
	fake_put(0x40, &next, 8);
	fake_put(0x48, "\7\0\0\0\xff\0\0\0name\0\0\0\0", 16);
	here = loc_bytes("\1\2\3\4\5\6\7", 8, &fake_arena);
	none = loc_none(ABSENT_NOT_SAVED, NULL);
	target = loc_addr(FAKE_BASE);
	implicit = (struct loc){ .kind = LOC_IMPLICIT, .target = &target };
	pieces[0] = (struct piece){ 64, 0, &implicit };
	pieces[1] = (struct piece){ 60, 4, &here };
	pieces[2] = (struct piece){ 132, 0, &none };
	pieces_loc = (struct loc){
		.kind = LOC_PIECES,
		.pieces = pieces,
		.n = 3,
	};
}

static enum err name(struct eval_env *env, const char *where, const char *n,
	struct value *ret)
{
	(void)env;
	(void)where;
	switch (n[0]) {
	case 'n':
		*ret = value_at(node, FAKE_BASE + 0x40);
		return OK;
	case 'p':
		*ret = (struct value){ .type = node, .loc = pieces_loc };
		return OK;
	case 'a':
		*ret = value_at(t_array(t_int, 1000), FAKE_BASE);
		return OK;
	case 'g':
		*ret = value_absent(node, ABSENT_OPTIMIZED_OUT, NULL);
		return OK;
	case 'f':
		*ret = value_at(t_func(t_int, t_int, NULL), FAKE_BASE);
		return OK;
	case 'c':
		*ret = value_of_bytes(type_basic("complex float"),
			"\0\0\x80\x3f\0\0\0\x40", &fake_arena);
		return OK;
	default:
		return err_set(ERR_NOTFOUND, "No symbol \"%s\".", n);
	}
}

static const struct type *type(
	struct eval_env *env, const char *tag, const char *n)
{
	(void)env;
	if (tag)
		return n[0] == 'n' ? node : NULL;
	return n[0] == 'T' ? t_typedef("T", node) : NULL;
}

static void print_all(struct value *v)
{
	static const char formats[] = { 0, 'x', 'd', 'u', 'o', 't', 'z', 'c',
		'a', 'f', 's' };
	struct out *o = out_new_json(&fake_arena);

	for (size_t i = 0; i < sizeof(formats); i++) {
		fake_options.format = formats[i];
		print_top(v, fake_print());
	}
	fake_options.format = 0;
	print_fields(v, fake_print(), o, true);
	out_result(o);
	*v = value_keep(v, &fake_values, &fake_arena);
	print_text(v, fake_print());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eval_env env = {
		.values = &fake_values,
		.name = name,
		.type = type,
	};
	const struct type *t = NULL;
	struct value v;

	fake_options = print_defaults;
	fake_init();
	make();
	char *text = arena_strndup(&fake_arena, (const char *)data, size);
	if (!eval_text_or_type(&env, text, &v, &t)) {
		if (t) {
			type_definition(t, true, &fake_arena);
			type_name(t, &fake_arena);
		} else {
			print_all(&v);
		}
	}
	arena_clear(&fake_arena);
	return 0;
}
