/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * info WORD: most words are another command's name; what has none is here.
 * The words are a table, prefixes of them are accepted, gdb's single letters
 * first.
 */
#include "inspect/cmd/info.h"

#include "inspect/cmd/cmd.h"
#include "inspect/cmd/maps.h"
#include "inspect/cmd/process.h"
#include "inspect/image/symbol.h"
#include "inspect/why/signals.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

/* ---- info files, auxv ---- */

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
};

static const struct info_word words[] = {
	{ "threads", "thread th", "threads", NULL },
	{ "frame", "f", "info-frame", NULL },
	{ "stack", "s", "backtrace", NULL },
	{ "args", "ar", "args", NULL },
	{ "locals", "lo", "locals", NULL },
	{ "registers", "r reg", "regs", NULL },
	{ "all-registers", "al", "regs", NULL },
	{ "functions", "fu fun", "funcs", NULL },
	{ "variables", "v var", "vars", NULL },
	{ "types", "ty", "types", NULL },
	{ "source", "so", "info-source", NULL },
	{ "sources", NULL, "sources", NULL },
	{ "scope", "sc", "info-scope", NULL },
	{ "files", "target", NULL, info_files },
	{ "sharedlibrary", "sh dll libraries", "libraries", NULL },
	{ "proc", NULL, NULL, process_info },
	{ "mappings", NULL, NULL, NULL },
	{ "symbol", "sy", "info-symbol", NULL },
	{ "address", "ad", "info-address", NULL },
	{ "line", "li", "info-line", NULL },
	{ "macro", NULL, "macro", NULL },
	{ "auxv", "au", NULL, info_auxv },
	{ "signal", "signals handle", NULL, info_signal },
	{ "program", "inferiors", "status", NULL },
	{ "display", "breakpoints watchpoints checkpoints b", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
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

static enum err find_word(
	struct session *s, const char *word, const struct info_word **ret)
{
	const struct info_word *found = NULL;
	size_t n = strlen(word);
	struct buf names = { .arena = &s->scratch };

	for (const struct info_word *w = words; w->name; w++)
		if (!strcmp(w->name, word) || is_alias(w->alias, word)) {
			*ret = w;
			return OK;
		}
	for (const struct info_word *w = words; w->name; w++)
		if (!strncmp(w->name, word, n)) {
			buf_printf(&names, "%s%s", found ? ", " : "", w->name);
			*ret = found ? NULL : w;
			found = w;
		}
	if (!found)
		return err_set(ERR_NOTFOUND,
			"Undefined info command: \"%s\".  \"info\" lists "
			"them.",
			word);
	if (!*ret)
		return err_set(ERR_NOTFOUND,
			"Ambiguous info command \"%s\": %s.", word,
			buf_str(&names));
	return OK;
}

const char *info_word(size_t i)
{
	return i < sizeof(words) / sizeof(*words) ? words[i].name : NULL;
}

const char *info_command(const char *word)
{
	for (const struct info_word *w = words; w->name; w++)
		if (!strcmp(w->name, word) || is_alias(w->alias, word))
			return w->command;
	return NULL;
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
	const struct info_word *w = NULL;

	if (!a->n)
		return list_words(o);
	/* gdb takes options of some: "info locals -q". */
	TRY(find_word(s, a->word[0], &w));
	const char *text = args_from(a, 1);
	if (!strcmp(w->name, "mappings"))
		return maps_list(s, o);
	if (!strcmp(w->name, "display")) {
		out_text(o, "A core does not run: there are no breakpoints and "
			    "displays.\n");
		return OK;
	}
	if (!strcmp(w->name, "all-registers"))
		text = arena_printf(&s->scratch, "-a %s", text);
	if (w->command)
		return cmd_forward(s, w->command, text, "", o);
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
			"proc mappings, symbol, address, line, auxv, signal."
			"\n    info registers rip\n    info proc mappings",
		.run = run_info,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{ 0 },
};
