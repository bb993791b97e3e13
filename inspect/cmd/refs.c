/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refs: words of memory that hold an address, and whose words they are: of a
 * global, of a local variable of some frame, of a block of the heap.  Every
 * aligned word of what is in the core and is not code is looked at: a table of
 * constant pointers lies in memory that became read-only after relocation.  A
 * word that looks like a pointer may be a number that happens to be equal: that
 * cannot be told apart here, and the help says so.
 */
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/heap.h"
#include "inspect/heap/chunk.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

enum { CHUNK = 1 << 20, MAX_REFS = 100000 };

struct refs {
	uint64_t from, to; /* a word in [from, to) is a reference */
	size_t n;
	bool no_heap; /* of an allocator that is not understood */
};

/* Is it in the variable's own bytes? */
static bool covers(struct session *s, const struct frame *f,
	const struct variable *v, uint64_t addr)
{
	struct scope_ctx ctx = {
		.image = &s->image,
		.frame = f,
		.arena = &s->scratch,
	};
	struct value value;

	if (scope_value(v, &ctx, &value) || value.loc.kind != LOC_ADDR)
		return false;
	uint64_t at = value.loc.addr + value.loc.offset;
	return addr >= at && addr - at < type_size(value.type);
}

static const char *local_in(
	struct session *s, const struct frame *f, uint64_t addr)
{
	struct variable *v;
	size_t n;

	if (!f->has_debug || !f->scope ||
		scope_variables(f->scope, f->line, &s->scratch, &v, &n))
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (!v[i].is_static && covers(s, f, &v[i], addr))
			return v[i].name;
	return NULL;
}

/* "room in enter, frame 2 of thread 1": frames end at their CFA. */
static const char *frame_at(struct session *s, size_t thread, uint64_t addr)
{
	const struct core_thread *t = &s->core.threads[thread];
	const struct frame *first = NULL;
	struct trace *trace;

	if (session_trace(s, thread, 0, &trace))
		return NULL;
	for (size_t i = 0; i < trace->n; i++) {
		const struct frame *f = &trace->frames[i];

		if (!f->cfa_known || f->cfa <= addr)
			continue;
		if (first && f->cfa != first->cfa)
			break;
		if (!first)
			first = f;
		const char *name = local_in(s, f, addr);
		if (name)
			return arena_printf(&s->scratch,
				"%s in %s, frame %u of thread %d", name,
				f->function ? f->function : "?", f->level,
				t->id);
	}
	return first ? arena_printf(&s->scratch,
			       "stack of thread %d, frame %u (%s)", t->id,
			       first->level,
			       first->function ? first->function : "?")
		     : NULL;
}

/* Whose memory it is: a variable, a stack, a module, or nothing. */
static const char *owner_of(struct session *s, uint64_t addr)
{
	struct module *m = module_at(&s->image, addr);

	for (size_t i = 0; i < s->core.nthreads; i++) {
		const struct core_thread *t = &s->core.threads[i];
		uint64_t sp = t->regs.v[s->image.arch->sp];
		const struct segment *a = mem_at(&s->image.mem, sp);
		const struct segment *b = mem_at(&s->image.mem, addr);

		if (!a || a != b)
			continue;
		const char *frame = addr < sp ? NULL : frame_at(s, i, addr);
		if (frame)
			return frame;
		return arena_printf(&s->scratch,
			addr < sp ? "below the stack of thread %d"
				  : "stack of thread %d",
			t->id);
	}
	return m ? module_name(m) : NULL;
}

/* The block that the word is in, as one more owner. */
static void block_fields(
	struct session *s, struct refs *r, uint64_t addr, struct out *o)
{
	struct heap *h;
	struct typed *t;

	if (r->no_heap)
		return;
	if (session_heap(s, &h)) {
		r->no_heap = true;
		return;
	}
	struct heap_chunk *c = chunk_of_pointer(h, addr);
	if (!c)
		return;
	const struct typed_kind *k = NULL;
	if (!session_typed(s, &t))
		k = typed_of(t, (size_t)(c - h->chunks));
	const char *state = heap_state_name((enum heap_state)c->state);
	uint64_t offset = addr - chunk_user(c);
	out_text(o, "  %" PRIu64 " bytes into the block at 0x%" PRIx64, offset,
		chunk_user(c));
	out_text(o, " (%s, %" PRIu64 " bytes%s%s)", state, chunk_usable(c),
		k ? ", " : "", k ? k->name : "");
	out_addr(o, ".block", chunk_user(c));
	out_unum(o, ".offset", offset);
	out_unum(o, ".size", chunk_usable(c));
	out_str(o, ".state", state);
	out_str(o, ".type", k ? k->name : NULL);
}

static void report(struct session *s, struct refs *r, uint64_t addr,
	uint64_t value, struct out *o)
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
	if (!symbol && !owner)
		block_fields(s, r, addr, o);
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
			report(s, r, addr + i * sizeof(*word), word[i], o);
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
			"it, or an address up to LENGTH bytes after it; with "
			"the global, the local\n"
			"variable or the block of the heap that the word is "
			"in.  A number that happens\n"
			"to be equal is listed too.\n"
			"    refs &alice\n"
			"    refs room, sizeof(*room)",
		.run = run_refs,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{ 0 },
};
