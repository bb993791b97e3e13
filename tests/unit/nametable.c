/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fast reader of names against libdw's, name by name; then the cache: it
 * gives what was put in, and what was done to its file can only make it slower.
 */
#include "inspect/dwarf/nametable.h"
#include "inspect/dwarf/index.h"
#include "inspect/dwarf/namecache.h"
#include "inspect/dwarf/namewalk.h"
#include "tests/lib/fixture.h"
#include "tests/lib/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct image image;
static char folder[] = "/tmp/names-XXXXXX";

/* ---- the same as libdw ------------------------------------------------- */

static bool same(
	struct nametable *t, const struct slim *a, const struct slim *b)
{
	return a->die == b->die && a->unit == b->unit && a->tag == b->tag &&
	       a->hash == b->hash &&
	       (a->flags & (SLIM_KIND | SLIM_DECLARATION)) ==
		       (b->flags & (SLIM_KIND | SLIM_DECLARATION)) &&
	       !strcmp(nametable_name(t, a), nametable_name(t, b));
}

static size_t differences(
	struct nametable *t, const struct namescan *scan, size_t unit)
{
	struct namescan_found fast = { 0 }, slow = { 0 };
	size_t bad = 0;

	namescan_unit(scan, unit, &fast);
	namewalk_unit(t, unit, &slow);
	for (size_t i = 0; i < fast.n && i < slow.n; i++)
		bad += !same(t, &fast.chunk[i / NAMES_CHUNK][i % NAMES_CHUNK],
			&slow.chunk[i / NAMES_CHUNK][i % NAMES_CHUNK]);
	bad += fast.n != slow.n;
	arena_clear(&fast.arena);
	arena_clear(&slow.arena);
	return bad;
}

static void compare(const char *what)
{
	struct nametable *t = nametable_get(&image, image.exe);
	struct arena arena = { 0 };
	struct namescan scan = { 0 };
	size_t bad = 0, usable = 0;

	ok(t && t->n, "there are names");
	memcpy(scan.file, t->file, sizeof(scan.file));
	namescan_open(&scan, t->units, &arena);
	for (size_t i = 0; i < scan.n; i++)
		if (scan.unit[i].usable) {
			usable++;
			bad += differences(t, &scan, i);
		}
	printf("# %s: %zu names, %zu of %zu units\n", what, t->n, usable,
		scan.n);
	ok(usable > 0, "units are read from their bytes");
	is_int(bad, 0, "every name is as libdw has it");
	arena_clear(&arena);
}

/* ---- the cache --------------------------------------------------------- */

/* A sum over all names in order, by number and by name. */
static uint64_t digest(struct nametable *t)
{
	uint64_t h = t->n;

	for (size_t i = 0; i < t->n; i++) {
		const struct slim *s = nametable_at(t, i);
		struct namesearch search;
		size_t found, k = 0;

		h = (h ^ s->die ^ (uint64_t)s->unit << 32) * 31 +
		    namescan_hash(nametable_name(t, s));
		if (i % 97)
			continue;
		search = nametable_search(t, nametable_name(t, s));
		while (namesearch_next(&search, &found))
			k += found == i;
		h += k != 1;
	}
	return h;
}

/* A program opened anew, as the next run has it. */
static struct nametable *again(const char *path)
{
	static struct elf_file file;

	if (!fixture_open(&image, path) ||
		elf_file_open(&file, &fixture_arena, path))
		return NULL;
	image.exe->main_file = &file;
	image.exe->elf = file.elf;
	image.find.cache = folder;
	return nametable_get(&image, image.exe);
}

/* The file of names in the folder; false: there is none. */
static bool cached(char ret[512], struct stat *st)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	bool found = false;

	while (d && (e = readdir(d)))
		if (strstr(e->d_name, ".names")) {
			snprintf(ret, 512, "%s/%s", folder, e->d_name);
			found = !stat(ret, st);
		}
	if (d)
		closedir(d);
	return found;
}

static void flip(const char *path, off_t at, unsigned char mask)
{
	int fd = open(path, O_RDWR);
	unsigned char c = 0;

	if (pread(fd, &c, 1, at) == 1) {
		c ^= mask;
		if (pwrite(fd, &c, 1, at) != 1)
			perror("flip");
	}
	close(fd);
}

static void damage(const char *path, uint64_t right, uint64_t seed)
{
	size_t wrong = 0;
	char file[512];
	struct stat st;

	for (int i = 0; i < 60; i++) {
		if (!cached(file, &st))
			break;
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		off_t at = (off_t)((seed >> 20) % (uint64_t)st.st_size);

		if (i % 10 == 3)
			wrong += truncate(file, at) != 0;
		else if (i % 2)
			flip(file, at, (unsigned char)(1 << (seed >> 60) % 8));
		else /* the header and the sums */
			flip(file, at % 4096, (unsigned char)(seed >> 56) | 1);
		wrong += digest(again(path)) != right;
	}
	is_int(wrong, 0, "a damaged file is not believed");
	ok(cached(file, &st), "and made anew");
}

