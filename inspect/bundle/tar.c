/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A header of 512 bytes, the data, padding to the next 512; two empty blocks at
 * the end (POSIX.1-2017, pax, "ustar Interchange Format").  What has no room in
 * a header stands in a member of its own before it: pax records ("27 path=...")
 * of type x, or GNU's long name of type L.
 *
 * A file with holes: pax has the map of its data in front of the data and the
 * true size and name in records GNU.sparse.*; GNU's own format (type S) has it
 * in the header and in blocks after it (tar's manual, "Storing Sparse Files").
 *
 * An archive may come from an enemy.  Nothing but ordinary files is taken, no
 * name that leads out of a folder, of two with one name the first; every number
 * is checked against the size of the archive.  Whoever unpacks therefore never
 * meets a link that he has made himself.
 */
#include "inspect/bundle/tar.h"

#include "inspect/base/hash.h"
#include "inspect/base/limits.h"

#include <stdio.h>
#include <string.h>

/* Where the fields of a header are. */
enum {
	AT_NAME = 0,
	AT_MODE = 100,
	AT_UID = 108,
	AT_GID = 116,
	AT_SIZE = 124,
	AT_MTIME = 136,
	AT_CHECKSUM = 148,
	AT_TYPE = 156,
	AT_MAGIC = 257,
	AT_PREFIX = 345,
	NAME_SIZE = 100,
	PREFIX_SIZE = 155,
	NUMBER_SIZE = 12,
	/* GNU's type S */
	AT_SPARSE = 386,
	SPARSE_IN_HEADER = 4,
	AT_EXTENDED = 482,
	AT_REAL_SIZE = 483,
	SPARSE_IN_BLOCK = 21,
	AT_MORE = 504,
	SPARSE_SIZE = 24,
};

struct reader {
	struct packed *archive;
	struct arena *arena;
	struct tar *tar;
	uint64_t at, end;
	uint8_t block[TAR_BLOCK];

	/* Of the member that comes. */
	const char *name;
	bool has_size, has_mtime, has_real_size;
	uint64_t size, real_size;
	int64_t seconds;
	uint32_t nanoseconds;
	unsigned sparse_major, sparse_minor;
	bool sparse, sparse_other;

	struct packed_piece *piece;
	size_t n, cap;
	size_t text, pieces; /* bytes of names, and pieces, of all members */
};

static uint64_t padded(uint64_t n)
{
	return (n + TAR_BLOCK - 1) & ~(uint64_t)(TAR_BLOCK - 1);
}

/* ---- numbers and names ---- */

/* Octal digits, or (GNU) a number of base 256 after a byte 0x80. */
static bool number(const uint8_t *p, size_t n, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;

	if (*p == 0x80) {
		for (i = 1; i < n; i++) {
			if (v >> 56)
				return false;
			v = v << 8 | p[i];
		}
		*ret = v;
		return true;
	}
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	*ret = v;
	return i == n || p[i] == ' ' || !p[i];
}

/* Decimal digits up to end; false: something else, or too large. */
static bool decimal(const char *s, const char *end, uint64_t *ret)
{
	uint64_t v = 0;

	if (s == end)
		return false;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, *s - '0', &v))
			return false;
	}
	*ret = v;
	return true;
}

static void refuse(struct reader *r, const char *why)
{
	if (!r->tar->refused++)
		r->tar->why = arena_printf(
			r->arena, "%s %s", r->name ? r->name : "?", why);
}

const char *tar_clean_name(struct arena *a, const char *name)
{
	struct buf b = { .arena = a };
	size_t parts = 0;

	if (*name == '/' || strlen(name) > MAX_BUNDLE_NAME)
		return NULL;
	while (*name) {
		size_t n = strcspn(name, "/");
		bool here = !n || (n == 1 && *name == '.');

		if (n == 2 && !memcmp(name, "..", 2))
			return NULL;
		if (!here && ++parts > MAX_BUNDLE_DEPTH)
			return NULL;
		if (!here && b.n)
			buf_putc(&b, '/');
		if (!here)
			buf_add(&b, name, n);
		name += n + (name[n] == '/');
	}
	return b.n ? buf_str(&b) : NULL;
}

/* ---- what stands before a header ---- */

