/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The expression machine: operations by hand over a frame by hand, and those
 * that need debug info around them from tests/unit/fixture/locations.s.
 */
#include "inspect/dwarf/expr.h"
#include "inspect/base/limits.h"
#include "inspect/dwarf/history.h"
#include "inspect/dwarf/scope.h"
#include "tests/lib/fixture.h"
#include "tests/lib/tap.h"

#include <dwarf.h>

enum { CFA = FIXTURE_STACK + 1024, RBX = 3, R12 = 12 };

static struct arena arena;
static struct image image;
static struct frame frame;

static struct expr_ctx ctx(void)
{
	return (struct expr_ctx){
		.image = &image,
		.module = image.exe,
		.frame = &frame,
		.arena = &arena,
	};
}

/* ---- by hand ----------------------------------------------------------- */

struct by_hand {
	const char *name;
	Dwarf_Op ops[8];
	size_t n;
	uint64_t want;
};

#define NUMBER(v)                                                              \
	{                                                                      \
		.atom = DW_OP_const8u, .number = (uint64_t)(v)                 \
	}
#define OP(a)                                                                  \
	{                                                                      \
		.atom = (a)                                                    \
	}
#define TWO(what, op, a, b, want)                                              \
	{                                                                      \
		what, { NUMBER(a), NUMBER(b), OP(op) }, 3, (uint64_t)(want)    \
	}

static const struct by_hand table[] = {
	{ "a literal", { OP(DW_OP_lit7) }, 1, 7 },
	{ "the last literal", { OP(DW_OP_lit31) }, 1, 31 },
	TWO("plus wraps", DW_OP_plus, -1, 3, 2),
	TWO("minus", DW_OP_minus, 3, 5, -2),
	TWO("mul", DW_OP_mul, -3, 5, -15),
	TWO("div is signed", DW_OP_div, -7, 2, -3),
	TWO("mod is unsigned", DW_OP_mod, -7, 2, 1),
	TWO("and", DW_OP_and, 12, 10, 8),
	TWO("or", DW_OP_or, 12, 10, 14),
	TWO("xor", DW_OP_xor, 12, 10, 6),
	TWO("shl", DW_OP_shl, 1, 63, UINT64_C(1) << 63),
	TWO("shl by too much", DW_OP_shl, 1, 64, 0),
	TWO("shr is logical", DW_OP_shr, -1, 63, 1),
	TWO("shra is arithmetic", DW_OP_shra, -8, 1, -4),
	TWO("shra by too much", DW_OP_shra, -8, 200, -1),
	TWO("eq", DW_OP_eq, 3, 3, 1),
	TWO("ne", DW_OP_ne, 3, 3, 0),
	TWO("lt is signed", DW_OP_lt, -1, 1, 1),
	TWO("gt is signed", DW_OP_gt, -1, 1, 0),
	TWO("le", DW_OP_le, 1, 1, 1),
	TWO("ge", DW_OP_ge, 0, 1, 0),
	TWO("the least number by minus one", DW_OP_div, INT64_MIN, -1,
		INT64_MIN),
	{ "neg", { NUMBER(5), OP(DW_OP_neg) }, 2, (uint64_t)-5 },
	{ "abs", { NUMBER(-5), OP(DW_OP_abs) }, 2, 5 },
	{ "not", { NUMBER(0), OP(DW_OP_not) }, 2, UINT64_MAX },
	{ "plus_uconst",
		{ NUMBER(5), { .atom = DW_OP_plus_uconst, .number = 6 } }, 2,
		11 },
	{ "dup and plus", { NUMBER(5), OP(DW_OP_dup), OP(DW_OP_plus) }, 3, 10 },
	{ "swap", { NUMBER(5), NUMBER(3), OP(DW_OP_swap), OP(DW_OP_minus) }, 4,
		(uint64_t)-2 },
	{ "over", { NUMBER(5), NUMBER(3), OP(DW_OP_over), OP(DW_OP_minus) }, 4,
		(uint64_t)-2 },
	{ "drop", { NUMBER(5), NUMBER(3), OP(DW_OP_drop) }, 3, 5 },
	{ "pick",
		{ NUMBER(5), NUMBER(3), NUMBER(1),
			{ .atom = DW_OP_pick, .number = 2 } },
		4, 5 },
	{ "rot puts the top third",
		{ NUMBER(1), NUMBER(2), NUMBER(3), OP(DW_OP_rot) }, 4, 2 },
	{ "a register plus", { { .atom = DW_OP_breg3, .number = 4 } }, 1,
		0x1234567 + 4 },
	{ "bregx", { { .atom = DW_OP_bregx, .number = 3, .number2 = 8 } }, 1,
		0x1234567 + 8 },
	{ "the CFA", { OP(DW_OP_call_frame_cfa) }, 1, CFA },
	{ "deref_size",
		{ NUMBER(FIXTURE_STACK + 8),
			{ .atom = DW_OP_deref_size, .number = 2 } },
		2, (FIXTURE_STACK + 8) & 0xffff },
	{ "deref", { NUMBER(FIXTURE_STACK + 8), OP(DW_OP_deref) }, 2,
		FIXTURE_STACK + 8 + ((uint64_t)(FIXTURE_STACK + 12) << 32) },
	{ "skip jumps",
		{ { .atom = DW_OP_lit1, .offset = 0 },
			{ .atom = DW_OP_skip, .number = 1, .offset = 1 },
			{ .atom = DW_OP_lit2, .offset = 4 },
			{ .atom = DW_OP_lit3, .offset = 5 } },
		4, 3 },
	{ "bra does not jump on zero",
		{ { .atom = DW_OP_lit0, .offset = 0 },
			{ .atom = DW_OP_bra, .number = 1, .offset = 1 },
			{ .atom = DW_OP_lit2, .offset = 4 },
			{ .atom = DW_OP_nop, .offset = 5 } },
		4, 2 },
};