static void damage_while_open(const char *path, uint64_t right)
{
	struct nametable *t = again(path);
	char file[512];
	struct stat st;

	ok(t->cache != NULL, "the file that was made anew is used");
	nametable_at(t, 0);
	if (!cached(file, &st) || truncate(file, st.st_size / 2))
		perror(file);
	ok(digest(t) == right, "a file that is cut off while it is open");
	if (cached(file, &st) && truncate(file, 0))
		perror(file);
	ok(digest(again(path)) == right, "an empty one");
}

/* Many at once, on an empty folder: each has the right names. */
static void concurrent(const char *path, uint64_t right)
{
	char file[512];
	struct stat st;
	int failed = 0;

	if (cached(file, &st))
		unlink(file);
	for (int i = 0; i < 6; i++)
		if (fork() == 0)
			_exit(digest(again(path)) != right);
	for (int i = 0, status; i < 6; i++) {
		wait(&status);
		failed += status != 0;
	}
	is_int(failed, 0, "six at once");
	ok(again(path)->cache != NULL, "leave a file that is right");
}

static void unwritable(const char *path, uint64_t right)
{
	char saved[sizeof(folder)];

	memcpy(saved, folder, sizeof(folder));
	strcpy(folder, "/proc/no/such");
	ok(digest(again(path)) == right, "a folder that cannot be");
	memcpy(folder, saved, sizeof(folder));
	chmod(folder, 0777);
	struct nametable *t = again(path);
	chmod(folder, 0700);
	ok(t->n && digest(t) == right, "a folder that everybody may write");
}

static bool copy(const char *from, const char *to)
{
	char line[2000];

	snprintf(line, sizeof(line), "cp '%s' '%s'", from, to);
	return system(line) == 0;
}

/* A file of another program, or of another format, under this one's name. */
static void foreign(const char *path, uint64_t right)
{
	char file[512], kept[600], other[64];
	struct stat st;

	if (!cached(file, &st))
		return;
	snprintf(kept, sizeof(kept), "%s/kept", folder);
	ok(copy(file, kept) && !unlink(file), "a file is put aside");
	if (!fixture_compile("tests/unit/fixture/shapes.c",
		    "gcc -g -Wl,--build-id=0x0123456789abcdef", other))
		return;
	struct nametable *t = again(other);
	uint64_t small = digest(t);

	snprintf(file, sizeof(file), "%s/0123456789abcdef.names", folder);
	ok(copy(kept, file), "and taken for another program's");
	t = again(other);
	ok(!t->cache && digest(t) == small, "which does not believe it");
	unlink(file);
	unlink(other);
	again(path);
	if (!cached(file, &st))
		return;
	flip(file, 8, 3); /* names_header.format */
	t = again(path);
	ok(!t->cache && digest(t) == right, "nor is another format believed");
}

static void cache(const char *path)
{
	char file[512];
	struct stat st;

	fixture_open(&image, path);
	struct nametable *t = nametable_get(&image, image.exe);
	uint64_t right = digest(t);

	if (t->n < 5000) {
		printf("# %s has too few names for a cache\n", path);
		return;
	}
	t = again(path);
	ok(!t->cache && digest(t) == right, "made, and kept");
	ok(cached(file, &st), "there is a file");
	is_int((int)st.st_mode & 077, 0, "of nobody else");
	t = again(path);
	ok(t->cache && digest(t) == right, "the same from the file");
	ok(t->cache != NULL, "all of it");
	damage(path, right, 1);
	damage(path, right, 20261120);
	damage_while_open(path, right);
	concurrent(path, right);
	foreign(path, right);
	unwritable(path, right);
}

static void interrupted(const char *path)
{
	static volatile int flag = 1;
	struct index_entry *e;
	struct arena arena = { 0 };
	size_t n = 0;

	fixture_open(&image, path);
	image.mem.interrupted = &flag;
	ok(!nametable_get(&image, image.exe), "^C while names are read");
	is_int(index_find(&image, image.exe, "main", INDEX_FUNCTION, &arena, &e,
		       &n),
		ERR_INTERRUPTED, "is not \"there is no such name\"");
	flag = 0;
	is_int(index_find(&image, image.exe, "main", INDEX_FUNCTION, &arena, &e,
		       &n),
		OK, "and the next time they are read");
	is_int(n, 1, "to the end");
	arena_clear(&arena);
}

int main(void)
{
	static const char *const ways[] = {
		"gcc -g -O0",
		"gcc -gdwarf-4 -O2 -fdebug-types-section",
		"gcc -g -O2 -fdebug-types-section -flto",
		"gcc -gdwarf-3 -gstrict-dwarf -O1",
		"gcc -g -gdwarf64 -O2",
		"gcc -g -gz",
		"clang -g -O2",
		"clang -gdwarf-4 -O0",
	};
	const char *self = "/proc/self/exe";

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (fixture_image(&image, ways[i]))
			compare(ways[i]);
	fixture_open(&image, self);
	compare("this program");
	if (!mkdtemp(folder))
		return 1;
	cache(self);
	interrupted(self);
	char line[64];
	snprintf(line, sizeof(line), "rm -r %s", folder);
	ok(system(line) == 0, "the folder is removed");
	return tap_done();
}
