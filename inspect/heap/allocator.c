/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An allocator is a library of a known name, or it is linked into the
 * executable and known by a function that no other one has.  Functions are
 * looked for in the executable alone: libraries that can use an allocator ask
 * for its functions by name, too, without having them.
 */
#include "inspect/heap/allocator.h"

#include "inspect/image/symbol.h"

#include <string.h>

static const struct {
	const char *name, *library, *function;
} others[] = {
	{ "jemalloc", "libjemalloc", "je_malloc" },
	{ "jemalloc", NULL, "je_mallocx" },
	{ "jemalloc", NULL, "mallctlnametomib" },
	{ "tcmalloc", "libtcmalloc", "tc_malloc" },
	{ "tcmalloc", NULL, "TCMalloc_Internal_Malloc" },
	{ "mimalloc", "libmimalloc", "mi_malloc" },
	{ "snmalloc", "libsnmalloc", NULL },
	{ "rpmalloc", "librpmalloc", "rpmalloc" },
	{ "Hoard", "libhoard", NULL },
	{ "scudo", "libscudo", NULL },
	{ "scudo", "libclang_rt.scudo", NULL },
	{ "AddressSanitizer's malloc", "libasan", "__asan_init" },
	{ "AddressSanitizer's malloc", "libclang_rt.asan", NULL },
	{ "ThreadSanitizer's malloc", "libtsan", "__tsan_init" },
	{ "LeakSanitizer's malloc", "liblsan", "__lsan_init" },
	{ "musl's malloc", "ld-musl-", "__libc_malloc_impl" },
	{ "musl's malloc", "libc.musl-", NULL },
	{ "Bionic's malloc", NULL, "__libc_scudo_malloc" },
};

static const char *last_part(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

static const struct module *library(const struct image *image, const char *name)
{
	for (size_t i = 0; name && i < image->nmodules; i++) {
		const struct module *m = image->modules[i];

		if (!strncmp(last_part(m->path), name, strlen(name)) ||
			!strncmp(last_part(m->linked), name, strlen(name)))
			return m;
	}
	return NULL;
}

/* In memory, not only asked for. */
static bool defines(struct image *image, struct module *m, const char *name)
{
	struct symbol s;

	return m && name && symbol_find(image, m, name, &s) && s.is_func &&
	       s.addr;
}

static bool is_libc(const struct module *m)
{
	const char *name = last_part(m->path);

	return !strncmp(name, "libc.so", 7) || !strncmp(name, "libc-", 5) ||
	       !strncmp(name, "ld-", 3) || !strncmp(name, "ld.so", 5);
}

/* A program that defines malloc for itself while libc is a library. */
static struct module *own_malloc(struct image *image)
{
	bool dynamic = false;

	for (size_t i = 0; i < image->nmodules; i++)
		dynamic |= is_libc(image->modules[i]) &&
			   !image->modules[i]->is_exe &&
			   strncmp(last_part(image->modules[i]->path), "ld", 2);
	if (!dynamic)
		return NULL;
	for (size_t i = 0; i < image->nmodules; i++) {
		struct module *m = image->modules[i];

		if (!is_libc(m) && !m->is_vdso && defines(image, m, "malloc") &&
			defines(image, m, "free"))
			return m;
	}
	return NULL;
}

const char *allocator_other(struct image *image, struct arena *arena)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		const struct module *m = library(image, others[i].library);

		if (!m && defines(image, image->exe, others[i].function))
			m = image->exe;
		if (m)
			return arena_printf(arena,
				"The process uses %s (%s), whose heap is not "
				"understood: only glibc's malloc is.",
				others[i].name, module_name(m));
	}
	const struct module *own = own_malloc(image);
	if (own)
		return arena_printf(arena,
			"%s defines malloc and free itself: its heap is not "
			"understood, only glibc's malloc is.",
			module_name(own));
	return NULL;
}
