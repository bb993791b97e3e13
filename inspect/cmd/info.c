/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * info WORD: most words are another command's name; what has none is here.
 * The words are a table, prefixes of them are accepted, gdb's single letters
 * first.
 */
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/names.h"
#include "inspect/image/symbol.h"
#include "inspect/stack/unwind.h"
#include "inspect/why/signals.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

/* ---- info frame ---- */

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

static enum err info_frame(struct session *s, struct args *a, struct out *o)
{
	const struct frame *f, *up, *down, *machine;
	struct frame *selected;
	struct trace *t;

	(void)a;
	TRY(session_frame(s, &selected));
	TRY(session_trace(s, s->thread, 0, &t));
	f = &t->frames[s->frame];
	up = s->frame + 1 < t->n ? &t->frames[s->frame + 1] : NULL;
	down = s->frame ? &t->frames[s->frame - 1] : NULL;
	machine = up;
	while (machine && machine[-1].inlined)
		machine = machine + 1 < t->frames + t->n ? machine + 1 : NULL;
	out_num(o, ".level", f->level);
	out_addr(o, ".pc", f->pc);
	out_addr(o, ".cfa", f->cfa);
	out_str(o, ".how", frame_how_name(f->how));
	out_text(o, "Stack level %u, frame at 0x%" PRIx64 ":\n", f->level,
		f->cfa);
	out_text(o, " %s = 0x%" PRIx64,
		s->image.arch->reg[s->image.arch->pc].name, f->pc);
	out_text(o, " in %s", f->function ? f->function : "??");
	if (f->file)
		out_text(o, " (%s:%d)", f->file_name ? f->file_name : f->file,
			f->line);
	if (machine)
		out_text(o, "; saved %s = 0x%" PRIx64,
			s->image.arch->reg[s->image.arch->pc].name,
			machine->pc);
	out_text(o, "\n");
	if (f->inlined && up)
		out_text(o, " inlined into frame %u\n", up->level);
	if (up)
		out_text(o, " called by frame at 0x%" PRIx64 "\n", up->cfa);
	if (down)
		out_text(o, " caller of frame at 0x%" PRIx64 "\n", down->cfa);
	out_text(o, " found by %s\n", frame_how_name(f->how));
	if (f->scope && f->scope->producer)
		out_text(o, " compiled by %s\n", f->scope->producer);
	saved_registers(s, f, o);
	return OK;
}

/* ---- info source ---- */

static enum err info_source(struct session *s, struct args *a, struct out *o)
{
	struct frame *f;

	(void)a;
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
	if (f->scope && f->scope->producer) {
		out_text(o, "Producer is ");
		out_str(o, "producer", f->scope->producer);
		out_text(o, ".\n");
	}
	return OK;
}

/* ---- info files, proc, auxv ---- */

static enum err info_files(struct session *s, struct args *a, struct out *o)
{
	(void)a;
	out_text(o, "Core: ");
	out_styled(o, "core", STYLE_FILE, s->core.path);
	out_text(
		o, s->core.compression ? " (%s)\n" : "\n", s->core.compression);
	out_text(o, "Executable: ");
	out_styled(o, "executable", STYLE_FILE,
		s->image.exe ? s->image.exe->path : NULL);
	out_text(o, "\n");
	out_list(o, "segments");
	for (size_t i = 0; i < s->core.nloads; i++) {
		const struct core_load *l = &s->core.loads[i];

		out_record(o, NULL);
		out_text(o, "\t0x%016" PRIx64 " - 0x%016" PRIx64 " %c%c%c%s\n",
			l->addr, l->addr + l->memsz,
			l->flags & PF_R ? 'r' : '-',
			l->flags & PF_W ? 'w' : '-',
			l->flags & PF_X ? 'x' : '-',
			l->filesz ? "" : " (not dumped)");
		out_addr(o, ".start", l->addr);
		out_addr(o, ".end", l->addr + l->memsz);
		out_unum(o, ".dumped", l->filesz);
		out_record_end(o);
	}
	out_list_end(o);
	return OK;
}

static const struct core_file *file_at(struct session *s, uint64_t addr)
{
	for (size_t i = 0; i < s->core.nfiles; i++)
		if (addr >= s->core.files[i].start &&
			addr < s->core.files[i].end)
			return &s->core.files[i];
	return NULL;
}

