/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The note that leads to it is in a PT_NOTE of libcrashd, or of the program it
 * is linked into.  Everything that follows is read from a process that
 * crashed, so it is checked like any other input; a record that was being
 * written when the process died is left out.
 */
#include "inspect/image/root.h"

#include "inspect/image/note.h"
#include "inspect/image/phdr.h"

#include <string.h>

enum {
	MAX_NOTES = 1 << 16,
	MAX_ANNOTATIONS = 65536, /* the library has 128 slots */
	MAX_NAMES = 65536,       /* CRASHD_NAMES */
};

/* The address of the root that one PT_NOTE tells of, or 0. */
static uint64_t root_in(struct image *im, uint64_t addr, uint64_t size)
{
	size_t n = size < MAX_NOTES ? (size_t)size : MAX_NOTES;
	uint8_t *notes = arena_alloc(im->arena, n);
	struct bytes b =
		bytes_of(notes, mem_read_part(&im->mem, addr, notes, n));
	struct note note;
	int64_t distance;

	while (note_next(&b, &note)) {
		if (!note_is(&note, "crashd", CRASHD_NOTE_ROOT) ||
			note.size < sizeof(distance))
			continue;
		memcpy(&distance, note.desc, sizeof(distance));
		return addr + (uint64_t)(note.desc - notes) +
		       (uint64_t)distance;
	}
	return 0;
}

static bool read_root(struct image *im, uint64_t addr, struct crashd_root *ret)
{
	return addr &&
	       mem_read_part(&im->mem, addr, ret, sizeof(*ret)) ==
		       sizeof(*ret) &&
	       !memcmp(ret->magic, CRASHD_ROOT_MAGIC, sizeof(ret->magic)) &&
	       ret->size >= sizeof(*ret);
}

bool root_find(struct image *im, struct crashd_root *ret)
{
	for (size_t i = 0; i < im->nmodules; i++) {
		const struct module *m = im->modules[i];

		for (size_t k = 0;
			m->headers && m->has_range && k < m->headers->n; k++) {
			const Elf64_Phdr *p = &m->headers->ph[k];

			if (p->p_type == PT_NOTE &&
				read_root(im,
					root_in(im, m->bias + p->p_vaddr,
						p->p_memsz),
					ret))
				return true;
		}
	}
	return false;
}

static bool read_annotation(struct image *im, uint64_t addr, size_t size,
	struct core_annotation *ret)
{
	struct crashd_annotation a = { 0 };
	size_t n = size < sizeof(a) ? size : sizeof(a);

	if (mem_read_part(&im->mem, addr, &a, n) != n || !a.sequence ||
		a.sequence % 2)
		return false;
	ret->key = arena_strndup(im->arena, a.key, sizeof(a.key));
	ret->value = arena_strndup(im->arena, a.value, sizeof(a.value));
	return *ret->key;
}

static void load_annotations(
	struct image *im, const struct crashd_root *root, struct core *c)
{
	size_t cap = 0;

	if (root->annotation_size < offsetof(struct crashd_annotation, value))
		return;
	for (uint32_t i = 0; i < root->annotation_count && i < MAX_ANNOTATIONS;
		i++) {
		uint64_t at =
			root->annotations + (uint64_t)i * root->annotation_size;
		struct core_annotation a;

		if (!read_annotation(im, at, root->annotation_size, &a))
			continue;
		c->annotations = arena_grow(im->arena, c->annotations,
			c->nannotations, &cap, sizeof(a));
		c->annotations[c->nannotations++] = a;
	}
}

bool root_record(struct image *im, const struct crashd_root *root,
	struct crashd_record *ret)
{
	const struct core *c = im->core;

	return c && c->signal && root->record &&
	       mem_read_part(&im->mem, root->record, ret, sizeof(*ret)) ==
		       sizeof(*ret) &&
	       !memcmp(ret->magic, CRASHD_RECORD_MAGIC, sizeof(ret->magic)) &&
	       ret->size >= sizeof(*ret) && ret->signo == c->signal &&
	       ret->pid == c->pid &&
	       !(ret->flags & (CRASHD_RECORD_CONTINUE | CRASHD_RECORD_API));
}

/* A thread whose name the core has no note of. */
static void name_thread(
	struct image *im, struct core *c, const struct crashd_thread_name *n)
{
	for (size_t i = 0; i < c->nthreads; i++)
		if (c->threads[i].lwp == n->tid && !c->threads[i].name &&
			*n->name)
			c->threads[i].name = arena_strndup(
				im->arena, n->name, sizeof(n->name));
}

static void load_names(
	struct image *im, const struct crashd_root *root, struct core *c)
{
	struct crashd_record record;
	struct crashd_thread_name n;

	if (!root_record(im, root, &record) || record.name_size < sizeof(n))
		return;
	for (uint32_t i = 0; i < record.name_count && i < MAX_NAMES; i++)
		if (mem_read_part(&im->mem,
			    record.names + (uint64_t)i * record.name_size, &n,
			    sizeof(n)) == sizeof(n))
			name_thread(im, c, &n);
}

void root_load(struct image *im, struct core *c)
{
	struct crashd_root root;

	if (!root_find(im, &root))
		return;
	load_annotations(im, &root, c);
	load_names(im, &root, c);
}
