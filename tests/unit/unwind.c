/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unwinding without CFI, over memory made by hand: a page of code, a page of
 * stack, no modules.
 */
#include "inspect/stack/unwind.h"
#include "inspect/stack/trace.h"
#include "tests/lib/tap.h"

#include <elf.h>
#include <string.h>

enum { CODE = 0x400000, STACK = 0x7f0000, PAGE = 4096, RBX = 3, RBP = 6 };

static struct arena arena;
static uint8_t code[PAGE];
static uint64_t stack[PAGE / 8];
static struct core_load loads[] = {
	{ .addr = CODE, .memsz = PAGE, .flags = PF_R | PF_X },
	{ .addr = STACK, .memsz = PAGE, .flags = PF_R | PF_W },
};
static struct core core = { .loads = loads, .nloads = 2 };

static struct image fresh(void)
{
	struct image image = { .arena = &arena, .core = &core };

	image.arch = arch_of_machine(EM_X86_64);
	mem_init(&image.mem, &arena);
	mem_add_bytes(&image.mem, CODE, code, sizeof(code), "code");
	mem_add_bytes(&image.mem, STACK, stack, sizeof(stack), "stack");
	memset(code, 0x90, sizeof(code));
	memset(stack, 0, sizeof(stack));
	return image;
}

static struct regs start(
	const struct image *image, uint64_t pc, uint64_t sp, uint64_t fp)
{
	struct regs r = { 0 };

	regs_set(&r, image->arch->pc, pc);
	regs_set(&r, image->arch->sp, sp);
	regs_set(&r, image->arch->fp, fp);
	regs_set(&r, RBX, 42);
	regs_set(&r, image->arch->fs_base, 0x7fff1000);
	return r;
}

static uint64_t at(size_t word)
{
	return STACK + word * 8;
}

static struct trace walk(struct image *image, const struct regs *r)
{
	struct trace t;

	if (trace_unwind(image, r, NULL, 0, true, &arena, &t))
		printf("# %s\n", err_msg());
	return t;
}

static void frame_pointers(void)
{
	struct image image = fresh();
	struct regs r = start(&image, CODE + 16, at(0), at(2));

	stack[2] = at(6);
	stack[3] = CODE + 32;
	stack[6] = 0;
	stack[7] = CODE + 48;

	struct trace t = walk(&image, &r);

	is_int(t.n, 3, "a chain of two frame pointers gives three frames");
	is_int(t.frames[1].pc, CODE + 32, "the first return address");
	is_int(t.frames[2].pc, CODE + 48, "the second return address");
	is_int(t.frames[0].how, HOW_CONTEXT, "frame 0 is the thread's state");
	is_int(t.frames[1].how, HOW_FP, "frame 1 was found by frame pointer");
	is_int(t.frames[2].regs.v[image.arch->sp], at(8),
		"its stack pointer is above its return address");
	ok(!regs_has(&t.frames[1].regs, RBX),
		"a register that nobody vouches for is forgotten");
	is_int(t.frames[2].regs.v[image.arch->fs_base], 0x7fff1000,
		"the thread pointer is the same in every frame");
	ok(strstr(t.end, "in no module"), "the end says what was missing");
}

static void bad_call(void)
{
	struct image image = fresh();
	struct regs r = start(&image, 0, at(1), at(4));

	stack[1] = CODE + 64;
	stack[4] = at(8);
	stack[5] = CODE + 80;

	struct trace t = walk(&image, &r);

	ok(t.n >= 3, "a call through NULL is undone, and the walk goes on");
	is_int(t.frames[0].pc, 0, "frame 0 is where it went");
	is_int(t.frames[1].pc, CODE + 64, "frame 1 is who called");
	is_int(t.frames[1].how, HOW_CALL, "and says how it was found");
	is_int(t.frames[1].regs.v[image.arch->sp], at(2), "one word is popped");
	is_int(t.frames[1].regs.v[RBX], 42, "every register is kept");

	r = start(&image, STACK + 8, at(1), at(4));
	t = walk(&image, &r);
	is_int(t.frames[1].how, HOW_CALL, "a jump into data is undone as well");

	stack[1] = 1234;
	t = walk(&image, &r);
	is_int(t.n, 1, "without a return address there is nothing to undo");
	ok(strstr(t.end, "there is no code at 0x7f0008"), "which is said");
}

