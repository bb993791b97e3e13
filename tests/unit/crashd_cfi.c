/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crashd/safe/cfi and expr, on tables made by hand: right ones, lying ones. */
#include "crashd/safe/cfi.h"

#include "crashd/safe/expr.h"
#include "tests/lib/tap.h"

#include <errno.h>

enum { CODE = 4096, SIZE = 64, RBX = 3, R12 = 12 };

/* A search table, a CIE and an FDE, as a linker lays them out. */
static struct {
	uint8_t version, ptr_enc, count_enc, table_enc;
	int32_t eh_frame;
	uint32_t count;
	int32_t entry[2];
	struct {
		uint32_t length, id;
		uint8_t version, augmentation[4];
		uint8_t code_align, data_align, ra, aug_size, fde_enc;
		uint8_t program[6];
	} __attribute__((packed)) cie;
	struct {
		uint32_t length, cie;
		int32_t start;
		uint32_t size;
		uint8_t aug_size, program[31];
	} __attribute__((packed)) fde;
} __attribute__((packed)) t;

static uint64_t hdr(void)
{
	return (uintptr_t)&t;
}

static int32_t distance(const void *from, const void *to)
{
	return (int32_t)((const char *)to - (const char *)from);
}

/* def_cfa rsp+8, the return address at cfa-8; then what `program` says. */
static void make(const uint8_t *program, size_t n)
{
	memset(&t, 0, sizeof t);
	t.version = 1;
	t.ptr_enc = 0x1b;
	t.count_enc = 0x03;
	t.table_enc = 0x3b;
	t.count = 1;
	t.entry[0] = CODE;
	t.entry[1] = distance(&t, &t.fde);
	t.cie.length = sizeof t.cie - 4;
	t.cie.version = 1;
	memcpy(t.cie.augmentation, "zR", 3);
	/* the string is three bytes long; what follows it moves up by one */
	uint8_t rest[] = { 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1 };

	memcpy(t.cie.augmentation + 3, rest, sizeof rest);
	t.fde.length = sizeof t.fde - 4;
	t.fde.cie = (uint32_t)distance(&t.cie, &t.fde.cie);
	t.fde.start = distance(&t.fde.start, (char *)&t + CODE);
	t.fde.size = SIZE;
	memcpy(t.fde.program, program, n);
}

static struct crashd_row row;

static int find(uint64_t offset)
{
	return crashd_cfi_find(hdr(), hdr() + CODE + offset, &row);
}

static void right(void)
{
	/* advance 4; def_cfa_offset 16; rbx at cfa-16; advance 4; remember;
	 * same rbx; advance 4; restore; advance1 8; undefined ra */
	static const uint8_t program[] = { 0x44, 0x0e, 16, 0x83, 2, 0x44, 0x0a,
		0xc3, 0x44, 0x0b, 0x02, 8, 0x07, 16 };
	uint64_t stack[4] = { 0, 0x1111, 0x2222, 0x3333 };
	struct crashd_regs regs = { .known = (1 << CRASHD_REGS) - 1 }, caller;

	make(program, sizeof program);
	is_int(find(0), 0, "the first instruction");
	ok(row.cfa.offset == 8 && row.cfa_reg == CRASHD_SP && row.ra == 16,
		"has the CIE's rules");
	is_int(find(4), 0, "after an advance");
	ok(row.cfa.offset == 16 && row.reg[RBX].kind == CRASHD_RULE_AT_CFA &&
			row.reg[RBX].offset == -16,
		"the rules that follow it");
	ok(find(8) == 0 && row.reg[RBX].kind == CRASHD_RULE_SAME, "restore");
	ok(find(12) == 0 && row.reg[RBX].kind == CRASHD_RULE_AT_CFA,
		"restore_state");
	find(4);
	regs.v[CRASHD_SP] = (uintptr_t)(stack + 1);
	is_int(crashd_cfi_apply(&row, &regs, &caller), 0, "applied");
	ok(caller.v[CRASHD_PC] == 0x2222 && caller.v[RBX] == 0x1111 &&
			caller.v[CRASHD_SP] == (uintptr_t)(stack + 3),
		"pc, a saved register and sp of the caller");
	find(20);
	is_int(crashd_cfi_apply(&row, &regs, &caller), -ENODATA,
		"an undefined return address is the end");
	regs.v[CRASHD_SP] = 8;
	find(0);
	is_int(crashd_cfi_apply(&row, &regs, &caller), -EFAULT,
		"a stack that is not there");
}

