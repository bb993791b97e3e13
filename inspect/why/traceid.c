/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames are named as systemd-coredump names them in its records, so that both
 * have the same id: one for each machine frame; by debug information, where the
 * module's file has it, that is the innermost inlined function at the pc, else
 * by the ELF symbol.  Separate debug files do not count: they are installed
 * here and not there, and where the process died mostly not.
 */
#include "inspect/why/traceid.h"

#include "inspect/dwarf/scope.h"
#include "inspect/image/symbol.h"

static const char *name_of(struct image *image, const struct frame *f)
{
	struct symbol sym;

	if (f->has_debug && scope_is_own(f->scope)) {
		if (f->scope->linkage_name)
			return f->scope->linkage_name;
		if (f->scope->name)
			return f->scope->name;
	}
	return symbol_own_at(image, frame_lookup_pc(f), &sym) ? sym.name : NULL;
}

bool traceid_of(struct image *image, const struct trace *t, int signo,
	char out[CRASH_ID_SIZE])
{
	struct id_frame frames[CRASH_ID_WINDOW];
	size_t n = 0;

	for (size_t i = 0; i < t->n && n < CRASH_ID_WINDOW; i++) {
		const struct frame *f = &t->frames[i];

		if (f->how == HOW_TAILCALL || (i && t->frames[i - 1].inlined))
			continue;
		frames[n++] = (struct id_frame){
			.function = f->module ? name_of(image, f) : NULL,
			.module = f->module && !f->signal ? f->module->path
							  : NULL,
			.lost = f->how == HOW_CALL,
			.offset = f->module ? f->pc - f->module->start : 0,
		};
	}
	return crash_id(signo, frames, n, out) || (t->n && !t->cut);
}
