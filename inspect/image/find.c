/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file's name proves nothing: it may have been upgraded since, or belong to
 * another machine.  The build-id that the core has in memory decides.  Where
 * the core has none (its ELF header pages were left out, or the program was
 * linked without one), the program headers and the entry point must at least
 * agree; then the file is used, and called unverified.
 *
 * Files:  in a bundle that was opened; --sysroot + path, path, --debug-dir by
 * build-id, + path, + name, and beside the core; below the root that the
 * executable's file is in; of a process that lives on what /proc says, which
 * sees deleted files and other roots. Debug:  .build-id/xx/yyyy.debug in every
 * --debug-dir, below these roots and in /usr/lib/debug; .gnu_debuglink beside
 * the file, in .debug/, and in those folders. What none of these places has is
 * asked of debuginfod servers, files only when somebody needs their bytes
 * (demand.c).
 */
#include "inspect/image/find.h"

#include "inspect/image/elffile.h"
#include "inspect/image/fetch.h"
#include "inspect/image/layout.h"
#include "inspect/image/phdr.h"
#include "inspect/image/unpacked.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char default_debug_dir[] = "/usr/lib/debug";

/* ---- does the file fit? ---- */

static const char *how_to_get(struct image *im, const struct module *m)
{
	const char *package = m->headers && m->has_range
				      ? phdrs_package(m->headers, &im->mem,
						m->bias, im->arena)
				      : NULL;

	if (!m->wanted.n)
		return "copy the file from the machine where it ran";
	return arena_printf(im->arena,
		"copy the right file from the machine where it ran, %s%s%s"
		"or: debuginfod-find executable %s",
		package ? "install " : "", package ? package : "",
		package ? ", " : "", build_id_hex(&m->wanted, im->arena));
}

/* The program headers in memory are those of the file. */
static bool same_headers(const struct phdrs *a, const struct phdrs *b)
{
	if (a->n != b->n || a->header.e_entry != b->header.e_entry ||
		a->header.e_type != b->header.e_type)
		return false;
	return !memcmp(a->ph, b->ph, a->n * sizeof(*a->ph));
}

/* Without headers in memory: is the entry point where the kernel says? */
static bool entry_fits(
	struct image *im, const struct module *m, const struct phdrs *file)
{
	uint64_t entry, phnum, low, high;

	if (!m->is_exe || !phdrs_span(file, &low, &high))
		return true;
	if (image_auxv(im, AT_PHNUM, &phnum) && phnum != file->n)
		return false;
	if (!image_auxv(im, AT_ENTRY, &entry))
		return true;
	if (m->has_range)
		return entry == m->start - low + file->header.e_entry;
	return entry % PAGE_SIZE == file->header.e_entry % PAGE_SIZE;
}

/* Sets *ret_why to a sentence when it does not fit. */
static enum module_state judge(struct image *im, const struct module *m,
	const struct elf_file *f, const char **ret_why)
{
	struct phdrs file;

	if (m->wanted.n && f->id.n) {
		if (build_id_equal(&m->wanted, &f->id))
			return MODULE_OK;
		*ret_why = arena_printf(im->arena,
			"%s has build-id %s, but the %s ran build-id %s; %s",
			f->path, build_id_hex(&f->id, im->arena),
			im->core ? "core's process" : "process",
			build_id_hex(&m->wanted, im->arena), how_to_get(im, m));
		return MODULE_WRONG;
	}
	if (m->wanted.n) {
		*ret_why = arena_printf(im->arena,
			"%s has no build-id, but the core wants %s; %s",
			f->path, build_id_hex(&m->wanted, im->arena),
			how_to_get(im, m));
		return MODULE_WRONG;
	}
	if (!phdrs_from_elf(&file, im->arena, f->elf)) {
		*ret_why = arena_printf(
			im->arena, "%s has no program headers", f->path);
		return MODULE_WRONG;
	}
	if (m->headers ? !same_headers(m->headers, &file)
		       : !entry_fits(im, m, &file)) {
		*ret_why = arena_printf(im->arena,
			"%s (build-id %s) is not what ran: its %s differ from "
			"the core's, which has no build-id to look for; %s",
			f->path, build_id_hex(&f->id, im->arena),
			m->headers ? "program headers" : "entry point or size",
			how_to_get(im, m));
		return MODULE_WRONG;
	}
	return MODULE_UNVERIFIED;
}