static void absent(void)
{
	static const uint8_t none[] = { 0 };

	make(none, 1);
	is_int(crashd_cfi_find(hdr(), hdr() + CODE - 1, &row), -ENOENT,
		"before the first function");
	is_int(find(SIZE), -ENOENT, "behind the last one");
	is_int(crashd_cfi_find(16, 32, &row), -EFAULT, "no table at all");
}

static void lying(void)
{
	static const uint8_t restore[] = { 0x0b }, unknown[] = { 0x3f },
			     endless[] = { 0x0f, 0xff, 0xff, 0x7f },
			     deep[] = { 0x0a, 0x0a, 0x0a, 0x0a, 0x0a };

	make(restore, sizeof restore);
	is_int(find(0), -EINVAL, "restore_state without remember_state");
	make(unknown, sizeof unknown);
	is_int(find(0), -ENOTSUP, "an unknown instruction");
	make(endless, sizeof endless);
	ok(find(0) < 0, "an expression longer than its entry");
	make(deep, sizeof deep);
	is_int(find(0), -ENOTSUP, "too many remembered states");
	make(restore, 0);
	t.fde.length = 0x7fffffff;
	is_int(find(0), -EINVAL, "an entry of two gigabytes");
	make(restore, 0);
	t.fde.cie = 0;
	is_int(find(0), -EINVAL, "a CIE where an FDE should be");
	make(restore, 0);
	t.fde.cie = 0x40000000;
	ok(find(0) < 0, "a CIE far away");
	make(restore, 0);
	t.count = 0xffffffff;
	is_int(find(0), -EINVAL, "four billion entries");
	make(restore, 0);
	t.count = 1 << 20;
	ok(find(0) <= 0, "entries that are not there do not fault");
	make(restore, 0);
	t.table_enc = 0xff;
	is_int(find(0), -ENOTSUP, "no search table");
}

static int run(const uint8_t *code, uint32_t n, uint64_t *ret)
{
	struct crashd_regs regs = { .v = { [CRASHD_SP] = 1000 },
		.known = 1 << CRASHD_SP };

	return crashd_expr_evaluate((uintptr_t)code, n, &regs, NULL, ret);
}

static void expressions(void)
{
	/* a PLT entry's: rsp + 8 + ((pc & 15) >= 11) * 8, with rsp for pc */
	static const uint8_t plt[] = { 0x77, 8, 0x77, 0, 0x3f, 0x1a, 0x3b, 0x2a,
		0x33, 0x24, 0x22 };
	static const uint8_t loop[] = { 0x2f, 0xfd, 0xff };
	static const uint8_t empty[] = { 0x22 }, unknown_reg[] = { 0x70, 0 };
	static const uint8_t null[] = { 0x30, 0x06 }, bad[] = { 0xf0 };
	static const uint8_t away[] = { 0x2f, 0xff, 0x7f };
	uint8_t full[200];
	uint64_t v = 0;

	ok(run(plt, sizeof plt, &v) == 0 && v == 1008, "a PLT entry's CFA");
	is_int(run(loop, sizeof loop, &v), -EINVAL, "a loop ends");
	ok(run(empty, 1, &v) < 0, "an empty stack");
	ok(run(unknown_reg, 2, &v) < 0, "a register that is not known");
	ok(run(null, 2, &v) < 0, "reading at 0");
	ok(run(bad, 1, &v) < 0, "an operator that is none");
	ok(run(away, sizeof away, &v) < 0, "a jump out of it");
	memset(full, 0x31, sizeof full);
	ok(run(full, sizeof full, &v) < 0, "a stack that is full");
}

int main(void)
{
	right();
	absent();
	lying();
	expressions();
	return tap_done();
}
