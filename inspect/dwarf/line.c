/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One unit's line table, decoded once and reduced to what can be shown: rows
 * that stand for a source line, with the range each of them covers.
 *
 * The reduction follows what gdb does with the same table, because people (and
 * our tests) compare.  Rows of line 0 (code that belongs to no line) do not
 * interrupt the row before.  Where several rows share an address, the last of
 * them counts, but a row of another file first removes the rows before it at
 * its address, unless it is no statement while one of those is.  Of rows of
 * one file at one address, a statement is preferred.
 */
#include "inspect/dwarf/line.h"

#include "inspect/base/hash.h"
#include "inspect/base/limits.h"
#include "inspect/dwarf/lineprog.h"
#include "inspect/dwarf/table.h"
#include "inspect/dwarf/unit.h"

#include <stdlib.h>
#include <string.h>

struct row {
	uint64_t pc;
	uint32_t file; /* NO_FILE: the end of a sequence */
	unsigned line : 31, is_stmt : 1;
};

enum { NO_FILE = UINT32_MAX };
enum { BYTES_PER_ROW = 4 }; /* of a program, or more, by gcc and clang */

struct line_name {
	const char *path, *display;
	uint32_t same; /* the first number of the same file */
};

struct lines {
	struct lineprog prog;
	bool opened, have_rows;
	struct line_name *name; /* by number of the file */
	struct row *row;
	size_t n, cap;
};

struct line_walk {
	struct unit *unit;
	struct arena *arena;
	struct lines *lines;
	size_t first; /* of this sequence */
	uint32_t last_file;
	uint64_t last_pc;
	bool stmt_at_pc;
	int line, last_line; /* of the row before, and of the last one kept */
	bool discriminated;  /* a row of this line had a discriminator */
	bool sorted;
};

/* ---- files ------------------------------------------------------------- */

static const char *path_join(
	struct arena *arena, const char *dir, const char *name)
{
	size_t n = dir ? strlen(dir) : 0;

	/* A folder that is itself relative (reproducible builds) is in the
	 * table of folders too. */
	if (*name == '/' || !dir ||
		(*dir != '/' && !strncmp(name, dir, n) && name[n] == '/'))
		return name;
	while (!strncmp(name, "./", 2))
		name += 2;
	return arena_printf(arena, "%s/%s", dir, name);
}

/*
 * What the compiler was given, as gdb shows it: the name in its folder, but
 * the unit's own source as the unit is called.  Before DWARF 5 folder 0, the
 * compiler's own, is not written.
 */
static void name_fill(struct line_name *n, struct unit *u,
	const struct lineprog *p, const struct lineprog_file *f)
{
	struct arena *arena = u->units->image->arena;
	const char *name = f->name ? f->name : "??";
	const char *dir = f->dir < p->ndirs ? p->dirs[f->dir] : NULL;

	if (*name != '/' && dir)
		name = arena_printf(arena, "%s/%s", dir, name);
	n->path = path_join(arena, u->comp_dir, name);
	n->display = name;
	if (u->name && *name == '/' &&
		!strcmp(name, path_join(arena, u->comp_dir, u->name)))
		n->display = u->name;
}

static uint64_t hash_path(const char *s)
{
	uint64_t h = hash64_on(HASH64_START, s, strlen(s));

	return h ? h : 1;
}

static void names_make(struct lines *l, struct unit *u)
{
	struct arena *arena = u->units->image->arena;
	struct table *seen = table_new(arena);

	l->name = arena_array(arena, struct line_name, l->prog.nfiles + 1);
	for (size_t i = 0; i < l->prog.nfiles; i++) {
		struct line_name *n = &l->name[i];

		name_fill(n, u, &l->prog, &l->prog.files[i]);
		struct line_name *old = table_find(seen, hash_path(n->path));

		n->same = old && !strcmp(old->path, n->path)
				  ? (uint32_t)(old - l->name)
				  : (uint32_t)i;
		if (!old)
			table_add(seen, hash_path(n->path), n);
	}
}

static struct lines *lines_of(struct unit *u)
{
	struct arena *arena = u->units->image->arena;
	struct lines *l = u->lines;

	if (l)
		return l;
	l = arena_new(arena, struct lines);
	u->lines = l;
	unit_full(u);
	l->opened = lineprog_open(
		&l->prog, &u->units->sections[u->alt], &u->cu, arena);
	if (l->opened)
		names_make(l, u);
	return l;
}

static const struct line_name *name_of(const struct lines *l, uint64_t file)
{
	static const struct line_name unknown = { "??", "??", 0 };

	return file < l->prog.nfiles ? &l->name[file] : &unknown;
}

/*
 * A split unit uses the table of its skeleton (DWARF 5, 7.3.2.2); an abstract
 * origin may stand in another unit (LTO, dwz).
 */
const char *line_file_attr(
	struct units *us, Dwarf_Die *die, unsigned attr, const char **ret_name)
{
	Dwarf_Attribute a;
	Dwarf_Word i;

