/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Units are handed out to threads one by one; what each has found is put
 * together in the order of the units, so that the table does not depend on who
 * was faster.  Then numbers are sorted by the hash of their names into buckets
 * (a counting sort, which keeps their order).  Units that namescan.c cannot
 * read (split debug info, type units of DWARF 4) are walked with libdw
 * afterwards, by one thread, as libdw wants it.
 *
 * Peak memory is what a large program is about: its debug info is read through
 * a mapping of its own, whose pages are given back as the scan moves on.
 */
#include "inspect/dwarf/nametable.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/index.h"
#include "inspect/dwarf/namecache.h"
#include "inspect/dwarf/names.h"
#include "inspect/dwarf/namewalk.h"
#include "inspect/image/elffile.h"

#include <gelf.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	MAX_NAME_THREADS = 8,
	FEW_BYTES = 1 << 21,     /* of .debug_info: not worth a thread */
	APART_BYTES = 1 << 25,   /* from there on a mapping of its own */
	AT_ONCE_BYTES = 1 << 23, /* of it that may be in memory */
};

/* ---- sections ---------------------------------------------------------- */

static struct namescan_section section_of(Elf *elf, const char *wanted)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return (struct namescan_section){ 0 };
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr h;
		const char *name =
			gelf_getshdr(scn, &h) && h.sh_type != SHT_NOBITS
				? elf_strptr(elf, names, h.sh_name)
				: NULL;

		/* .zdebug_info is .debug_info by now. */
		if (!name || (strcmp(name, wanted) &&
				     (strncmp(name, ".z", 2) ||
					     strcmp(name + 2, wanted + 1))))
			continue;
		Elf_Data *d = elf_getdata(scn, NULL);
		if (d && d->d_buf)
			return (struct namescan_section){
				.p = d->d_buf,
				.n = d->d_size,
			};
	}
	return (struct namescan_section){ 0 };
}

/* Strings end inside: what comes after the last NUL is none. */
static struct namescan_section strings_of(Elf *elf, const char *wanted)
{
	struct namescan_section s = section_of(elf, wanted);

	while (s.n && s.p[s.n - 1])
		s.n--;
	return s;
}

static struct namescan_file file_of(Dwarf *dwarf)
{
	Elf *elf = dwarf ? dwarf_getelf(dwarf) : NULL;

	if (!elf)
		return (struct namescan_file){ 0 };
	return (struct namescan_file){
		.info = section_of(elf, ".debug_info"),
		.abbrev = section_of(elf, ".debug_abbrev"),
		.str = strings_of(elf, ".debug_str"),
		.line_str = strings_of(elf, ".debug_line_str"),
		.str_offsets = section_of(elf, ".debug_str_offsets"),
	};
}

/* ---- a mapping of its own ---------------------------------------------- */

struct apart {
	void *map; /* NULL: libelf's is used */
	size_t size;
};

static int descriptor_of(const struct module *m, Elf *elf)
{
	const struct elf_file *all[] = { m->main_file, m->separate_file,
		m->alt_file };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (all[i] && all[i]->elf == elf)
			return all[i]->fd;
		if (all[i] && all[i]->unpacked && all[i]->unpacked->elf == elf)
			return all[i]->unpacked->fd;
	}
	return -1;
}

/* Whether libelf has the section as it is in the file; then where. */
static bool is_in_file(
	Elf *elf, const struct namescan_section *s, uint64_t *ret)
{
	size_t size;
	const char *file = elf_rawfile(elf, &size);
	uintptr_t at = (uintptr_t)s->p - (uintptr_t)file;

	if (!file || !s->p || at > size || s->n > size - at)
		return false;
	*ret = at;
	return true;
}

static void set_apart(Elf *elf, int fd, struct namescan_section *s)
{
	if (is_in_file(elf, s, &s->offset)) {
		s->fd = fd;
		s->apart = true;
	}
}

