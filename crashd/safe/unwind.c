/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four ways to find a caller, in the order of trust, and each frame says which
 * one it was:
 *
 *  cfi   the rules of .eh_frame.  The table's address comes from
 *        _dl_find_object, which takes no lock: the loader's may be held by the
 *        very thread that crashed.
 *  call  the pc of the innermost frame is not in any module: somebody called
 *        through a bad pointer.  Nothing has happened since but the call, so
 *        the return address is on top of the stack.
 *  fp    the frame pointer's chain: code without tables, made at run time.
 *  scan  the next word on the stack that points behind a call instruction in
 *        a module.  A guess, said to be one.
 *
 * The walk ends where the CFI says so (undefined return address: _start and
 * clone), at pc 0, where sp does not grow (it must, except across a signal
 * frame: that one may sit on an alternate stack), or at MAX_FRAMES.
 */
#include "crashd/safe/unwind.h"

#include <errno.h>

#include "crashd/safe/cfi.h"
#include "crashd/safe/peek.h"

enum {
	MAX_FRAMES = 100000,   /* a stack overflow has this many */
	MAX_FP_STEP = 8 << 20, /* a frame of 8 MiB is the whole stack */
	MAX_SCAN = 1024,       /* words */
};

void crashd_unwind_init(struct crashd_unwind *u, const struct crashd_regs *regs,
	crashd_find_object_fn *find)
{
	u->frame.regs = *regs;
	u->frame.pc = regs->v[CRASHD_PC];
	u->frame.sp = regs->v[CRASHD_SP];
	u->frame.how = CRASHD_HOW_CONTEXT;
	u->frame.interrupted = true;
	u->level = 0;
	u->end = NULL;
	u->find = find;
}

const char *crashd_unwind_how(enum crashd_how how)
{
	switch (how) {
	case CRASHD_HOW_CONTEXT:
	case CRASHD_HOW_CFI:
		return "";
	case CRASHD_HOW_FP:
		return "[fp]";
	case CRASHD_HOW_CALL:
		return "[call]";
	case CRASHD_HOW_SCAN:
		return "[scan]";
	}
	return "";
}

uint64_t crashd_unwind_lookup_pc(const struct crashd_frame *f)
{
	return f->interrupted ? f->pc : f->pc - 1;
}

/* The module that pc is in, if any. */
static bool find_module(
	const struct crashd_unwind *u, uint64_t pc, struct dl_find_object *ret)
{
	return u->find && u->find((void *)pc, ret) == 0;
}

static bool enter(struct crashd_unwind *u, const struct crashd_regs *regs,
	enum crashd_how how, bool interrupted)
{
	u->frame.regs = *regs;
	u->frame.pc = regs->v[CRASHD_PC];
	u->frame.sp = regs->v[CRASHD_SP];
	u->frame.how = how;
	u->frame.interrupted = interrupted;
	u->level++;
	return true;
}

static bool stop(struct crashd_unwind *u, const char *why)
{
	u->end = why;
	return false;
}

/* 1 stepped, 0 the outermost frame, -errno: try something else. */
static int step_cfi(struct crashd_unwind *u)
{
	uint64_t pc = crashd_unwind_lookup_pc(&u->frame);
	struct dl_find_object module;
	struct crashd_regs caller;
	struct crashd_row row;
	int r;

	if (!find_module(u, pc, &module) || !module.dlfo_eh_frame)
		return -ENOENT;
	r = crashd_cfi_find((uint64_t)module.dlfo_eh_frame, pc, &row);
	if (r < 0)
		return r;
	r = crashd_cfi_apply(&row, &u->frame.regs, &caller);
	if (r == -ENODATA)
		return 0;
	if (r < 0)
		return r;
	if (!row.signal && caller.v[CRASHD_SP] <= u->frame.sp && u->level)
		return -ELOOP;
	enter(u, &caller, CRASHD_HOW_CFI, row.signal);
	return 1;
}

static bool step_call(struct crashd_unwind *u)
{
	struct crashd_regs caller = u->frame.regs;
	struct dl_find_object module;
	uint64_t ret;

	if (u->level != 0 || find_module(u, u->frame.pc, &module))
		return false;
	if (!crashd_peek_u64(u->frame.sp, &ret) ||
		!find_module(u, ret - 1, &module))
		return false;
	caller.v[CRASHD_PC] = ret;
	caller.v[CRASHD_SP] = u->frame.sp + 8;
	return enter(u, &caller, CRASHD_HOW_CALL, false);
}

/* x86-64: push %rbp; mov %rsp,%rbp leaves the caller's at 0, the pc at 8. */
static bool step_fp(struct crashd_unwind *u)
{
	const struct crashd_regs *regs = &u->frame.regs;
	uint64_t fp = regs->v[CRASHD_FP], pair[2];
	struct crashd_regs caller = { .known = 0 };

	if (!(regs->known >> CRASHD_FP & 1) || fp % 8 || fp < u->frame.sp ||
		fp - u->frame.sp > MAX_FP_STEP)
		return false;
	if (crashd_peek(fp, pair, sizeof pair) != sizeof pair || !pair[1])
		return false;
	caller.v[CRASHD_FP] = pair[0];
	caller.v[CRASHD_SP] = fp + 16;
	caller.v[CRASHD_PC] = pair[1];
	caller.known =
		1ULL << CRASHD_FP | 1ULL << CRASHD_SP | 1ULL << CRASHD_PC;
	return enter(u, &caller, CRASHD_HOW_FP, false);
}

/* Is there a call instruction that ends at pc?  (Intel SDM 2, CALL) */
static bool follows_call(uint64_t pc)
{
	uint8_t code[7];

	if (crashd_peek(pc - sizeof code, code, sizeof code) != sizeof code)
		return false;
	if (code[2] == 0xe8)
		return true;
	for (size_t n = 2; n <= sizeof code; n++) {
		const uint8_t *p = code + sizeof code - n;

		if (p[0] == 0xff && (p[1] & 0x38) == 0x10)
			return true;
	}
	return false;
}

static bool step_scan(struct crashd_unwind *u)
{
	struct crashd_regs caller = { .known = 0 };
	struct dl_find_object module;

	if (u->frame.sp % 8)
		return false;
	for (int i = 0; i < MAX_SCAN; i++) {
		uint64_t at = u->frame.sp + 8ULL * (uint64_t)i, word;

		if (!crashd_peek_u64(at, &word))
			return false;
		if (!find_module(u, word - 1, &module) || !follows_call(word))
			continue;
		caller = u->frame.regs; /* the frame pointer may still do */
		caller.v[CRASHD_PC] = word;
		caller.v[CRASHD_SP] = at + 8;
		caller.known &= 1ULL << CRASHD_FP;
		caller.known |= 1ULL << CRASHD_SP | 1ULL << CRASHD_PC;
		return enter(u, &caller, CRASHD_HOW_SCAN, false);
	}
	return false;
}

bool crashd_unwind_step(struct crashd_unwind *u)
{
	int r;

	if (u->level >= MAX_FRAMES)
		return stop(u, "too many frames");
	if (u->level && u->frame.pc == 0)
		return stop(u, "return address 0");
	r = step_cfi(u);
	if (r > 0)
		return true;
	if (r == 0)
		return stop(u, NULL); /* as it should */
	if (r == -ELOOP)
		return stop(u, "the stack does not grow towards the caller");
	if (step_call(u) || step_fp(u) || step_scan(u))
		return true;
	return stop(u, "no unwind information and no frame pointer leads on");
}