static void scan(void)
{
	struct image image = fresh();
	struct regs r = start(&image, CODE + 16, at(0), 1);

	stack[0] = CODE + 100; /* not behind a call */
	stack[5] = CODE + 200;
	code[195] = 0xe8; /* call rel32 */

	struct trace t = walk(&image, &r);

	is_int(t.n, 2, "a scan finds the word behind a call");
	is_int(t.frames[1].pc, CODE + 200, "and no other");
	is_int(t.frames[1].how, HOW_SCAN, "and says so");
	is_str(frame_how_name(t.frames[1].how), "scan", "in the right word");

	memset(code, 0x90, sizeof(code));
	code[196] = 0xff; /* call *8(%rsp,%rax) */
	code[197] = 0x54;
	code[198] = 0x04;
	code[199] = 0x08;
	t = walk(&image, &r);
	is_int(t.n, 2, "an indirect call with SIB and displacement is a call");
}

static void signals(void)
{
	static const uint8_t sigreturn[] = { 0x48, 0xc7, 0xc0, 15, 0, 0, 0,
		0x0f, 0x05 };
	struct image image = fresh();
	struct regs r = start(&image, CODE + 256, at(0), 0);
	uint64_t *gregs = stack + 5; /* rsp + 40 */

	memcpy(code + 256, sigreturn, sizeof(sigreturn));
	gregs[11] = 7;      /* rbx */
	gregs[15] = at(90); /* rsp */
	gregs[16] = 0;      /* rip */
	stack[90] = CODE + 300;

	struct trace t = walk(&image, &r);

	ok(t.frames[0].signal, "a trampoline is known by its code");
	ok(t.n >= 3 && t.frames[1].interrupted, "it has interrupted somebody");
	is_int(t.frames[2].regs.v[image.arch->fs_base], 0x7fff1000,
		"who has the same thread pointer");
	is_int(t.frames[1].regs.v[RBX], 7, "whose registers are all known");
	is_int(t.frames[2].pc, CODE + 300,
		"a call through NULL under a signal frame is undone");

	gregs[15] = at(0);
	gregs[16] = CODE + 256;
	t = walk(&image, &r);
	ok(t.n < 10, "a signal frame that interrupts itself is not followed");
	ok(strstr(t.end, "repeats"), "the end says that it repeats");
}

static void bad_stacks(void)
{
	struct image image = fresh();
	struct regs r = start(&image, 0x1234, 0x1000, 0);
	struct trace t = walk(&image, &r);

	is_int(t.n, 1, "a stack pointer to nowhere leaves frame 0");
	ok(strstr(t.end, "0x1000"), "and its address is named");

	struct segment absent = {
		.base = 0x800000,
		.size = PAGE,
		.absent = ABSENT_NOT_IN_CORE,
		.why = "left out by coredump_filter",
	};

	mem_add(&image.mem, &absent);
	r = start(&image, 0x1234, 0x800000, 0);
	t = walk(&image, &r);
	ok(strstr(t.end, "not in the core") &&
			strstr(t.end, "left out by coredump_filter"),
		"a stack that was not dumped is told from one that never was");
}

static void limit(void)
{
	struct image image = fresh();
	struct regs r = start(&image, CODE + 16, at(0), at(0));
	struct trace t;

	for (size_t i = 0; i < 200; i += 2) {
		stack[i] = at(i + 2);
		stack[i + 1] = CODE + 32;
	}
	ok(trace_unwind(&image, &r, NULL, 5, true, &arena, &t) == OK,
		"a limit");
	is_int(t.n, 5, "is kept");
	is_str(t.end, "limit of 5 frames", "and said");
	ok(t.frames[0].caller == &t.frames[1], "frame 0 knows its caller");
}

int main(void)
{
	frame_pointers();
	bad_call();
	scan();
	signals();
	bad_stacks();
	limit();
	return tap_done();
}