static struct apart map_apart(const struct units *us, struct namescan_file *f)
{
	Elf *elf = us->dwarf ? dwarf_getelf(us->dwarf) : NULL;
	int fd = elf ? descriptor_of(us->module, elf) : -1;
	struct apart a = { 0 };
	uint64_t offset;

	if (fd < 0 || f->info.n + f->str.n < APART_BYTES ||
		!is_in_file(elf, &f->info, &offset))
		return a;
	uint64_t page = offset & ~(uint64_t)(sysconf(_SC_PAGESIZE) - 1);
	size_t size = f->info.n + (size_t)(offset - page);
	void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, (off_t)page);

	if (p == MAP_FAILED)
		return a;
	f->info.p = (const uint8_t *)p + (offset - page);
	set_apart(elf, fd, &f->str);
	set_apart(elf, fd, &f->line_str);
	return (struct apart){ p, size };
}

/* ---- many threads ------------------------------------------------------ */

struct result {
	unsigned worker;
	size_t from, n;
	bool failed;
};

struct work {
	struct namescan scan;
	struct apart apart;
	struct result *result; /* by unit */
	atomic_size_t next, bytes;
	const volatile int *interrupted;
};

struct worker {
	struct work *work;
	struct namescan_found found;
	unsigned number;
	pthread_t thread;
};

static bool is_interrupted(const struct work *w)
{
	return w->interrupted && *w->interrupted;
}

static void count_bytes(struct work *w, size_t i)
{
	const struct namescan_unit *u = &w->scan.unit[i];
	size_t n = u->usable ? (size_t)(u->end - u->start) : 0;

	if (!w->apart.map || atomic_fetch_add(&w->bytes, n) + n < AT_ONCE_BYTES)
		return;
	atomic_store(&w->bytes, 0);
	madvise(w->apart.map, w->apart.size, MADV_DONTNEED);
}

static void *run_worker(void *arg)
{
	struct worker *me = arg;
	struct work *w = me->work;
	size_t i;

	while ((i = atomic_fetch_add(&w->next, 1)) < w->scan.n &&
		!is_interrupted(w)) {
		struct result *r = &w->result[i];

		r->worker = me->number;
		r->from = me->found.n;
		r->failed = !namescan_unit(&w->scan, i, &me->found);
		r->n = me->found.n - r->from;
		count_bytes(w, i);
	}
	return NULL;
}

static unsigned threads_for(const struct namescan *s)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (s->file[0].info.n + s->file[1].info.n < FEW_BYTES || n < 1)
		return 1;
	return n < MAX_NAME_THREADS ? (unsigned)n : MAX_NAME_THREADS;
}

/* Signals are the first thread's.  Fewer threads than wanted are enough. */
static void run_workers(struct worker *v, unsigned n)
{
	bool started[MAX_NAME_THREADS] = { false };
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	for (unsigned i = 1; i < n; i++)
		started[i] =
			!pthread_create(&v[i].thread, NULL, run_worker, &v[i]);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	run_worker(&v[0]);
	for (unsigned i = 1; i < n; i++)
		if (started[i])
			pthread_join(v[i].thread, NULL);
}

/* ---- putting it together ----------------------------------------------- */

static size_t blocks_of(size_t n, size_t each)
{
	return n / each + (n % each != 0);
}

static void **new_blocks(struct nametable *t, size_t n, size_t each)
{
	return arena_array(
		t->units->image->arena, void *, blocks_of(n, each) + 1);
}

static void fill_blocks(
	struct nametable *t, void **block, size_t n, size_t each)
{
	for (size_t i = 0; i < blocks_of(n, each); i++)
		block[i] = arena_alloc(t->units->image->arena, NAMES_BLOCK);
}

void nametable_room(struct nametable *t)
{
	t->entry = (struct slim **)new_blocks(t, t->n, NAMES_CHUNK);
	t->order = (uint32_t **)new_blocks(t, t->n, NAMES_INDEXES);
	t->bucket = (uint32_t **)new_blocks(t, t->nbuckets + 1, NAMES_INDEXES);
}

