/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A core may still be on its way, or be thrown away to make room; an
 * executable may be installed over the one that is open, into the same file.
 * The files are mapped: what was not looked at before comes out of the new
 * one.  Their sizes and times tell, except of a file in an archive, which
 * gone.h tells of.  What is lost of a core is truncated; with an ELF file of
 * another size there is nothing more to be said.  One of the same size may
 * just have been touched.
 */
#include "inspect/image/changed.h"

#include "inspect/base/gone.h"
#include "inspect/image/core.h"
#include "inspect/image/elffile.h"
#include "inspect/image/module.h"

/* Of a process there is nothing to open again. */
static const char *advice(const struct image *im)
{
	return im->core ? "open the core again, for answers may be wrong"
			: "what is said of its functions may be wrong";
}

/* NULL: as it was. */
static const char *check(
	struct image *im, int fd, struct stamp *stamp, const char *path)
{
	struct stamp now = stamp->set ? stamp_of(fd) : *stamp;

	if (!now.set || stamp_same(stamp, &now))
		return NULL;
	bool shorter = now.size < stamp->size;
	*stamp = now;
	return arena_printf(im->arena, "%s was %s while it was open: %s", path,
		shorter ? "made shorter" : "written to", advice(im));
}

static const char *check_core(struct image *im, struct core *c)
{
	struct stamp *stamp = &c->stamp;
	uint64_t before = stamp->size;
	const char *why = check(im, c->fd, stamp, c->path);

	if (!why || stamp->size >= before)
		return why;
	c->missing += before - stamp->size;
	c->size = stamp->size;
	image_remap(im);
	return arena_printf(im->arena,
		"%s was made shorter while it was open: what stood behind "
		"byte %llu is truncated now",
		c->path, (unsigned long long)stamp->size);
}

static const char *check_file(
	struct image *im, struct elf_file *f, const char *path)
{
	if (!f || !f->elf)
		return NULL;
	uint64_t before = f->stamp.size;
	const char *why = check(im, f->fd, &f->stamp, path);
	if (why && f->stamp.size != before)
		im->unusable = why;
	return why;
}

static const char *check_module(struct image *im, const struct module *m)
{
	struct elf_file *const files[] = { m->main_file, m->separate_file,
		m->alt_file, m->package, m->package_main };
	const char *why = NULL;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files) && !why; i++)
		why = check_file(im, files[i],
			files[i] && (im->core || files[i] != m->main_file)
				? files[i]->path
				: m->path); /* not /proc/PID/map_files/... */
	return why;
}

const char *changed_find(struct image *im)
{
	const char *why = im->core ? check_core(im, im->core) : NULL;

	for (size_t i = 0; i < im->nmodules && !why; i++)
		why = check_module(im, im->modules[i]);
	if (!why && gone_count() && !im->change_told)
		why = arena_printf(im->arena,
			"A file was made shorter while it was open: %s",
			advice(im));
	im->change_told |= why != NULL;
	return why;
}