static void take_time(struct reader *r, const char *s, const char *end)
{
	const char *dot = memchr(s, '.', (size_t)(end - s));
	uint64_t v, fraction = 0;

	if (!decimal(s, dot ? dot : end, &v) || v > INT64_MAX)
		return;
	r->has_mtime = true;
	r->seconds = (int64_t)v;
	for (int i = 0; i < 9; i++) {
		bool digit = dot && dot + 1 + i < end && dot[1 + i] >= '0' &&
			     dot[1 + i] <= '9';

		fraction = fraction * 10 +
			   (digit ? (uint64_t)(dot[1 + i] - '0') : 0);
		if (!digit)
			dot = NULL;
	}
	r->nanoseconds = (uint32_t)fraction;
}

static bool is_key(const char *s, const char *eq, const char *key)
{
	size_t n = strlen(key);

	return (size_t)(eq - s) == n && !memcmp(s, key, n);
}

static void take_record(
	struct reader *r, const char *s, const char *eq, const char *end)
{
	const char *v = eq + 1;
	uint64_t n;

	if (is_key(s, eq, "GNU.sparse.name") ||
		(is_key(s, eq, "path") && !r->sparse)) {
		r->name = arena_strndup(r->arena, v, (size_t)(end - v));
	} else if (is_key(s, eq, "size")) {
		r->has_size = decimal(v, end, &r->size);
	} else if (is_key(s, eq, "mtime")) {
		take_time(r, v, end);
	} else if (is_key(s, eq, "GNU.sparse.major") && decimal(v, end, &n)) {
		r->sparse_major = (unsigned)n;
		r->sparse = true;
	} else if (is_key(s, eq, "GNU.sparse.minor") && decimal(v, end, &n)) {
		r->sparse_minor = (unsigned)n;
	} else if (is_key(s, eq, "GNU.sparse.realsize")) {
		r->has_real_size = decimal(v, end, &r->real_size);
	} else if (is_key(s, eq, "GNU.sparse.map") ||
		   is_key(s, eq, "GNU.sparse.numblocks")) {
		r->sparse_other = true;
	}
}

/* "LENGTH KEY=VALUE\n", LENGTH being that of all of it. */
static void take_records(struct reader *r, const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end) {
		const char *blank = memchr(s, ' ', (size_t)(end - s));
		uint64_t length;

		if (!blank || !decimal(s, blank, &length) ||
			length > (uint64_t)(end - s) ||
			length < (uint64_t)(blank - s) + 3)
			return;
		const char *next = s + length;
		const char *key = blank + 1;
		const char *eq = memchr(key, '=', (size_t)(next - key));

		if (eq && next[-1] == '\n')
			take_record(r, key, eq, next - 1);
		s = next;
	}
}

/* A member that tells of the next one; false: it cannot be read. */
static bool take_extra(struct reader *r, uint8_t type, uint64_t size)
{
	if (size > MAX_BUNDLE_HEADER ||
		(r->text += (size_t)size) > MAX_BUNDLE_TEXT)
		return false;
	char *text = arena_alloc(r->arena, (size_t)size + 1);
	if (packed_read(r->archive, r->at, text, (size_t)size) != size)
		return false;
	if (type == 'x')
		take_records(r, text, (size_t)size);
	else if (type == 'L')
		r->name = text;
	return true;
}

/* ---- where the data is ---- */

/* False: pieces that overlap, or are larger than the file. */
static bool add_piece(struct reader *r, uint64_t at, uint64_t size)
{
	const struct packed_piece *last = r->n ? &r->piece[r->n - 1] : NULL;
	uint64_t from = last ? last->from + last->size : 0;

	if (size > r->real_size || at > r->real_size - size ||
		(last && at < last->at + last->size) ||
		++r->pieces > MAX_BUNDLE_PIECES)
		return false;
	if (!size)
		return true;
	r->piece = arena_grow(
		r->arena, r->piece, r->n, &r->cap, sizeof(*r->piece));
	r->piece[r->n++] = (struct packed_piece){ at, from, size };
	return true;
}

/* GNU's type S; *after becomes where the data begins. */
static bool read_gnu_map(struct reader *r, uint64_t *after)
{
	const uint8_t *entry = r->block + AT_SPARSE;
	size_t n = SPARSE_IN_HEADER;
	bool more = r->block[AT_EXTENDED];
	uint8_t block[TAR_BLOCK];

	if (!number(r->block + AT_REAL_SIZE, NUMBER_SIZE, &r->real_size) ||
		r->real_size > MAX_BUNDLE_FILE)
		return false;
	for (;;) {
		for (size_t i = 0; i < n; i++, entry += SPARSE_SIZE) {
			uint64_t at, size;

			if (!*entry)
				break;
			if (!number(entry, NUMBER_SIZE, &at) ||
				!number(entry + NUMBER_SIZE, NUMBER_SIZE,
					&size) ||
				!add_piece(r, at, size))
				return false;
		}
		if (!more)
			return true;
		if (packed_read(r->archive, *after, block, TAR_BLOCK) !=
			TAR_BLOCK)
			return false;
		*after += TAR_BLOCK;
		entry = block;
		n = SPARSE_IN_BLOCK;
		more = block[AT_MORE];
	}
}