static uint32_t *index_in(uint32_t **block, size_t i)
{
	return &block[i / NAMES_INDEXES][i % NAMES_INDEXES];
}

struct sorted {
	struct nametable *table;
	struct worker *worker;
	const struct result *result;
	struct arena hashes;
	uint32_t *hash; /* by number */
};

static void copy_entries(struct sorted *s)
{
	struct nametable *t = s->table;
	size_t to = 0;

	for (size_t u = 0; u < t->units->n; u++) {
		const struct result *r = &s->result[u];
		const struct namescan_found *f = &s->worker[r->worker].found;

		for (size_t i = r->from; i < r->from + r->n; i++, to++) {
			t->entry[to / NAMES_CHUNK][to % NAMES_CHUNK] =
				f->chunk[i / NAMES_CHUNK][i % NAMES_CHUNK];
			s->hash[to] = f->hash[i / NAMES_CHUNK][i % NAMES_CHUNK];
		}
	}
}

/* A counting sort: numbers stay in order within their bucket. */
static void sort_entries(struct sorted *s)
{
	struct nametable *t = s->table;
	size_t mask = t->nbuckets - 1;

	for (size_t i = 0; i < t->n; i++)
		++*index_in(t->bucket, (s->hash[i] & mask) + 1);
	for (size_t i = 0; i < t->nbuckets; i++)
		*index_in(t->bucket, i + 1) += *index_in(t->bucket, i);
	for (size_t i = t->n; i--;) {
		/* From the back: each bucket's end moves to its beginning. */
		uint32_t *end = index_in(t->bucket, (s->hash[i] & mask) + 1);

		*index_in(t->order, --*end) = (uint32_t)i;
	}
	/* They now stand one place too far. */
	for (size_t i = 0; i < t->nbuckets; i++)
		*index_in(t->bucket, i) = *index_in(t->bucket, i + 1);
	*index_in(t->bucket, t->nbuckets) = (uint32_t)t->n;
}

static void put_together(
	struct nametable *t, struct worker *v, const struct result *result)
{
	struct sorted s = { .table = t, .worker = v, .result = result };

	t->n = 0;
	for (size_t u = 0; u < t->units->n; u++)
		t->n += result[u].n;
	t->nbuckets = 1024;
	while (t->nbuckets < t->n / 2)
		t->nbuckets *= 2;
	nametable_room(t);
	fill_blocks(t, (void **)t->entry, t->n, NAMES_CHUNK);
	s.hash = arena_array(&s.hashes, uint32_t, t->n + 1);
	copy_entries(&s);
	fill_blocks(t, (void **)t->order, t->n, NAMES_INDEXES);
	fill_blocks(t, (void **)t->bucket, t->nbuckets + 1, NAMES_INDEXES);
	sort_entries(&s);
	arena_clear(&s.hashes);
}

static void walk_failed(struct nametable *t, struct worker *v, struct work *w)
{
	for (size_t u = 0; u < t->units->n && !is_interrupted(w); u++) {
		struct result *r = &w->result[u];

		if (!r->failed)
			continue;
		r->worker = 0;
		r->from = v[0].found.n;
		namewalk_unit(t, u, &v[0].found);
		r->n = v[0].found.n - r->from;
	}
}

/* False: interrupted. */
static bool make(struct nametable *t)
{
	struct worker v[MAX_NAME_THREADS] = { 0 };
	struct arena scanning = { 0 }, arena = { 0 };
	struct work w = { .interrupted = t->units->image->mem.interrupted };

	memcpy(w.scan.file, t->file, sizeof(t->file));
	w.apart = map_apart(t->units, &w.scan.file[0]);
	namescan_open(&w.scan, t->units, &scanning);
	w.result = arena_array(&arena, struct result, t->units->n + 1);
	for (unsigned i = 0; i < MAX_NAME_THREADS; i++)
		v[i].work = &w, v[i].number = i;
	run_workers(v, threads_for(&w.scan));
	for (unsigned i = 0; i < MAX_NAME_THREADS; i++)
		namescan_done(&v[i].found);
	walk_failed(t, v, &w);
	if (w.apart.map)
		munmap(w.apart.map, w.apart.size);
	arena_clear(&scanning);
	bool whole = !is_interrupted(&w);
	if (whole)
		put_together(t, v, w.result);
	for (unsigned i = 0; i < MAX_NAME_THREADS; i++)
		arena_clear(&v[i].found.arena);
	arena_clear(&arena);
	return whole;
}