static void by_hand(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct expr_ctx c = ctx();
		struct loc loc = { 0 };

		is_int(expr_eval(&c, table[i].ops, table[i].n, &loc), OK,
			table[i].name);
		is_int(loc.kind == LOC_ADDR ? loc.addr : 0, table[i].want,
			table[i].name);
	}
}

static enum err eval(const Dwarf_Op *ops, size_t n, struct loc *ret)
{
	struct expr_ctx c = ctx();

	return expr_eval(&c, ops, n, ret);
}

static void absence(void)
{
	static const Dwarf_Op lost[] = {
		{ .atom = DW_OP_breg12 },
		NUMBER(1),
		OP(DW_OP_plus),
	};
	static const Dwarf_Op unmapped[] = { NUMBER(16), OP(DW_OP_deref) };
	static const Dwarf_Op branch[] = {
		{ .atom = DW_OP_breg12, .offset = 0 },
		{ .atom = DW_OP_bra, .number = 0, .offset = 2 },
		{ .atom = DW_OP_lit1, .offset = 5 },
	};
	struct loc loc = { 0 };

	is_int(eval(lost, 3, &loc), OK, "a lost register is no error");
	is_int(loc.kind, LOC_NONE, "what is computed from it is absent");
	is_int(loc.absent, ABSENT_NOT_SAVED, "because it was not saved");
	ok(loc.why && strstr(loc.why, "r12"), "and the register is named");
	is_int(eval(unmapped, 2, &loc), OK, "unreadable memory is no error");
	is_int(loc.absent, ABSENT_UNMAPPED, "it says why");
	is_int(eval(branch, 3, &loc), OK, "a branch on what is not known");
	is_int(loc.kind, LOC_NONE, "ends the expression");
	is_int(eval(NULL, 0, &loc), OK, "no operation at all");
	is_int(loc.absent, ABSENT_OPTIMIZED_OUT, "is optimized out");
}

