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

#include "inspect/base/limits.h"
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/table.h"
#include "inspect/dwarf/unit.h"

#include <stdlib.h>
#include <string.h>

struct row {
	uint64_t pc;
	const char *file; /* libdw's; NULL: the end of a sequence */
	int line;
	bool is_stmt;
};

struct lines {
	struct row *row;
	size_t n, cap;
	struct table *names; /* libdw's file name to struct line_name */
};

struct line_name {
	const char *path, *display;
};

struct line_walk {
	struct arena *arena;
	struct lines *lines;
	size_t first; /* of this sequence */
	const char *last_file;
	uint64_t last_pc;
	bool stmt_at_pc;
	int line, last_line; /* of the row before; of the last one kept */
	bool discriminated;  /* a row of this line had a discriminator */
};

static bool same_file(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void rows_add(struct line_walk *w, const struct row *r)
{
	struct lines *l = w->lines;

	l->row = arena_grow(w->arena, l->row, l->n, &l->cap, sizeof(*l->row));
	l->row[l->n++] = *r;
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
	struct line_walk *w, const struct row *r, unsigned discriminator)
{
	if (r->line != w->line)
		w->discriminated = false;
	w->line = r->line;
	w->discriminated |= discriminator != 0;
	return w->discriminated && r->line == w->last_line &&
	       same_file(r->file, w->last_file);
}

static void rows_step(
	struct line_walk *w, const struct row *r, unsigned discriminator)
{
	bool repeats = rows_repeats(w, r, discriminator);
	bool end = !r->file;
	bool file_changed = !same_file(r->file, w->last_file);
	bool ignore =
		!end && (r->line == 0 || (file_changed && w->last_pc == r->pc &&
						 !r->is_stmt && w->stmt_at_pc));

	if (end || (file_changed && !ignore))
		rows_drop(w, r->pc);
	if (!ignore && !repeats && (!end || w->lines->n > w->first))
		rows_add(w, r);
	if (!ignore) {
		w->last_file = r->file;
		w->last_line = r->line;
	}
	if (w->last_pc != r->pc)
		w->stmt_at_pc = false;
	w->last_pc = r->pc;
	w->stmt_at_pc |= r->is_stmt;
	if (end) {
		w->first = w->lines->n;
		w->last_file = NULL;
		w->line = w->last_line = 0;
		w->discriminated = false;
	}
}

static struct lines *lines_of(struct unit *u)
{
	if (u->lines)
		return u->lines;
	struct arena *arena = u->units->image->arena;
	struct lines *l = arena_new(arena, struct lines);
	struct line_walk w = { .arena = arena, .lines = l };
	Dwarf_Lines *table;
	size_t n;

	u->lines = l;
	l->names = table_new(arena);
	if (dwarf_getsrclines(&u->cu, &table, &n))
		return l;
	for (size_t i = 0; i < n; i++) {
		Dwarf_Line *line = dwarf_onesrcline(table, i);
		struct row r = { 0 };
		Dwarf_Addr pc = 0;
		bool end = false;
		unsigned discriminator = 0;

		dwarf_lineaddr(line, &pc);
		dwarf_lineendsequence(line, &end);
		dwarf_linebeginstatement(line, &r.is_stmt);
		dwarf_lineno(line, &r.line);
		dwarf_linediscriminator(line, &discriminator);
		r.pc = pc;
		r.file = end ? NULL : dwarf_linesrc(line, NULL, NULL);
		if (!end && !r.file)
			r.file = "??";
		rows_step(&w, &r, discriminator);
	}
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
	if (!r->file)
		return NULL;
	for (const struct row *t = r; !t->is_stmt && t > first; t--)
		if (t[-1].pc != r->pc || !t[-1].file)
			break;
		else if (t[-1].is_stmt)
			return t - 1;
	return r;
}

/* ---- names ------------------------------------------------------------- */

static const char *path_join(
	struct arena *arena, const char *dir, const char *name)
{
	size_t n = dir ? strlen(dir) : 0;

	/* A folder that is itself relative (reproducible builds) has been
	 * added by libdw already. */
	if (*name == '/' || !dir ||
		(*dir != '/' && !strncmp(name, dir, n) && name[n] == '/'))
		return name;
	while (!strncmp(name, "./", 2))
		name += 2;
	return arena_printf(arena, "%s/%s", dir, name);
}

/* What the compiler was given: the unit's own name for its own source. */
static const char *name_display(
	struct unit *u, const char *file, const char *path)
{
	if (u->name &&
		(!strcmp(file, u->name) ||
			(*file == '/' &&
				!strcmp(path, path_join(u->units->image->arena,
						      u->comp_dir, u->name)))))
		return u->name;
	/* DWARF 4: files of the compiler's folder have no folder (libdw adds
	 * it); gdb shows them so. */
	size_t n = u->comp_dir ? strlen(u->comp_dir) : 0;

	if (u->version < 5 && n && !strncmp(file, u->comp_dir, n) &&
		file[n] == '/' && !strchr(file + n + 1, '/'))
		return file + n + 1;
	return file;
}

const char *line_file(struct unit *u, const char *file, const char **ret_name)
{
	struct arena *arena = u->units->image->arena;
	struct table *names = lines_of(u)->names;
	struct line_name *name = table_find(names, (uintptr_t)file);

	if (!name) {
		name = arena_new(arena, struct line_name);
		unit_full(u);
		name->path = path_join(arena, u->comp_dir, file);
		name->display = name_display(u, file, name->path);
		table_add(names, (uintptr_t)file, name);
	}
	if (ret_name)
		*ret_name = name->display;
	return name->path;
}

/*
 * libdw's own dwarf_decl_file() asserts that the table can be read.  A split
 * unit uses the table of its skeleton (DWARF 5, 7.3.2.2).
 */
const char *line_file_attr(
	struct units *us, Dwarf_Die *die, unsigned attr, const char **ret_name)
{
	Dwarf_Attribute a;
	Dwarf_Files *files;
	Dwarf_Word i;
	size_t n;

	if (!attr_get(die, attr, &a) || dwarf_formudata(&a, &i))
		return NULL;
	/* An abstract origin may stand in another unit (LTO, dwz). */
	struct unit *u = units_find(us, &(Dwarf_Die){ .cu = a.cu });

	if (!u || dwarf_getsrcfiles(&u->cu, &files, &n) || i >= n ||
		(i == 0 && u->version < 5))
		return NULL;
	const char *s = dwarf_filesrc(files, i, NULL, NULL);

	return s ? line_file(u, s, ret_name) : NULL;
}

const char *line_decl(struct units *us, Dwarf_Die *die, int *ret_line)
{
	uint64_t line = 0;

	attr_uint(die, DW_AT_decl_line, &line);
	*ret_line = line > INT32_MAX ? 0 : (int)line;
	return line_file_attr(us, die, DW_AT_decl_file, NULL);
}

bool line_at(struct image *image, uint64_t pc, struct line *ret)
{
	uint64_t link, end = 0;
	struct unit *u = unit_at(image, pc, &link);
	const struct row *r = u ? row_at(lines_of(u), link, &end) : NULL;
	const char *name = NULL;

	if (!r)
		return false;
	const char *path = line_file(u, r->file, &name);

	*ret = (struct line){
		.file = path,
		.name = name,
		.line = r->line,
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
	int line, best; /* best: the least line at or after it with code */
	struct arena *arena;
	uint64_t *pc;
	size_t n, cap;
};

/* A row begins a statement where the row before is of another line. */
static void search_unit(struct line_search *s, struct unit *u)
{
	const struct lines *l = lines_of(u);
	uint64_t bias = u->units->module->bias;
	const char *last = NULL;
	bool matches = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct row *r = &l->row[i];

		if (r->file && r->file != last) {
			matches = file_matches(
				line_file(u, r->file, NULL), s->file);
			last = r->file;
		}
		if (!r->file || !matches || !r->is_stmt || r->line < s->line ||
			(s->best && r->line > s->best))
			continue;
		if (i && l->row[i - 1].file && l->row[i - 1].line == r->line &&
			same_file(l->row[i - 1].file, r->file))
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
	struct line_search s = { .file = file, .line = line, .arena = arena };

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
	size_t n = 0, cap = 0, kept = 0, nfiles;
	Dwarf_Files *files;

	for (size_t i = 0; us && i < us->n; i++) {
		struct unit *u = &us->unit[i];

		if (u->alt || dwarf_getsrcfiles(&u->cu, &files, &nfiles))
			continue;
		for (size_t k = u->version < 5 ? 1 : 0; k < nfiles; k++) {
			const char *s = dwarf_filesrc(files, k, NULL, NULL);

			if (!s)
				continue;
			v = arena_grow(arena, v, n, &cap, sizeof(*v));
			v[n++] = line_file(u, s, NULL);
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
