/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refs: words of memory that hold an address.  Every aligned word of what is in
 * the core and is not code is looked at: a table of constant pointers lies in
 * memory that became read-only after relocation.  A word that looks like a
 * pointer may be a number that happens to be equal: that cannot be told apart
 * here, and the help says so.
 */
#include "inspect/cmd/cmd.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

enum { CHUNK = 1 << 20, MAX_REFS = 100000 };

struct refs {
	uint64_t from, to; /* a word in [from, to) is a reference */
	size_t n;
};

/* Whose memory it is: "stack of thread 2", a module, or nothing. */
static const char *owner_of(struct session *s, uint64_t addr)
{
	struct module *m = module_at(&s->image, addr);

	for (size_t i = 0; i < s->core.nthreads; i++) {
		const struct core_thread *t = &s->core.threads[i];
		uint64_t sp = t->regs.v[s->image.arch->sp];
		const struct segment *a = mem_at(&s->image.mem, sp);
		const struct segment *b = mem_at(&s->image.mem, addr);

		if (a && a == b)
			return arena_printf(&s->scratch,
				addr < sp ? "below the stack of thread %d"
					  : "stack of thread %d",
				t->id);
	}
	return m ? module_name(m) : NULL;
}

static void report(
	struct session *s, uint64_t addr, uint64_t value, struct out *o)
{
	const char *symbol = session_symbol(s, addr);
	const char *owner = symbol ? NULL : owner_of(s, addr);

	out_record(o, NULL);
	out_addr(o, "address", addr);
	out_text(o, ":\t");
	out_addr(o, "value", value);
	if (symbol)
		out_text(o, "  <%s>", symbol);
	if (owner)
		out_text(o, "  %s", owner);
	out_text(o, "\n");
	out_str(o, ".symbol", symbol);
	out_str(o, ".owner", owner);
	out_record_end(o);
}

static enum err scan(struct session *s, const struct core_load *l,
	struct refs *r, struct out *o)
{
	uint64_t *word = arena_alloc(&s->scratch, CHUNK);
	uint64_t end = l->addr + l->filesz;

	for (uint64_t addr = l->addr; addr < end; addr += CHUNK) {
		size_t want = end - addr < CHUNK ? (size_t)(end - addr) : CHUNK;
		size_t n = mem_read_part(&s->image.mem, addr, word, want);

		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		for (size_t i = 0; i < n / sizeof(*word); i++) {
			if (word[i] < r->from || word[i] >= r->to)
				continue;
			if (++r->n > MAX_REFS)
				return err_set(ERR_LIMIT,
					"More than %d references: stopped.",
					MAX_REFS);
			report(s, addr + i * sizeof(*word), word[i], o);
		}
	}
	return OK;
}

static void registers(struct session *s, struct refs *r, struct out *o)
{
	const struct arch *arch = s->image.arch;

	for (size_t i = 0; i < s->core.nthreads; i++) {
		const struct core_thread *t = &s->core.threads[i];

		for (unsigned k = 0; k < arch->nregs; k++) {
			if (!regs_has(&t->regs, k) || t->regs.v[k] < r->from ||
				t->regs.v[k] >= r->to)
				continue;
			r->n++;
			out_record(o, NULL);
			out_text(o, "$%s of thread %d:\t", arch->reg[k].name,
				t->id);
			out_str(o, ".register", arch->reg[k].name);
			out_num(o, ".thread", t->id);
			out_addr(o, "value", t->regs.v[k]);
			out_text(o, "\n");
			out_record_end(o);
		}
	}
}

static enum err run_refs(struct session *s, struct args *a, struct out *o)
{
	struct refs r = { 0 };
	const char *comma = strchr(a->text, ',');
	uint64_t size = 1;

	if (!a->n)
		return err_usage(a);
	if (comma) {
		TRY(session_eval_int(s, comma + 1 + (comma[1] == '+'), &size));
		TRY(session_eval_int(s,
			arena_strndup(&s->scratch, a->text,
				(size_t)(comma - a->text)),
			&r.from));
	} else {
		TRY(session_eval_int(s, a->text, &r.from));
	}
	if (!size || r.from + size < r.from)
		return err_usage(a);
	r.to = r.from + size;
	out_list(o, "refs");
	registers(s, &r, o);
	for (size_t i = 0; i < s->core.nloads; i++)
		if (!(s->core.loads[i].flags & PF_X))
			TRY(scan(s, &s->core.loads[i], &r, o));
	out_list_end(o);
	if (!r.n)
		out_text(o, "Nothing in the core points there.\n");
	return OK;
}

const struct cmd cmd_refs[] = {
	{
		.name = "refs",
		.usage = "ADDRESS[, LENGTH]",
		.summary = "What points to an address",
		.help = "Registers of all threads and aligned words of "
			"writable memory that hold\n"
			"it, or an address up to LENGTH bytes after it.  A "
			"number that happens to be\n"
			"equal is listed too.\n"
			"    refs &alice\n"
			"    refs room, sizeof(*room)",
		.run = run_refs,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{ 0 },
};
