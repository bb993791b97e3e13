/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By which words a user may mean a source file. */
#include "inspect/cmd/names.h"
#include "tests/lib/tap.h"

int main(void)
{
	const char *path = "/src/demo/rooms.c";

	ok(names_is_file(path, "rooms.c"), "its last component");
	ok(names_is_file(path, "rooms"), "without the extension too");
	ok(names_is_file(path, "demo/rooms.c"), "a tail of the path");
	ok(names_is_file(path, "/src/demo/rooms.c"), "the whole path");
	ok(!names_is_file(path, "ooms.c"), "not a part of a component");
	ok(!names_is_file(path, "room"), "not a part of the name");
	ok(!names_is_file(path, ""), "not nothing");
	ok(!names_is_file(NULL, "rooms.c"), "no path is no file");

	path = "/src/build/../demo/./rooms.c";
	ok(names_is_file(path, "build/../demo/./rooms.c"),
		"a path with a detour as the compiler was given it");
	ok(names_is_file("/src/build/../demo/rooms.c", "/src/demo/rooms.c"),
		"and without the detour");
	ok(names_is_file("/src/a/b/../../demo/rooms.c", "src/demo/rooms.c"),
		"two of them");
	ok(!names_is_file("../../rooms.c", "x/rooms.c"),
		"what lies above the start is not made up");
	ok(names_is_file("../../rooms.c", "../rooms.c"), "its tail is a tail");
	return tap_done();
}