/* A line of decimal digits of the map; *at goes on behind it. */
static bool map_number(struct reader *r, uint64_t *at, uint64_t *ret)
{
	char text[24];
	size_t n = packed_read(r->archive, *at, text, sizeof(text));
	const char *end = memchr(text, '\n', n);

	if (!end || !decimal(text, end, ret))
		return false;
	*at += (uint64_t)(end - text) + 1;
	return true;
}

/* pax 1.0; *after becomes where the data begins, *size what it has. */
static bool read_pax_map(struct reader *r, uint64_t *after, uint64_t *size)
{
	uint64_t at = *after, n, from, length;

	if (r->sparse_major != 1 || r->sparse_minor || !r->has_real_size ||
		r->real_size > MAX_BUNDLE_FILE || !map_number(r, &at, &n) ||
		n > MAX_BUNDLE_PIECES)
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (!map_number(r, &at, &from) ||
			!map_number(r, &at, &length) ||
			!add_piece(r, from, length))
			return false;
	uint64_t map = padded(at - *after);
	if (map > *size)
		return false;
	*after += map;
	*size -= map;
	return true;
}

/* Pieces begin where the data begins; what the archive does not have of them
 * is cut off. */
static bool place_pieces(
	struct reader *r, uint64_t data, uint64_t size, struct tar_member *m)
{
	uint64_t sum =
		r->n ? r->piece[r->n - 1].from + r->piece[r->n - 1].size : 0;

	if (sum > size)
		return false;
	m->size = r->real_size;
	for (size_t i = 0; i < r->n; i++) {
		struct packed_piece *p = &r->piece[i];

		p->from += data;
		if (p->from <= r->end && p->size <= r->end - p->from)
			continue;
		p->size = p->from < r->end ? r->end - p->from : 0;
		m->size = p->at + p->size;
		m->cut = true;
		r->n = i + 1;
	}
	m->piece = r->piece;
	m->n = r->n;
	return true;
}

/* ---- members ---- */

static bool checksum_fits(const uint8_t *b)
{
	uint64_t want, sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= AT_CHECKSUM && i < AT_TYPE ? ' ' : b[i];
	return number(b + AT_CHECKSUM, AT_TYPE - AT_CHECKSUM, &want) &&
	       sum == want && !memcmp(b + AT_MAGIC, "ustar", 5);
}

static const char *header_name(const struct reader *r)
{
	const char *b = (const char *)r->block;
	const char *name = arena_strndup(
		r->arena, b + AT_NAME, strnlen(b + AT_NAME, NAME_SIZE));

	/* GNU's magic "ustar  ": other things stand where the prefix is. */
	if (b[AT_MAGIC + 5] || !b[AT_PREFIX])
		return name;
	return arena_printf(
		r->arena, "%.*s/%s", PREFIX_SIZE, b + AT_PREFIX, name);
}

/* The place of a name, or where it would be. */
static size_t *slot_of(const struct tar *t, const char *name)
{
	uint64_t h = hash64_on(HASH64_START, name, strlen(name));
	size_t *slot = &t->slot[h & (t->nslots - 1)];

	while (*slot && strcmp(t->member[*slot - 1].name, name))
		slot = slot + 1 < t->slot + t->nslots ? slot + 1 : t->slot;
	return slot;
}

/* At most half of the table is used. */
static void make_slots(struct reader *r)
{
	struct tar *t = r->tar;

	if (2 * (t->n + 1) <= t->nslots)
		return;
	t->nslots = t->nslots ? 2 * t->nslots : 64;
	t->slot = arena_array(r->arena, size_t, t->nslots);
	for (size_t i = 0; i < t->n; i++)
		*slot_of(t, t->member[i].name) = i + 1;
}

