/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The selected frame, and its source file, in detail: info frame, source. */
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/source.h"
#include "inspect/dwarf/language.h"
#include "inspect/stack/unwind.h"

#include <inttypes.h>

static void saved_registers(
	struct session *s, const struct frame *f, struct out *o)
{
	const struct arch *arch = s->image.arch;
	bool any = false;
	uint64_t addr;

	out_list(o, "saved");
	for (unsigned i = 0; i < arch->nregs; i++) {
		if (!unwind_saved(&s->image, f, i, &addr))
			continue;
		out_text(o, any ? ", " : " Saved registers:\n  ");
		any = true;
		out_record(o, NULL);
		out_str(o, "register", arch->reg[i].name);
		out_text(o, " at 0x%" PRIx64, addr);
		out_addr(o, ".address", addr);
		out_record_end(o);
	}
	out_list_end(o);
	out_text(o, any ? "\n" : "");
}

/* The frame that really called: inlined ones have no machine frame. */
static const struct frame *machine_caller(
	const struct trace *t, const struct frame *f)
{
	const struct frame *end = t->frames + t->n;

	do
		f++;
	while (f < end && f[-1].inlined);
	return f < end ? f : NULL;
}

static void frame_place(struct session *s, const struct frame *f, struct out *o)
{
	const char *pc = s->image.arch->reg[s->image.arch->pc].name;

	out_num(o, ".level", f->level);
	out_addr(o, ".pc", f->pc);
	out_addr(o, ".cfa", f->cfa);
	out_str(o, ".how", frame_how_name(f->how));
	out_str(o, ".function", f->function);
	out_str(o, ".file", f->file_name ? f->file_name : f->file);
	out_num(o, ".line", f->line);
	out_text(o, "Stack level %u, frame at 0x%" PRIx64 ":\n", f->level,
		f->cfa);
	/* The kernel's way back from a signal has a symbol at most. */
	const char *function =
		f->function ? f->function : session_symbol(s, f->pc);
	out_text(o, " %s = 0x%" PRIx64 " in %s", pc, f->pc,
		function ? function : "??");
	if (f->file)
		out_text(o, " (%s:%d)", f->file_name ? f->file_name : f->file,
			f->line);
}

static void frame_neighbours(
	struct session *s, const struct trace *t, size_t i, struct out *o)
{
	const struct frame *f = &t->frames[i];
	const struct frame *up = i + 1 < t->n ? f + 1 : NULL;
	const struct frame *machine = machine_caller(t, f);

	if (machine) {
		out_text(o, "; saved %s = 0x%" PRIx64,
			s->image.arch->reg[s->image.arch->pc].name,
			machine->pc);
		out_addr(o, ".saved_pc", machine->pc);
	}
	out_text(o, "\n");
	if (f->inlined && up)
		out_text(o, " inlined into frame %u\n", up->level);
	if (up) {
		out_text(o, " called by frame at 0x%" PRIx64, up->cfa);
		out_addr(o, ".called_by", up->cfa);
	}
	if (i) {
		out_text(o, "%s caller of frame at 0x%" PRIx64, up ? "," : "",
			f[-1].cfa);
		out_addr(o, ".caller_of", f[-1].cfa);
	}
	out_text(o, up || i ? "\n" : "");
}

static enum err run_frame(struct session *s, struct args *a, struct out *o)
{
	const struct frame *f;
	struct frame *selected;
	struct trace *t;

	if (a->n)
		return err_usage(a);
	TRY(session_frame(s, &selected));
	TRY(session_trace(s, s->thread, 0, &t));
	f = &t->frames[s->frame];
	frame_place(s, f, o);
	frame_neighbours(s, t, s->frame, o);
	const char *language =
		f->scope ? language_name(f->scope->language) : NULL;
	out_str(o, ".language", language);
	if (language)
		out_text(o, " source language %s.\n", language);
	out_text(o, " found by %s\n", frame_how_name(f->how));
	if (f->cfa_known)
		out_text(o, " Previous frame's sp is 0x%" PRIx64 "\n", f->cfa);
	saved_registers(s, f, o);
	return OK;
}

/* ---- info source ---- */

static enum err run_source(struct session *s, struct args *a, struct out *o)
{
	struct source *src;
	struct frame *f;

	if (a->n)
		return err_usage(a);
	TRY(session_frame(s, &f));
	if (!f->file)
		return err_set(ERR_NOTFOUND,
			"No current source file: the selected "
			"frame has no line information.");
	out_text(o, "Current source file is ");
	out_str(o, "file", f->file_name ? f->file_name : f->file);
	out_text(o, "\nLocated in ");
	out_str(o, "path", f->file);
	out_text(o, "\n");
	if (!source_get(s, f->file, &src)) {
		out_text(o, "Contains ");
		out_unum(o, "lines", src->n);
		out_text(o, " lines.\n");
	} else {
		out_text(o, "It is not here: %s\n", err_msg());
	}
	const char *language =
		f->scope ? language_name(f->scope->language) : NULL;
	if (language) {
		out_text(o, "Source language is ");
		out_str(o, "language", language);
		out_text(o, ".\n");
	}
	if (f->scope && f->scope->producer) {
		out_text(o, "Producer is ");
		out_str(o, "producer", f->scope->producer);
		out_text(o, ".\n");
	}
	return OK;
}

const struct cmd cmd_here[] = {
	{
		.name = "info-frame",
		.usage = "",
		.summary = "The selected frame: its address, callers, saved "
			   "registers",
		.help = "Spelled `info frame`."
			"\n    info frame",
		.run = run_frame,
		.group = GROUP_STACK,
		.needs = CMD_CORE | CMD_THREAD | CMD_FRAME,
	},
	{
		.name = "info-source",
		.usage = "",
		.summary = "The source file of the selected frame",
		.help = "Spelled `info source`."
			"\n    info source",
		.run = run_source,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE | CMD_THREAD | CMD_FRAME,
	},
	{ 0 },
};
