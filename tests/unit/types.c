/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Types read from DWARF, of the same source compiled in several ways. */
#include "inspect/dwarf/index.h"
#include "tests/lib/fixture.h"
#include "tests/lib/tap.h"

static struct arena arena;
static struct image image;

static const struct type *of(const char *variable)
{
	struct index_entry *e = NULL;
	size_t n = 0;

	if (index_find(
		    &image, NULL, variable, INDEX_VARIABLE, &arena, &e, &n) ||
		!n) {
		ok(false, variable);
		return type_basic("void");
	}
	return index_type(&image, e);
}

static const struct member *member(const struct type *t, const char *name)
{
	t = type_strip(t);
	for (size_t i = 0; i < t->nmembers; i++)
		if (t->members[i].name && !strcmp(t->members[i].name, name))
			return &t->members[i];
	static const struct member none;

	return &none;
}

static const char *name(const char *variable)
{
	return type_name(of(variable), &arena);
}

static void names(void)
{
	is_str(name("global"), "int", "int");
	is_str(name("text"), "const char [5]", "const goes to the element");
	is_str(name("matrix"), "int [2][3]", "two dimensions in order");
	is_str(name("on_event"), "callback", "a typedef keeps its name");
	is_str(type_name(type_strip(of("on_event")), &arena),
		"int (*)(struct node *, const char *, ...)",
		"a function pointer with its parameters");
	is_str(type_name(type_strip(of("stuck")), &arena),
		"const volatile int *", "qualifiers in any order");
	is_str(name("huge"), "__int128", "__int128");
	is_str(name("secret"), "struct hidden *", "an opaque struct's name");
	is_int(type_strip(of("huge"))->size, 16, "__int128 has 16 bytes");
	is_int(type_strip(of("extended"))->kind, TYPE_FLOAT, "long double");
	is_int(type_strip(of("pair"))->kind, TYPE_COMPLEX, "complex");
	is_int(type_strip(of("pair"))->target->size, 8, "of two doubles");
	is_int(type_strip(of("octets"))->target->kind, TYPE_TYPEDEF,
		"uint8_t is a typedef");
	is_int(type_strip(type_strip(of("octets"))->target)->kind, TYPE_UCHAR,
		"of unsigned char");
}

static void structs(void)
{
	const struct type *t = type_complete(type_strip(of("outer")));

	is_int(t->kind, TYPE_STRUCT, "struct outer is a struct");
	is_int(t->nmembers, 4, "with four members");
	is_str(t->members[0].name, "node", "node is the first");
	is_int(t->members[1].name == NULL, 1, "then an anonymous struct");
	is_int(t->members[1].offset, 16, "at offset 16");
	is_int(type_strip(t->members[1].type)->nmembers, 2, "of x and y");
	is_int(t->members[3].offset, 32, "the flexible array is behind all");
	is_int(type_strip(t->members[3].type)->has_count, 0,
		"and has no count");
	const struct type *node = type_strip(t->members[0].type);

	ok(type_strip(member(node, "next")->type)->target == node,
		"a list's node points at the very same type");
	is_int(type_strip(of("word"))->kind, TYPE_UNION, "a union");
	is_int(type_strip(of("secret"))->target->is_declaration, 1,
		"a struct without definition stays a declaration");
}

static void bit_fields(void)
{
	static const struct {
		const char *name;
		unsigned at, size;
	} want[] = {
		{ "a", 0, 3 },
		{ "b", 3, 7 },
		{ "c", 10, 40 },
		{ "d", 50, 1 },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		const struct member *m = member(of("bits"), want[i].name);

		is_int(m->offset * 8 + m->bit_offset, want[i].at,
			"where the bit-field is");
		is_int(m->bit_size, want[i].size, "how many bits it has");
	}
}

static void arrays(void)
{
	const struct type *t = type_strip(of("matrix"));

	is_int(t->count, 2, "the outer dimension");
	is_int(type_strip(t->target)->count, 3, "the inner one");
	is_int(t->size, 24, "the size of all");
	is_int(type_strip(of("four"))->is_vector, 1, "a GNU vector");
	is_int(type_strip(of("four"))->count, 4, "of four");
	is_int(type_strip(of("none"))->size, 0, "char none[0] has no bytes");
}

static void enums(void)
{
	const struct type *t = type_strip(of("color"));

	is_int(t->nenumerators, 3, "three colors");
	is_str(t->enumerators[1].name, "GREEN", "the second is GREEN");
	is_int(t->enumerators[1].value, 5, "its value");
	is_int(type_strip(of("sign"))->enumerators[0].value, -1,
		"a negative enumerator");
	is_int(type_strip(of("sign"))->is_flag_enum, 0,
		"negative values are no flags");
	is_int(type_strip(of("run"))->is_flag_enum, 0,
		"3 has two bits, so 1, 2, 3 are no flags");
	is_int(type_strip(of("flags"))->is_flag_enum, 1,
		"each of 0, 1, 2, 0x80 has one bit at most: flags");
}

int main(void)
{
	static const char *const ways[] = {
		"gcc -g -O0",
		"gcc -g -O2",
		"gcc -gdwarf-4 -g",
		"gcc -gdwarf-3 -gstrict-dwarf",
		"gcc -gdwarf-4 -fdebug-types-section",
		"gcc -gdwarf-5 -fdebug-types-section",
		"clang -g -O0",
		"clang -gdwarf-4 -O2",
		"clang -g -fdebug-types-section",
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		printf("# %s\n", ways[i]);
		if (!fixture_image(&image, ways[i]))
			continue;
		names();
		structs();
		bit_fields();
		arrays();
		enums();
	}
	return tap_done();
}
