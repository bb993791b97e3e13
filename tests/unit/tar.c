/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tar as bundles have it: what is written is read again; what an enemy writes
 * is refused. */
#include "inspect/bundle/tar.h"

#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { AT_TYPE = 156, AT_SIZE = 124, AT_CHECKSUM = 148, HOLE = 1 << 20 };

static struct packed *archive(struct arena *a, const struct buf *b)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);

	if (fd < 0 || write(fd, b->s, b->n) != (ssize_t)b->n)
		perror("memfd");
	struct packed *p = packed_open_plain(fd, a);
	close(fd);
	return p;
}

static void put_padded(struct buf *b, const char *text, size_t n)
{
	static const char zeros[TAR_BLOCK];

	buf_add(b, text, n);
	buf_add(b, zeros, tar_padding(n));
}

static void put_file(struct buf *b, const char *name, const char *text)
{
	struct packed_piece piece = { 0, 0, strlen(text) };

	tar_put_header(b, &(struct tar_member){ .name = name,
				  .size = piece.size,
				  .seconds = 1700000000,
				  .nanoseconds = 5,
				  .piece = &piece,
				  .n = 1 });
	put_padded(b, text, piece.size);
}

static void put_end(struct buf *b)
{
	static const char zeros[2 * TAR_BLOCK];

	buf_add(b, zeros, sizeof(zeros));
}

/* The last header before the text of put_file, changed and summed anew. */
static char *last_header(struct buf *b)
{
	return b->s + b->n - 2 * (size_t)TAR_BLOCK;
}

static void sum(char *h)
{
	unsigned n = 0;

	memset(h + AT_CHECKSUM, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		n += (unsigned char)h[i];
	snprintf(h + AT_CHECKSUM, 8, "%06o", n);
}

static const char *text_of(
	struct packed *p, const struct tar_member *m, struct arena *a)
{
	char *text = arena_alloc(a, m->size + 1);

	packed_narrow(p, m->piece, m->n, m->size);
	text[packed_read(p, 0, text, m->size)] = '\0';
	packed_widen(p);
	return text;
}

static void test_round(void)
{
	struct arena a = { 0 };
	struct buf b = { .arena = &a };
	char name[300];
	struct tar t;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	put_file(&b, "one", "first");
	put_file(&b, "folder/two", "");
	put_file(&b, name, "long");
	struct packed_piece pieces[] = { { 3, 0, 4 }, { HOLE, 0, 2 } };
	tar_put_header(&b, &(struct tar_member){ .name = "holes",
				   .size = 2 * HOLE,
				   .piece = pieces,
				   .n = 2 });
	put_padded(&b, "abcdyz", 6);
	put_end(&b);
	struct packed *p = archive(&a, &b);
	tar_read(p, &a, &t);
	is_int((long)t.n, 4, "what is written is read: all of it");
	ok(!t.cut && !t.refused, "nothing is refused");
	const struct tar_member *m = tar_find(&t, "one");
	is_str(m ? text_of(p, m, &a) : NULL, "first", "a file's text");
	ok(m && m->seconds == 1700000000 && m->nanoseconds == 5, "its time");
	m = tar_find(&t, "folder/two");
	ok(m && !m->size, "an empty one");
	m = tar_find(&t, name);
	is_str(m ? text_of(p, m, &a) : NULL, "long", "a long name");
	m = tar_find(&t, "holes");
	ok(m && m->size == 2 * HOLE && m->n == 2, "one with holes: its size");
	const char *text = m ? text_of(p, m, &a) : "";
	ok(m && !memcmp(text, "\0\0\0abcd\0", 8) && text[HOLE] == 'y' &&
			text[HOLE + 1] == 'z' && !text[HOLE + 2],
		"and its bytes are where they were");
	ok(!tar_find(&t, "none"), "what is not there is not found");
	packed_close(p);
	arena_clear(&a);
}

static void test_enemies(void)
{
	static const char *const names[] = { "../x", "/etc/x", "a/../../x",
		"a/..", "..", "./" };
	struct arena a = { 0 };
	struct buf b = { .arena = &a };
	struct tar t;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put_file(&b, names[i], "x");
	put_file(&b, "link", "x");
	last_header(&b)[AT_TYPE] = '2';
	sum(last_header(&b));
	put_file(&b, "device", "x");
	last_header(&b)[AT_TYPE] = '3';
	sum(last_header(&b));
	put_file(&b, "same", "1");
	put_file(&b, "./same", "2");
	put_end(&b);
	struct packed *p = archive(&a, &b);
	tar_read(p, &a, &t);
	is_int((long)t.n, 1, "names that lead out, links, devices, doubles");
	is_int((long)t.refused, 9, "are refused");
	ok(t.why != NULL, "with a reason");
	const struct tar_member *m = tar_find(&t, "same");
	is_str(m ? text_of(p, m, &a) : NULL, "1", "of two the first counts");
	packed_close(p);
	arena_clear(&a);
}

/* At each length and with each byte changed: an end, and nothing outside. */
static void test_damage(void)
{
	struct arena a = { 0 };
	struct buf b = { .arena = &a };
	size_t wrong = 0, silent = 0;
	struct tar t;

	put_file(&b, "one", "first");
	put_file(&b, "two", "second");
	for (size_t n = 1; n < b.n; n += 37) {
		struct buf part = { .arena = &a, .s = b.s, .n = n };
		struct packed *p = archive(&a, &part);

		tar_read(p, &a, &t);
		silent += !t.cut;
		for (size_t i = 0; i < t.n; i++)
			wrong += !t.member[i].cut &&
				 strcmp(text_of(p, &t.member[i], &a),
					 i ? "second" : "first");
		packed_close(p);
	}
	is_int((long)silent, 0, "cut off anywhere: it is said");
	is_int((long)wrong, 0, "and what counts as whole is");
	size_t at = b.n - 2 * (size_t)TAR_BLOCK + AT_SIZE;
	b.s[at] = '7';
	struct packed *p = archive(&a, &b);
	tar_read(p, &a, &t);
	ok(t.cut && strstr(t.cut, "damaged"), "a sum that does not fit");
	packed_close(p);
	arena_clear(&a);
}

/* The table of names grows as it fills. */
static void test_many(void)
{
	enum { MANY = 20000 };
	struct arena a = { 0 };
	struct buf b = { .arena = &a };
	char name[32];
	struct tar t;

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "f/%d", i);
		put_file(&b, name, "");
	}
	put_end(&b);
	struct packed *p = archive(&a, &b);
	tar_read(p, &a, &t);
	size_t lost = 0;
	for (size_t i = 0; i < t.n; i++)
		lost += tar_find(&t, t.member[i].name) != &t.member[i];
	is_int((long)t.n, MANY, "many files");
	is_int((long)lost, 0, "each is found");
	packed_close(p);
	arena_clear(&a);
}

int main(void)
{
	test_round();
	test_enemies();
	test_damage();
	test_many();
	return tap_done();
}
