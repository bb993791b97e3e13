/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A wild pointer was read from somewhere.  When a variable of the innermost
 * frames, or a register, points to a block that is freed, and the value that
 * faulted stands in that block, it was read from there: use after free.  So it
 * was when the value is a link or a key that malloc itself has written into
 * a freed block, wherever the pointer to that is gone.
 *
 * An abort by malloc says that something is wrong somewhere; the walk of the
 * heap finds the first header that cannot be one, and the block before it.
 */
#include "inspect/why/block.h"

#include "inspect/dwarf/scope.h"
#include "inspect/heap/chunk.h"

#include <inttypes.h>
#include <string.h>

enum {
	MAX_BLOCK_FRAMES = 6,      /* whose variables are looked at */
	MAX_BLOCK_BYTES = 1 << 16, /* of a block that are compared */
	LIVE_CHUNKS = 1 << 18,     /* in a process that waits for its report */
	SMALLEST = 65536,          /* values that are not offsets of NULL */
	MAX_ERRORS_SHOWN = 3,
};

struct suspect {
	struct heap_chunk *chunk;
	uint64_t pointer;
	const char *name; /* of the variable or register */
};

struct blocks {
	struct rule *r;
	struct heap heap;
	struct suspect *suspect;
	size_t n, cap;
};

static void suspect_add(struct blocks *b, uint64_t pointer, const char *name)
{
	struct heap_chunk *c = chunk_of_pointer(&b->heap, pointer);

	if (!c || !chunk_is_freed(c))
		return;
	for (size_t i = 0; i < b->n; i++)
		if (b->suspect[i].chunk == c)
			return;
	b->suspect = arena_grow(
		b->r->arena, b->suspect, b->n, &b->cap, sizeof(*b->suspect));
	b->suspect[b->n++] = (struct suspect){ c, pointer, name };
}