static void hostile(void)
{
	static const Dwarf_Op empty[] = { OP(DW_OP_plus) };
	static const Dwarf_Op zero[] = { NUMBER(1), NUMBER(0), OP(DW_OP_div) };
	static const Dwarf_Op loop[] = {
		{ .atom = DW_OP_skip, .number = (uint64_t)-3, .offset = 0 },
	};
	static const Dwarf_Op middle[] = {
		{ .atom = DW_OP_skip, .number = 1, .offset = 0 },
		{ .atom = DW_OP_const8u, .offset = 3 },
		{ .atom = DW_OP_nop, .offset = 12 },
	};
	static const Dwarf_Op grow[] = {
		{ .atom = DW_OP_lit1, .offset = 0 },
		{ .atom = DW_OP_skip, .number = (uint64_t)-4, .offset = 1 },
	};
	static const Dwarf_Op space[] = { NUMBER(1), NUMBER(1),
		OP(DW_OP_xderef) };
	static const Dwarf_Op vendor[] = { OP(0xe9) };
	static const Dwarf_Op pick[] = {
		{ .atom = DW_OP_pick, .number = 200 },
	};
	static const Dwarf_Op size[] = {
		NUMBER(FIXTURE_STACK),
		{ .atom = DW_OP_deref_size, .number = 200 },
	};
	static Dwarf_Op pieces[MAX_PIECES + 1];
	struct loc loc;

	for (size_t i = 0; i < MAX_PIECES + 1; i++)
		pieces[i] = (Dwarf_Op){ .atom = DW_OP_piece, .number = 1 };
	is_int(eval(empty, 1, &loc), ERR_BADDATA, "an empty stack");
	is_int(eval(zero, 3, &loc), ERR_BADDATA, "division by zero");
	is_int(eval(loop, 1, &loc), ERR_LIMIT, "an endless loop");
	is_int(eval(middle, 3, &loc), ERR_BADDATA, "a jump into an operation");
	is_int(eval(grow, 2, &loc), ERR_LIMIT, "a stack without end");
	is_int(eval(pick, 1, &loc), ERR_BADDATA, "pick below the bottom");
	is_int(eval(size, 2, &loc), ERR_BADDATA, "deref of 200 bytes");
	is_int(eval(pieces, MAX_PIECES + 1, &loc), ERR_LIMIT, "many pieces");
	is_int(eval(space, 3, &loc), ERR_UNSUPPORTED, "an address space");
	ok(strstr(err_msg(), "address space") != NULL, "is named");
	is_int(eval(vendor, 1, &loc), ERR_UNSUPPORTED, "a vendor's operation");
	ok(strstr(err_msg(), "0xe9") != NULL, "is named");
}

static void initial(void)
{
	static const Dwarf_Op ops[] = {
		{ .atom = DW_OP_plus_uconst, .number = 8 },
	};
	struct expr_ctx c = ctx();
	struct loc loc = { 0 };

	c.has_initial = true;
	c.initial = 100;
	is_int(expr_eval(&c, ops, 1, &loc), OK, "CFI pushes the CFA first");
	is_int(loc.addr, 108, "and the expression adds to it");
}

/* ---- with debug info --------------------------------------------------- */

static struct frame caller;
static struct vregs vregs;
static struct variable *vars;
static size_t nvars;

static bool load(const char *name, struct value *ret)
{
	struct scope_ctx c = { &image, &frame, &arena };

	for (size_t i = 0; i < nvars; i++)
		if (!strcmp(vars[i].name, name))
			return scope_value(&vars[i], &c, ret) == OK;
	printf("# no variable %s\n", name);
	return false;
}

static void number(const char *name, int64_t want)
{
	struct value_ctx values = { &image.mem, image.arch, &arena };
	struct value v = { 0 };
	int64_t got = 0;

	if (!ok(load(name, &v), name))
		printf("# %s\n", err_msg());
	else if (value_int(&v, &values, &got))
		ok(false, err_msg());
	else
		is_int(got, want, name);
}

