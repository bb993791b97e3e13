/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files are taken by the descriptors that they are read through, not by their
 * names, where they are open already: what is in the bundle is what was
 * verified, whatever has become of the name, and deleted files of a living
 * process are there, too.
 *
 * A .dwo file goes where libdw looks for it first: its name, from the folder
 * of the file whose debug info names it.
 */
#include "inspect/bundle/contents.h"

#include "inspect/base/cleanup.h"
#include "inspect/bundle/tar.h"
#include "inspect/dwarf/splits.h"
#include "inspect/image/demand.h"
#include "inspect/image/elffile.h"

#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *hex_or_null(const struct build_id *id, struct arena *a)
{
	return id->n ? build_id_hex(id, a) : NULL;
}

static void add_gap(struct contents *c, const char *role, const char *path,
	const char *build_id, const char *why)
{
	c->gap = arena_grow(
		c->arena, c->gap, c->ngaps, &c->gaps_cap, sizeof(*c->gap));
	c->gap[c->ngaps++] = (struct find_gap){ role, path, build_id, why };
}

/* Several modules may want the same file. */
static void add_gap_once(struct contents *c, const char *role, const char *path,
	const char *build_id, const char *why)
{
	for (size_t i = 0; i < c->ngaps; i++)
		if (!strcmp(c->gap[i].role, role) &&
			!strcmp(c->gap[i].path, path))
			return;
	add_gap(c, role, path, build_id, why);
}

static bool is_taken(const struct contents *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->file[i].name, name))
			return true;
	return false;
}

static void append(struct contents *c, const struct bundle_file *f)
{
	c->file =
		arena_grow(c->arena, c->file, c->n, &c->cap, sizeof(*c->file));
	c->file[c->n++] = *f;
}

/* Fills in size and time; false, and a gap, where it cannot be had. */
static bool add_file(struct contents *c, struct bundle_file f)
{
	struct stat st;

	if (is_taken(c, f.name))
		return true;
	if (f.fd > 0 ? fstat(f.fd, &st) : stat(f.from, &st)) {
		(void)!err_sys("%s", f.from ? f.from : f.path);
		add_gap(c, f.role, f.path, f.build_id,
			arena_strdup(c->arena, err_msg()));
		return false;
	}
	f.size = (uint64_t)st.st_size;
	f.seconds = st.st_mtim.tv_sec;
	f.nanoseconds = (uint32_t)st.st_mtim.tv_nsec;
	append(c, &f);
	return true;
}

/* ---- names in the archive ---- */

static const char *build_id_name(
	struct arena *a, const char *hex, const char *suffix)
{
	return arena_printf(
		a, BUNDLE_DEBUG "/.build-id/%.2s/%s%s", hex, hex + 2, suffix);
}

static const char *module_file_name(
	const struct contents *c, const struct module *m, const char *hex)
{
	struct arena *a = c->arena;
	const char *path = tar_clean_name(a, m->path + strspn(m->path, "/"));
	const char *name =
		path ? arena_printf(a, BUNDLE_ROOT "/%s", path) : NULL;

	/* Two files that had one path at different times. */
	if (name && !is_taken(c, name))
		return name;
	return hex ? build_id_name(a, hex, "")
		   : arena_printf(a, BUNDLE_ROOT "/%s", base_name(m->path));
}

/* name from the folder that file is in, with ".." taken away; NULL: it leads
 * out of the archive. */
static const char *beside(struct arena *a, const char *file, const char *name)
{
	char *dir = arena_strdup(a, file);

	*strrchr(dir, '/') = '\0';
	for (;;) {
		name += strspn(name, "/");
		if (!strncmp(name, "./", 2)) {
			name += 2;
		} else if (!strncmp(name, "../", 3)) {
			char *up = strrchr(dir, '/');

			if (!up)
				return NULL;
			*up = '\0';
			name += 3;
		} else {
			break;
		}
	}
	return tar_clean_name(a, arena_printf(a, "%s/%s", dir, name));
}

/* ---- a module ---- */

static const char *checked(const struct module *m)
{
	switch (m->state) {
	case MODULE_OK:
		return "build-id";
	case MODULE_UNVERIFIED:
		return "program headers";
	default:
		return "not: it differs, and was used by --force";
	}
}

static const char *add_main(struct contents *c, const struct module *m)
{
	const char *role = m->is_exe ? "executable" : "library";
	const char *hex = hex_or_null(&m->found, c->arena);

	if (m->main_file && m->main_file->elf) {
		const char *name = module_file_name(c, m, hex);

		add_file(c, (struct bundle_file){
				    .name = name,
				    .role = role,
				    .path = m->path,
				    .build_id = hex,
				    .checked = checked(m),
				    .fd = m->main_file->fd,
			    });
		return name;
	}
	if (m->state == MODULE_WRONG || m->state == MODULE_MISSING)
		add_gap(c, role, m->path, hex_or_null(&m->wanted, c->arena),
			m->why);
	return NULL;
}

/* Where the separate file goes: by build-id, else as .gnu_debuglink has it. */
static const char *debug_name(
	struct contents *c, const struct module *m, const char *main_name)
{
	const char *hex = hex_or_null(&m->separate_file->id, c->arena);

	if (hex)
		return build_id_name(c->arena, hex, ".debug");
	return beside(c->arena, main_name ? main_name : BUNDLE_ROOT "/x",
		arena_printf(c->arena, ".debug/%s", base_name(m->debug_file)));
}

static const char *add_debug(
	struct contents *c, const struct module *m, const char *main_name)
{
	const char *name = debug_name(c, m, main_name);