static void variables(struct blocks *b, const struct frame *f)
{
	struct arena *arena = b->r->arena;
	struct scope_ctx ctx = {
		.image = b->r->image,
		.frame = f,
		.arena = arena,
	};
	struct value_ctx values = {
		.mem = &b->r->image->mem,
		.arch = b->r->image->arch,
		.arena = arena,
	};
	struct variable *v;
	size_t n;

	if (!f->has_debug || !f->scope ||
		scope_variables(f->scope, f->line, arena, &v, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		struct value value;
		enum absent absent;
		uint64_t word;

		if (v[i].not_yet ||
			type_bare(v[i].type)->kind != TYPE_POINTER ||
			scope_value(&v[i], &ctx, &value) ||
			value_load(&value, &values, &word, 8, &absent))
			continue;
		suspect_add(b, word,
			arena_printf(arena, "%s in %s", v[i].name,
				f->function ? f->function : "?"));
	}
}

/* malloc's own variables point to headers, which are the end of another block.
 */
static bool is_libc(const struct blocks *b, const struct frame *f)
{
	return f->module &&
	       f->module == module_at(b->heap.image, b->heap.arenas[0].addr);
}

static void suspects(struct blocks *b, bool with_registers)
{
	struct rule *r = b->r;
	const struct arch *arch = r->image->arch;
	size_t seen = 0;

	for (size_t i = 0; i < r->trace->n && seen < MAX_BLOCK_FRAMES; i++)
		if (r->trace->frames[i].has_debug &&
			!is_libc(b, &r->trace->frames[i])) {
			seen++;
			variables(b, &r->trace->frames[i]);
		}
	for (unsigned k = 0; with_registers && r->regs && k < arch->nregs; k++)
		if (regs_has(r->regs, k))
			suspect_add(b, r->regs->v[k],
				arena_printf(r->arena, "register %s",
					arch->reg[k].name));
}

/* The value that the program used as an address; 0: not known. */
static uint64_t used_value(const struct rule *r)
{
	const struct insn_memory *m = &r->insn.memory;
	const struct core_load *code = rule_load_at(r, r->pc);

	if (!code && !module_at(r->image, r->pc))
		return r->pc;
	if (r->insn.target_register >= 0 &&
		(r->insn.is_call || r->insn.is_jump))
		return r->regs->v[r->insn.target_register];
	if (r->insn.has_memory && m->base >= 0 &&
		regs_has(r->regs, (unsigned)m->base))
		return r->regs->v[m->base];
	return r->has_addr ? r->addr : 0;
}

/* Does value stand in the block's bytes?  *ret: how far in. */
static bool holds(struct blocks *b, const struct heap_chunk *c, uint64_t value,
	uint64_t *ret)
{
	uint64_t n = chunk_usable(c), word[128];

	if (n > MAX_BLOCK_BYTES)
		n = MAX_BLOCK_BYTES;
	for (uint64_t at = 0; at < n; at += sizeof(word)) {
		size_t want =
			n - at < sizeof(word) ? (size_t)(n - at) : sizeof(word);
		size_t got = mem_read_part(
			&b->heap.image->mem, chunk_user(c) + at, word, want);

		for (size_t i = 0; i < got / 8; i++)
			if (word[i] == value) {
				*ret = at + 8 * i;
				return true;
			}
	}
	return false;
}

/* The finding becomes the first. */
static void to_front(struct rule *r)
{
	struct why *w = r->why;
	struct why_finding last = w->findings[w->n - 1];

	memmove(w->findings + 1, w->findings,
		(w->n - 1) * sizeof(*w->findings));
	w->findings[0] = last;
}

static struct why_finding *use_after_free(struct blocks *b,
	enum why_confidence confidence, const struct heap_chunk *c,
	const char *how)
{
	struct rule *r = b->r;
	struct why_finding *f;

	f = rule_add(r, "use-after-free", confidence,
		"The program used memory after it was freed: the block at "
		"0x%" PRIx64 " of %" PRIu64 " bytes %s.",
		chunk_user(c), chunk_usable(c), how);
	rule_evidence(r, f, "that block is freed: it is in a %s list",
		heap_state_name((enum heap_state)c->state));
	rule_signal_evidence(r, f);
	rule_insn_evidence(r, f);
	return f;
}

static bool by_suspect(struct blocks *b, uint64_t value)
{
	uint64_t offset;

	for (size_t i = 0; i < b->n; i++) {
		const struct suspect *s = &b->suspect[i];

		if (!holds(b, s->chunk, value, &offset))
			continue;
		struct why_finding *f = use_after_free(b, WHY_CERTAIN, s->chunk,
			arena_printf(b->r->arena,
				"holds the address 0x%" PRIx64
				" that faulted, %" PRIu64 " bytes into it",
				value, offset));
		rule_evidence(b->r, f, "%s is 0x%" PRIx64 ", in that block",
			s->name, s->pointer);
		to_front(b->r);
		return true;
	}
	return false;
}

/* A link or a key of malloc's in a freed block. */
static bool by_link(struct blocks *b, uint64_t value)
{
	struct heap *h = &b->heap;

	if (mem_at(&h->image->mem, value))
		return false;
	for (size_t i = 0; i < h->n; i++) {
		const struct heap_chunk *c = &h->chunks[i];
		uint64_t word[2];

		if ((c->state != HEAP_TCACHE && c->state != HEAP_FAST) ||
			mem_read_part(&h->image->mem, chunk_user(c), word,
				16) != 16 ||
			(word[0] != value && word[1] != value))
			continue;
		use_after_free(b, WHY_CERTAIN, c,
			arena_printf(b->r->arena,
				"(or another one that is freed) holds "
				"0x%" PRIx64
				", which faulted and which malloc writes "
				"where a freed block was",
				value));
		to_front(b->r);
		return true;
	}
	return false;
}

/* Just behind the memory that an arena has. */
static bool past_the_end(struct blocks *b)
{
	struct rule *r = b->r;

	for (size_t i = 0; r->has_addr && i < b->heap.nregions; i++) {
		const struct heap_region *g = &b->heap.regions[i];

		if (g->mmapped ? g->end != (r->addr & ~UINT64_C(4095))
			       : !g->is_top ||
					 ((g->limit + 4095) &
						 ~UINT64_C(4095)) !=
						 (r->addr & ~UINT64_C(4095)))
			continue;
		struct why_finding *f = rule_add(r, "heap-overflow", WHY_LIKELY,
			"The program ran past the end of the %s: 0x%" PRIx64
			" lies just behind it.",
			g->mmapped ? "block" : "heap", r->addr);
		rule_evidence(r, f, "%s 0x%" PRIx64 "-0x%" PRIx64,
			g->mmapped ? "block at" : "heap at", g->start,
			g->limit);
		rule_signal_evidence(r, f);
		rule_insn_evidence(r, f);
		to_front(r);
		return true;
	}
	return false;
}

static void errors(struct blocks *b, struct why_finding *f)
{
	for (size_t i = 0; i < b->heap.nerrors && i < MAX_ERRORS_SHOWN; i++)
		rule_evidence(b->r, f, "heap: %s", b->heap.errors[i].text);
}

/* The first error that tells what was done. */
static const struct heap_error *telling(const struct heap *h)
{
	for (size_t i = 0; i < h->nerrors; i++)
		if (h->errors[i].before ||
			!strcmp(h->errors[i].kind, "tcache") ||
			!strcmp(h->errors[i].kind, "fastbin") ||
			!strcmp(h->errors[i].kind, "broken-list") ||
			!strcmp(h->errors[i].kind, "double-free"))
			return &h->errors[i];
	return NULL;
}

/*
 * Who wrote over a header came from the block before it: when that is in use
 * and its last bytes are not zero, the writing went through them.
 */
static bool is_overrun(struct blocks *b, const struct heap_error *e)
{
	struct heap_chunk *c =
		e->before ? chunk_covering(&b->heap, e->before) : NULL;
	uint64_t last = 0;

	return c && chunk_is_used(c) &&
	       mem_read_part(&b->heap.image->mem,
		       chunk_user(c) + chunk_usable(c) - 8, &last, 8) == 8 &&
	       last;
}

/* What the walk has found is more than what malloc noticed. */
static void replace(
	struct blocks *b, struct why_finding *f, const struct heap_error *e)
{
	struct heap_chunk *c =
		e->before ? chunk_covering(&b->heap, e->before) : NULL;
	bool overrun = is_overrun(b, e);

	if (c) {
		f->cause = "heap-overflow";
		f->confidence = overrun ? WHY_CERTAIN : WHY_LIKELY;
		f->text = arena_printf(b->r->arena,
			"The program wrote past the end of the block at "
			"0x%" PRIx64 " of %" PRIu64
			" bytes: the header behind it, "
			"at 0x%" PRIx64 ", is overwritten.",
			chunk_user(c), chunk_usable(c), e->addr);
	} else if (!strcmp(e->kind, "double-free")) {
		f->cause = "double-free";
		f->confidence = WHY_CERTAIN;
		f->text = e->text;
	} else {
		f->cause = "use-after-free";
		f->confidence = WHY_LIKELY;
		f->text = arena_printf(b->r->arena,
			"The program wrote to memory after it was freed.  %s",
			e->text);
	}
}

static bool says(const struct why_finding *f, const char *words)
{
	return strstr(f->text, words) != NULL;
}

/* malloc has stopped the program, or faulted itself. */
static void damaged(struct blocks *b)
{
	const struct heap_error *e = telling(&b->heap);
	struct why_finding *f = &b->r->why->findings[0];

	errors(b, f);
	if (says(f, "detected in tcache") || says(f, "(fasttop)"))
		return; /* malloc has seen the very block */
	if (e) {
		replace(b, f, e);
	} else if (!b->heap.nerrors && says(f, "invalid size\"")) {
		/* No header of the heap is wrong: what was freed had none. */
		f->cause = "invalid-free";
		f->confidence = WHY_LIKELY;
		f->text = "The program freed something that is not the start "
			  "of a block: glibc stopped it with \"invalid size\".";
		rule_evidence(b->r, f,
			"every header in the heap is good: what was freed is "
			"an address that is not the start of a block");
	}
}

/* Who ran off the end has written over what is behind its block. */
static void from_block(struct blocks *b)
{
	const struct heap_error *e = telling(&b->heap);

	if (!e || !is_overrun(b, e))
		return;
	b->r->why->findings[0].confidence = WHY_CERTAIN;
	errors(b, &b->r->why->findings[0]);
}

/* The program died of something else, on a damaged heap. */
static void damaged_besides(struct blocks *b)
{
	const struct heap_error *e = telling(&b->heap);

	for (size_t i = 0; i < b->heap.narenas; i++)
		if (b->heap.arenas[i].locked)
			return;
	if (!e)
		return;
	struct why_finding *f =
		rule_add(b->r, "heap-corruption", WHY_LIKELY, "%s", e->text);
	replace(b, f, e);
	errors(b, f);
}

/* A pointer of the innermost frames that is freed already. */
static void freed_pointers(struct blocks *b)
{
	struct why_finding *f = &b->r->why->findings[0];

	for (size_t i = 0; i < b->n; i++) {
		const struct suspect *s = &b->suspect[i];

		rule_evidence(b->r, f,
			"%s is 0x%" PRIx64 ": the block of %" PRIu64
			" bytes there is freed (%s)",
			s->name, s->pointer, chunk_usable(s->chunk),
			heap_state_name((enum heap_state)s->chunk->state));
	}
}

static bool is_any(const char *cause, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(cause, *list))
			return true;
	return false;
}

