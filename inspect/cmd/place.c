/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A location is tried as a number, an address, FILE:..., then a function. */
#include "inspect/cmd/place.h"

#include "inspect/cmd/names.h"
#include "inspect/dwarf/line.h"
#include "inspect/image/symbol.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool all_digits(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

static void at_pc(struct session *s, uint64_t pc, struct place *ret)
{
	struct line row;

	ret->pc = pc;
	if (!line_at(&s->image, pc, &row))
		return;
	ret->file = row.file;
	ret->line = row.line;
}

/* The whole path of a source file that a user names by its last part. */
static enum err find_file(struct session *s, const char *name, const char **ret)
{
	struct frame *f;

	if (!session_frame(s, &f) && f->file && names_is_file(f->file, name)) {
		*ret = f->file;
		return OK;
	}
	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < s->image.nmodules; i++) {
			struct module *m = s->image.modules[i];
			const char **file;
			size_t n;

			if ((m == s->image.exe) != (pass == 0))
				continue;
			if (line_files(&s->image, m, &s->scratch, &file, &n))
				continue;
			for (size_t k = 0; k < n; k++)
				if (names_is_file(file[k], name)) {
					*ret = file[k];
					return OK;
				}
		}
	return err_set(ERR_NOTFOUND, "No source file named %s.", name);
}

/* A static function of the selected frame's own file comes before those that
 * other files call so. */
static const struct index_entry *best_function(struct session *s,
	const char *file, const struct index_entry *e, size_t n)
{
	const struct frame *f = names_frame(s);
	const struct index_entry *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (e[i].declaration ||
			(file && !names_is_file(e[i].file, file) &&
				!names_is_file(e[i].decl_file, file)))
			continue;
		if (f && f->has_debug && f->scope &&
			e[i].cu.addr == f->scope->cu.addr)
			return &e[i];
		if (!best)
			best = &e[i];
	}
	return best;
}

static enum err at_function(struct session *s, const char *file,
	const char *name, struct place *ret)
{
	struct index_entry *e;
	struct symbol sym;
	size_t n;

	TRY(index_find(
		&s->image, NULL, name, INDEX_FUNCTION, &s->scratch, &e, &n));
	const struct index_entry *best = best_function(s, file, e, n);
	if (best) {
		uint64_t pc = index_pc(&s->image, best);
		ret->function = best->name;
		if (pc)
			at_pc(s, pc, ret);
		if (!ret->file && best->decl_file) { /* inlined everywhere */
			ret->file = best->decl_file;
			ret->line = best->decl_line;
		}
		return OK;
	}
	if (!file && symbol_find(&s->image, NULL, name, &sym)) {
		ret->function = sym.name;
		at_pc(s, sym.addr, ret);
		return OK;
	}
	return err_set(ERR_NOTFOUND, "Function \"%s\" not defined%s%s.", name,
		file ? " in " : "", file ? file : "");
}

static enum err at_file(struct session *s, const char *file, const char *rest,
	struct place *ret)
{
	if (!all_digits(rest))
		return at_function(s, file, rest, ret);
	TRY(find_file(s, file, &ret->file));
	ret->line = atoi(rest);
	return OK;
}

enum err place_code(struct session *s, struct place *p)
{
	uint64_t *pc;
	size_t n;

	if (p->pc || !p->file)
		return OK;
	TRY(line_find(&s->image, p->file, p->line, &s->scratch, &pc, &n));
	if (n)
		p->pc = pc[0];
	return OK;
}

enum err place_default(struct session *s, struct place *ret)
{
	struct frame *f;

	*ret = (struct place){ 0 };
	if (!session_frame(s, &f) && f->file) {
		ret->file = f->file;
		ret->line = f->line;
		ret->pc = f->pc;
		return OK;
	}
	return at_function(s, NULL, "main", ret);
}

enum err place_find(struct session *s, const char *text, struct place *ret)
{
	const char *colon = strrchr(text, ':');
	uint64_t pc;

	*ret = (struct place){ 0 };
	if (text[0] == '*') {
		TRY(session_eval_int(s, text + 1, &pc));
		at_pc(s, pc, ret);
		return OK;
	}
	if (all_digits(text) ||
		((text[0] == '+' || text[0] == '-') && all_digits(text + 1))) {
		struct place here;
		int n = atoi(text);

		if (s->list_file) {
			ret->file = s->list_file;
			here.line =
				text[0] == '-' ? s->list_first : s->list_last;
		} else {
			TRY(place_default(s, &here));
			ret->file = here.file;
		}
		ret->line = isdigit((unsigned char)text[0]) ? n : here.line + n;
		return OK;
	}
	if (colon && colon > text && colon[-1] != ':' && colon[1])
		return at_file(s,
			arena_strndup(
				&s->scratch, text, (size_t)(colon - text)),
			colon + 1, ret);
	return at_function(s, NULL, text, ret);
}