	if (!name)
		return NULL;
	add_file(c,
		(struct bundle_file){
			.name = name,
			.role = "debug",
			.path = m->debug_file,
			.build_id =
				hex_or_null(&m->separate_file->id, c->arena),
			.checked = m->separate_file->id.n ? "build-id" : "CRC",
			.fd = m->separate_file->fd,
		});
	return name;
}

static void add_alt(struct contents *c, const struct module *m)
{
	const struct elf_file *f = m->alt_file;
	const char *hex = f ? hex_or_null(&f->id, c->arena) : NULL;

	if (m->alt_missing)
		add_gap_once(c, "dwz", m->alt_missing,
			hex_or_null(&m->alt_wanted, c->arena),
			"not here, or another build's");
	if (hex)
		add_file(c,
			(struct bundle_file){
				.name = build_id_name(c->arena, hex, ".debug"),
				.role = "dwz",
				.path = f->path,
				.build_id = hex,
				.checked = "build-id",
				.fd = f->fd,
			});
}

/* ---- split debug info ---- */

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

/* As dwp.c looks for it. */
static void add_package(struct contents *c, const struct module *m,
	const char *main_name, const char *debug)
{
	const char *const files[] = { m->debug_file, m->file };
	const char *const names[] = { debug, main_name };

	for (size_t i = 0; m->package && i < 2; i++) {
		const char *path =
			files[i] ? arena_printf(c->arena, "%s.dwp", files[i])
				 : NULL;

		if (!path || !names[i] || !is_file(path))
			continue;
		add_file(c, (struct bundle_file){
				    .name = arena_printf(
					    c->arena, "%s.dwp", names[i]),
				    .role = "dwp",
				    .path = path,
				    .from = path,
			    });
		return;
	}
}

/* As libdw looks for it. */
static const char *split_path(
	struct arena *a, const char *file, const struct split *s)
{
	char real[PATH_MAX];

	if (*s->name == '/')
		return is_file(s->name) ? s->name : NULL;
	if (realpath(file, real)) {
		const char *path =
			arena_printf(a, "%s/%s", dirname(real), s->name);

		if (is_file(path))
			return path;
	}
	const char *path =
		arena_printf(a, "%s/%s", s->folder ? s->folder : ".", s->name);
	return is_file(path) ? path : NULL;
}

static void add_split(struct contents *c, const char *file, const char *name,
	const struct split *s)
{
	const char *path = split_path(c->arena, file, s);
	const char *to = beside(c->arena, name, s->name);

	if (path && to)
		add_file(c, (struct bundle_file){
				    .name = to,
				    .role = "dwo",
				    .path = path,
				    .from = path,
			    });
	else
		add_gap(c, "dwo", s->name, NULL,
			path ? "its name leads out of the bundle"
			     : arena_printf(c->arena,
				       "neither beside %s nor in %s", file,
				       s->folder ? s->folder : "?"));
}

static void add_splits(struct contents *c, struct image *im, struct module *m,
	const char *main_name, const char *debug)
{
	const char *file = m->debug_file ? m->debug_file : m->file;
	const char *name = m->debug_file ? debug : main_name;
	struct split *list;
	size_t n;

	splits_list(im, m, &list, &n);
	add_package(c, m, main_name, debug);
	for (size_t i = 0; file && name && i < n; i++)
		add_split(c, file, name, &list[i]);
}

/* ---- all of it ---- */

static void add_module(struct contents *c, struct image *im, struct module *m)
{
	const char *debug = NULL;

	demand_file(im, m);
	struct Dwarf *dwarf = module_dwarf(im, m);
	const char *name = add_main(c, m);
	if (m->separate_file && m->separate_file->elf)
		debug = add_debug(c, m, name);
	add_alt(c, m);
	if (dwarf)
		add_splits(c, im, m, name, debug);
	else if (m->debug_why)
		add_gap(c, "debug", m->path,
			hex_or_null(
				m->wanted.n ? &m->wanted : &m->found, c->arena),
			m->debug_why);
}

void contents_add_modules(struct contents *c, struct image *im)
{
	for (size_t i = 0; i < im->nmodules; i++)
		if (!im->modules[i]->is_vdso &&
			!(im->mem.interrupted && *im->mem.interrupted))
			add_module(c, im, im->modules[i]);
}

void contents_add_core(struct contents *c, struct core *core)
{
	struct bundle_file f = {
		.name = arena_printf(c->arena, "core.%d", core->pid),
		.role = "core",
		.path = core->path,
		.size = core->size,
		.core = core,
	};
	struct stat st;

	if (!stat(core->path, &st)) {
		f.seconds = st.st_mtim.tv_sec;
		f.nanoseconds = (uint32_t)st.st_mtim.tv_nsec;
	}
	append(c, &f);
}

void contents_add_source(
	struct contents *c, const char *path, const char *from, const char *why)
{
	const char *clean = tar_clean_name(c->arena, path + strspn(path, "/"));

	if (from && clean)
		add_file(c, (struct bundle_file){
				    .name = arena_printf(c->arena,
					    BUNDLE_SOURCES "/%s", clean),
				    .role = "source",
				    .path = path,
				    .from = from,
			    });
	else
		add_gap(c, "source", path, NULL,
			from ? "its name leads out of the bundle" : why);
}

void contents_add_text(struct contents *c, const char *name, const char *role,
	const char *text)
{
	append(c, &(struct bundle_file){
			  .name = name,
			  .role = role,
			  .size = strlen(text),
			  .bytes = text,
		  });
}