static bool in_malloc(const struct rule *r)
{
	static const char *const names[] = { "malloc", "free", "calloc",
		"realloc", "_int_malloc", "_int_free", "unlink_chunk",
		"malloc_consolidate", "_int_realloc", "_int_memalign",
		"tcache_get", "tcache_put", "__libc_malloc", "__libc_free",
		NULL };

	for (size_t i = 0; i < r->trace->n && i < 4; i++)
		if (r->trace->frames[i].function &&
			is_any(r->trace->frames[i].function, names))
			return true;
	return false;
}

void block_explain(struct rule *r)
{
	static const char *const aborts[] = { "heap-overflow",
		"heap-corruption", "double-free", "invalid-free", NULL };
	static const char *const wild[] = { "wild-pointer", "non-canonical",
		"bad-call", "no-exec", "read-only-write", NULL };
	static const char *const not_asked[] = { "killed-by", "snapshot",
		"deadlock", "watchdog", "bad-syscall", "", NULL };
	struct blocks *b = arena_new(r->arena, struct blocks);
	const char *cause = r->why->n ? r->why->findings[0].cause : "";
	bool aborted = is_any(cause, aborts);
	bool is_wild = is_any(cause, wild);

	/* Who waits for a report does not wait for what nobody suspects. */
	if (is_any(cause, not_asked) ||
		(!aborted && !is_wild && r->image->proc))
		return;
	b->r = r;
	if (heap_find(r->image, r->arena,
		    r->image->proc ? LIVE_CHUNKS : HEAP_MAX_CHUNKS, &b->heap))
		return;
	if (aborted || (is_wild && in_malloc(r))) {
		suspects(b, false);
		damaged(b);
		freed_pointers(b);
		return;
	}
	uint64_t value = is_wild ? used_value(r) : 0;
	suspects(b, true);
	if (value >= SMALLEST && (by_suspect(b, value) || by_link(b, value)))
		return;
	if (is_wild && past_the_end(b))
		from_block(b);
	else
		damaged_besides(b);
}
