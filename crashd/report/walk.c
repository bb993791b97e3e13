/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each module's program headers, at its first byte in memory, lead to
 * PT_GNU_EH_FRAME, whose header (LSB 5.0, 10.6.2) has a table sorted by
 * address.  That table is handed to libunwind as it is; libunwind reads it,
 * the FDE and the CIE through access_mem.
 *
 * libunwind does not say how it found a frame, and where there is no CFI it
 * follows the frame pointer in silence.  So each step is made by libunwind
 * only from a pc for which find_proc_info has found an FDE; the first pc
 * without one ends its part, and unwind_step goes on from the registers there.
 *
 * Nor does it say which registers it knows.  In a caller those are the ones
 * that every callee keeps (psABI, 3.2.1); below a signal frame all of them.
 */
#include "crashd/report/walk.h"
#include "inspect/base/bytes.h"
#include "inspect/base/limits.h"
#include "inspect/dwarf/table.h"
#include "inspect/stack/unwind.h"

#include <elf.h>
#include <libunwind.h>
#include <string.h>

/* Exported by libunwind for debuggers, declared only in its own sources. */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t, unw_word_t ip,
	unw_dyn_info_t *, unw_proc_info_t *, int need_unwind_info, void *arg);

enum {
	NREGS = 17,
	MAX_PHDRS = 64,
	EH_ENC_TABLE = 0x3b, /* DW_EH_PE_datarel | DW_EH_PE_sdata4 */
	EH_ENC_UDATA4 = 0x03,
	EH_HEADER = 12,
	EH_ENTRY = 8,
	PAGE = 4096,
	PAGES = 256,
};

/* A module's table; hdr 0: it has none that can be searched. */
struct fde_table {
	const struct module *module;
	uint64_t hdr, count;
};

/*
 * libunwind reads word by word: unwind tables, and with every walk the same
 * ones.  A page is fetched once while the process stands still.
 */
struct page {
	uint64_t addr;
	size_t n; /* bytes known of it, from its start */
	uint8_t bytes[PAGE];
};

struct walk {
	struct image *image;
	struct page *pages;
	struct table *info;       /* lookup pc: has it CFI? */
	struct fde_table *tables; /* by index into image->modules */
	size_t ntables;
	unw_addr_space_t space;
	const struct regs *regs; /* of the thread being walked */
};

/* ---- unwind tables out of memory ---- */

static bool find_header(struct walk *w, const struct module *m, uint64_t *ret)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph[MAX_PHDRS];
	struct mem *mem = &w->image->mem;

	if (mem_read(mem, m->start, &eh, sizeof eh) ||
		memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_phnum > MAX_PHDRS ||
		eh.e_phentsize != sizeof *ph ||
		mem_read(mem, m->start + eh.e_phoff, ph,
			eh.e_phnum * sizeof *ph))
		return false;
	for (size_t i = 0; i < eh.e_phnum; i++)
		if (ph[i].p_type == PT_GNU_EH_FRAME) {
			*ret = m->bias + ph[i].p_vaddr;
			return true;
		}
	return false;
}

static void load_table(struct walk *w, struct fde_table *t)
{
	uint8_t head[EH_HEADER];
	uint64_t hdr;

	if (!find_header(w, t->module, &hdr) ||
		mem_read(&w->image->mem, hdr, head, sizeof head) ||
		head[0] != 1 || head[2] != EH_ENC_UDATA4 ||
		head[3] != EH_ENC_TABLE)
		return;

	struct bytes b = bytes_of(head + 8, 4);

	t->hdr = hdr;
	t->count = bytes_u32(&b);
}

static const struct fde_table *table_of(struct walk *w, uint64_t pc)
{
	const struct module *m = module_at(w->image, pc);

	for (size_t i = 0; m && i < w->ntables; i++) {
		struct fde_table *t = &w->tables[i];

		if (w->image->modules[i] != m)
			continue;
		if (!t->module) {
			t->module = m;
			load_table(w, t);
		}
		return t->hdr && t->count ? t : NULL;
	}
	return NULL;
}

/* ---- libunwind's accessors ---- */

