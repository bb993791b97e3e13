/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file: a header, a sum for each block, then the blocks of the three
 * arrays of struct nametable, as they are in memory.  The header has a sum of
 * itself and of the sums; it says which debug info the names are of: build-id,
 * sizes of every section that names point into, number and places of the
 * units.  Any difference and the file is as good as not there: it is never
 * believed over the debug info.
 *
 * Blocks are read, not mapped, when they are asked for, and only then checked.
 * A file that somebody cuts off or writes over while it is open can so do no
 * harm: the block's sum is wrong, the table is made anew, and the file too.
 */
#include "inspect/dwarf/namecache.h"

#include "inspect/base/cleanup.h"
#include "inspect/dwarf/index.h"
#include "inspect/image/cache.h"
#include "inspect/image/elffile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FORMAT = 2,       /* of the file; of struct slim, the hash, the order */
	FEW_NAMES = 5000, /* found as fast without a cache */
	MAX_NAMES = 1 << 28,
};

struct names_header {
	char magic[8];
	uint32_t format, entry_size;
	uint64_t n, nbuckets, nblocks;
	uint64_t nunits, units_sum;
	uint64_t size[2][5]; /* info, abbrev, str, line_str, str_offsets */
	uint8_t build_id[2][MAX_BUILD_ID];
	uint64_t sums_sum[4]; /* of the sums of the blocks */
	uint64_t sum[4];      /* of this header up to here */
};

struct block_sum {
	uint64_t v[4];
};

struct namecache {
	int fd;
	const char *path;
	uint64_t blocks_at;
	struct block_sum *sum;
};

/* ---- what it is of ----------------------------------------------------- */

static const struct elf_file *origin_of(const struct module *m, Dwarf *dwarf)
{
	struct elf_file *all[] = { m->main_file, m->separate_file,
		m->alt_file };
	Elf *elf = dwarf ? dwarf_getelf(dwarf) : NULL;

	for (size_t i = 0; elf && i < sizeof(all) / sizeof(*all); i++)
		if (all[i] && (all[i]->elf == elf ||
				      (all[i]->unpacked &&
					      all[i]->unpacked->elf == elf)))
			return all[i];
	return NULL;
}

static bool fill_origin(struct names_header *h, unsigned i, Dwarf *dwarf,
	const struct nametable *t)
{
	const struct namescan_file *f = &t->file[i];
	const struct elf_file *from = origin_of(t->units->module, dwarf);

	if (!dwarf)
		return true;
	if (!from || !from->id.n)
		return false;
	memcpy(h->build_id[i], from->id.bytes, from->id.n);
	h->size[i][0] = f->info.n;
	h->size[i][1] = f->abbrev.n;
	h->size[i][2] = f->str.n;
	h->size[i][3] = f->line_str.n;
	h->size[i][4] = f->str_offsets.n;
	return true;
}

static size_t count_blocks(size_t n, size_t each)
{
	return n / each + (n % each != 0);
}

/* What the file of this table has to say; false: it cannot have one. */
static bool fill_header(struct names_header *h, const struct nametable *t)
{
	const struct units *us = t->units;
	uint64_t sum = us->n;

	*h = (struct names_header){
		.magic = "cinspnm",
		.format = FORMAT,
		.entry_size = sizeof(struct slim),
		.nunits = us->n,
	};
	if (!us->image->find.cache || us->dwp || t->nother ||
		!fill_origin(h, 0, us->dwarf, t) ||
		!fill_origin(h, 1, us->alt, t))
		return false;
	for (size_t i = 0; i < us->n; i++) {
		Dwarf_Die cu = us->unit[i].cu;

		sum = (sum ^ (dwarf_dieoffset(&cu) << 8 | us->unit[i].type)) *
		      UINT64_C(0x9e3779b97f4a7c15);
		sum ^= sum >> 32;
	}
	h->units_sum = sum;
	return true;
}