/* ---- where to look ---- */

/* One search; the first wrong file is remembered for the sentence. */
struct search {
	struct image *image;
	struct module *module;
	bool done;
	bool debug_only; /* a file that was tried has no code */
	const char *wrong_why;
	struct build_id wrong_id;
	struct elf_file forced; /* the first wrong one, with --force */
	const char *error;      /* of a file that exists and cannot be opened */
};

static void use(struct search *s, struct elf_file *f, enum module_state state)
{
	struct module *m = s->module;

	m->main_file = arena_memdup(s->image->arena, f, sizeof(*f));
	m->elf = f->elf;
	m->file = f->path;
	m->found = f->id;
	m->state = state;
	s->done = true;
}

static void try_path(struct search *s, const char *path)
{
	struct elf_file f;
	const char *why = NULL;

	if (s->done || !path)
		return;
	if (elf_file_open(&f, s->image->arena, path)) {
		if (!s->error && !access(path, F_OK))
			s->error = arena_strdup(s->image->arena, err_msg());
		return;
	}
	if (elf_is_debug_only(f.elf)) {
		s->error = arena_printf(s->image->arena,
			"%s holds debug info alone, the executable is needed "
			"too; %s",
			path, how_to_get(s->image, s->module));
		s->debug_only = true;
		elf_file_close(&f);
		return;
	}
	enum module_state state = judge(s->image, s->module, &f, &why);
	if (state != MODULE_WRONG) {
		use(s, &f, state);
		return;
	}
	if (!s->wrong_why) {
		s->wrong_why = why;
		s->wrong_id = f.id;
		if (s->image->find.force) {
			s->forced = f;
			return;
		}
	}
	elf_file_close(&f);
}

/* A place so unsure that only the right build-id counts. */
static void try_verified(struct search *s, const char *path)
{
	struct elf_file f;

	if (s->done || !s->module->wanted.n ||
		elf_file_open(&f, s->image->arena, path))
		return;
	if (build_id_equal(&f.id, &s->module->wanted) &&
		!elf_is_debug_only(f.elf))
		use(s, &f, MODULE_OK);
	else
		elf_file_close(&f);
}

