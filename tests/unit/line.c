/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pc to line and back, by line tables of several compilers. */
#include "inspect/dwarf/line.h"
#include "inspect/dwarf/index.h"
#include "tests/lib/fixture.h"
#include "tests/lib/tap.h"

static struct arena arena;
static struct image image;

static uint64_t entry(const char *function)
{
	struct index_entry *e = NULL;
	size_t n = 0;

	if (index_find(
		    &image, NULL, function, INDEX_FUNCTION, &arena, &e, &n) ||
		!n)
		return 0;
	return index_pc(&image, e);
}

/* Each pc of the line leads back to it, inside its range. */
static void back_and_forth(const char *word, const char *file)
{
	int want = fixture_line(word);
	uint64_t *pc = NULL;
	size_t n = 0;
	struct line line;

	ok(line_find(&image, file, want, &arena, &pc, &n) == OK && n > 0,
		"the line has code");
	for (size_t i = 0; i < n; i++) {
		ok(line_at(&image, pc[i], &line), "its address has a line");
		is_int(line.line, want, "that very line");
		ok(line.start <= pc[i] && pc[i] < line.end, "in its range");
	}
}

static void names(void)
{
	struct line line = { 0 };
	char folder[4096] = "", path[4200];

	ok(line_at(&image, entry("blocks"), &line), "a function has a line");
	is_str(line.name, FIXTURE_SOURCE, "its file as the compiler got it");
	if (!getcwd(folder, sizeof(folder)))
		folder[0] = 0;
	snprintf(path, sizeof(path), "%s/" FIXTURE_SOURCE, folder);
	is_str(line.file, path, "and with the folder of the compiler");
	ok(!line_at(&image, 1, &line), "an address without code has no line");
}

static void files(void)
{
	const char **v = NULL;
	size_t n = 0;
	bool sorted = true, found = false;

	is_int(line_files(&image, image.exe, &arena, &v, &n), OK, "files");
	for (size_t i = 0; i < n; i++) {
		sorted &= !i || strcmp(v[i - 1], v[i]) < 0;
		found |= strstr(v[i], FIXTURE_SOURCE) != NULL;
	}
	ok(sorted, "sorted and without doubles");
	ok(found, "the source is among them");
}

int main(void)
{
	static const char *const ways[] = {
		"gcc -g -O0",
		"gcc -g -O2",
		"gcc -gdwarf-4 -O0",
		"gcc -gdwarf-2 -gstrict-dwarf -O0",
		"clang -g -O0",
		"clang -gdwarf-4 -O0",
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		printf("# %s\n", ways[i]);
		if (!fixture_image(&image, ways[i]))
			continue;
		names();
		files();
		/* Optimized code has several lines at one address. */
		if (!strstr(ways[i], "-O0"))
			continue;
		back_and_forth("call", FIXTURE_SOURCE);
		back_and_forth("end", "shapes.c");
		back_and_forth("loop", "fixture/shapes.c");
		back_and_forth("vla", "shapes.c");
	}
	return tap_done();
}