static void set_counts(struct names_header *h, size_t n, size_t nbuckets)
{
	h->n = n;
	h->nbuckets = nbuckets;
	h->nblocks = count_blocks(n, NAMES_CHUNK) +
		     count_blocks(n, NAMES_INDEXES) +
		     count_blocks(nbuckets + 1, NAMES_INDEXES);
}

static void seal(struct names_header *h, const struct block_sum *sums)
{
	memset(h->sums_sum, 0, sizeof(h->sums_sum));
	cache_sum(sums, h->nblocks * sizeof(*sums), h->sums_sum);
	memset(h->sum, 0, sizeof(h->sum));
	cache_sum(h, offsetof(struct names_header, sum), h->sum);
}

static const char *path_of(const struct nametable *t)
{
	struct image *im = t->units->image;
	const struct elf_file *f = origin_of(t->units->module, t->units->dwarf);

	return arena_printf(im->arena, "%s/%s.names", im->find.cache,
		build_id_hex(&f->id, im->arena));
}

/* ---- reading ----------------------------------------------------------- */

static bool read_at(int fd, void *to, size_t n, uint64_t at)
{
	return pread(fd, to, n, (off_t)at) == (ssize_t)n;
}

static bool is_plausible(const struct names_header *h)
{
	return h->n <= MAX_NAMES && h->nbuckets >= 1024 &&
	       h->nbuckets <= MAX_NAMES && !(h->nbuckets & (h->nbuckets - 1));
}

static struct block_sum *read_sums(
	int fd, struct names_header *found, struct arena *arena)
{
	struct block_sum *sums =
		arena_array(arena, struct block_sum, found->nblocks);
	struct names_header right = *found;

	if (!read_at(fd, sums, found->nblocks * sizeof(*sums), sizeof(*found)))
		return NULL;
	seal(&right, sums);
	return memcmp(&right, found, sizeof(right)) ? NULL : sums;
}

/* The header that the file must have, but for the numbers that it alone knows;
 * those are checked by its sums. */
static bool read_header(int fd, struct names_header *want)
{
	struct names_header found;
	struct stat st;

	if (!read_at(fd, &found, sizeof(found), 0) || !is_plausible(&found) ||
		fstat(fd, &st))
		return false;
	set_counts(want, found.n, found.nbuckets);
	memcpy(want->sums_sum, found.sums_sum, sizeof(want->sums_sum));
	memcpy(want->sum, found.sum, sizeof(want->sum));
	return !memcmp(want, &found, sizeof(found)) &&
	       (uint64_t)st.st_size ==
		       sizeof(found) +
			       found.nblocks *
				       (sizeof(struct block_sum) + NAMES_BLOCK);
}

bool namecache_open(struct nametable *t)
{
	struct arena *arena = t->units->image->arena;
	struct names_header h;

	if (!fill_header(&h, t))
		return false;
	const char *path = path_of(t);
	int fd = cache_open(path);

	if (fd <= 0) /* 0: standard input was closed, and stays */
		return false;
	struct block_sum *sums =
		read_header(fd, &h) ? read_sums(fd, &h, arena) : NULL;
	if (!sums) {
		close(fd);
		return false;
	}
	cache_used(fd);
	t->n = h.n;
	t->nbuckets = h.nbuckets;
	nametable_room(t);
	t->units->module->names_fd = fd; /* closed with it */
	t->cache = arena_new(arena, struct namecache);
	*t->cache = (struct namecache){
		.fd = fd,
		.path = path,
		.blocks_at = sizeof(h) + h.nblocks * sizeof(*sums),
		.sum = sums,
	};
	return true;
}

/* Number of an array's block in the file. */
static size_t number_of(const struct nametable *t, void **array, size_t i)
{
	size_t n = count_blocks(t->n, NAMES_CHUNK);

	if (array == (void **)t->entry)
		return i;
	if (array == (void **)t->order)
		return n + i;
	return n + count_blocks(t->n, NAMES_INDEXES) + i;
}