static void real(const char *name, long double want)
{
	struct value_ctx values = { &image.mem, image.arch, &arena };
	struct value v = { 0 };
	long double got = 0;

	ok(load(name, &v), name);
	is_int(value_double(&v, &values, &got), OK, name);
	ok(got == want, name);
}

static void absent(const char *name, enum absent want)
{
	struct value v = { 0 };

	ok(load(name, &v), name);
	is_int(v.loc.kind, LOC_NONE, name);
	is_int(v.loc.absent, want, name);
}

static bool fixture_frame(void)
{
	struct scope *s = NULL;
	double d = 2.5;
	size_t n = 0;
	char path[64];

	if (!fixture_compile("tests/unit/fixture/locations.s",
		    "gcc -nostdlib -static -Wl,-e,f", path))
		return false;
	bool opened = fixture_open(&image, path);

	unlink(path);
	if (!opened)
		return false;
	fixture_stack(&image);
	frame = (struct frame){ .cfa = CFA, .cfa_known = true };
	regs_set(&frame.regs, RBX, 0x1234567);
	memcpy(vregs.v[0], &d, sizeof(d));
	vregs.size[0] = 16;
	frame.vregs = &vregs;
	frame.interrupted = true;
	frame.module = image.exe;
	/* f is the unit's first byte; g's call returns 10 bytes further on. */
	for (frame.pc = 0x400000; frame.pc < 0x500000 && n == 0; frame.pc++)
		if (scope_at(&image, frame.pc, &s, &n))
			return false;
	if (!n || scope_variables(s, 0, &arena, &vars, &nvars))
		return false;
	frame.pc--;
	frame.scope = s;
	caller = (struct frame){ .pc = frame.pc + 10, .module = image.exe };
	regs_set(&caller.regs, RBX, 40);
	frame.caller = &caller;
	return true;
}

static void places(void)
{
	struct value v = { 0 };

	number("in_memory", CFA - 16);
	number("in_register", 0x1234567);
	absent("in_lost_register", ABSENT_NOT_SAVED);
	real("in_vector", 2.5);
	ok(load("global", &v) && v.loc.kind == LOC_ADDR, "an address");
	struct value w = { 0 };

	ok(load("global_x", &w) && w.loc.addr == v.loc.addr,
		"and by index in .debug_addr");
	absent("nowhere", ABSENT_OPTIMIZED_OUT);
	absent("optimized_out", ABSENT_OPTIMIZED_OUT);
	number("implicit", 4711);
	number("constant", 99);
	number("whole_pieces", 0x123456700000001);
	number("bit_pieces", 0x16);
	ok(load("pieces", &v) && v.loc.kind == LOC_PIECES && v.loc.n == 3,
		"three pieces");
	is_int(v.loc.pieces[1].loc->absent, ABSENT_OPTIMIZED_OUT,
		"the middle one is gone");
}

static void pointers(void)
{
	struct value_ctx values = { &image.mem, image.arch, &arena };
	struct value v = { 0 }, at = { 0 };
	int64_t n = 0;

	ok(load("implicit_pointer", &v) && v.loc.kind == LOC_IMPLICIT,
		"a pointer that was never made");
	is_int(value_deref(&v, &values, &at), OK, "can be followed");
	ok(value_int(&at, &values, &n) == OK && n == CFA - 16,
		"to the variable");
	ok(load("pointer_to_itself", &v), "one that points at itself ends");
}

static void typed(void)
{
	number("call4", 7);
	number("call_empty", 6);
	number("const_type", -7);
	number("int_divide", -3);
	number("uint_divide", 0x7ffffffc);
	number("convert_signed", -1);
	number("convert_generic", INT64_C(0x100000000));
	real("float_sum", 3.75);
	number("float_to_int", -2);
	real("int_to_double", -3);
	number("reinterpret", 0x3f800000);
	real("regval", 3.5);
	number("deref_type", (int8_t)((CFA - 16) & 0xff));
	real("long_double", 0.5);
	real("quad_half", 0.5);
	struct value v = { 0 };

	ok(load("wide_product", &v) && v.loc.kind == LOC_BYTES &&
			v.loc.n == 16 && v.loc.bytes[10] == 1,
		"__int128 is not cut to 64 bits");
	ok(!load("mixed_types", &v), "operands of two types are refused");
	ok(strstr(err_msg(), "mixed_types") != NULL, "and the variable named");
}

