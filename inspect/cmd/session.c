/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening and closing, and the caches that hang on an open core.  Three
 * arenas: settings outlive the core, traces live as long as it, scratch is
 * emptied by the dispatcher after each command.
 *
 * A trace is unwound as far as somebody needs it: a table of ten thousand
 * threads wants one frame of each, and a runaway recursion has a hundred
 * thousand frames of which `bt 5` wants five.
 */
#include "inspect/cmd/session.h"

#include "inspect/bundle/bundle.h"
#include "inspect/cmd/cxx.h"
#include "inspect/cmd/download.h"
#include "inspect/cmd/names.h"
#include "inspect/cmd/views.h"
#include "inspect/dwarf/name.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { STACKS_AT_ONCE = 32 }; /* with what the kernel maps around them */

void session_init(struct session *s)
{
	cxx_use();
	*s = (struct session){ 0 };
	s->set.print = print_defaults;
	s->set.list_lines = 10;
	s->set.att = true;
	s->set.entry_values = true;
	s->set.frame_arguments = 's';
	download_allow(s);
}

void session_close(struct session *s)
{
	if (s->open) {
		image_close(&s->image);
		core_close(&s->core);
	}
	if (s->bundle)
		bundle_close(s->bundle);
	s->bundle = NULL;
	arena_clear(&s->arena);
	s->image = (struct image){ 0 };
	s->core = (struct core){ 0 };
	s->open = false;
	s->traces = NULL;
	s->trace_max = NULL;
	s->history = NULL;
	s->nhistory = s->history_cap = 0;
	s->vars = NULL;
	for (size_t i = 0; i < 3; i++)
		arena_clear(&s->blocks[i]);
	s->heap = NULL;
	s->graph = NULL;
	s->typed = NULL;
	s->macros = NULL;
	s->siginfo_type = NULL;
	s->cursor = NULL;
	s->record = NULL;
	s->record_known = false;
	s->vector_types[0] = s->vector_types[1] = s->vector_types[2] = NULL;
	s->sources = NULL;
	s->list_file = NULL;
	s->x_valid = false;
	s->thread = s->frame = 0;
}

void session_end(struct session *s)
{
	session_close(s);
	fetch_close(&s->fetch);
	if (s->transcript)
		fclose(s->transcript);
	arena_clear(&s->scratch);
	arena_clear(&s->output);
	arena_clear(&s->life);
	*s = (struct session){ 0 };
}

const char *session_cache(struct session *s)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && *cache == '/')
		return arena_printf(&s->life, "%s/cinspect", cache);
	if (!home || *home != '/')
		return NULL;
	cache = arena_printf(&s->life, "%s/.cache", home);
	mkdir(cache, 0700);
	return arena_printf(&s->life, "%s/cinspect", cache);
}

/* Its files come before all others. */
static enum err open_bundle(
	struct session *s, const char *path, struct find_options *find)
{
	struct bundle *b = arena_new(&s->arena, struct bundle);
	const char *folder;
	size_t n = 0;

	TRY(bundle_open(b, &s->arena, path, download_unpack(s)));
	s->bundle = b;
	folder = b->folder.path;
	while (find->debug_dirs && find->debug_dirs[n])
		n++;
	const char **dirs = arena_array(&s->arena, const char *, n + 2);
	dirs[0] = arena_printf(&s->arena, "%s/" BUNDLE_DEBUG, folder);
	for (size_t i = 0; i < n; i++)
		dirs[i + 1] = find->debug_dirs[i];
	find->debug_dirs = dirs;
	find->bundle = arena_printf(&s->arena, "%s/" BUNDLE_ROOT, folder);
	find->gap = b->manifest.gap;
	find->ngaps = b->manifest.ngaps;
	return OK;
}

static enum err open_core_within(struct session *s)
{
	struct bundle *b = s->bundle;
	struct packed *core = b->core;

	if (!core && b->core_cut)
		return err_set(ERR_BADDATA,
			"%s: no core is in it, but it is cut off or damaged "
			"(%s); copy it again",
			b->path, b->core_cut);
	if (!core)
		return err_set(ERR_NOTFOUND,
			"%s: no core is in it; name that, too: cinspect %s "
			"CORE.",
			b->path, b->path);
	b->core = NULL; /* it is closed with the core */
	TRY(core_open_within(&s->core, &s->arena, b->path, core));
	s->core.compression = b->compression;
	s->core.cut = b->core_cut;
	return OK;
}

