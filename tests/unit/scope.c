/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pc to functions, inlined calls and variables; values in a frame by hand. */
#include "inspect/dwarf/scope.h"
#include "inspect/dwarf/line.h"
#include "tests/lib/fixture.h"
#include "tests/lib/tap.h"

enum { CFA = FIXTURE_STACK + FIXTURE_STACK_SIZE - 256 };

static struct arena arena;
static struct image image;

static uint64_t pc_of(const char *word)
{
	uint64_t *pc = NULL;
	size_t n = 0;

	if (line_find(
		    &image, "shapes.c", fixture_line(word), &arena, &pc, &n) ||
		!n)
		return 0;
	return pc[0];
}

static const struct variable *find(
	const struct variable *v, size_t n, const char *name, unsigned which)
{
	static const struct variable none = { .name = "(none)" };

	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, name) && which-- == 0)
			return &v[i];
	return &none;
}

static void block_scopes(void)
{
	struct scope *s = NULL;
	struct variable *v = NULL;
	size_t n = 0, nv = 0;
	uint64_t pc = pc_of("loop");

	ok(scope_at(&image, pc, &s, &n) == OK && n == 1, "one function");
	is_str(s->name, "blocks", "its name");
	is_int(s->function == s, 1, "it has the machine frame itself");
	is_int(scope_variables(s, fixture_line("loop"), &arena, &v, &nv), OK,
		"variables");
	is_str(v[0].name, "n", "arguments are first");
	is_str(v[1].name, "names", "in order");
	is_int(v[0].is_arg && v[1].is_arg, 1, "and marked");
	is_str(v[2].name, "sum", "then the innermost block's");
	const struct variable *in = find(v, nv, "sum", 0);
	const struct variable *out = find(v, nv, "sum", 1);

	is_int(in->line, fixture_line("inner"), "the inner sum");
	is_int(in->shadowed, 0, "is seen");
	is_int(out->line, fixture_line("sum"), "the outer sum");
	is_int(out->shadowed, 1, "is shadowed");
	is_int(find(v, nv, "later", 0)->not_yet, 1,
		"what is declared further down is not yet in scope");
	is_int(find(v, nv, "i", 0)->not_yet, 0, "the loop's variable is");
	is_str(find(v, nv, "w", 0)->name, "(none)",
		"an inlined call's variables are not the caller's");
}

static void inlined(void)
{
	struct scope *s = NULL;
	struct variable *v = NULL;
	size_t n = 0, nv = 0;

	ok(scope_at(&image, pc_of("inlined"), &s, &n) == OK && n == 2,
		"an inlined call and its caller");
	is_str(s[0].name, "twice", "the inlined one first");
	is_int(s[0].inlined, 1, "is marked");
	is_int(s[0].call_line, fixture_line("call"), "where it is called");
	ok(s[0].call_file && strstr(s[0].call_file, "shapes.c"),
		"in which file");
	is_str(s[1].name, "blocks", "the caller is last");
	is_int(s[0].function == &s[1], 1, "and has the machine frame");
	is_int(scope_variables(&s[0], 0, &arena, &v, &nv), OK, "variables");
	is_str(v[0].name, "z", "its argument");
	is_str(find(v, nv, "w", 0)->name, "w", "its variable");
	is_str(find(v, nv, "later", 0)->name, "(none)",
		"nothing of the caller's");
}

static void static_local(void)
{
	struct scope *s = NULL;
	struct variable *v = NULL;
	size_t n = 0, nv = 0;
	struct scope_ctx ctx = { .image = &image, .arena = &arena };
	struct value value = { 0 };

	ok(scope_at(&image, pc_of("static") ? pc_of("static") : 0, &s, &n) ==
			OK,
		"a line without code is no error");
	ok(line_find(&image, "shapes.c", fixture_line("static") + 2, &arena,
		   &(uint64_t *){ 0 }, &n) == OK,
		"the statement behind it");
	uint64_t *pc = NULL;

	ok(line_find(&image, "shapes.c", fixture_line("static") + 2, &arena,
		   &pc, &n) == OK &&
			n,
		"has code");
	ok(scope_at(&image, pc[0], &s, &n) == OK && n, "in a function");
	is_int(scope_variables(&s[n - 1], 0, &arena, &v, &nv), OK, "variables");
	const struct variable *calls = find(v, nv, "calls", 0);

	is_int(calls->is_static, 1, "a static local is marked");
	is_int(scope_value(calls, &ctx, &value), OK,
		"its value needs no frame");
	is_int(value.loc.kind, LOC_ADDR, "it is in memory");
}

