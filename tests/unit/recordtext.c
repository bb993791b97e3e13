/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A record of the journal goes into a bundle and comes back as it was. */
#include "inspect/bundle/recordtext.h"
#include "tests/lib/tap.h"

int main(void)
{
	struct arena a = { 0 };
	struct record_field fields[] = {
		{ .name = "COREDUMP_PID", .value = "42", .n = 2 },
		{ .name = "COREDUMP_ENVIRON", .value = "A=1\nB=\"2\"", .n = 9 },
		{ .name = "BYTES", .value = "\xff\0\1", .n = 3 },
	};
	const struct record r = { .cursor = "s=1", .field = fields, .n = 3 };
	const char *text = recordtext_write(&a, &r);
	struct record *back = recordtext_read(&a, text, strlen(text));
	int64_t pid = 0;

	ok(back != NULL, "what was written is read");
	is_int(back ? back->n : 0, 3, "with all fields");
	is_str(back ? back->cursor : "", "s=1", "and the cursor");
	ok(record_number(back, "COREDUMP_PID", &pid) && pid == 42, "a number");
	is_str(record_text(back, "COREDUMP_ENVIRON"), "A=1\nB=\"2\"", "text");
	const struct record_field *f = record_field(back, "BYTES");
	ok(f && f->n == 3 && !memcmp(f->value, "\xff\0\1", 3),
		"bytes that are no text");
	ok(!recordtext_read(&a, "[1]", 3), "something else is no record");
	ok(!recordtext_read(&a, "{", 1), "nor is what is damaged");
	arena_clear(&a);
	return tap_done();
}