static void mapping_row(
	struct session *s, const struct core_load *l, struct out *o)
{
	const struct core_file *file = file_at(s, l->addr);
	struct module *m = module_at(&s->image, l->addr);
	const char *path = file ? file->path : m && m->is_vdso ? m->path : NULL;
	char perms[4] = { l->flags & PF_R ? 'r' : '-',
		l->flags & PF_W ? 'w' : '-', l->flags & PF_X ? 'x' : '-', 0 };

	for (size_t i = 0; !path && i < s->core.nthreads; i++) {
		const struct core_thread *t = &s->core.threads[i];
		uint64_t sp = t->regs.v[s->image.arch->sp];

		if (sp >= l->addr && sp < l->addr + l->memsz)
			path = arena_printf(
				&s->scratch, "[stack of thread %d]", t->id);
	}
	out_record(o, NULL);
	out_addr(o, "start", l->addr);
	out_cell(o);
	out_addr(o, "end", l->addr + l->memsz);
	out_cell(o);
	out_text(o, "0x%" PRIx64, l->memsz);
	out_unum(o, ".size", l->memsz);
	out_cell(o);
	out_text(o, "0x%" PRIx64, file ? file->offset : 0);
	out_cell(o);
	out_str(o, "perms", perms);
	out_cell(o);
	out_str(o, "file", path ? path : "");
	if (l->filesz < l->memsz)
		out_text(o, l->filesz ? " (partly dumped)" : " (not dumped)");
	out_row(o);
	out_unum(o, ".dumped", l->filesz);
	out_record_end(o);
}

static enum err info_mappings(struct session *s, struct out *o)
{
	static const char *const heads[] = { "Start Addr", "End Addr", "Size",
		"Offset", "Perms", "File" };

	out_text(o, "Mapped address spaces:\n\n");
	out_list(o, "mappings");
	out_table(o);
	for (size_t i = 0; i < 6; i++) {
		out_style(o, STYLE_HEADING, heads[i]);
		if (i < 5)
			out_cell(o);
		else
			out_row(o);
	}
	for (size_t i = 0; i < s->core.nloads; i++)
		mapping_row(s, &s->core.loads[i], o);
	out_table_end(o);
	out_list_end(o);
	return OK;
}

static enum err info_proc(struct session *s, struct args *a, struct out *o)
{
	if (args_is(a, 0, "mappings", 1))
		return info_mappings(s, o);
	out_num(o, ".pid", s->core.pid);
	out_text(o, "process %d\n", s->core.pid);
	out_text(o, "cmdline = '");
	out_str(o, "cmdline", s->core.psargs);
	out_text(o, "'\nexe = '");
	out_str(o, "exe", s->image.exe ? s->image.exe->path : s->core.fname);
	out_text(o, "'\n");
	return args_is(a, 0, "all", 2) ? info_mappings(s, o) : OK;
}

struct auxv_name {
	uint64_t type;
	const char *name, *what;
	char kind; /* x address, d number, s string */
};

static const struct auxv_name auxv_names[] = {
	{ AT_NULL, "AT_NULL", "End of vector", 'x' },
	{ AT_PHDR, "AT_PHDR", "Program headers for program", 'x' },
	{ AT_PHENT, "AT_PHENT", "Size of program header entry", 'd' },
	{ AT_PHNUM, "AT_PHNUM", "Number of program headers", 'd' },
	{ AT_PAGESZ, "AT_PAGESZ", "System page size", 'd' },
	{ AT_BASE, "AT_BASE", "Base address of interpreter", 'x' },
	{ AT_FLAGS, "AT_FLAGS", "Flags", 'x' },
	{ AT_ENTRY, "AT_ENTRY", "Entry point of program", 'x' },
	{ AT_UID, "AT_UID", "Real user ID", 'd' },
	{ AT_EUID, "AT_EUID", "Effective user ID", 'd' },
	{ AT_GID, "AT_GID", "Real group ID", 'd' },
	{ AT_EGID, "AT_EGID", "Effective group ID", 'd' },
	{ AT_PLATFORM, "AT_PLATFORM", "String identifying platform", 's' },
	{ AT_HWCAP, "AT_HWCAP", "Machine-dependent CPU capability hints", 'x' },
	{ AT_CLKTCK, "AT_CLKTCK", "Frequency of times()", 'd' },
	{ AT_SECURE, "AT_SECURE", "Boolean, was exec setuid-like?", 'd' },
	{ AT_RANDOM, "AT_RANDOM", "Address of 16 random bytes", 'x' },
	{ AT_HWCAP2, "AT_HWCAP2", "Extension of AT_HWCAP", 'x' },
	{ 27, "AT_RSEQ_FEATURE_SIZE", "Size of rseq's features", 'd' },
	{ 28, "AT_RSEQ_ALIGN", "Alignment of rseq's area", 'd' },
	{ AT_EXECFN, "AT_EXECFN", "File name of executable", 's' },
	{ AT_SYSINFO_EHDR, "AT_SYSINFO_EHDR",
		"System-supplied DSO's ELF header", 'x' },
	{ AT_MINSIGSTKSZ, "AT_MINSIGSTKSZ",
		"Minimum stack size for signal delivery", 'x' },
};