static void uninitialized(void)
{
	struct value v = { 0 };

	number("uninit", CFA - 16);
	number("uninit_pieces", 0x123456700000001);
	number("uninit_constants", 0xee);
	number("uninit_always", 0x1234567);
	absent("uninit_elsewhere", ABSENT_OPTIMIZED_OUT);
	ok(!load("uninit_unknown", &v), "an unknown operation is refused");
}

static void entry_values(void)
{
	number("entry", 42);
	number("entry_plus", 43);
	absent("entry_unsaid", ABSENT_OPTIMIZED_OUT);
	caller.pc++;
	absent("entry", ABSENT_OPTIMIZED_OUT);
	caller.pc--;
	regs_forget(&caller.regs, RBX);
	absent("entry", ABSENT_NOT_SAVED);
	frame.caller = NULL;
	absent("entry", ABSENT_OPTIMIZED_OUT);
}

static void told(const char *name, const char *want)
{
	struct scope_ctx c = { &image, &frame, &arena };
	struct history *h = NULL;
	size_t n = 0;

	for (size_t i = 0; i < nvars; i++)
		if (!strcmp(vars[i].name, name))
			is_int(history_of(&vars[i], &c, &h, &n), OK, name);
	is_str(n == 1 ? h[0].text : NULL, want, name);
	is_int(n == 1 && h[0].here, n == 1, "it is there always");
}

/* What the place holds now is known whether the pc is in its range or not. */
static void holds_now(void)
{
	struct scope_ctx c = { &image, &frame, &arena };
	struct history *h = NULL;
	size_t n = 0;
	uint64_t got = 0;
	enum absent absent;

	for (size_t i = 0; i < nvars; i++)
		if (!strcmp(vars[i].name, "in_register"))
			is_int(history_of(&vars[i], &c, &h, &n), OK, "now");
	is_int(n, 1, "one place");
	ok(n == 1 && !loc_read(&h[0].now, &image.mem, &got, 8, &absent) &&
			got == 0x1234567 && !h[0].constant,
		"the register of that place is read");
}

/* A list with an operation that libdw refuses is read all the same. */
static void read_raw(void)
{
	struct scope_ctx c = { &image, &frame, &arena };
	struct history *h = NULL;
	size_t n = 0, here = 0;

	for (size_t i = 0; i < nvars; i++)
		if (!strcmp(vars[i].name, "uninit_pieces"))
			is_int(history_of(&vars[i], &c, &h, &n), OK, "raw");
	for (size_t i = 0; i < n; i++)
		here += h[i].here;
	is_int(here, 1, "one place of several is that of the pc");
	ok(n && strstr(h[0].text, "pieces"), "and is put into words");
}

static void in_words(void)
{
	read_raw();
	holds_now();
	told("in_memory", "at the frame's base-16");
	told("in_register", "in $rbx");
	told("in_lost_register", "in $r12");
	told("in_vector", "in $xmm0");
	told("implicit", "a constant");
	told("whole_pieces", "in 2 pieces");
	told("entry", "what $rdi held on entry");
	told("entry_plus", "computed from what $rdi held on entry");
	told("nowhere", "nowhere");
	told("uninit_always", "computed from $rbx");
	told("optimized_out", NULL);
}

int main(void)
{
	if (!fixture_frame()) {
		ok(false, "the fixture is made");
		return tap_done();
	}
	by_hand();
	absence();
	hostile();
	initial();
	places();
	pointers();
	typed();
	uninitialized();
	in_words();
	entry_values();
	return tap_done();
}