static enum err open_image(
	struct session *s, bool within, const struct find_options *find)
{
	TRY(within ? open_core_within(s)
		   : core_open(&s->core, &s->arena, s->core_path,
			     download_unpack(s)));
	enum err e = image_open_core(
		&s->image, &s->arena, &s->core, s->exe_path, find);
	if (e)
		core_close(&s->core);
	return e;
}

enum err session_open(struct session *s, const char *exe, const char *core)
{
	bool within = bundle_is(core);

	session_close(s);
	if (!s->find.cache)
		s->find.cache = session_cache(s);
	s->exe_path = exe ? arena_strdup(&s->life, exe) : NULL;
	s->core_path = arena_strdup(&s->life, core);
	struct find_options find = s->find;
	if (within || s->with_bundle)
		TRY(open_bundle(
			s, within ? s->core_path : s->with_bundle, &find));
	enum err e = open_image(s, within, &find);
	if (e) {
		if (s->bundle)
			bundle_close(s->bundle);
		s->bundle = NULL;
		return e;
	}
	if (s->bundle && s->bundle->record) {
		s->record = s->bundle->record;
		s->record_known = true;
	}
	for (size_t i = 0; s->bundle && i < s->bundle->nnotes; i++)
		image_note(&s->image, "%s", s->bundle->note[i]);
	core_forget(&s->core); /* thousands of threads have long notes */
	s->open = true;
	s->image.mem.interrupted = &s->interrupted;
	s->traces = arena_array(&s->arena, struct trace *, s->core.nthreads);
	s->trace_max = arena_array(&s->arena, size_t, s->core.nthreads);
	return OK;
}

/* What called main is start-up code that nobody asks for. */
static void hide_start(struct trace *t)
{
	for (size_t i = 0; i + 1 < t->n; i++) {
		const struct frame *f = &t->frames[i];

		if (!f->function || strcmp(f->function, "main") || !f->module ||
			!f->module->is_exe)
			continue;
		t->n = i + 1;
		t->end = "main: its callers are start-up code (\"set backtrace "
			 "past-main on\" shows them)";
		return;
	}
}

static struct trace *kept_trace(struct session *s, size_t thread, size_t max)
{
	struct trace *t = s->traces[thread];
	size_t have = s->trace_max[thread];
	bool whole = t && (have == 0 || t->n < have);

	return whole || (t && max && max <= t->n) ? t : NULL;
}

static enum err check_thread(const struct session *s, size_t thread)
{
	if (thread < s->core.nthreads)
		return OK;
	return err_set(ERR_NOTFOUND, "The core has no threads%s.",
		s->core.no_notes ? ": its notes are missing" : "");
}

static enum err unwind_thread(struct session *s, size_t thread, size_t max,
	struct trace *ret, struct arena *vregs)
{
	struct core_thread *t = &s->core.threads[thread];

	TRY(trace_unwind(&s->image, &t->regs, core_vregs(&s->core, t, vregs),
		max, s->set.past_main, &s->scratch, ret));
	if (!s->set.past_main)
		hide_start(ret);
	if (thread % STACKS_AT_ONCE == STACKS_AT_ONCE - 1)
		core_forget(&s->core);
	return OK;
}

enum err session_trace_once(
	struct session *s, size_t thread, size_t max, struct trace **ret)
{
	struct trace *t;

	TRY(check_thread(s, thread));
	t = kept_trace(s, thread, max);
	if (!t) {
		t = arena_new(&s->scratch, struct trace);
		TRY(unwind_thread(s, thread, max, t, &s->scratch));
	}
	*ret = t;
	return OK;
}

enum err session_trace(
	struct session *s, size_t thread, size_t max, struct trace **ret)
{
	struct trace t;

	TRY(check_thread(s, thread));
	*ret = kept_trace(s, thread, max);
	if (*ret)
		return OK;
	TRY(unwind_thread(s, thread, max, &t, &s->arena));
	*ret = s->traces[thread] = trace_keep(&t, &s->arena);
	s->trace_max[thread] = max;
	return OK;
}