static int find_proc_info(unw_addr_space_t space, unw_word_t ip,
	unw_proc_info_t *ret, int need, void *arg)
{
	struct walk *w = arg;
	const struct fde_table *t = table_of(w, ip);

	if (!t)
		return -UNW_ENOINFO;

	unw_dyn_info_t info = {
		.format = UNW_INFO_FORMAT_REMOTE_TABLE,
		.start_ip = t->module->start,
		.end_ip = t->module->end,
		.u.rti.segbase = t->hdr,
		.u.rti.table_data = t->hdr + EH_HEADER,
		.u.rti.table_len = t->count * EH_ENTRY / sizeof(unw_word_t),
	};

	return UNW_OBJ(dwarf_search_unwind_table)(
		space, ip, &info, ret, need, arg);
}

static void put_unwind_info(
	unw_addr_space_t space, unw_proc_info_t *info, void *arg)
{
	(void)space;
	(void)info;
	(void)arg;
}

static int no_dyn_info(unw_addr_space_t space, unw_word_t *ret, void *arg)
{
	(void)space;
	(void)ret;
	(void)arg;
	return -UNW_ENOINFO;
}

static bool read_word(struct walk *w, uint64_t addr, unw_word_t *ret)
{
	uint64_t base = addr & ~(uint64_t)(PAGE - 1), at = addr - base;
	struct page *p = &w->pages[base / PAGE % PAGES];

	if (at > PAGE - sizeof *ret)
		return !mem_read(&w->image->mem, addr, ret, sizeof *ret);
	if (p->addr != base || !p->n) {
		p->addr = base;
		p->n = mem_read_part(&w->image->mem, base, p->bytes, PAGE);
	}
	if (p->n >= at + sizeof *ret) {
		memcpy(ret, p->bytes + at, sizeof *ret);
		return true;
	}
	return !mem_read(&w->image->mem, addr, ret, sizeof *ret);
}

static int access_mem(unw_addr_space_t space, unw_word_t addr, unw_word_t *v,
	int write, void *arg)
{
	struct walk *w = arg;

	(void)space;
	return !write && read_word(w, addr, v) ? 0 : -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t space, unw_regnum_t i, unw_word_t *v,
	int write, void *arg)
{
	struct walk *w = arg;

	(void)space;
	if (write || i < 0 || i >= NREGS || !regs_has(w->regs, (unsigned)i))
		return -UNW_EBADREG;
	*v = w->regs->v[i];
	return 0;
}

static int access_fpreg(unw_addr_space_t space, unw_regnum_t i, unw_fpreg_t *v,
	int write, void *arg)
{
	(void)space;
	(void)i;
	(void)v;
	(void)write;
	(void)arg;
	return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *arg)
{
	(void)space;
	(void)cursor;
	(void)arg;
	return -UNW_EINVAL;
}

struct walk *walk_new(struct image *image)
{
	static unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = no_dyn_info,
		.access_mem = access_mem,
		.access_reg = access_reg,
		.access_fpreg = access_fpreg,
		.resume = resume,
	};
	struct walk *w = arena_new(image->arena, struct walk);

	w->image = image;
	w->pages = arena_array(image->arena, struct page, PAGES);
	w->info = table_new(image->arena);
	w->ntables = image->nmodules;
	w->tables = arena_array(image->arena, struct fde_table, w->ntables + 1);
	w->space = unw_create_addr_space(&accessors, 0);
	if (w->space)
		unw_set_caching_policy(w->space, UNW_CACHE_GLOBAL);
	return w;
}

void walk_forget_memory(struct walk *w)
{
	for (size_t i = 0; i < PAGES; i++)
		w->pages[i].n = 0;
}

/* ---- the walk ---- */

struct steps {
	struct trace_step *v;
	size_t n, cap, max;
	struct arena *arena;
	const char *end;
};

static bool add_step(struct steps *s, const struct regs *regs,
	enum frame_how how, bool signal)
{
	s->v = arena_grow(s->arena, s->v, s->n, &s->cap, sizeof *s->v);
	s->v[s->n++] = (struct trace_step){
		.regs = *regs, .how = how, .signal = signal
	};
	if (s->n < s->max)
		return true;
	s->end = arena_printf(s->arena, "limit of %zu frames", s->max);
	return false;
}

