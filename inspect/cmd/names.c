/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lookup in C's order: innermost block first, then the statics of the selected
 * frame's own file, then what is external, its own module first.  A static of
 * another file is used when it is the only one of its name; if there are
 * several, taking one would be a guess, so the candidates are listed.
 */
#include "inspect/cmd/names.h"

#include "inspect/cmd/caller.h"
#include "inspect/cmd/dollars.h"
#include "inspect/cmd/macros.h"
#include "inspect/dwarf/canonical.h"
#include "inspect/dwarf/language.h"
#include "inspect/image/symbol.h"

#include <limits.h>
#include <string.h>

static bool is_file(const char *path, const char *name)
{
	size_t n = strlen(name);
	size_t len;

	if (!n)
		return false;
	len = strlen(path);
	if (len >= n && !strcmp(path + len - n, name))
		return len == n || path[len - n - 1] == '/' || name[0] == '/';
	/* Without the extension: the last component up to its dot. */
	const char *base = strrchr(path, '/');
	base = base ? base + 1 : path;
	const char *dot = strrchr(base, '.');
	return dot && (size_t)(dot - base) == n && !strncmp(base, name, n);
}

/* "/a/b/../c.c" is "/a/c.c": what a user types has no detours.  (What lies
 * behind a symbolic link is not looked at: names are compared, not files.) */
static void straighten(char *path)
{
	for (char *up; (up = strstr(path, "/../"));) {
		char *from = up;

		while (from > path && from[-1] != '/')
			from--;
		if (from == up || !strncmp(from, "../", 3))
			break;
		memmove(from, up + 4, strlen(up + 4) + 1);
	}
}

bool names_is_file(const char *path, const char *name)
{
	char straight[PATH_MAX];

	if (!path || is_file(path, name))
		return path != NULL;
	if (!strstr(path, "/../") || strlen(path) >= sizeof(straight))
		return false;
	strcpy(straight, path);
	straighten(straight);
	return is_file(straight, name);
}

struct frame *names_frame(struct session *s)
{
	struct frame *f;

	return session_frame(s, &f) ? NULL : f;
}

void names_scope_ctx(struct session *s, struct scope_ctx *ret)
{
	*ret = (struct scope_ctx){
		.image = &s->image,
		.frame = names_frame(s),
		.arena = &s->scratch,
	};
}

/* These three leave *ret_found false when there is no such name. */
static enum err local_value(struct session *s, struct frame *f,
	const char *name, struct value *ret, bool *ret_found)
{
	struct scope_ctx ctx;
	struct variable *v;
	size_t n;

	if (!f || !f->has_debug || !f->scope)
		return OK;
	names_scope_ctx(s, &ctx);
	ctx.frame = f;
	TRY(scope_variables(f->scope, f->line, &s->scratch, &v, &n));
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, name) && !v[i].shadowed) {
			enum err e = scope_value(&v[i], &ctx, ret);

			*ret_found = true;
			/* A location that cannot be read leaves the type. */
			if (e != ERR_BADDATA && e != ERR_UNSUPPORTED)
				return e;
			*ret = value_absent(v[i].type, ABSENT_OPTIMIZED_OUT,
				arena_strdup(&s->scratch, err_msg()));
			return OK;
		}
	return OK;
}

/* x is this->x in a member function of C++, before any global of that name. */
static enum err member_value(struct session *s, struct frame *f,
	const char *name, struct value *ret, bool *ret_found)
{
	struct value this, object, there;
	bool has_this = false;

	if (local_value(s, f, "this", &this, &has_this) || !has_this)
		return OK;
	const struct type *t = type_strip(this.type);
	if (t->kind != TYPE_POINTER || !type_is_record(type_target(t)))
		return OK;
	/* Whether there is such a member its type says, without the object. */
	object = value_at(type_target(t), 0);
	if (value_member(&object, name, session_values(s), &there))
		return OK;
	*ret_found = true;
	TRY(value_deref(&this, session_values(s), &object));
	return value_member(&object, name, session_values(s), ret);
}

