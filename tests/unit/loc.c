/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places of every kind are read, and what is absent says why. */
#include "tests/lib/fake.h"
#include "tests/lib/tap.h"

static enum absent absent;

static uint64_t bits(const struct loc *l, uint64_t from, uint64_t n)
{
	uint64_t v = 0;

	if (loc_read_bits(l, &fake_mem, from, n, &v, &absent))
		return UINT64_MAX;
	return v;
}

static void test_memory(void)
{
	uint8_t bytes[] = { 0xef, 0xbe, 0xad, 0xde, 0x11, 0x22 };
	struct loc l = loc_addr(fake_put(0x100, bytes, sizeof(bytes)));
	struct loc next = loc_add(&l, 2);
	struct loc edge = loc_addr(FAKE_BASE + FAKE_SIZE - 2);
	struct loc nowhere = loc_addr(8), out = loc_addr(FAKE_LEFT_OUT);
	uint8_t big[600], want[600];

	is_int(bits(&l, 0, 32), 0xdeadbeef, "bytes of memory, little-endian");
	is_int(bits(&next, 0, 16), 0xdead, "further on");
	is_int(next.addr, l.addr + 2, "an address moves itself");
	is_int(bits(&l, 4, 8), 0xee, "bits across bytes");
	is_int(bits(&l, 31, 2), 3, "two bits across a byte boundary");
	ok(loc_read_bits(&edge, &fake_mem, 0, 32, big, &absent) == ERR_ABSENT,
		"memory that ends half way is absent");
	is_int(absent, ABSENT_UNMAPPED, "because nothing is mapped there");
	ok(strstr(err_msg(), "0x20000"), "and the sentence names the byte");
	bits(&nowhere, 0, 8);
	is_str(err_msg(), "Cannot access memory at address 0x8",
		"GDB's sentence for unmapped memory");
	bits(&out, 0, 8);
	is_int(absent, ABSENT_NOT_IN_CORE, "a page that was left out says so");
	for (size_t i = 0; i < sizeof(want); i++)
		fake_bytes[0x200 + i] = (uint8_t)i;
	l = loc_addr(FAKE_BASE + 0x200);
	ok(!loc_read_bits(&l, &fake_mem, 4, 590 * 8, big, &absent),
		"a long read that is not aligned");
	is_int(big[589], ((589 >> 4 & 0xf) | (590 << 4 & 0xf0)) & 0xff,
		"is right to its end");
}

static void test_registers(void)
{
	struct regs regs = { 0 };
	struct vregs vregs = { 0 };
	struct loc l = { .kind = LOC_REG, .reg = 3, .regs = &regs };
	struct loc v = { .kind = LOC_VREG, .reg = 1, .vregs = &vregs };
	struct loc st = {
		.kind = LOC_VREG, .reg = LOC_VREG_ST + 2, .vregs = &vregs
	};
	struct loc high;

	bits(&l, 0, 8);
	is_int(absent, ABSENT_NOT_SAVED, "a register that nobody saved");
	regs_set(&regs, 3, 0x1122334455667788);
	is_int(bits(&l, 0, 64), 0x1122334455667788, "a register");
	high = loc_add(&l, 4);
	is_int(bits(&high, 0, 32), 0x11223344, "its upper half");
	bits(&l, 32, 64);
	is_int(absent, ABSENT_OPTIMIZED_OUT, "nothing beyond its end");
	bits(&v, 0, 8);
	is_int(absent, ABSENT_NOT_SAVED, "a vector register of an outer frame");
	vregs.size[1] = 16;
	vregs.v[1][15] = 0x7f;
	is_int(bits(&v, 120, 8), 0x7f, "a vector register's last byte");
	bits(&v, 128, 8);
	is_int(absent, ABSENT_OPTIMIZED_OUT, "and no more than are known");
	vregs.st_known = true;
	vregs.st[2][9] = 0x40;
	is_int(bits(&st, 72, 8), 0x40, "an x87 register");
}

static void test_pieces(void)
{
	struct regs regs = { 0 };
	struct loc reg = { .kind = LOC_REG, .reg = 0, .regs = &regs };
	struct loc none = loc_none(ABSENT_OPTIMIZED_OUT, NULL);
	struct loc mem = loc_addr(FAKE_BASE + 0x300);
	struct piece p[] = { { 32, 8, &reg }, { 32, 0, &none },
		{ 12, 4, &mem } };
	struct loc l = { .kind = LOC_PIECES, .pieces = p, .n = 3 };
	struct loc tail = loc_add(&l, 8), place;
	uint64_t bit;

	regs_set(&regs, 0, 0xaabbccddee);
	fake_bytes[0x300] = 0xf0;
	fake_bytes[0x301] = 0x12;
	is_int(bits(&l, 0, 32), 0xaabbccdd, "a piece from bit 8 of a register");
	is_int(bits(&l, 64, 12), 0x12f, "a piece of twelve bits of memory");
	is_int(bits(&tail, 0, 12), 0x12f, "reached by moving the place");
	bits(&l, 24, 16);
	is_int(absent, ABSENT_OPTIMIZED_OUT,
		"a read that touches the empty piece is absent");
	is_int(bits(&l, 16, 16), 0xaabb, "one that does not is not");
	bits(&l, 70, 12);
	is_int(absent, ABSENT_OPTIMIZED_OUT, "nothing after the last piece");
	ok(loc_narrow(&l, 64, 12, &place, &bit) && place.kind == LOC_ADDR &&
			bit == 4,
		"one piece alone is a place of its own");
	ok(!loc_narrow(&l, 24, 16, &place, &bit), "two pieces are not");
	is_str(loc_text(&l, NULL, &fake_arena), "3 pieces", "as text");
}

static void test_cyclic(void)
{
	struct loc l = { .kind = LOC_PIECES, .n = 1 };
	struct piece p = { 64, 0, &l };
	uint64_t v, bit;
	struct loc place;

	l.pieces = &p;
	ok(loc_read_bits(&l, &fake_mem, 0, 8, &v, &absent) == ERR_LIMIT,
		"pieces of themselves end");
	ok(!loc_narrow(&l, 0, 8, &place, &bit) || place.kind == LOC_PIECES,
		"here too");
}

static void test_held(void)
{
	struct loc l = loc_bytes("\x01\x02", 2, &fake_arena);
	struct loc before = loc_add(&l, -1);
	struct loc none = loc_none(ABSENT_NOT_SAVED, "rbx was clobbered");

	is_int(bits(&l, 8, 8), 2, "bytes that we hold");
	bits(&before, 0, 8);
	is_int(absent, ABSENT_OPTIMIZED_OUT, "nothing before the first");
	bits(&none, 0, 8);
	is_str(err_msg(), "not-saved: rbx was clobbered",
		"nowhere, with the reason");
	is_int(bits(&none, 0, 0), 0, "no bits are always there");
}

int main(void)
{
	fake_init();
	test_memory();
	test_registers();
	test_pieces();
	test_cyclic();
	test_held();
	arena_clear(&fake_arena);
	return tap_done();
}
