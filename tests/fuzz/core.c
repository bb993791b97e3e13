/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A core from anywhere: opened, its modules looked for, all of it read. */
#include "inspect/image/image.h"
#include "inspect/image/symbol.h"
#include "tests/lib/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct image im;
	struct symbol s;
	struct core c;
	char buf[64], *text;

	if (!core_open_bytes(&c, &a, data, size) &&
		!image_open_core(&im, &a, &c, NULL, NULL)) {
		for (size_t i = 0; i < c.nloads && i < 1000; i++) {
			mem_read_part(&im.mem, c.loads[i].addr, buf, 64);
			(void)!mem_read_str(
				&im.mem, c.loads[i].addr, 64, &a, &text, NULL);
		}
		for (size_t i = 0; i < im.nmodules; i++) {
			symbol_at(&im, im.modules[i]->start + 64, &s);
			module_eh_cfi(&im, im.modules[i]);
			module_dwarf(&im, im.modules[i]);
		}
		image_close(&im);
	}
	arena_clear(&a);
	return 0;
}