void session_set_past_main(struct session *s, bool on)
{
	s->set.past_main = on;
	for (size_t i = 0; s->open && i < s->core.nthreads; i++)
		s->traces[i] = NULL;
}

struct core_thread *session_thread(struct session *s)
{
	return s->thread < s->core.nthreads ? &s->core.threads[s->thread]
					    : NULL;
}

void session_select(struct session *s, size_t thread, size_t frame)
{
	s->thread = thread;
	s->frame = frame;
	s->list_file = NULL;
}

enum err session_frame(struct session *s, struct frame **ret)
{
	struct trace *t;

	TRY(session_trace(s, s->thread, s->frame + 1, &t));
	if (!t->n)
		return err_set(ERR_NOTFOUND, "No stack: %s.",
			t->end ? t->end : "the thread has no registers");
	*ret = &t->frames[s->frame < t->n ? s->frame : t->n - 1];
	return OK;
}

const char *session_thread_name(struct session *s, size_t thread)
{
	const struct core_thread *t = &s->core.threads[thread];

	if (t->name)
		return t->name;
	/* NT_PRPSINFO has the name of the thread group's leader
	 * (kernel: fs/binfmt_elf.c, fill_psinfo). */
	if (t->lwp == s->core.pid && s->core.fname && s->core.fname[0])
		return s->core.fname;
	return NULL;
}

const char *session_symbol(struct session *s, uint64_t addr)
{
	return name_of_address(&s->image, addr, &s->scratch);
}

static const char *symbol_text(void *ctx, uint64_t addr, struct arena *arena)
{
	struct session *s = ctx;

	return name_of_address(&s->image, addr, arena);
}

struct value_ctx *session_values(struct session *s)
{
	struct value_ctx *v = arena_new(&s->scratch, struct value_ctx);

	*v = (struct value_ctx){
		.mem = &s->image.mem,
		.arch = s->image.arch,
		.arena = &s->scratch,
	};
	return v;
}

struct print_ctx *session_print(
	struct session *s, const struct print_options *options)
{
	struct print_ctx *p = arena_new(&s->scratch, struct print_ctx);

	*p = (struct print_ctx){
		.values = session_values(s),
		.options = options ? options : &s->set.print,
		.symbol = symbol_text,
		.symbol_ctx = s,
	};
	views_use(s, p);
	return p;
}

enum err session_eval(struct session *s, const char *text, struct value *ret)
{
	struct eval_env env;

	names_env(s, &env);
	return eval_text(&env, text, ret);
}

enum err session_eval_type(struct session *s, const char *text,
	struct value *ret, const struct type **ret_type)
{
	struct eval_env env;

	*ret_type = NULL;
	names_env(s, &env);
	return eval_text_or_type(&env, text, ret, ret_type);
}

enum err session_eval_int(struct session *s, const char *text, uint64_t *ret)
{
	struct value_ctx *ctx = session_values(s);
	struct value v;
	int64_t n;

	TRY(session_eval(s, text, &v));
	const struct type *t = type_strip(v.type);
	/* An array or a function stands for its address. */
	if ((t->kind == TYPE_ARRAY && !t->is_vector) || t->kind == TYPE_FUNC ||
		t->kind == TYPE_STRUCT || t->kind == TYPE_UNION) {
		struct value p;

		TRY(value_address(&v, ctx, &p));
		v = p;
	}
	TRY(value_int(&v, ctx, &n));
	*ret = (uint64_t)n;
	return OK;
}

size_t session_remember(struct session *s, const struct value *v)
{
	s->history = arena_grow(&s->arena, s->history, s->nhistory,
		&s->history_cap, sizeof(*s->history));
	s->history[s->nhistory] = value_keep(v, session_values(s), &s->arena);
	return ++s->nhistory;
}

void session_set_convenience(
	struct session *s, const char *name, const struct value *v)
{
	struct convenience *c = s->vars;

	while (c && strcmp(c->name, name))
		c = c->next;
	if (!c) {
		c = arena_new(&s->arena, struct convenience);
		c->name = arena_strdup(&s->arena, name);
		c->next = s->vars;
		s->vars = c;
	}
	c->value = value_keep(v, session_values(s), &s->arena);
}
