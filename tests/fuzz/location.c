/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A location expression: every three bytes of the input are an operation and
 * two small operands, so that jumps and stacks get somewhere.
 */
#include "inspect/dwarf/expr.h"
#include "tests/lib/fuzz.h"

#include <elf.h>
#include <string.h>

enum { MAX_OPS = 512, BASE = 0x1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[256];
	static const struct module module = { .path = "fuzz", .bias = 16 };
	struct arena a = { 0 };
	struct image im = { .arena = &a };
	struct frame f = { .cfa = BASE + 64, .cfa_known = true };
	Dwarf_Op ops[MAX_OPS];
	struct loc loc;
	size_t n = size / 3;
	uint8_t buf[64];
	enum absent absent;

	im.arch = arch_of_machine(EM_X86_64);
	mem_init(&im.mem, &a);
	mem_add_bytes(&im.mem, BASE, memory, sizeof(memory), "memory");
	for (unsigned i = 0; i < 16; i += 2)
		regs_set(&f.regs, i, BASE + 8 * i);
	for (size_t i = 0; i < n && i < MAX_OPS; i++)
		ops[i] = (Dwarf_Op){
			.atom = data[3 * i],
			.number = (Dwarf_Word)(int8_t)data[3 * i + 1],
			.number2 = data[3 * i + 2],
			.offset = i,
		};

	struct expr_ctx c = {
		.image = &im,
		.module = (struct module *)&module,
		.frame = &f,
		.arena = &a,
		.has_initial = size & 1,
		.initial = BASE,
	};

	if (!expr_eval(&c, ops, n < MAX_OPS ? n : MAX_OPS, &loc))
		(void)!loc_read(&loc, &im.mem, buf, sizeof(buf), &absent);
	arena_clear(&a);
	return 0;
}