/* ---- getting it -------------------------------------------------------- */

struct nametable *nametable_get(struct image *image, struct module *m)
{
	struct units *us = units_of(image, m);

	if (!us)
		return NULL;
	struct nametable *t = arena_new(image->arena, struct nametable);

	t->units = us;
	t->file[0] = file_of(us->dwarf);
	t->file[1] = file_of(us->alt);
	if (namecache_open(t))
		return t;
	if (!make(t))
		return NULL;
	namecache_write(t);
	return t;
}

/* The order of names does not depend on anything but the debug info, so that
 * numbers that somebody has stay right. */
void nametable_remake(struct nametable *t)
{
	const volatile int *interrupted = t->units->image->mem.interrupted;

	t->units->image->mem.interrupted = NULL;
	t->cache = NULL;
	make(t);
	t->units->image->mem.interrupted = interrupted;
	namecache_write(t);
}

static void *block_of(struct nametable *t, void **block, size_t i)
{
	if (!block[i] && t->cache)
		block[i] = namecache_block(t, block, i);
	return block[i];
}

const struct slim *nametable_at(struct nametable *t, size_t i)
{
	if (!block_of(t, (void **)t->entry, i / NAMES_CHUNK))
		nametable_remake(t);
	return &t->entry[i / NAMES_CHUNK][i % NAMES_CHUNK];
}

static uint32_t order_at(struct nametable *t, size_t i)
{
	if (!block_of(t, (void **)t->order, i / NAMES_INDEXES))
		nametable_remake(t);
	return *index_in(t->order, i);
}

static uint32_t bucket_at(struct nametable *t, size_t i)
{
	if (!block_of(t, (void **)t->bucket, i / NAMES_INDEXES))
		nametable_remake(t);
	return *index_in(t->bucket, i);
}

const char *nametable_name(const struct nametable *t, const struct slim *s)
{
	enum name_place place = s->flags >> SLIM_PLACE;
	struct namescan_section in = namescan_place(t->file, place);

	if (place == NAME_OTHER)
		return s->name < t->nother ? t->other[s->name] : "";
	if (s->name >= in.n ||
		(in.p == t->file[place == NAME_ALT_INFO].info.p &&
			!memchr(in.p + s->name, 0, in.n - s->name)))
		return "";
	return (const char *)in.p + s->name;
}

struct unit *nametable_unit(const struct nametable *t, const struct slim *s)
{
	return unit_full(&t->units->unit[s->unit]);
}

Dwarf_Die nametable_die(const struct nametable *t, const struct slim *s)
{
	const Dwarf_Die *unit = &nametable_unit(t, s)->die;

	return (Dwarf_Die){
		.addr = (char *)unit->addr + s->die,
		.cu = unit->cu,
	};
}

struct namesearch nametable_search(struct nametable *t, const char *name)
{
	uint32_t hash = namescan_hash(name);
	size_t bucket = hash & (t->nbuckets - 1);

	return (struct namesearch){
		.table = t,
		.name = name,
		.hash = (uint8_t)(hash >> 24),
		.at = bucket_at(t, bucket),
		.end = bucket_at(t, bucket + 1),
	};
}

bool namesearch_next(struct namesearch *s, size_t *ret)
{
	while (s->at < s->end && s->at < s->table->n) {
		uint32_t i = order_at(s->table, s->at++);
		const struct slim *e =
			i < s->table->n ? nametable_at(s->table, i) : NULL;

		if (!e || e->hash != s->hash ||
			strcmp(nametable_name(s->table, e), s->name))
			continue;
		*ret = i;
		return true;
	}
	return false;
}
