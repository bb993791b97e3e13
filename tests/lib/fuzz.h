/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A fuzz target is LLVMFuzzerTestOneInput().  With -DFUZZ_REPLAY it gets a
 * main that runs the files of its command line through it: the seeds, in
 * "make check".
 */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef FUZZ_REPLAY
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t room = 16 << 20;
		uint8_t *data = malloc(room);

		if (!f || !data) {
			perror(argv[i]);
			return 1;
		}
		size_t n = fread(data, 1, room, f);
		fclose(f);
		/* Exactly as large as the input, so that overruns show. */
		data = realloc(data, n ? n : 1);
		LLVMFuzzerTestOneInput(data, n);
		free(data);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
#endif