/* Its sum is right; but sums keep nobody from writing what he likes. */
static bool is_entry(const struct nametable *t, const struct slim *s)
{
	if (s->unit >= t->units->n || s->flags >> SLIM_PLACE >= NAME_OTHER)
		return false;
	const struct unit *u = &t->units->unit[s->unit];
	const struct namescan_section *info = &t->file[u->alt].info;
	uintptr_t at = (uintptr_t)u->cu.addr - (uintptr_t)info->p;

	return at < info->n && s->die < info->n - at;
}

static bool is_right(
	const struct nametable *t, void **array, size_t i, const void *block)
{
	const struct slim *s = block;

	if (array != (void **)t->entry)
		return true;
	for (size_t k = 0; k < NAMES_CHUNK && i * NAMES_CHUNK + k < t->n; k++)
		if (!is_entry(t, &s[k]))
			return false;
	return true;
}

void *namecache_block(struct nametable *t, void **array, size_t i)
{
	struct namecache *c = t->cache;
	size_t number = number_of(t, array, i);
	void *block = arena_alloc(t->units->image->arena, NAMES_BLOCK);
	struct block_sum sum = { .v = { number } };

	if (read_at(c->fd, block, NAMES_BLOCK,
		    c->blocks_at + (uint64_t)number * NAMES_BLOCK)) {
		cache_sum(block, NAMES_BLOCK, sum.v);
		if (!memcmp(&sum, &c->sum[number], sizeof(sum)) &&
			is_right(t, array, i, block))
			return array[i] = block;
	}
	unlink(c->path);
	t->cache = NULL;
	return NULL;
}

/* ---- writing ----------------------------------------------------------- */

static bool write_at(int fd, const void *p, size_t n, uint64_t at)
{
	return pwrite(fd, p, n, (off_t)at) == (ssize_t)n;
}

static bool write_array(int fd, void **array, size_t n, uint64_t blocks_at,
	struct block_sum *sums, size_t number)
{
	for (size_t i = 0; i < n; i++, number++) {
		sums[number] = (struct block_sum){ .v = { number } };
		cache_sum(array[i], NAMES_BLOCK, sums[number].v);
		if (!write_at(fd, array[i], NAMES_BLOCK,
			    blocks_at + (uint64_t)number * NAMES_BLOCK))
			return false;
	}
	return true;
}

static bool write_file(
	int fd, const struct nametable *t, struct names_header *h)
{
	struct arena arena = { 0 };
	struct block_sum *sums =
		arena_array(&arena, struct block_sum, h->nblocks);
	uint64_t at = sizeof(*h) + h->nblocks * sizeof(*sums);
	size_t entries = count_blocks(t->n, NAMES_CHUNK);
	size_t orders = count_blocks(t->n, NAMES_INDEXES);
	bool done =
		write_array(fd, (void **)t->entry, entries, at, sums, 0) &&
		write_array(fd, (void **)t->order, orders, at, sums, entries) &&
		write_array(fd, (void **)t->bucket,
			h->nblocks - entries - orders, at, sums,
			entries + orders);

	seal(h, sums);
	done = done &&
	       write_at(fd, sums, h->nblocks * sizeof(*sums), sizeof(*h)) &&
	       write_at(fd, h, sizeof(*h), 0);
	arena_clear(&arena);
	return done;
}

void namecache_write(struct nametable *t)
{
	struct image *im = t->units->image;
	struct names_header h;

	if (t->n < FEW_NAMES || !fill_header(&h, t))
		return;
	set_counts(&h, t->n, t->nbuckets);
	uint64_t size = sizeof(h) +
			h.nblocks * (sizeof(struct block_sum) + NAMES_BLOCK);
	char *temporary;
	_cleanup_(close) int fd =
		cache_create(im->find.cache, size, im->arena, &temporary);

	if (fd < 0)
		return;
	if (write_file(fd, t, &h))
		cache_commit(temporary, path_of(t));
	else
		unlink(temporary);
}