	if (!attr_get(die, attr, &a) || dwarf_formudata(&a, &i))
		return NULL;
	struct unit *u = units_find(us, &(Dwarf_Die){ .cu = a.cu });
	const struct lines *l = u ? lines_of(u) : NULL;

	/* Before DWARF 5, number 0 means that no file is known. */
	if (!l || i >= l->prog.nfiles || (i == 0 && l->prog.version < 5))
		return NULL;
	if (ret_name)
		*ret_name = l->name[i].display;
	return l->name[i].path;
}

const char *line_decl(struct units *us, Dwarf_Die *die, int *ret_line)
{
	uint64_t line = 0;

	attr_uint(die, DW_AT_decl_line, &line);
	*ret_line = line > INT32_MAX ? 0 : (int)line;
	return line_file_attr(us, die, DW_AT_decl_file, NULL);
}

/* ---- rows -------------------------------------------------------------- */

static void rows_add(struct line_walk *w, uint64_t pc, uint32_t file,
	const struct lineprog_row *r)
{
	struct lines *l = w->lines;

	l->row = arena_grow(w->arena, l->row, l->n, &l->cap, sizeof(*l->row));
	w->sorted &= !l->n || l->row[l->n - 1].pc <= pc;
	l->row[l->n++] = (struct row){
		.pc = pc,
		.file = file,
		.line = (unsigned)r->line,
		.is_stmt = r->is_stmt,
	};
}

/* Rows without code at the end: what comes next starts where they do. */
static void rows_drop(struct line_walk *w, uint64_t pc)
{
	struct lines *l = w->lines;

	while (l->n > w->first && l->row[l->n - 1].pc == pc)
		l->n--;
}

/* Blocks of one line are told apart by discriminators (DWARF 5, 6.2.2): rows
 * after the first add nothing to it. */
static bool rows_repeats(
	struct line_walk *w, const struct lineprog_row *r, uint32_t file)
{
	if (r->line != w->line)
		w->discriminated = false;
	w->line = r->line;
	w->discriminated |= r->discriminator != 0;
	return w->discriminated && r->line == w->last_line &&
	       file == w->last_file;
}

static void sequence_end(struct line_walk *w, uint64_t pc)
{
	static const struct lineprog_row none;
	struct lines *l = w->lines;

	rows_drop(w, pc);
	/* Code that the linker dropped is at 0. */
	if (l->n > w->first && l->row[w->first].pc < FIRST_REAL_PC)
		l->n = w->first;
	if (l->n > w->first)
		rows_add(w, pc, NO_FILE, &none);
	w->first = l->n;
	w->last_file = NO_FILE;
	w->last_pc = 0;
	w->line = w->last_line = 0;
	w->discriminated = w->stmt_at_pc = false;
}

static bool rows_step(const struct lineprog_row *r, void *ctx)
{
	struct line_walk *w = ctx;

	if (r->end) {
		sequence_end(w, r->pc);
		return true;
	}
	uint32_t file = r->file < w->lines->prog.nfiles
				? w->lines->name[r->file].same
				: NO_FILE - 1;
	bool repeats = rows_repeats(w, r, file);
	bool file_changed = file != w->last_file;
	bool ignore = r->line == 0 || (file_changed && w->last_pc == r->pc &&
					      !r->is_stmt && w->stmt_at_pc);

	if (file_changed && !ignore)
		rows_drop(w, r->pc);
	if (!ignore && !repeats)
		rows_add(w, r->pc, file, r);
	if (!ignore) {
		w->last_file = file;
		w->last_line = r->line;
	}
	if (w->last_pc != r->pc)
		w->stmt_at_pc = false;
	w->last_pc = r->pc;
	w->stmt_at_pc |= r->is_stmt;
	return true;
}

/* Functions in sections of their own come in any order: whole sequences are
 * put in order of their first rows. */
struct sequence {
	const struct row *row;
	size_t n;
};

static int sequence_by_pc(const void *a, const void *b)
{
	const struct sequence *x = a, *y = b;

	if (x->row->pc != y->row->pc)
		return x->row->pc < y->row->pc ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static void rows_sort(struct lines *l, struct arena *arena)
{
	struct sequence *v = NULL;
	size_t n = 0, cap = 0, start = 0, kept = 0;
	struct row *row = arena_array(arena, struct row, l->n + 1);

	for (size_t i = 0; i < l->n; i++) {
		if (l->row[i].file != NO_FILE)
			continue;
		v = arena_grow(arena, v, n, &cap, sizeof(*v));
		v[n++] = (struct sequence){ &l->row[start], i + 1 - start };
		start = i + 1;
	}
	if (n)
		qsort(v, n, sizeof(*v), sequence_by_pc);
	/* A sequence that reaches into the next one is broken, and a binary
	 * search needs order: what comes too late is left out. */
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < v[i].n; k++)
			if (!kept || v[i].row[k].pc >= row[kept - 1].pc)
				row[kept++] = v[i].row[k];
	l->row = row;
	l->n = kept;
}

static struct lines *rows_of(struct unit *u)
{
	struct lines *l = lines_of(u);
	struct line_walk w = {
		.unit = u,
		.arena = u->units->image->arena,
		.lines = l,
		.last_file = NO_FILE,
		.sorted = true,
	};