static bool has_info(struct walk *w, uint64_t pc)
{
	static char yes, no;
	unw_proc_info_t info;
	char *known = pc ? table_find(w->info, pc) : &no;

	if (!known) {
		known = find_proc_info(w->space, pc, &info, 0, w) ? &no : &yes;
		table_add(w->info, pc, known);
	}
	return known == &yes;
}

static bool read_regs(
	struct walk *w, unw_cursor_t *cursor, bool all, struct regs *ret)
{
	const struct arch *arch = w->image->arch;
	uint64_t keep = arch->callee_saved | UINT64_C(1) << arch->pc |
			UINT64_C(1) << arch->sp;

	*ret = (struct regs){ 0 };
	for (int i = 0; i < NREGS; i++) {
		unw_word_t v;

		if (unw_get_reg(cursor, i, &v))
			continue;
		if (all || keep >> i & 1) {
			regs_set(ret, (unsigned)i, v);
		} else {
			ret->v[i] = v;
			ret->carried |= UINT64_C(1) << i;
		}
	}
	return regs_has(ret, arch->pc) && regs_has(ret, arch->sp);
}

/*
 * mov $15,%rax; syscall: rt_sigreturn, as every sa_restorer has it.  (What
 * unw_is_signal_frame() says is true one frame too late: when that has been
 * left.)
 */
static bool is_trampoline(struct walk *w, uint64_t pc)
{
	static const uint64_t begin = UINT64_C(0x0f0000000fc0c748);
	unw_word_t code;

	return read_word(w, pc, &code) && code == begin;
}

/*
 * libunwind's part: true when it reached the end of the stack, false when the
 * last step's caller is to be found otherwise.
 */
static bool walk_cfi(struct walk *w, struct steps *s, const struct regs *first)
{
	const struct arch *arch = w->image->arch;
	unw_cursor_t cursor;
	struct regs regs = *first;
	bool interrupted = true;

	w->regs = first;
	if (!w->space || unw_init_remote(&cursor, w->space, w))
		return false;
	for (;;) {
		struct trace_step *last = &s->v[s->n - 1];
		uint64_t pc = regs.v[arch->pc], sp = regs.v[arch->sp];

		if (!has_info(w, interrupted ? pc : pc - 1))
			return false;
		last->signal = is_trampoline(w, pc);

		int moved = unw_step(&cursor);

		interrupted = last->signal;
		if (moved < 0 || (moved > 0 && !read_regs(w, &cursor,
						       interrupted, &regs)))
			return false;
		if (moved == 0 || regs.v[arch->pc] == 0) {
			s->end = "outermost frame";
			return true;
		}
		if (!interrupted && (regs.v[arch->sp] < sp ||
					    (regs.v[arch->sp] == sp &&
						    regs.v[arch->pc] == pc)))
			return false;
		if (!add_step(s, &regs, HOW_CFI, false))
			return true;
	}
}

/* Ours: goes on from the last step. */
static void walk_on(struct walk *w, struct steps *s, const struct vregs *vregs)
{
	struct trace_step *last = &s->v[s->n - 1];
	struct frame f = { .regs = last->regs, .how = last->how };

	f.interrupted = s->n == 1 || s->v[s->n - 2].signal;
	f.vregs = s->n == 1 ? vregs : NULL;
	unwind_describe(w->image, &f);
	for (;;) {
		struct frame caller;

		s->v[s->n - 1].signal = f.signal;
		if (unwind_step(w->image, &f, &caller, s->arena, &s->end) !=
			UNWIND_CALLER)
			return;
		if (!add_step(s, &caller.regs, caller.how, caller.signal))
			return;
		f = caller;
	}
}

void walk_thread(struct walk *w, const struct regs *regs,
	const struct vregs *vregs, size_t max, struct arena *arena,
	struct trace *ret)
{
	struct steps s = {
		.arena = arena,
		.max = max && max < MAX_FRAMES ? max : MAX_FRAMES,
	};
	uint64_t all = (UINT64_C(1) << NREGS) - 1;
	bool whole = (regs->known & all) == all;

	add_step(&s, regs, HOW_CONTEXT, false);

	if (!whole || !walk_cfi(w, &s, regs))
		walk_on(w, &s, vregs);
	trace_from_walk(w->image, s.v, s.n, vregs, s.end, arena, ret);
}