static enum err info_auxv(struct session *s, struct args *a, struct out *o)
{
	static const struct auxv_name none = { 0, "???", "", 'x' };

	(void)a;
	out_list(o, "auxv");
	for (size_t i = 0; i < s->core.nauxv; i++) {
		const struct core_auxv *v = &s->core.auxv[i];
		const struct auxv_name *d = &none;
		char *text;
		bool whole;

		for (size_t k = 0; k < sizeof(auxv_names) / sizeof(*auxv_names);
			k++)
			if (auxv_names[k].type == v->type)
				d = &auxv_names[k];
		out_record(o, NULL);
		out_text(o, "%-4" PRIu64 " %-20s %-30s ", v->type, d->name,
			d->what);
		out_unum(o, ".type", v->type);
		out_str(o, ".name", d->name);
		if (d->kind == 'd')
			out_text(o, "%" PRIu64, v->value);
		else
			out_text(o, "0x%" PRIx64, v->value);
		out_addr(o, ".value", v->value);
		if (d->kind == 's' &&
			!mem_read_str(&s->image.mem, v->value, MAX_PATH,
				&s->scratch, &text, &whole)) {
			out_text(o, " \"");
			out_str(o, "text", text);
			out_text(o, "\"");
		}
		out_text(o, "\n");
		out_record_end(o);
	}
	out_list_end(o);
	return OK;
}

/* ---- info signal ---- */

static enum err info_signal(struct session *s, struct args *a, struct out *o)
{
	const siginfo_t *info = s->core.siginfo;

	(void)a;
	out_num(o, ".signal", s->core.signal);
	if (!s->core.signal) {
		out_text(o,
			s->core.no_notes
				? "The signal is not known: the core has lost "
				  "its notes.\n"
				: "No signal: the core is a snapshot.\n");
		return OK;
	}
	out_str(o, ".name", signals_name(s->core.signal, &s->scratch));
	out_text(o, "Program terminated with signal %s, %s.\n",
		signals_name(s->core.signal, &s->scratch),
		signals_words(s->core.signal));
	if (!info) {
		out_text(o, "The core has no siginfo: code and address are not "
			    "known.\n");
		return OK;
	}
	out_num(o, ".code", info->si_code);
	const char *code = signals_code_words(info->si_signo, info->si_code);
	out_text(o, "si_code = %d (%s)\n", info->si_code,
		code ? code : "not a code that is known");
	out_str(o, ".code_words", code);
	if (signals_has_address(info->si_signo, info->si_code)) {
		uint64_t addr = (uint64_t)(uintptr_t)info->si_addr;

		out_addr(o, ".address", addr);
		out_text(o, "si_addr = 0x%" PRIx64 "\n", addr);
	} else if (info->si_code <= 0) {
		out_num(o, ".sender_pid", info->si_pid);
		out_num(o, ".sender_uid", info->si_uid);
		out_text(o, "sent by process %d, user %u\n", info->si_pid,
			info->si_uid);
	}
	return OK;
}

/* ---- the table of words ---- */

struct info_word {
	const char *name, *alias;
	const char *command; /* another command, or NULL */
	enum err (*run)(struct session *, struct args *, struct out *);
	unsigned needs;
};

