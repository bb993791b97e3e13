/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x86-64 is a "variant II" architecture (Drepper, ELF Handling For Thread-Local
 * Storage, 3.4.6): the blocks of modules that were there at start-up lie right
 * below the thread pointer, the executable's first.  Others hang off the
 * thread's vector: dtv[module id] holds the block's address, or says that the
 * thread has not touched it yet.
 *
 * glibc tells the layout of its own structures to debuggers in _thread_db_*
 * objects, which stay in .dynsym even in a stripped libc: each is three words
 * {size in bits, number of elements, offset}.  Thus no table of versions.
 */
#include "inspect/dwarf/tls.h"

#include "inspect/base/limits.h"
#include "inspect/image/symbol.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>

enum { MAX_ZEROS = 1 << 16 }; /* of .tbss, shown for a thread without it */

/* What glibc says of one field. */
static bool field_offset(
	struct image *image, const char *name, uint64_t *ret_offset)
{
	struct symbol sym;
	uint32_t d[3];

	if (!symbol_find(image, NULL, name, &sym) ||
		mem_read(&image->mem, sym.addr, d, sizeof(d)))
		return false;
	*ret_offset = d[2];
	return true;
}

static bool tls_header(struct module *m, GElf_Phdr *ret)
{
	size_t n;
	Elf *elf = (Elf *)m->elf;

	if (!elf || elf_getphdrnum(elf, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, ret) && ret->p_type == PT_TLS)
			return true;
	return false;
}

static bool word(struct image *image, uint64_t addr, uint64_t *ret)
{
	return mem_read_uint(&image->mem, addr, sizeof(*ret), ret) == OK;
}

/* Module id: kept by image/, or read from the link map; the executable is 1
 * (glibc: elf/rtld.c). */
static uint64_t module_id(struct image *image, struct module *m)
{
	uint64_t offset, id;

	if (m->tls_modid)
		return m->tls_modid;
	if (m->link_map &&
		field_offset(
			image, "_thread_db_link_map_l_tls_modid", &offset) &&
		word(image, m->link_map + offset, &id) && id < MAX_MODULES)
		m->tls_modid = id;
	else if (m->is_exe)
		m->tls_modid = 1;
	return m->tls_modid;
}

/* dtv[id].pointer, where glibc keeps it; 0: none yet. */
static uint64_t block_by_dtv(struct image *image, struct module *m, uint64_t tp)
{
	uint64_t id = module_id(image, m), in_tcb = 8, in_dtv = 0, slot = 16;
	uint64_t dtv, pointer;
	uint32_t d[3];
	struct symbol sym;

	if (!id)
		return 0;
	field_offset(image, "_thread_db_pthread_dtvp", &in_tcb);
	field_offset(image, "_thread_db_dtv_t_pointer_val", &in_dtv);
	/* dtv_dtv describes the array: its first word is an element's bits. */
	if (symbol_find(image, NULL, "_thread_db_dtv_dtv", &sym) &&
		!mem_read(&image->mem, sym.addr, d, sizeof(d)) && d[0] >= 64 &&
		d[0] <= 1024)
		slot = d[0] / 8;
	if (!word(image, tp + in_tcb, &dtv) ||
		!word(image, dtv + id * slot + in_dtv, &pointer))
		return 0;
	/* TLS_DTV_UNALLOCATED is -1. */
	return pointer == UINT64_MAX || pointer & 1 ? 0 : pointer;
}

/* Static TLS: l_tls_offset bytes below the thread pointer. */
static uint64_t block_static(struct image *image, struct module *m, uint64_t tp)
{
	GElf_Phdr ph;
	uint64_t offset, below;

	if (m->link_map &&
		field_offset(
			image, "_thread_db_link_map_l_tls_offset", &offset) &&
		word(image, m->link_map + offset, &below) && below &&
		below < UINT32_MAX)
		return tp - below;
	if (!m->is_exe || !tls_header(m, &ph))
		return 0;
	uint64_t align = ph.p_align ? ph.p_align : 1;

	/* The block's start is congruent to p_vaddr (glibc:
	 * _dl_determine_tlsoffset). */
	below = (ph.p_memsz + ph.p_vaddr % align + align - 1) / align * align -
		ph.p_vaddr % align;
	return tp - below;
}

/*
 * The thread has no copy yet: it would get this one, from the module's PT_TLS
 * segment and zeros behind it.  why says that it is not the thread's own.
 */
static struct loc initial(
	struct module *m, uint64_t offset, struct arena *arena)
{
	GElf_Phdr ph;
	struct loc loc;

	if (!tls_header(m, &ph) || offset >= ph.p_memsz)
		return loc_none(ABSENT_NO_FILE,
			arena_printf(arena,
				"this thread has not used the thread-local "
				"variables of %s yet, and their initial "
				"values are not known",
				m->path));
	if (offset < ph.p_filesz) {
		loc = loc_addr(m->bias + ph.p_vaddr + offset);
	} else {
		size_t n = ph.p_memsz - offset;

		if (n > MAX_ZEROS)
			n = MAX_ZEROS;
		loc = loc_bytes(arena_alloc(arena, n), n, arena);
	}
	loc.why = "(initial value: this thread has not used it yet)";
	return loc;
}

/* gcc -gsplit-dwarf writes the link-time address of the initial value where the
 * offset in the block belongs: it lies beyond the block, and in PT_TLS. */
static uint64_t in_block(struct module *m, uint64_t offset)
{
	GElf_Phdr ph;

	if (!tls_header(m, &ph) || offset < ph.p_memsz ||
		offset - ph.p_vaddr >= ph.p_memsz)
		return offset;
	return offset - ph.p_vaddr;
}

struct loc tls_place(struct image *image, struct module *m,
	const struct frame *frame, uint64_t offset, struct arena *arena)
{
	unsigned reg = image->arch->fs_base;

	if (!frame)
		return loc_none(ABSENT_NOT_SAVED,
			"it is thread-local, and no thread is selected");
	if (!regs_has(&frame->regs, reg))
		return loc_none(ABSENT_NOT_SAVED,
			"it is thread-local, and the thread pointer is not "
			"known");
	offset = in_block(m, offset);
	uint64_t tp = frame->regs.v[reg];
	uint64_t block = block_by_dtv(image, m, tp);

	if (!block)
		block = block_static(image, m, tp);
	if (!block)
		return initial(m, offset, arena);
	return loc_addr(block + offset);
}
