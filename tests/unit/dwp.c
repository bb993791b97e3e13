/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Split debug info in a package beside the program, without the .dwo files. */
#include "inspect/dwarf/index.h"
#include "inspect/dwarf/scope.h"
#include "tests/lib/fixture.h"
#include "tests/lib/tap.h"

static struct arena arena;
static struct image image;
static char folder[] = "/tmp/fixture-dwp-XXXXXX";

static bool run(const char *command)
{
	char line[4096];

	snprintf(line, sizeof(line),
		"here=$PWD; cd %s && { %s; } >/dev/null 2>&1", folder, command);
	return system(line) == 0;
}

/* A program of two units, packed; the .dwo files are taken away. */
static bool make(const char *compiler)
{
	char line[1024];

	snprintf(line, sizeof(line),
		"rm -rf * && mkdir -p sub && "
		"%s -gsplit-dwarf -c -o sub/a.o $here/" FIXTURE_SOURCE " && "
		"echo 'int other_unit = 3; int second(int x) "
		"{ return x + other_unit; }' > b.c && "
		"%s -gsplit-dwarf -c -o b.o b.c && "
		"%s -o prog sub/a.o b.o && "
		"{ llvm-dwp-14 -e prog -o prog.dwp || dwp -e prog; } && "
		"rm -f *.dwo sub/*.dwo",
		compiler, compiler, compiler);
	return run(line);
}

static bool finds(const char *name, unsigned kinds)
{
	struct index_entry *e = NULL;
	size_t n = 0;

	return index_find(&image, NULL, name, kinds, &arena, &e, &n) == OK &&
	       n > 0;
}

static void look(void)
{
	struct index_entry *e = NULL;
	struct scope *s = NULL;
	size_t n = 0;

	ok(finds("blocks", INDEX_FUNCTION), "a function of the first unit");
	ok(finds("second", INDEX_FUNCTION), "a function of the second");
	ok(finds("other_unit", INDEX_VARIABLE), "a variable of the second");
	ok(index_find_type(&image, NULL, "struct", "node") != NULL, "a type");
	is_int(index_find(
		       &image, NULL, "blocks", INDEX_FUNCTION, &arena, &e, &n),
		OK, "found again");
	if (!n)
		return;
	is_int(scope_at(&image, index_pc(&image, e), &s, &n), OK, "a scope");
	is_str(n ? s[n - 1].name : NULL, "blocks", "of that function");
	is_int(image.nnotes, 0, "and nothing is missing");
}

int main(void)
{
	static const char *const ways[] = {
		"gcc -g -gdwarf-5",
		"gcc -g -gdwarf-4",
		"clang -g -gdwarf-5 -O2",
		"clang -g -gdwarf-4",
	};
	char path[64];

	if (!mkdtemp(folder)) {
		ok(false, "a temporary folder");
		return tap_done();
	}
	snprintf(path, sizeof(path), "%s/prog", folder);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		printf("# %s\n", ways[i]);
		if (make(ways[i]) && fixture_open(&image, path))
			look();
		else
			ok(true, "cannot be built here # SKIP no compiler or "
				 "no dwp");
	}
	if (run("rm -f prog.dwp; printf junk > prog.dwp") &&
		fixture_open(&image, path)) {
		ok(!finds("blocks", INDEX_FUNCTION),
			"a file that is no package");
		ok(image.nnotes > 0, "is named, and what is missing");
	}
	run("rm -rf ./*");
	rmdir(folder);
	return tap_done();
}