/* At -O0 every local is at a fixed distance from the CFA: the stack holds its
 * own addresses, so a value must be its own address. */
static void values(bool vla)
{
	struct scope *s = NULL;
	struct variable *v = NULL;
	size_t n = 0, nv = 0;
	uint64_t pc = pc_of(vla ? "vla end" : "loop");
	struct frame f = {
		.pc = pc,
		.cfa = CFA,
		.cfa_known = true,
		.interrupted = true,
		.module = image.exe,
	};
	struct scope_ctx ctx = { &image, &f, &arena };
	struct value_ctx values = { &image.mem, image.arch, &arena };

	regs_set(&f.regs, 6, CFA - 16); /* rbp, as the prologue leaves it */
	if (scope_at(&image, pc, &s, &n) ||
		scope_variables(s, 0, &arena, &v, &nv)) {
		ok(false, err_msg());
		return;
	}
	for (size_t i = 0; i < nv; i++) {
		struct value value = { 0 };
		const struct type *t;
		int64_t number = 0;

		is_int(scope_value(&v[i], &ctx, &value), OK, v[i].name);
		t = type_strip(value.type);
		if (t->kind != TYPE_INT)
			continue;
		is_int(value.loc.kind, LOC_ADDR, "is in memory");
		is_int(value_int(&value, &values, &number), OK, "is read");
		is_int((uint32_t)number, value.loc.addr,
			"and is what is there");
	}
	if (!vla)
		return;
	struct value value = { 0 };

	is_int(scope_value(find(v, nv, "vla", 0), &ctx, &value), OK, "a VLA");
	is_int(type_strip(value.type)->has_count, 1, "has a count here");
	is_int(scope_value(find(v, nv, "grid", 0), &ctx, &value), OK,
		"of two dimensions");
	is_int(type_strip(type_strip(value.type)->target)->has_count, 1,
		"both are known");
}

static void no_frame(void)
{
	struct scope *s = NULL;
	struct variable *v = NULL;
	size_t n = 0, nv = 0;
	struct frame f = {
		.pc = pc_of("loop"),
		.interrupted = true,
		.module = image.exe,
	};
	struct scope_ctx ctx = { &image, &f, &arena };
	struct value value = { 0 };

	if (scope_at(&image, f.pc, &s, &n) ||
		scope_variables(s, 0, &arena, &v, &nv))
		return;
	is_int(scope_value(&v[0], &ctx, &value), OK,
		"a frame without registers is no error");
	is_int(value.loc.kind, LOC_NONE, "the value is absent");
	is_int(value.loc.absent, ABSENT_NOT_SAVED, "because of a register");
	ok(value.loc.why != NULL, "and says so");
	ok(scope_at(&image, 3, &s, &n) == OK && n == 0,
		"no debug info is no error");
}

int main(void)
{
	static const char *const ways[] = {
		"gcc -g -O0",
		"gcc -gdwarf-4 -O0",
		"clang -g -O0",
		"clang -gdwarf-4 -O0",
		"gcc -g -O2",
		"clang -g -O2",
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		printf("# %s\n", ways[i]);
		if (!fixture_image(&image, ways[i]))
			continue;
		fixture_stack(&image);
		static_local();
		if (!strstr(ways[i], "-O0"))
			continue;
		block_scopes();
		inlined();
		values(false);
		values(true);
		no_frame();
	}
	return tap_done();
}
