/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and addresses of this very process, through image_open_live. */
#include "inspect/image/symbol.h"

#include "inspect/image/symtab.h"
#include "tests/lib/tap.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int symbol_test_data[4] = { 1, 2, 3, 4 };
_Thread_local int symbol_test_tls = 5;

__attribute__((noinline)) static int probe(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x * 3 + symbol_test_data[1];
}

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void test_own(struct image *im)
{
	uint64_t at = address((void *)probe);
	struct symbol s;

	ok(symbol_at(im, at, &s) && !strcmp(s.name, "probe"),
		"a static function is found by its address");
	ok(s.is_func && !s.is_global && s.addr == at && s.size,
		"with all that is known of it");
	ok(symbol_at(im, at + s.size - 1, &s) && !strcmp(s.name, "probe"),
		"its last byte is its own");
	ok(!symbol_at(im, at + s.size, &s) || strcmp(s.name, "probe"),
		"the byte after is not");
	ok(symbol_find(im, NULL, "symbol_test_data", &s) &&
			s.addr == address(symbol_test_data) && s.size == 16 &&
			!s.is_func,
		"a variable is found by its name");
	ok(symbol_at(im, s.addr + 5, &s) && !strcmp(s.name, "symbol_test_data"),
		"and by an address inside it");
	ok(symbol_find(im, im->exe, "symbol_test_tls", &s) && s.is_tls,
		"a thread-local variable says that it is one");
	ok(!symbol_find(im, NULL, "no_such_symbol_anywhere", &s),
		"what is not there is not found");
	ok(!symbol_at(im, 16, &s), "nothing is at address 16");
	ok(!symbol_at(im, address(&s), &s), "nor on the stack");
}

static void test_libraries(struct image *im)
{
	uint64_t at = address(dlsym(RTLD_DEFAULT, "getenv"));
	struct module *libc = module_at(im, at);
	struct symbol s;

	ok(libc && module_find(im, "libc") == libc, "libc is a module");
	ok(symbol_find(im, libc, "getenv", &s) && s.addr == at,
		"a function of libc, without its version");
	ok(symbol_find(im, NULL, "getenv@plt", &s) || !im->exe->headers,
		"a stub of the PLT has a name");
	ok(symbol_at(im, at + 1, &s) && !strcmp(s.name, "getenv"), "and back");
}

static bool count(const struct symbol *s, void *ctx)
{
	uint64_t **p = ctx;

	if (s->addr < *p[0] && !s->is_tls)
		*p[1] = 1;
	if (!s->is_tls)
		*p[0] = s->addr;
	return ++*p[2] < 1000;
}

static void test_each(struct image *im)
{
	uint64_t last = 0, unsorted = 0, n = 0;
	uint64_t *ctx[] = { &last, &unsorted, &n };

	symbol_each(im, im->exe, count, ctx);
	ok(n > 10 && !unsorted, "each symbol is visited, in order");
	ok(n <= 1000, "until the caller has enough");
}

/* A table made by hand: nested, aliased and unsized symbols. */
static void add(struct symtab *t, const char *name, uint64_t addr,
	uint64_t size, int rank, uint64_t order)
{
	symtab_add(t, &(struct symtab_entry){
			      .addr = addr,
			      .size = size,
			      .end = size ? addr + size : addr + 0x1000,
			      .name = name,
			      .rank = (uint8_t)rank,
			      .order = order,
		      });
}

static void test_made(struct arena *a)
{
	static const struct {
		uint64_t addr;
		const char *want;
	} cases[] = {
		{ 0x100, "outer" },
		{ 0x120, "inner" },
		{ 0x12f, "inner" },
		{ 0x130, "outer" },
		{ 0x150, "outer" },  /* a label does not hide what is around */
		{ 0x200, "alias2" }, /* the last of equals */
		{ 0x210, "label2" }, /* up to the next symbol */
		{ 0x2ff, "label2" },
		{ 0x300, "last" },
		{ 0x310, NULL },
		{ 0xff, NULL },
	};
	struct module m = { .start = 0, .end = 0x10000, .has_range = true };
	struct module *list[] = { &m };
	struct image im = { .arena = a, .modules = list, .nmodules = 1 };
	struct symtab t = { .arena = a };
	struct symbol s;

	add(&t, "last", 0x300, 0x10, 6, 0);
	add(&t, "outer", 0x100, 0x100, 6, 0);
	add(&t, "inner", 0x120, 0x10, 6, 0);
	add(&t, "label", 0x150, 0, 0, 0);
	add(&t, "alias1", 0x200, 0x10, 6, 1);
	add(&t, "alias2", 0x200, 0x10, 6, 2);
	add(&t, "label2", 0x210, 0, 0, 0);
	symtab_finish(&t);
	m.symtab = &t;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool found = symbol_at(&im, cases[i].addr, &s);

		is_str(found ? s.name : NULL, cases[i].want,
			"the innermost symbol with a size wins");
	}
}

int main(void)
{
	int fd = open("/proc/self/mem", O_RDONLY);
	struct arena a = { 0 };
	struct image im;

	is_int(image_open_live(&im, &a, getpid(), fd, NULL), OK,
		"this process opens");
	ok(im.exe && im.exe->state == MODULE_OK, "its executable is known");
	ok(getenv("PATH") || probe(1), "getenv is called through the PLT");
	test_own(&im);
	test_libraries(&im);
	test_each(&im);
	test_made(&a);
	image_close(&im);
	arena_clear(&a);
	return tap_done();
}
