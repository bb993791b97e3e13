/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as .debug_line, with strings of which some are meant. */
#include "inspect/dwarf/lineprog.h"
#include "tests/lib/fuzz.h"

#include <string.h>

enum { MAX_ROWS = 100000 };

static bool count(const struct lineprog_row *r, void *ctx)
{
	(void)r;
	return ++*(unsigned *)ctx < MAX_ROWS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char strings[] = "/folder\0file.c\0other.h";
	struct lineprog_sections s = {
		.line = bytes_of(data, size),
		.line_str = bytes_of(strings, sizeof(strings)),
		.str = bytes_of(strings, sizeof(strings)),
	};
	struct arena a = { 0 };
	struct lineprog p;
	unsigned rows = 0;

	if (lineprog_read(&p, &s, 0, &a)) {
		for (size_t i = 0; i < p.nfiles; i++)
			if (p.files[i].name && strlen(p.files[i].name) >
						       size + sizeof(strings))
				__builtin_trap();
		lineprog_run(&p, count, &rows);
	}
	arena_clear(&a);
	return 0;
}