	if (l->have_rows || !l->opened)
		return l;
	l->have_rows = true;
	/* Room that is not used costs nothing, growing would. */
	l->cap = bytes_left(&l->prog.program) / BYTES_PER_ROW + 1;
	l->row = arena_array(w.arena, struct row, l->cap);
	lineprog_run(&l->prog, rows_step, &w);
	l->n = w.first; /* a sequence without end has no size */
	if (!w.sorted)
		rows_sort(l, w.arena);
	return l;
}

static const struct row *row_at(
	const struct lines *l, uint64_t pc, uint64_t *ret_end)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->row[mid].pc <= pc)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	const struct row *r = &l->row[low - 1], *first = l->row;

	*ret_end = low < l->n ? l->row[low].pc : r->pc + 1;
	if (r->file == NO_FILE)
		return NULL;
	for (const struct row *t = r; !t->is_stmt && t > first; t--)
		if (t[-1].pc != r->pc || t[-1].file == NO_FILE)
			break;
		else if (t[-1].is_stmt)
			return t - 1;
	return r;
}

bool line_at(struct image *image, uint64_t pc, struct line *ret)
{
	uint64_t link, end = 0;
	struct unit *u = unit_at(image, pc, &link);
	const struct row *r = u ? row_at(rows_of(u), link, &end) : NULL;

	if (!r)
		return false;
	const struct line_name *name = name_of(u->lines, r->file);

	*ret = (struct line){
		.file = name->path,
		.name = name->display,
		.line = (int)r->line,
		.is_stmt = r->is_stmt,
		.start = r->pc + (pc - link),
		.end = end + (pc - link),
	};
	return true;
}

/* ---- the other way ----------------------------------------------------- */

/* want is the path, a tail of it that starts at a component, or the last
 * component. */
static bool file_matches(const char *path, const char *want)
{
	size_t n = strlen(path), w = strlen(want);

	if (w > n || strcmp(path + n - w, want))
		return false;
	return w == n || path[n - w - 1] == '/' || *want == '/';
}

struct line_search {
	const char *file;
	unsigned line, best; /* best: the least line at or after it with code */
	struct arena *arena;
	uint64_t *pc;
	size_t n, cap;
};

static bool unit_has_file(const struct lines *l, const char *file)
{
	for (size_t i = 0; i < l->prog.nfiles; i++)
		if (file_matches(l->name[i].path, file))
			return true;
	return false;
}

/* A row begins a statement where the row before is of another line. */
static void search_unit(struct line_search *s, struct unit *u)
{
	uint64_t bias = u->units->module->bias;

	if (!unit_has_file(lines_of(u), s->file))
		return;
	const struct lines *l = rows_of(u);
	uint32_t last = NO_FILE;
	bool matches = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct row *r = &l->row[i];

		if (r->file != NO_FILE && r->file != last) {
			matches = file_matches(
				name_of(l, r->file)->path, s->file);
			last = r->file;
		}
		if (r->file == NO_FILE || !matches || !r->is_stmt ||
			r->line < s->line || (s->best && r->line > s->best))
			continue;
		if (i && r[-1].line == r->line && r[-1].file == r->file)
			continue;
		if (r->line != s->best) {
			s->best = r->line;
			s->n = 0;
		}
		s->pc = arena_grow(
			s->arena, s->pc, s->n, &s->cap, sizeof(*s->pc));
		s->pc[s->n++] = r->pc + bias;
	}
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

enum err line_find(struct image *image, const char *file, int line,
	struct arena *arena, uint64_t **ret, size_t *ret_n)
{
	struct line_search s = {
		.file = file,
		.line = line > 0 ? (unsigned)line : 0,
		.arena = arena,
	};

	for (size_t i = 0; i < image->nmodules; i++) {
		struct units *us = units_of(image, image->modules[i]);

		for (size_t k = 0; us && k < us->n; k++)
			if (!us->unit[k].alt)
				search_unit(&s, &us->unit[k]);
	}
	if (s.n)
		qsort(s.pc, s.n, sizeof(*s.pc), by_number);
	*ret = s.pc;
	*ret_n = s.n;
	return OK;
}

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

enum err line_files(struct image *image, struct module *module,
	struct arena *arena, const char ***ret, size_t *ret_n)
{
	struct units *us = units_of(image, module);
	const char **v = NULL;
	size_t n = 0, cap = 0, kept = 0;

	for (size_t i = 0; us && i < us->n; i++) {
		struct unit *u = &us->unit[i];
		const struct lines *l = u->alt ? NULL : lines_of(u);

		for (size_t k = 0; l && k < l->prog.nfiles; k++) {
			if (!l->prog.files[k].name)
				continue;
			v = arena_grow(arena, v, n, &cap, sizeof(*v));
			v[n++] = l->name[k].path;
		}
	}
	if (n)
		qsort(v, n, sizeof(*v), by_text);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(v[kept - 1], v[i]))
			v[kept++] = v[i];
	*ret = v;
	*ret_n = kept;
	return OK;
}