static void add_member(struct reader *r, uint64_t data, uint64_t size)
{
	struct tar_member m = { .seconds = r->seconds,
		.nanoseconds = r->nanoseconds };
	uint8_t type = r->block[AT_TYPE];
	uint64_t seconds;
	bool fits;

	if (type == '5') /* a folder: it is made when it is needed */
		return;
	r->text += strlen(r->name);
	m.name = tar_clean_name(r->arena, r->name);
	if (!m.name)
		return refuse(r, "has a name that leads out of its folder");
	if (type != '0' && type && type != '7' && type != 'S')
		return refuse(r, "is a link, a device or the like");
	make_slots(r);
	size_t *slot = slot_of(r->tar, m.name);
	if (*slot)
		return refuse(r, "is there twice: the first one counts");
	if (r->sparse_other)
		return refuse(r, "has holes in a form that is not read (pax, "
				 "sparse version 0)");
	r->n = r->cap = 0;
	r->piece = NULL;
	if (type == 'S') {
		fits = read_gnu_map(r, &data);
	} else if (r->sparse) {
		fits = read_pax_map(r, &data, &size);
	} else {
		r->real_size = size;
		fits = size <= MAX_BUNDLE_FILE && add_piece(r, 0, size);
	}
	if (!fits || !place_pieces(r, data, size, &m))
		return refuse(r, "does not tell sensibly where its data is");
	if (!r->has_mtime && number(r->block + AT_MTIME, NUMBER_SIZE, &seconds))
		m.seconds = (int64_t)(seconds & INT64_MAX);
	struct tar *t = r->tar;
	t->member = arena_grow(
		r->arena, t->member, t->n, &t->cap, sizeof(*t->member));
	t->member[t->n++] = m;
	*slot = t->n;
}

static void forget_extra(struct reader *r)
{
	r->name = NULL;
	r->has_size = r->has_mtime = r->has_real_size = false;
	r->sparse = r->sparse_other = false;
	r->seconds = 0;
	r->nanoseconds = 0;
	r->sparse_major = r->sparse_minor = 0;
}

static bool is_empty(const uint8_t *block)
{
	return !block[0] && !memcmp(block, block + 1, TAR_BLOCK - 1);
}

/* GNU's map goes on in blocks that its size does not count. */
static uint64_t extended_blocks(struct reader *r)
{
	uint64_t at = r->at;
	bool more = r->block[AT_TYPE] == 'S' && r->block[AT_EXTENDED];
	uint8_t block[TAR_BLOCK];

	while (more &&
		packed_read(r->archive, at, block, TAR_BLOCK) == TAR_BLOCK) {
		at += TAR_BLOCK;
		more = block[AT_MORE];
	}
	return at - r->at;
}

/* The header in r->block; r->at is behind it.  A sentence where it cannot go
 * on, or NULL. */
static const char *take_header(struct reader *r)
{
	uint8_t type = r->block[AT_TYPE];
	uint64_t size, step;

	if (!checksum_fits(r->block) ||
		!number(r->block + AT_SIZE, NUMBER_SIZE, &size))
		return arena_printf(r->arena, "it is damaged at byte %llu",
			(unsigned long long)r->at - TAR_BLOCK);
	bool extra = type == 'x' || type == 'g' || type == 'L' || type == 'K';
	if (!extra && r->has_size)
		size = r->size;
	if (extra && type != 'g' && !take_extra(r, type, size))
		return "what a file in it is called cannot be read";
	if (!r->name && !extra)
		r->name = header_name(r);
	step = extended_blocks(r);
	if (!extra) {
		add_member(r, r->at, size);
		forget_extra(r);
	}
	if (size > UINT64_MAX - step - TAR_BLOCK ||
		padded(size) + step > r->end - r->at)
		return arena_printf(r->arena,
			"it ends after %llu bytes, in the middle of a file",
			(unsigned long long)r->end);
	r->at += padded(size) + step;
	return NULL;
}

void tar_read(struct packed *archive, struct arena *a, struct tar *ret)
{
	struct reader r = { .archive = archive, .arena = a, .tar = ret };

	*ret = (struct tar){ 0 };
	r.end = packed_size(archive);
	while (!ret->cut) {
		if (packed_read(archive, r.at, r.block, TAR_BLOCK) !=
			TAR_BLOCK) {
			ret->cut = "it ends too early";
			break;
		}
		r.at += TAR_BLOCK;
		if (is_empty(r.block))
			break;
		if (ret->n + ret->refused >= MAX_BUNDLE_MEMBERS ||
			r.text > MAX_BUNDLE_TEXT)
			ret->cut = "more files are in it than are looked at";
		else
			ret->cut = take_header(&r);
	}
}