/* PREFIX + "/.build-id/ab/cdef" + suffix, or NULL without a build-id. */
static const char *build_id_path(struct arena *a, const char *dir,
	const struct build_id *id, const char *suffix)
{
	if (id->n < 2)
		return NULL;
	const char *hex = build_id_hex(id, a);
	return arena_printf(
		a, "%s/.build-id/%.2s/%s%s", dir, hex, hex + 2, suffix);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void try_debug_dirs(struct search *s)
{
	struct arena *a = s->image->arena;
	const char *path = s->module->path;

	for (const char **d = s->image->find.debug_dirs; d && *d; d++) {
		try_path(s, build_id_path(a, *d, &s->module->wanted, ""));
		if (*path == '/')
			try_path(s, arena_printf(a, "%s%s", *d, path));
		try_path(s, arena_printf(a, "%s/%s", *d, base_name(path)));
	}
	try_path(
		s, build_id_path(a, default_debug_dir, &s->module->wanted, ""));
}

/* What the kernel keeps open for a live process needs no name. */
static void try_proc(struct search *s)
{
	struct image *im = s->image;
	const struct module *m = s->module;

	if (m->is_exe)
		try_path(s, arena_printf(im->arena, "%s/exe", im->proc));
	for (size_t i = 0; i < im->nmaps; i++)
		if (im->maps[i].start == m->start)
			try_path(s, arena_printf(im->arena,
					    "%s/map_files/%" PRIx64 "-%" PRIx64,
					    im->proc, im->maps[i].start,
					    im->maps[i].end));
	if (*m->path == '/')
		try_path(s, arena_printf(
				    im->arena, "%s/root%s", im->proc, m->path));
}

/*
 * The core is a snapshot of a process that lives on: the kernel still has its
 * files, whatever became of their names, and in whatever container.  Only of
 * the process that the user asked for: of an older core, its files as they were
 * on the disk are the ones to judge.
 */
static void try_living(struct search *s)
{
	const struct image *im = s->image;
	const struct module *m = s->module;
	struct arena *a = im->arena;
	const char *proc = arena_printf(a, "/proc/%d", im->find.living);

	if (!im->find.living || s->done)
		return;
	if (m->is_exe)
		try_verified(s, arena_printf(a, "%s/exe", proc));
	for (size_t i = 0; i < im->nmaps; i++)
		if (im->maps[i].start == m->start)
			try_verified(
				s, arena_printf(a,
					   "%s/map_files/%" PRIx64 "-%" PRIx64,
					   proc, im->maps[i].start,
					   im->maps[i].end));
	if (*m->path == '/')
		try_verified(s, arena_printf(a, "%s/root%s", proc, m->path));
}

/*
 * Where the executable's file is DIR + its path, the user has a file system in
 * DIR: coredumpctl --root=DIR hands over nothing else of it.  NULL: none.
 */
static const char *root_of_exe(const struct image *im)
{
	const struct module *exe = im->exe;

	if (!exe || !exe->file || *exe->path != '/' ||
		(exe->state != MODULE_OK && exe->state != MODULE_UNVERIFIED))
		return NULL;
	size_t n = strlen(exe->file), tail = strlen(exe->path);
	if (n <= tail || strcmp(exe->file + n - tail, exe->path))
		return NULL;
	return arena_strndup(im->arena, exe->file, n - tail);
}

static void try_root_of_exe(struct search *s)
{
	const char *root = s->done ? NULL : root_of_exe(s->image);

	if (root && *s->module->path == '/')
		try_verified(s, arena_printf(s->image->arena, "%s%s", root,
					s->module->path));
}

static void try_all(struct search *s)
{
	struct image *im = s->image;
	const char *path = s->module->path;

	if (im->proc)
		try_proc(s);
	if (im->find.bundle)
		try_path(s, arena_printf(
				    im->arena, "%s/%s", im->find.bundle, path));
	if (im->find.sysroot)
		try_path(s, arena_printf(im->arena, "%s/%s", im->find.sysroot,
				    path));
	if (*path == '/' && !im->proc && !im->find.bundle)
		try_path(s, path);
	try_debug_dirs(s);
	if (im->proc)
		return;
	/* A relative name is relative to a folder that nobody knows. */
	try_verified(s, path);
	if (!im->core)
		return;
	try_verified(
		s, arena_printf(im->arena, "%s/%s",
			   dirname(arena_strdup(im->arena, im->core->path)),
			   base_name(path)));
	try_root_of_exe(s);
	try_living(s);
}

static bool is_memfd(const struct module *m)
{
	return m->deleted && !strncmp(m->path, "/memfd:", 7);
}

/* Why the bundle does not have it, or NULL. */
static const char *gap_of(
	const struct image *im, const struct module *m, bool debug)
{
	for (size_t i = 0; i < im->find.ngaps; i++) {
		const struct find_gap *g = &im->find.gap[i];

		if (!strcmp(g->role, "debug") == debug &&
			!strcmp(g->path, m->path))
			return g->why;
	}
	return NULL;
}

static const char *missing_why(const struct search *s)
{
	struct image *im = s->image;
	const struct module *m = s->module;
	const char *gap = gap_of(im, m, false);

	if (s->error)
		return s->error;
	if (im->find.bundle)
		return arena_printf(im->arena,
			"%s is neither in the bundle nor on this machine%s%s; "
			"%s",
			m->path, gap ? "; where the bundle was made: " : "",
			gap ? gap : "", how_to_get(im, m));
	return arena_printf(im->arena, "%s %s; %s", m->path,
		is_memfd(m)  ? "was a file in memory alone (memfd_create), "
			       "which csnap -a keeps in the core"
		: m->deleted ? "had been deleted when the core was taken"
			     : "is not on this machine",
		how_to_get(im, m));
}

/* The user's file is not it; the one at the recorded path may be. */
static const char *with_hint(struct image *im, const struct module *m)
{
	struct elf_file f;
	const char *why;

	if (*m->path != '/' || elf_file_open(&f, im->arena, m->path))
		return m->why;
	bool right = judge(im, m, &f, &why) == MODULE_OK;
	elf_file_close(&f);
	return right ? arena_printf(im->arena, "%s; %s on this machine is it",
			       m->why, m->path)
		     : m->why;
}

void find_file(struct image *im, struct module *m, const char *given)
{
	struct search s = { .image = im, .module = m, .forced.fd = -1 };

	if (given)
		try_path(&s, given);
	if (given &&
		s.error) { /* a debug file: what it belongs to may be here */
		m->given_debug = given;
		try_all(&s);
	}
	if (!given)
		try_all(&s);
	if (s.done)
		return;
	if (s.forced.elf) {
		use(&s, &s.forced, MODULE_FORCED);
		m->why = s.wrong_why;
		return;
	}
	m->state = s.wrong_why ? MODULE_WRONG : MODULE_MISSING;
	m->why = s.wrong_why ? s.wrong_why : missing_why(&s);
	m->found = s.wrong_id;
	if (given)
		m->why = with_hint(im, m);
}

/* ---- debuginfod ---- */

bool find_can_fetch(const struct image *im)
{
	return !im->find.no_debuginfod && fetch_possible(im->find.fetch);
}

/* The path of what a server had, or NULL; *ret_asked: it was asked. */
static const char *fetched(struct image *im, const struct module *m,
	enum fetch_kind kind, const struct build_id *id, bool *ret_asked)
{
	const struct fetch_wish wish = {
		.kind = kind,
		.id = id,
		.name = base_name(m->path),
	};

	*ret_asked = false;
	if (!id->n || !find_can_fetch(im) ||
		(im->mem.interrupted && *im->mem.interrupted))
		return NULL;
	const char *path = im->find.fetch->get(im->find.fetch, &wish);
	*ret_asked = !im->find.fetch->off;
	return path;
}

bool find_fetched_file(struct image *im, struct module *m)
{
	struct search s = { .image = im, .module = m, .forced.fd = -1 };
	bool asked;
	const char *path = fetched(im, m, FETCH_EXECUTABLE, &m->wanted, &asked);

	if (path)
		try_verified(&s, path);
	if (s.done)
		m->why = NULL;
	else if (asked && m->why)
		m->why = arena_printf(im->arena,
			"%s (the debuginfod servers have none)", m->why);
	return s.done;
}

const char *find_source(
	struct image *im, const struct module *m, const char *source)
{
	const struct fetch_wish wish = {
		.kind = FETCH_SOURCE,
		.id = m->wanted.n ? &m->wanted : &m->found,
		.source = source,
		.name = base_name(m->path),
	};

	if (!wish.id->n || *source != '/' || !find_can_fetch(im))
		return NULL;
	return im->find.fetch->get(im->find.fetch, &wish);
}

/* ---- debug files ---- */

/* A candidate for m's debug file; crc is checked where no build-id can be. */
static bool try_debug(struct image *im, struct module *m, const char *path,
	const uint32_t *crc)
{
	const struct build_id *want = m->found.n ? &m->found : &m->wanted;
	struct elf_file f;

	if (!path || elf_file_open(&f, im->arena, path))
		return false;
	bool fits = want->n && f.id.n ? build_id_equal(want, &f.id)
		    : crc             ? elf_file_crc(&f) == *crc
				      : false;
	if (!fits) {
		elf_file_close(&f);
		return false;
	}
	m->separate_file = arena_memdup(im->arena, &f, sizeof(f));
	m->debug_elf = f.elf;
	m->debug_file = f.path;
	return true;
}

static bool try_debug_id(struct image *im, struct module *m)
{
	const struct build_id *id = m->found.n ? &m->found : &m->wanted;
	struct arena *a = im->arena;

	/* A wrong file's debug info is as wrong as the file. */
	if (m->state == MODULE_WRONG)
		id = &m->wanted;
	for (const char **d = im->find.debug_dirs; d && *d; d++)
		if (try_debug(im, m, build_id_path(a, *d, id, ".debug"), NULL))
			return true;
	const char *roots[] = { im->find.sysroot, root_of_exe(im) };
	for (size_t i = 0; i < 2; i++) {
		const char *dir =
			arena_printf(a, "%s%s", roots[i], default_debug_dir);
		if (roots[i] &&
			try_debug(im, m, build_id_path(a, dir, id, ".debug"),
				NULL))
			return true;
	}
	return try_debug(
		im, m, build_id_path(a, default_debug_dir, id, ".debug"), NULL);
}

static bool try_debug_link(struct image *im, struct module *m)
{
	struct arena *a = im->arena;
	GElf_Word crc32;

	if (!m->file)
		return false;
	const char *name = dwelf_elf_gnu_debuglink(m->elf, &crc32);
	if (!name || !*name)
		return false;
	uint32_t crc = crc32;
	char *dir = dirname(arena_strdup(a, m->file));
	if (strcmp(arena_printf(a, "%s/%s", dir, name), m->file) &&
		try_debug(im, m, arena_printf(a, "%s/%s", dir, name), &crc))
		return true;
	if (try_debug(im, m, arena_printf(a, "%s/.debug/%s", dir, name), &crc))
		return true;
	for (const char **d = im->find.debug_dirs; d && *d; d++)
		if (try_debug(
			    im, m, arena_printf(a, "%s/%s", *d, name), &crc) ||
			try_debug(im, m,
				arena_printf(a, "%s%s/%s", *d, dir, name),
				&crc))
			return true;
	return try_debug(im, m,
		arena_printf(a, "%s%s/%s", default_debug_dir, dir, name), &crc);
}

void find_debug_file(struct image *im, struct module *m)
{
	const struct build_id *id = m->wanted.n ? &m->wanted : &m->found;
	bool asked = false;

	if (try_debug(im, m, m->given_debug, NULL) || try_debug_id(im, m) ||
		try_debug_link(im, m) ||
		try_debug(im, m, fetched(im, m, FETCH_DEBUGINFO, id, &asked),
			NULL))
		return;
	const char *hex = build_id_hex(id, im->arena);
	const char *lacks = !m->elf || m->elf_is_memory
				    ? "the file that ran is not here"
				    : arena_printf(im->arena,
					      "%s has no debug info", m->path);
	const char *gap = gap_of(im, m, true);
	if (gap)
		m->debug_why = arena_printf(im->arena,
			"%s; where the bundle was made: %s", lacks, gap);
	else if (!id->n)
		m->debug_why = arena_printf(im->arena,
			"%s, and there is no build-id to look it up by", lacks);
	else
		m->debug_why = arena_printf(im->arena,
			"%s, and %s has none for build-id %s; install it, or: "
			"debuginfod-find debuginfo %s%s",
			lacks, default_debug_dir, hex, hex,
			asked ? " (the debuginfod servers have none)" : "");
}

static bool try_alt(struct image *im, struct module *m, const char *path,
	const struct build_id *id)
{
	struct elf_file f;

	if (!path || elf_file_open_dwz(&f, im->arena, path))
		return false;
	Dwarf *alt = build_id_equal(&f.id, id)
			     ? unpacked_dwarf(&f, im->find.cache, im->arena)
			     : NULL;
	if (!alt) {
		elf_file_close(&f);
		return false;
	}
	dwarf_setalt(m->dwarf, alt);
	m->alt = alt;
	m->alt_file = arena_memdup(im->arena, &f, sizeof(f));
	return true;
}

void find_alt_file(struct image *im, struct module *m)
{
	const char *name, *at = m->debug_file ? m->debug_file : m->file;
	struct arena *a = im->arena;
	struct build_id id = { .n = 0 };
	const void *bytes;
	bool asked;

	ssize_t n = dwelf_dwarf_gnu_debugaltlink(m->dwarf, &name, &bytes);
	if (n <= 0 || n > MAX_BUILD_ID || !at)
		return;
	memcpy(id.bytes, bytes, (size_t)n);
	id.n = (size_t)n;
	for (const char **d = im->find.debug_dirs; d && *d; d++)
		if (try_alt(im, m, build_id_path(a, *d, &id, ".debug"), &id))
			return;
	const char *roots[] = { im->find.sysroot, root_of_exe(im) };
	for (size_t i = 0; i < 2 && *name == '/'; i++)
		if (roots[i] &&
			try_alt(im, m, arena_printf(a, "%s%s", roots[i], name),
				&id))
			return;
	if (try_alt(im, m, build_id_path(a, default_debug_dir, &id, ".debug"),
		    &id))
		return;
	if (*name != '/')
		name = arena_printf(
			a, "%s/%s", dirname(arena_strdup(a, at)), name);
	if (try_alt(im, m, name, &id) ||
		try_alt(im, m, fetched(im, m, FETCH_DEBUGINFO, &id, &asked),
			&id))
		return;
	m->alt_missing = name;
	m->alt_wanted = id;
	image_note(im,
		"%s: dwz moved a part of its debug info to %s, which is not "
		"here or is another build's (build-id %s is wanted): types and "
		"names of many things are missing; install it, or: "
		"debuginfod-find debuginfo %s",
		at, name, build_id_hex(&id, a), build_id_hex(&id, a));
}
