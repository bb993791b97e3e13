/* SPDX-License-Identifier: GPL-3.0-or-later */
/* regs: the registers of a frame, in gdb's columns. */
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/registers.h"

#include <inttypes.h>
#include <string.h>

/* gdb's order; a register of another architecture is appended as it comes. */
static const char *const order[] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi",
	"rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
	"rip", "eflags", "cs", "ss", "ds", "es", "fs", "gs", "fs_base",
	"gs_base" };

static enum err print_register(struct session *s, const struct frame *f,
	const char *name, struct out *o)
{
	struct value_ctx *ctx = session_values(s);
	struct print_ctx *p = session_print(s, NULL);
	struct value v;
	int64_t n;

	TRY(register_value(s, f, name, &v));
	const struct type *t = type_strip(v.type);
	out_record(o, NULL);
	out_text(o, "%-15s", name);
	out_str(o, ".name", name);
	if (!type_is_scalar(t) || t->kind == TYPE_FLOAT ||
		value_int(&v, ctx, &n)) {
		const char *text = print_text(&v, p);

		out_str(o, ".value", text);
		out_text(o, "%s\n", text);
		out_record_end(o);
		return OK;
	}
	const char *hex = arena_printf(&s->scratch, "0x%" PRIx64,
		t->size == 4 ? (uint64_t)(uint32_t)n : (uint64_t)n);
	out_str(o, ".value", hex);
	const char *natural =
		register_is_flags(t)
			? register_flags_text((uint64_t)n, &s->scratch)
			: print_text(&v, p);
	out_text(o, "%-19s %s\n", hex, natural);
	out_str(o, ".text", natural);
	out_record_end(o);
	return OK;
}

static bool in_order(const char *name)
{
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (!strcmp(order[i], name))
			return true;
	return false;
}

static enum err all_registers(
	struct session *s, const struct frame *f, bool vectors, struct out *o)
{
	const struct arch *arch = s->image.arch;
	char name[8];

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (arch_find_reg(arch, order[i]) >= 0)
			TRY(print_register(s, f, order[i], o));
	for (unsigned i = 0; i < arch->nregs; i++)
		if (!in_order(arch->reg[i].name) && i != arch->orig_rax)
			TRY(print_register(s, f, arch->reg[i].name, o));
	if (!vectors)
		return OK;
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "st%d", i);
		TRY(print_register(s, f, name, o));
	}
	TRY(print_register(s, f, "mxcsr", o));
	for (int i = 0; i < 16; i++) {
		bool wide = f->vregs && f->vregs->size[i] >= 32;

		snprintf(name, sizeof(name), wide ? "ymm%d" : "xmm%d", i);
		TRY(print_register(s, f, name, o));
	}
	return OK;
}

static enum err run_regs(struct session *s, struct args *a, struct out *o)
{
	bool vectors = false;
	struct frame *f;
	size_t i = 0;

	TRY(session_frame(s, &f));
	if (i < a->n &&
		(!strcmp(a->word[i], "-a") || !strcmp(a->word[i], "all"))) {
		vectors = true;
		i++;
	}
	out_list(o, "registers");
	if (i == a->n)
		TRY(all_registers(s, f, vectors, o));
	for (; i < a->n; i++)
		TRY(print_register(
			s, f, a->word[i] + (a->word[i][0] == '$'), o));
	out_list_end(o);
	return OK;
}

const struct cmd cmd_regs[] = {
	{
		.name = "regs",
		.usage = "[-a | NAME...]",
		.summary = "Print the registers of the selected frame",
		.help = "In an outer frame, as they are when it goes on; what "
			"a callee was free\n"
			"to clobber is <not saved>.  -a: vector and x87 "
			"registers too."
			"\n    regs\n    regs rip rsp",
		.run = run_regs,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_FRAME,
	},
	{ 0 },
};