const struct tar_member *tar_find(const struct tar *t, const char *name)
{
	size_t i = t->nslots ? *slot_of(t, name) : 0;

	return i ? &t->member[i - 1] : NULL;
}

/* ---- writing ---- */

uint64_t tar_data_size(const struct tar_member *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->n; i++)
		sum += m->piece[i].size;
	return sum;
}

size_t tar_padding(uint64_t size)
{
	return (size_t)(padded(size) - size);
}

static bool has_holes(const struct tar_member *m)
{
	return tar_data_size(m) != m->size;
}

static void put_padding(struct buf *b, uint64_t size)
{
	static const char zeros[TAR_BLOCK];

	buf_add(b, zeros, tar_padding(size));
}

/* Fields are octal and end in a NUL; what is too large stands in the records.
 */
static void put_number(char *at, size_t n, uint64_t value)
{
	at[n - 1] = '\0';
	for (size_t i = n - 1; i--; value >>= 3)
		at[i] = (char)('0' + (value & 7));
}

static void put_block(struct buf *b, const char *name, char type, uint64_t size,
	int64_t seconds)
{
	char h[TAR_BLOCK] = "";
	unsigned sum = 0;

	strncpy(h + AT_NAME, name, NAME_SIZE - 1);
	put_number(h + AT_MODE, 8, 0600);
	put_number(h + AT_UID, 8, 0);
	put_number(h + AT_GID, 8, 0);
	put_number(h + AT_SIZE, NUMBER_SIZE, size);
	put_number(h + AT_MTIME, NUMBER_SIZE, (uint64_t)seconds);
	h[AT_TYPE] = type;
	memcpy(h + AT_MAGIC, "ustar\00000", 8);
	memset(h + AT_CHECKSUM, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (uint8_t)h[i];
	put_number(h + AT_CHECKSUM, 7, sum);
	buf_add(b, h, TAR_BLOCK);
}

/* The length counts its own digits. */
static void put_record(struct buf *b, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, n = rest + 1;
	char digits[24];

	while (rest + (size_t)snprintf(digits, sizeof(digits), "%zu", n) != n)
		n++;
	buf_printf(b, "%zu %s=%s\n", n, key, value);
}

static void put_records(
	struct buf *b, const struct tar_member *m, uint64_t stored, bool sparse)
{
	struct buf r = { .arena = b->arena };
	char text[64];

	put_record(&r, sparse ? "GNU.sparse.name" : "path", m->name);
	snprintf(text, sizeof(text), "%lld.%09u", (long long)m->seconds,
		(unsigned)m->nanoseconds);
	put_record(&r, "mtime", text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)stored);
	put_record(&r, "size", text);
	if (sparse) {
		put_record(&r, "GNU.sparse.major", "1");
		put_record(&r, "GNU.sparse.minor", "0");
		snprintf(text, sizeof(text), "%llu",
			(unsigned long long)m->size);
		put_record(&r, "GNU.sparse.realsize", text);
	}
	put_block(b, "PaxHeaders/file", 'x', r.n, m->seconds);
	buf_add(b, r.s, r.n);
	put_padding(b, r.n);
}

/* A last piece of no size tells readers where a hole at the end ends. */
static void put_map(struct buf *b, const struct tar_member *m)
{
	size_t before = b->n;
	const struct packed_piece *last = m->n ? &m->piece[m->n - 1] : NULL;
	bool open = !last || last->at + last->size < m->size;

	buf_printf(b, "%zu\n", m->n + open);
	for (size_t i = 0; i < m->n; i++)
		buf_printf(b, "%llu\n%llu\n",
			(unsigned long long)m->piece[i].at,
			(unsigned long long)m->piece[i].size);
	if (open)
		buf_printf(b, "%llu\n0\n", (unsigned long long)m->size);
	put_padding(b, b->n - before);
}

void tar_put_header(struct buf *b, const struct tar_member *m)
{
	const char *slash = strrchr(m->name, '/');
	struct buf map = { .arena = b->arena };
	bool sparse = has_holes(m);

	if (sparse)
		put_map(&map, m);
	uint64_t stored = tar_data_size(m) + map.n;
	put_records(b, m, stored, sparse);
	/* 8 GiB and more have no room: the records' size counts. */
	put_block(b, slash ? slash + 1 : m->name, '0',
		stored >> 33 ? 0 : stored, m->seconds);
	if (map.n)
		buf_add(b, map.s, map.n);
}
