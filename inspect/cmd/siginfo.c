/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layout is the kernel's (include/uapi/asm-generic/siginfo.h, 64 bits):
 * three ints, four bytes of padding, then a union by kind of signal.  The type
 * is made by hand because a program's debug info rarely has it.
 */
#include "inspect/cmd/siginfo.h"

#include <string.h>

enum { FIELDS = 16 }; /* offset of the union */

struct field {
	const char *name, *type; /* type NULL: the address of something */
	uint64_t offset;
};

static const struct type *field_type(const struct field *f, struct arena *a)
{
	if (!f->type)
		return type_new_pointer(type_basic("void"), a);
	return type_basic(f->type);
}

static const struct type *group(enum type_kind kind, uint64_t size,
	const struct field *f, struct arena *a)
{
	struct type *t = arena_new(a, struct type);
	size_t n = 0;

	while (f[n].name)
		n++;
	struct member *m = arena_array(a, struct member, n);
	for (size_t i = 0; i < n; i++) {
		m[i].name = f[i].name;
		m[i].type = field_type(&f[i], a);
		m[i].offset = f[i].offset;
	}
	*t = (struct type){
		.kind = kind,
		.size = size,
		.has_size = true,
		.members = m,
		.nmembers = n,
	};
	return t;
}

static const struct field kill_fields[] = {
	{ "si_pid", "int", 0 },
	{ "si_uid", "unsigned int", 4 },
	{ 0 },
};
static const struct field rt_fields[] = {
	{ "si_pid", "int", 0 },
	{ "si_uid", "unsigned int", 4 },
	{ "si_int", "int", 8 },
	{ "si_ptr", NULL, 8 },
	{ 0 },
};
static const struct field sigchld_fields[] = {
	{ "si_pid", "int", 0 },
	{ "si_uid", "unsigned int", 4 },
	{ "si_status", "int", 8 },
	{ "si_utime", "long", 16 },
	{ "si_stime", "long", 24 },
	{ 0 },
};
static const struct field sigfault_fields[] = {
	{ "si_addr", NULL, 0 },
	{ "_addr_lsb", "short", 8 },
	{ 0 },
};
static const struct field sigpoll_fields[] = {
	{ "si_band", "long", 0 },
	{ "si_fd", "int", 8 },
	{ 0 },
};
static const struct field sigsys_fields[] = {
	{ "_call_addr", NULL, 0 },
	{ "_syscall", "int", 8 },
	{ "_arch", "unsigned int", 12 },
	{ 0 },
};

struct value siginfo_value(const siginfo_t *info, struct arena *a)
{
	static const struct {
		const char *name;
		const struct field *fields;
		uint64_t size;
	} kinds[] = {
		{ "_kill", kill_fields, 8 },
		{ "_rt", rt_fields, 16 },
		{ "_sigchld", sigchld_fields, 32 },
		{ "_sigfault", sigfault_fields, 16 },
		{ "_sigpoll", sigpoll_fields, 16 },
		{ "_sigsys", sigsys_fields, 16 },
	};
	enum { KINDS = sizeof(kinds) / sizeof(*kinds) };
	static const char *const heads[] = { "si_signo", "si_errno",
		"si_code" };
	struct type *u = arena_new(a, struct type);
	struct member *m = arena_array(a, struct member, KINDS);

	for (size_t i = 0; i < KINDS; i++) {
		m[i].name = kinds[i].name;
		m[i].type =
			group(TYPE_STRUCT, kinds[i].size, kinds[i].fields, a);
	}
	*u = (struct type){
		.kind = TYPE_UNION,
		.size = sizeof(*info) - FIELDS,
		.has_size = true,
		.members = m,
		.nmembers = KINDS,
	};

	struct type *t = arena_new(a, struct type);
	struct member *top = arena_array(a, struct member, 4);
	for (size_t i = 0; i < 3; i++) {
		top[i].name = heads[i];
		top[i].type = type_basic("int");
		top[i].offset = i * 4;
	}
	top[3].name = "_sifields";
	top[3].type = u;
	top[3].offset = FIELDS;
	*t = (struct type){
		.kind = TYPE_STRUCT,
		.size = sizeof(*info),
		.has_size = true,
		.members = top,
		.nmembers = 4,
	};
	return value_of_bytes(t, info, a);
}
