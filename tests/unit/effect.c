/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instructions write, and what kind they are. */
#include "inspect/arch/effect.h"

#include "tests/lib/tap.h"

#include <elf.h>

static const struct arch *arch;

static struct effect one(const char *bytes, size_t n)
{
	struct effect e[16];

	effect_decode(arch, bytes, n, 0x1000, e, 16);
	return e[0];
}

#define EFFECT(bytes) one(bytes, sizeof(bytes) - 1)

static bool writes(const struct effect *e, const char *name)
{
	return e->writes >> arch_find_reg(arch, name) & 1;
}

int main(void)
{
	struct effect e;

	arch = arch_of_machine(EM_X86_64);
	e = EFFECT("\x48\x8b\x43\x18"); /* mov 0x18(%rbx),%rax */
	ok(e.kind == EFFECT_COPY && writes(&e, "rax") && !writes(&e, "rbx"),
		"a load writes its register alone");
	ok(e.operand[1].kind == OPERAND_MEMORY && e.operand[1].disp == 0x18 &&
			e.operand[1].base == arch_find_reg(arch, "rbx"),
		"from its operand");
	e = EFFECT("\x48\x89\x44\x24\x08"); /* mov %rax,8(%rsp) */
	ok(e.stores && !e.stores_unclear && !e.writes,
		"a store writes memory alone");
	e = EFFECT("\x31\xc0"); /* xor %eax,%eax */
	is_int(e.kind, EFFECT_ZERO, "xor of a register with itself is 0");
	e = EFFECT("\x31\xd8"); /* xor %ebx,%eax */
	is_int(e.kind, EFFECT_OTHER, "xor of two is not");
	e = EFFECT("\x66\x0f\xef\xc0"); /* pxor %xmm0,%xmm0 */
	ok(e.kind == EFFECT_ZERO && e.vector_writes == 1, "and so for vectors");
	e = EFFECT("\x48\x39\xd8"); /* cmp %rbx,%rax */
	ok(!writes(&e, "rax") && !writes(&e, "rbx"), "cmp writes nothing");
	e = EFFECT("\x48\x85\xc0"); /* test %rax,%rax */
	ok(!writes(&e, "rax"), "nor does test");
	e = EFFECT("\x55"); /* push %rbp */
	ok(e.kind == EFFECT_PUSH && e.stores && writes(&e, "rsp") &&
			!writes(&e, "rbp"),
		"push writes memory and rsp");
	e = EFFECT("\x5d"); /* pop %rbp */
	ok(e.kind == EFFECT_POP && writes(&e, "rbp"), "pop its register");
	e = EFFECT("\xc9"); /* leave */
	ok(e.kind == EFFECT_LEAVE && writes(&e, "rbp") && writes(&e, "rsp"),
		"leave both");
	e = EFFECT("\xe8\xfb\x0f\x00\x00"); /* call 0x2000 */
	ok(e.kind == EFFECT_CALL && e.has_target && e.target == 0x2000,
		"a call has a target");
	ok(writes(&e, "rax") && writes(&e, "r11") && !writes(&e, "rbx") &&
			!writes(&e, "rsp") && e.stores_unclear,
		"and writes what the psABI lets it");
	e = EFFECT("\x0f\x05"); /* syscall */
	ok(writes(&e, "rax") && writes(&e, "rcx") && writes(&e, "r11") &&
			!writes(&e, "rdi"),
		"the kernel writes three registers");
	e = EFFECT("\x48\xf7\xe1"); /* mul %rcx */
	ok(writes(&e, "rax") && writes(&e, "rdx") && !writes(&e, "rcx"),
		"mul writes two that it does not name");
	e = EFFECT("\xf3\x48\xab"); /* rep stosq */
	ok(writes(&e, "rcx") && writes(&e, "rdi") && e.stores_unclear,
		"rep stos counts, moves on, and stores");
	e = EFFECT("\xff\xe0"); /* jmp *%rax */
	ok(e.is_jump && !e.is_conditional && !e.has_target &&
			!writes(&e, "rax"),
		"a jump through a register writes nothing");
	e = EFFECT("\x74\x10"); /* je */
	ok(e.is_conditional && e.target == 0x1012, "a branch has a target");
	e = EFFECT("\x0f\x1f\x40\x00"); /* nopl 0(%rax) */
	ok(e.is_padding && !e.stores && !e.writes, "nop does nothing");
	e = EFFECT("\xb0\x05"); /* mov $5,%al */
	ok(writes(&e, "rax") && e.operand[0].size == 1,
		"a part of a register is told by its size");
	e = EFFECT("\xc4\xe2\x70\xf2\xc2"); /* andn %edx,%ecx,%eax */
	ok(writes(&e, "rax") && !writes(&e, "rcx"), "three operands");
	e = EFFECT("\x06");
	ok(e.is_trap && e.size == 1, "what is no instruction ends the way");
	return tap_done();
}