static const struct info_word words[] = {
	{ "threads", "thread th", "threads", NULL, 0 },
	{ "frame", "f", NULL, info_frame, CMD_FRAME },
	{ "stack", "s", "backtrace", NULL, 0 },
	{ "args", "ar", "args", NULL, 0 },
	{ "locals", "lo", "locals", NULL, 0 },
	{ "registers", "r reg", "regs", NULL, 0 },
	{ "all-registers", "al", "regs", NULL, 0 },
	{ "functions", "fu fun", "funcs", NULL, 0 },
	{ "variables", "v var", "vars", NULL, 0 },
	{ "types", "ty", "types", NULL, 0 },
	{ "source", "so", NULL, info_source, CMD_FRAME },
	{ "sources", NULL, "sources", NULL, 0 },
	{ "scope", "sc", "info-scope", NULL, 0 },
	{ "files", "target", NULL, info_files, 0 },
	{ "sharedlibrary", "sh dll libraries", "libraries", NULL, 0 },
	{ "proc", NULL, NULL, info_proc, 0 },
	{ "mappings", NULL, NULL, NULL, 0 },
	{ "symbol", "sy", "info-symbol", NULL, 0 },
	{ "address", "ad", "info-address", NULL, 0 },
	{ "line", "li", "info-line", NULL, 0 },
	{ "auxv", "au", NULL, info_auxv, 0 },
	{ "signal", "signals handle", NULL, info_signal, 0 },
	{ "program", "inferiors", "status", NULL, 0 },
	{ "display", "breakpoints", NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, 0 },
};

static bool is_alias(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; p && *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == n && !strncmp(p, word, n))
			return true;
		p += len;
	}
	return false;
}

static const struct info_word *find_word(const char *word)
{
	const struct info_word *found = NULL;
	size_t n = strlen(word), count = 0;

	for (const struct info_word *w = words; w->name; w++)
		if (!strcmp(w->name, word) || is_alias(w->alias, word))
			return w;
	for (const struct info_word *w = words; w->name; w++)
		if (!strncmp(w->name, word, n)) {
			found = w;
			count++;
		}
	return count == 1 ? found : NULL;
}

static enum err list_words(struct out *o)
{
	out_text(o, "info ");
	out_list(o, ".words");
	for (const struct info_word *w = words; w->name; w++)
		if (w->command || w->run)
			out_str(o, "word", w->name);
	out_list_end(o);
	for (const struct info_word *w = words; w->name; w++)
		if (w->command || w->run)
			out_text(o, "%s%s", w == words ? "" : ", ", w->name);
	out_text(o, "\n");
	return OK;
}

static enum err run_info(struct session *s, struct args *a, struct out *o)
{
	struct args rest = { .cmd = a->cmd, .name = a->name, .format = "" };
	const struct info_word *w;
	struct frame *f;

	if (!a->n)
		return list_words(o);
	/* gdb takes options of some: "info locals -q". */
	w = find_word(a->word[0]);
	if (!w)
		return err_set(ERR_NOTFOUND,
			"Undefined or ambiguous info command: \"%s\".  "
			"\"info\" lists them.",
			a->word[0]);
	const char *text = args_from(a, 1);
	if (!strcmp(w->name, "mappings"))
		return info_mappings(s, o);
	if (!strcmp(w->name, "display")) {
		out_text(o, "A core does not run: there are no breakpoints and "
			    "displays.\n");
		return OK;
	}
	if (!strcmp(w->name, "all-registers"))
		text = arena_printf(&s->scratch, "-a %s", text);
	if (w->command)
		return cmd_forward(s, w->command, text, "", o);
	if (w->needs & CMD_FRAME)
		TRY(session_frame(s, &f));
	args_split(&rest, text, &s->scratch);
	return w->run(s, &rest, o);
}

const struct cmd cmd_info[] = {
	{
		.name = "info",
		.alias = "i inf",
		.usage = "WORD [ARGS]",
		.summary = "gdb's info commands",
		.help = "threads, frame, args, locals, registers, "
			"all-registers, functions,\n"
			"variables, types, source, sources, scope, files, "
			"sharedlibrary,\n"
			"proc mappings, symbol, address, line, auxv, signal.",
		.run = run_info,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{ 0 },
};
