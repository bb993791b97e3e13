/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layout is the kernel's (include/uapi/asm-generic/siginfo.h, 64 bits):
 * three ints, four bytes of padding, then a union by kind of signal.  The type
 * is made by hand because a program's debug info rarely has it; the members'
 * names are those that gdb gives them.
 */
#include "inspect/cmd/siginfo.h"

#include <signal.h>

enum { PAD_INTS = 28, FIELDS = 16 /* offset of the union */ };

struct field {
	const char *name;
	const char *type; /* a basic type; "*": an address */
	uint64_t offset;
	const struct group *group; /* or a struct or union */
	uint64_t count;            /* or an array */
};

struct group {
	enum type_kind kind;
	uint64_t size;
	struct field fields[10];
};

static const struct group sigval = { TYPE_UNION, 8,
	{ { "sival_int", "int", 0, NULL, 0 },
		{ "sival_ptr", "*", 0, NULL, 0 } } };
static const struct group kill_group = { TYPE_STRUCT, 8,
	{ { "si_pid", "int", 0, NULL, 0 },
		{ "si_uid", "unsigned int", 4, NULL, 0 } } };
static const struct group timer_group = { TYPE_STRUCT, 16,
	{ { "si_tid", "int", 0, NULL, 0 }, { "si_overrun", "int", 4, NULL, 0 },
		{ "si_sigval", NULL, 8, &sigval, 0 } } };
static const struct group rt_group = { TYPE_STRUCT, 16,
	{ { "si_pid", "int", 0, NULL, 0 },
		{ "si_uid", "unsigned int", 4, NULL, 0 },
		{ "si_sigval", NULL, 8, &sigval, 0 } } };
static const struct group sigchld_group = { TYPE_STRUCT, 32,
	{ { "si_pid", "int", 0, NULL, 0 },
		{ "si_uid", "unsigned int", 4, NULL, 0 },
		{ "si_status", "int", 8, NULL, 0 },
		{ "si_utime", "long", 16, NULL, 0 },
		{ "si_stime", "long", 24, NULL, 0 } } };
static const struct group bounds = { TYPE_STRUCT, 16,
	{ { "_lower", "*", 0, NULL, 0 }, { "_upper", "*", 8, NULL, 0 } } };
static const struct group sigfault_group = { TYPE_STRUCT, 32,
	{ { "si_addr", "*", 0, NULL, 0 }, { "_addr_lsb", "short", 8, NULL, 0 },
		{ "_addr_bnd", NULL, 16, &bounds, 0 } } };
static const struct group sigpoll_group = { TYPE_STRUCT, 16,
	{ { "si_band", "long", 0, NULL, 0 }, { "si_fd", "int", 8, NULL, 0 } } };
static const struct group sigsys_group = { TYPE_STRUCT, 16,
	{ { "_call_addr", "*", 0, NULL, 0 }, { "_syscall", "int", 8, NULL, 0 },
		{ "_arch", "unsigned int", 12, NULL, 0 } } };
static const struct group sifields = { TYPE_UNION, sizeof(siginfo_t) - FIELDS,
	{ { "_pad", "int", 0, NULL, PAD_INTS },
		{ "_kill", NULL, 0, &kill_group, 0 },
		{ "_timer", NULL, 0, &timer_group, 0 },
		{ "_rt", NULL, 0, &rt_group, 0 },
		{ "_sigchld", NULL, 0, &sigchld_group, 0 },
		{ "_sigfault", NULL, 0, &sigfault_group, 0 },
		{ "_sigpoll", NULL, 0, &sigpoll_group, 0 },
		{ "_sigsys", NULL, 0, &sigsys_group, 0 } } };
static const struct group siginfo = { TYPE_STRUCT, sizeof(siginfo_t),
	{ { "si_signo", "int", 0, NULL, 0 }, { "si_errno", "int", 4, NULL, 0 },
		{ "si_code", "int", 8, NULL, 0 },
		{ "_sifields", NULL, FIELDS, &sifields, 0 } } };

static const struct type *group_type(const struct group *, struct arena *);

static const struct type *field_type(const struct field *f, struct arena *a)
{
	if (f->group)
		return group_type(f->group, a);
	if (f->type[0] == '*')
		return type_new_pointer(type_basic("void"), a);
	if (f->count)
		return type_new_array(type_basic(f->type), f->count, a);
	return type_basic(f->type);
}

static const struct type *group_type(const struct group *g, struct arena *a)
{
	struct type *t = arena_new(a, struct type);
	size_t n = 0;

	while (g->fields[n].name)
		n++;
	struct member *m = arena_array(a, struct member, n);
	for (size_t i = 0; i < n; i++) {
		m[i].name = g->fields[i].name;
		m[i].type = field_type(&g->fields[i], a);
		m[i].offset = g->fields[i].offset;
	}
	*t = (struct type){
		.kind = g->kind,
		.size = g->size,
		.has_size = true,
		.members = m,
		.nmembers = n,
	};
	return t;
}

const struct type *siginfo_type(struct arena *a)
{
	return group_type(&siginfo, a);
}