/* true and false are keywords of C++, Rust and C23, and macros before. */
static bool truth_value(struct session *s, const char *name, struct value *ret)
{
	bool is_true = !strcmp(name, "true");

	if (!is_true && strcmp(name, "false"))
		return false;
	*ret = value_of_int(type_basic("_Bool"), is_true, &s->scratch);
	return true;
}

/* n@entry: the argument as its function was given it. */
static enum err value_on_entry(struct session *s, struct frame *f,
	const char *name, size_t n, struct value *ret)
{
	struct scope_ctx ctx;
	struct variable *v;
	size_t nv;

	if (!f || !f->has_debug || !f->scope)
		return err_set(ERR_NOTFOUND,
			"No symbol \"%.*s\" in current context.", (int)n, name);
	names_scope_ctx(s, &ctx);
	ctx.frame = f;
	TRY(scope_variables(f->scope, f->line, &s->scratch, &v, &nv));
	for (size_t i = 0; i < nv; i++) {
		if (!v[i].is_arg || strlen(v[i].name) != n ||
			memcmp(v[i].name, name, n))
			continue;
		if (!scope_entry_value(&v[i], &ctx, ret))
			*ret = value_absent(v[i].type, ABSENT_OPTIMIZED_OUT,
				"the caller does not say what it passed");
		return OK;
	}
	return err_set(ERR_NOTFOUND,
		"@entry can be used only for function parameters, not for "
		"\"%.*s\".",
		(int)n, name);
}

static const char no_place[] = "the debug info has no place for it";

static enum err entry_value(
	struct session *s, const struct index_entry *e, struct value *ret)
{
	struct scope_ctx ctx;

	if (e->kind == INDEX_CONSTANT) {
		const struct type *t = index_type(&s->image, e);

		*ret = value_of_int(
			t ? t : type_basic("int"), e->constant, &s->scratch);
		return OK;
	}
	if (e->kind == INDEX_FUNCTION) {
		uint64_t pc = index_pc(&s->image, e);

		if (!pc)
			return err_set(ERR_NOTFOUND,
				"\"%s\" has no code of its own: it is inlined "
				"everywhere.",
				e->name);
		*ret = value_at(index_type(&s->image, e), pc);
		return OK;
	}
	if (e->declaration) {
		*ret = value_absent(index_type(&s->image, e),
			ABSENT_OPTIMIZED_OUT, no_place);
		return OK;
	}
	names_scope_ctx(s, &ctx);
	return index_value(e, &ctx, ret);
}

/* "f" of "ns::f": static locals know their function by that. */
static const char *last_part(const char *name)
{
	for (const char *colons; (colons = strstr(name, "::"));)
		name = colons + 2;
	return name;
}

/* 0: no match; larger is better. */
static int entry_rank(struct image *image, const struct index_entry *e,
	const struct frame *f, const char *where)
{
	bool same_unit = f && f->has_debug && f->scope &&
			 e->cu.addr == f->scope->cu.addr;
	bool same_module = f && e->module == f->module;

	/* A static that was optimized out is no declaration of another: what
	 * other files or libraries call so is not meant. */
	if ((e->declaration && (e->external || e->kind != INDEX_VARIABLE)) ||
		(e->kind == INDEX_FUNCTION && !index_pc(image, e)))
		return 0;
	if (where)
		return names_is_file(e->file, where) ||
				       names_is_file(e->decl_file, where) ||
				       (e->function &&
					       !strcmp(e->function,
						       last_part(where)))
			       ? 2 + same_unit
			       : 0;
	if (e->function) /* a static local of some other function */
		return 0;
	if (same_unit)
		return 5;
	if (e->external)
		return same_module ? 4 : 3;
	return same_module ? 2 : 1;
}

