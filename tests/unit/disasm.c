/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instructions in objdump's notation, and what they access. */
#include "inspect/arch/disasm.h"

#include "tests/lib/tap.h"

#include <elf.h>

static struct arena arena;
static const struct arch *arch;

static struct insn one(const char *bytes, size_t n, bool att)
{
	struct insn in[2];

	disasm_decode(arch, att, bytes, n, 0x1000, in, 1, &arena);
	return in[0];
}

#define INSN(bytes) one(bytes, sizeof(bytes) - 1, true)

static void reads(const char *bytes, size_t n, bool att, const char *text)
{
	struct insn in = one(bytes, n, att);

	is_str(arena_printf(&arena, "%s%s%s", in.mnemonic,
		       in.operands[0] ? " " : "", in.operands),
		text, text);
}

#define READS(bytes, text) reads(bytes, sizeof(bytes) - 1, true, text)
#define INTEL(bytes, text) reads(bytes, sizeof(bytes) - 1, false, text)

static int reg(const char *name)
{
	return arch_find_reg(arch, name);
}

int main(void)
{
	arch = arch_of_machine(EM_X86_64);
	READS("\x55", "push %rbp");
	READS("\x48\x89\xe5", "mov %rsp,%rbp");
	READS("\x89\x10", "mov %edx,(%rax)");
	READS("\xc7\x45\xfc\x03\x00\x00\x00", "movl $0x3,-0x4(%rbp)");
	READS("\x48\x8b\x04\xd1", "mov (%rcx,%rdx,8),%rax");
	READS("\x0f\xb6\x00", "movzbl (%rax),%eax");
	READS("\xe8\xfb\x0f\x00\x00", "call 0x2000");
	READS("\xff\xd0", "call *%rax");
	READS("\xc3", "ret");
	READS("\x06", "(bad)");
	READS("\x8b\x45\x00", "mov 0x0(%rbp),%eax");
	READS("\x8d\x0c\x02", "lea (%rdx,%rax,1),%ecx");
	READS("\x83\xf8\xff", "cmp $0xffffffff,%eax");
	READS("\x48\x83\xc6\x80", "add $0xffffffffffffff80,%rsi");
	READS("\xd1\xea", "shr %edx");
	READS("\xf0\x0f\xb1\x0a", "lock cmpxchg %ecx,(%rdx)");
	READS("\x66\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00",
		"data16 cs nopw 0x0(%rax,%rax,1)");
	INTEL("\x48\x89\xe5", "mov rbp,rsp");
	INTEL("\xc7\x45\xfc\x03\x00\x00\x00", "mov DWORD PTR [rbp-0x4],0x3");
	INTEL("\x48\x8b\x04\xd1", "mov rax,QWORD PTR [rcx+rdx*8]");
	INTEL("\x8d\x0c\x02", "lea ecx,[rdx+rax*1]");
	INTEL("\x8b\x45\x00", "mov eax,DWORD PTR [rbp+0x0]");
	INTEL("\x64\x8b\x04\x25\xfc\xff\xff\xff",
		"mov eax,DWORD PTR fs:0xfffffffffffffffc");
	INTEL("\xdb\x28", "fld TBYTE PTR [rax]");
	INTEL("\xd1\xea", "shr edx,1");

	struct insn in = INSN("\x8b\x50\x1c"); /* mov 0x1c(%rax),%edx */
	ok(in.has_memory && in.memory.read && !in.memory.write,
		"a load reads memory");
	is_int(in.memory.base, reg("rax"), "through its base");
	is_int(in.memory.index, -1, "without an index");
	is_int(in.memory.disp, 0x1c, "at an offset");
	in = INSN("\x89\x10");
	ok(in.memory.write && !in.memory.read, "a store writes it");
	in = INSN("\x48\x8d\x40\x08"); /* lea 8(%rax),%rax */
	ok(!in.has_memory, "lea touches no memory");
	in = INSN("\x48\x8b\x05\x10\x00\x00\x00"); /* mov 0x10(%rip),%rax */
	ok(in.has_ref && in.ref == 0x1017, "an operand relative to the pc");
	in = INSN("\xe8\xfb\x0f\x00\x00");
	ok(in.has_target && in.target == 0x2000 && in.is_call,
		"a direct call has a target");
	in = INSN("\xff\xd1");
	ok(in.is_call && !in.has_target, "an indirect one has not");
	is_int(in.target_register, reg("rcx"), "but its register is known");
	in = INSN("\xc3");
	ok(in.is_return, "ret returns");

	is_int(INSN("\xf4").privilege, INSN_OF_KERNEL, "hlt is the kernel's");
	is_int(INSN("\x0f\x32").privilege, INSN_OF_KERNEL, "rdmsr, too");
	is_int(INSN("\x0f\x22\xc0").privilege, INSN_OF_KERNEL, "mov to cr0");
	is_int(INSN("\x8e\xd8").privilege, INSN_FOR_ALL, "mov to ds is not");
	is_int(INSN("\xee").privilege, INSN_OF_PORTS, "out is of ports");
	is_int(INSN("\xcd\x81").privilege, INSN_INTERRUPT, "int 0x81");
	is_int(INSN("\xcc").privilege, INSN_FOR_ALL, "int3 is anybody's");
	is_int(INSN("\x0f\x31").privilege, INSN_OPTIONAL, "rdtsc");

	is_int(INSN("\x0f\x29\x07").memory.align, 16, "movaps aligns");
	is_int(INSN("\x0f\x11\x07").memory.align, 1, "movups does not");
	is_int(INSN("\x66\x0f\xfe\x07").memory.align, 16, "paddd aligns");
	is_int(INSN("\xc5\xfd\xfe\x07").memory.align, 1, "vpaddd does not");
	is_int(INSN("\xc5\xfd\x7f\x07").memory.align, 32, "vmovdqa, ymm");
	is_int(INSN("\xf2\x0f\x58\x07").memory.align, 1, "addsd of 8 bytes");
	is_int(INSN("\x48\x0f\xc7\x0f").memory.align, 16, "cmpxchg16b");

	in = INSN("\xf3\xa4"); /* rep movsb */
	ok(in.has_source && in.source.base == reg("rsi") &&
			in.memory.base == reg("rdi"),
		"movs has two operands in memory");
	in = INSN("\x64\x8b\x00"); /* mov %fs:(%rax),%eax */
	is_int(in.memory.segment, reg("fs_base"), "an operand of %%fs");
	in = INSN("\xc4\xe2\xed\x91\x04\xcf"); /* vpgatherqq */
	ok(in.memory.unclear, "an index in a vector register");

	struct insn two[4];
	is_int(disasm_decode(arch, true, "\x06\x55", 2, 0, two, 4, &arena), 2,
		"what is no instruction costs one byte");
	is_str(two[1].mnemonic, "push", "and the next is read");
	return tap_done();
}