static bool same_declaration(
	const struct index_entry *a, const struct index_entry *b)
{
	return a->decl_line == b->decl_line && a->decl_file && b->decl_file &&
	       !strcmp(a->decl_file, b->decl_file);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* One that the debug info has twice is no other: static inline in a header. */
static bool is_other(const struct index_entry *a, const struct index_entry *b)
{
	return !b->declaration && !same_declaration(a, b) &&
	       strcmp(a->file, b->file) && a->function == b->function;
}

const char *names_expression(struct session *s, const struct index_entry *e)
{
	bool ambiguous = false, same_base = false;
	struct index_entry *all;
	size_t n;

	if (e->function)
		return arena_printf(
			&s->scratch, "%s::%s", e->function, e->name);
	if (e->external ||
		index_find(&s->image, e->module, e->name,
			INDEX_FUNCTION | INDEX_VARIABLE, &s->scratch, &all, &n))
		return e->name;
	for (size_t i = 0; i < n; i++) {
		if (!is_other(e, &all[i]))
			continue;
		ambiguous = true;
		same_base |= !strcmp(base_of(e->file), base_of(all[i].file));
	}
	if (!ambiguous)
		return e->name;
	return arena_printf(&s->scratch, same_base ? "'%s'::%s" : "%s::%s",
		same_base ? e->file : base_of(e->file), e->name);
}

struct candidates {
	struct session *s;
	const struct frame *frame;
	const char *where;
	struct index_entry *v;
	size_t n, best;
	int rank;
};

static bool is_as_good(const struct candidates *c, size_t i)
{
	const struct index_entry *e = &c->v[i], *best = &c->v[c->best];

	return entry_rank(&c->s->image, e, c->frame, c->where) == c->rank &&
	       is_other(best, e);
}

/* Of another module one may have the same short name. */
static const char *candidate_name(
	const struct candidates *c, const struct index_entry *e)
{
	const char *short_name = names_expression(c->s, e);

	return strcmp(short_name, e->name)
		       ? short_name
		       : arena_printf(&c->s->scratch, "%s::%s",
				 base_of(e->file), e->name);
}

static enum err ambiguous(const struct candidates *c, const char *name)
{
	enum { SHOWN = 8 };
	struct buf b = { .arena = &c->s->scratch };
	size_t shown = 0;

	for (size_t i = 0; i < c->n && shown < SHOWN; i++)
		if (i == c->best || is_as_good(c, i))
			buf_printf(&b, "%s%s", shown++ ? ", " : "",
				candidate_name(c, &c->v[i]));
	return err_set(ERR_NOTFOUND,
		"\"%s%s%s\" is static in several files; say which: %s.",
		c->where ? c->where : "", c->where ? "::" : "", name,
		buf_str(&b));
}

/* The dynamic linker has functions of libc's names for itself: another's comes
 * first, unless the selected frame is the linker's. */
static bool is_linkers_own(
	struct session *s, const struct index_entry *e, const struct frame *f)
{
	struct symbol sym;

	return e->kind == INDEX_FUNCTION && symbol_is_linkers(e->module) &&
	       !(f && f->module == e->module) &&
	       symbol_find(&s->image, NULL, e->name, &sym) &&
	       sym.module != e->module;
}

/* Taking one of several statics of other files would be a guess. */
static enum err global_value(struct session *s, struct frame *f,
	const char *where, const char *name, struct value *ret, bool *ret_found)
{
	struct candidates c = { .s = s, .frame = f, .where = where };

	TRY(index_find_near(&s->image, f, name,
		INDEX_FUNCTION | INDEX_VARIABLE | INDEX_CONSTANT |
			(where ? INDEX_LOCAL : 0),
		&s->scratch, &c.v, &c.n));
	for (size_t i = 0; i < c.n; i++) {
		int rank = entry_rank(&s->image, &c.v[i], f, where);

		if (rank > c.rank ||
			(rank && rank == c.rank && c.v[c.best].declaration &&
				!c.v[i].declaration)) {
			c.rank = rank;
			c.best = i;
		}
	}
	if (!c.rank || (!where && is_linkers_own(s, &c.v[c.best], f)))
		return OK;
	*ret_found = true;
	if (c.rank <= 2 && c.v[c.best].kind != INDEX_CONSTANT)
		for (size_t i = 0; i < c.n; i++)
			if (i != c.best && is_as_good(&c, i))
				return ambiguous(&c, name);
	return entry_value(s, &c.v[c.best], ret);
}

static const struct type unknown_code = {
	.kind = TYPE_FUNC,
	.name = "<text variable, no debug info>",
};
static const struct type unknown_chooser = {
	.kind = TYPE_FUNC,
	.name = "<text gnu-indirect-function variable, no debug info>",
};
/* Neither size nor notation: a guess would print a wrong number. */
static const struct type unknown_data = {
	.kind = TYPE_UNSPECIFIED,
	.name = "<data variable, no debug info>",
};

/* The type that some header gives a variable that is defined elsewhere, or a
 * file (where) to one that was optimized out. */
static const struct type *declared_type(
	struct session *s, const char *where, const char *name)
{
	struct index_entry *e;
	size_t n;

	if (index_find(
		    &s->image, NULL, name, INDEX_VARIABLE, &s->scratch, &e, &n))
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (e[i].declaration &&
			(!where || names_is_file(e[i].file, where) ||
				names_is_file(e[i].decl_file, where)))
			return index_type(&s->image, &e[i]);
	return NULL;
}

/* malloc is an alias of a function that the debug info has by another name. */
static const struct type *type_at(struct session *s, uint64_t pc)
{
	struct scope *scope;
	size_t n;

	if (scope_at(&s->image, pc, &scope, &n) || !n ||
		scope[n - 1].low_pc != pc)
		return NULL;
	const char *language = language_name(scope[n - 1].language);

	if (language && !strcmp(language, "asm"))
		return NULL; /* which knows no types */
	struct index_entry function = {
		.name = scope[n - 1].name,
		.kind = INDEX_FUNCTION,
		.die = scope[n - 1].die,
		.cu = scope[n - 1].cu,
		.module = scope[n - 1].module,
	};
	return index_type(&s->image, &function);
}

/* A symbol without debug info: code is a function, data has no type unless a
 * declaration has one. */
static enum err symbol_value(
	struct session *s, const char *name, struct value *ret, bool *ret_found)
{
	struct symbol sym;

	if (!symbol_find(&s->image, NULL, name, &sym))
		return OK;
	*ret_found = true;
	if (sym.is_tls)
		return err_set(ERR_UNSUPPORTED,
			"\"%s\" is thread-local and has no debug info, which "
			"says where it is.",
			name);
	const struct type *t = sym.is_ifunc  ? &unknown_chooser
			       : sym.is_func ? type_at(s, sym.addr)
					     : declared_type(s, NULL, name);
	if (!t)
		t = sym.is_func ? &unknown_code : &unknown_data;
	*ret = value_at(t, sym.addr);
	return OK;
}

/* A variable of which the debug info has the type and nothing else has the
 * place: no code needed it. */
static bool unplaced_value(struct session *s, const char *where,
	const char *name, struct value *ret)
{
	const struct type *t = declared_type(s, where, name);

	if (!t && where) /* a namespace or a class */
		t = declared_type(s, NULL,
			arena_printf(&s->scratch, "%s::%s", where, name));
	if (t)
		*ret = value_absent(t, ABSENT_OPTIMIZED_OUT, no_place);
	return t != NULL;
}

/* f::x where x is a local of f: in the nearest frame of f, outward from the
 * selected one, as gdb finds it. */
static enum err function_value(struct session *s, const char *function,
	const char *name, struct value *ret, bool *ret_found)
{
	struct trace *t;

	if (!session_thread(s) || session_trace(s, s->thread, 0, &t))
		return OK;
	for (size_t i = 0; i < t->n && !*ret_found; i++) {
		struct frame *f = &t->frames[(s->frame + i) % t->n];

		if (f->function && !strcmp(f->function, function))
			TRY(local_value(s, f, name, ret, ret_found));
	}
	return OK;
}

/* ns::T::RED and ns::T::color::RED of C++: an enumerator has no qualified name
 * of its own, but its enum has. */
static bool scoped_constant(struct session *s, const char *where,
	const char *name, struct value *ret)
{
	struct index_entry *e;
	size_t n;

	if (index_find(
		    &s->image, NULL, name, INDEX_CONSTANT, &s->scratch, &e, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct type *t = index_type(&s->image, &e[i]);
		const char *full = t ? t->name : NULL;
		size_t length = strlen(where);

		if (!full || strncmp(full, where, length) ||
			(full[length] &&
				(strncmp(full + length, "::", 2) ||
					strstr(full + length + 2, "::"))))
			continue;
		return entry_value(s, &e[i], ret) == OK;
	}
	return false;
}

/* "a::b::" of "a::b<c::d>::f", then "a::": the scopes that a function of C++ is
 * in, from the innermost; NULL: no more.  given: the one before, or the name.
 */
static const char *enclosing(const char *given, struct arena *arena)
{
	size_t n = strlen(given);
	unsigned open = 0;

	if (n > 2 && !strcmp(given + n - 2, "::"))
		n -= 2;
	for (; n > 2; n--) {
		open += given[n - 1] == '>';
		open -= given[n - 1] == '<' && open;
		if (!open && given[n - 1] == ':' && given[n - 2] == ':')
			return arena_strndup(arena, given, n);
	}
	return NULL;
}

static enum err qualified_name(struct session *s, const char *where,
	const char *name, struct value *ret, bool *ret_found)
{
	struct frame *f = names_frame(s);
	const char *scope = f && f->has_debug ? f->function : NULL;

	while (scope && !*ret_found &&
		(scope = enclosing(scope, &s->scratch))) {
		const char *full =
			arena_printf(&s->scratch, "%s%s", scope, where);

		TRY(global_value(s, f, NULL,
			arena_printf(&s->scratch, "%s::%s", full, name), ret,
			ret_found));
		if (!*ret_found)
			*ret_found = scoped_constant(s, full, name, ret);
	}
	return OK;
}

static enum err lookup_name(struct eval_env *env, const char *where,
	const char *name, struct value *ret)
{
	struct session *s = env->ctx;
	struct frame *f = names_frame(s);
	const char *at = strchr(name, '@');
	bool found = false, global = where && !*where;

	if (global)
		where = NULL;
	if (at && !where && !strcmp(at, "@entry"))
		return value_on_entry(s, f, name, (size_t)(at - name), ret);
	if (!where && !global)
		TRY(local_value(s, f, name, ret, &found));
	if (!found && !where && !global)
		TRY(member_value(s, f, name, ret, &found));
	if (!found)
		TRY(global_value(s, f, where, name, ret, &found));
	if (!found && where)
		TRY(function_value(s, where, name, ret, &found));
	if (!found && where) /* a namespace or a class */
		TRY(global_value(s, f, NULL,
			arena_printf(&s->scratch, "%s::%s", where, name), ret,
			&found));
	if (!found && !where)
		TRY(symbol_value(s, name, ret, &found));
	if (!found && !where)
		found = unplaced_value(s, NULL, name, ret) ||
			truth_value(s, name, ret);
	if (!found && where)
		found = scoped_constant(s, where, name, ret);
	if (!found && where)
		TRY(qualified_name(s, where, name, ret, &found));
	if (!found && where)
		found = unplaced_value(s, where, name, ret);
	if (found)
		return OK;
	if (where)
		return err_set(ERR_NOTFOUND, "No symbol \"%s\" in \"%s\".",
			name, where);
	return err_set(
		ERR_NOTFOUND, "No symbol \"%s\" in current context.", name);
}

/* Template arguments as the compiler spells them: long unsigned int. */
struct spelling {
	const char *given, *canonical, *found;
	struct arena *arena;
};

static bool other_spelling(const char *name, void *ctx)
{
	struct spelling *s = ctx;
	size_t same = strcspn(s->canonical, "<") + 1;

	if (strncmp(name, s->canonical, same) || !strcmp(name, s->given))
		return true;
	struct arena_mark mark = arena_mark(s->arena);
	bool is = !strcmp(canonical_name(name, s->arena), s->canonical);

	arena_release(s->arena, mark);
	if (is)
		s->found = arena_strdup(s->arena, name);
	return !is;
}

/* Of the selected frame's own file: another may call something else so. */
static const struct type *own_type(struct session *s, const struct frame *f,
	const char *tag, const char *name)
{
	if (!f || !f->has_debug || !f->scope || !f->module)
		return NULL;
	return index_unit_type(&s->image, f->module, &f->scope->cu, tag, name);
}

/* C++ and Rust name a struct without that word. */
static const struct type *type_named(
	struct session *s, const char *tag, const char *name)
{
	static const char *const untagged[] = { "struct", "union", "enum" };
	struct frame *f = names_frame(s);
	struct module *near = f ? f->module : NULL;
	const struct type *t = own_type(s, f, tag, name);

	if (!t)
		t = index_find_type(&s->image, near, tag, name);
	for (size_t i = 0; !t && !tag && i < 3; i++) {
		t = index_find_type(&s->image, near, untagged[i], name);
		if (t && !t->no_tag)
			t = NULL;
	}
	if (!t && tag)
		t = index_split_type(&s->image, near, tag, name);
	return t;
}

static const struct type *lookup_type(
	struct eval_env *env, const char *tag, const char *name)
{
	struct session *s = env->ctx;
	struct frame *f = names_frame(s);
	const struct type *t = type_named(s, tag, name);
	struct spelling other = {
		.given = name,
		.canonical = canonical_name(name, &s->scratch),
		.arena = &s->scratch,
	};

	const char *scope = f && f->has_debug ? f->function : NULL;
	while (!t && !tag && scope && (scope = enclosing(scope, &s->scratch)))
		t = type_named(s, NULL,
			arena_printf(&s->scratch, "%s%s", scope, name));
	if (t || !strchr(name, '<'))
		return t;
	for (size_t i = 0; i < s->image.nmodules && !other.found; i++)
		index_names(&s->image, s->image.modules[i], INDEX_TYPE,
			other_spelling, &other);
	return other.found ? type_named(s, tag, other.found) : NULL;
}

/*
 * Whether a variable is meant where a typedef has the name, too (C11 6.2.1): a
 * local one; one of the frame's file; and before the typedefs of other files
 * what is external.  A static of another file, or of a library, hides nothing.
 */
static bool hides_type(struct eval_env *env, const char *name)
{
	struct session *s = env->ctx;
	struct frame *f = names_frame(s);
	struct index_entry *e;
	struct value v;
	bool found = false;
	size_t n;
	int rank = 0;

	if (local_value(s, f, name, &v, &found) || found ||
		member_value(s, f, name, &v, &found) || found)
		return true;
	if (own_type(s, f, NULL, name) ||
		index_find_near(&s->image, f, name,
			INDEX_FUNCTION | INDEX_VARIABLE | INDEX_CONSTANT,
			&s->scratch, &e, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		/* C::C, the constructor, is found by its last part. */
		int one = strcmp(e[i].name, name)
				  ? 0
				  : entry_rank(&s->image, &e[i], f, NULL);

		rank = one > rank ? one : rank;
	}
	return rank > 2;
}

void names_env(struct session *s, struct eval_env *ret)
{
	*ret = (struct eval_env){
		.values = session_values(s),
		.name = lookup_name,
		.type = lookup_type,
		.hides = hides_type,
		.dollar = dollars_value,
		.assign = dollars_assign,
		.call = caller_call,
		.radix = s->set.input_radix,
		.ctx = s,
	};
	macros_use(s, names_frame(s), ret);
}
