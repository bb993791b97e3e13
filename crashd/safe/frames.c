/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames are printed as they are found, a few steps behind the walk: which of
 * them are libc's way to main is seen only at the outer end, and so is which
 * are the last of a stack that is too deep to be shown whole.
 */
#include "crashd/safe/frames.h"

#include <link.h>

#include "crashd/safe/handler.h"
#include "crashd/safe/peek.h"
#include "crashd/safe/symbol.h"
#include "crashd/safe/unwind.h"

enum {
	MAX_SHOWN = 64,     /* frames from the innermost on */
	MAX_SHOWN_LAST = 8, /* and from the outermost */
	STARTUP = 3,        /* frames of it at most */
	NAME_SIZE = 256,
};

/* Where a frame is, as far as the loader knows. */
struct place {
	const struct link_map *map;
	bool named;
	char name[NAME_SIZE];
	uint64_t offset; /* of pc, from the symbol */
};

static bool find_place(const struct crashd_unwind *u, struct place *ret)
{
	uint64_t pc = crashd_unwind_lookup_pc(&u->frame);
	struct dl_find_object module;

	ret->map = NULL;
	ret->named = false;
	if (!u->find || u->find((void *)pc, &module) != 0)
		return false;
	ret->map = module.dlfo_link_map;
	ret->named =
		crashd_symbol_at((uintptr_t)ret->map->l_ld, ret->map->l_addr,
			pc, ret->name, sizeof ret->name, &ret->offset);
	ret->offset += u->frame.pc - pc;
	return true;
}

static void print_place(struct crashd_text *t, struct place *place, uint64_t pc)
{
	const struct link_map *map = place->map;
	const char *path =
		map->l_name && map->l_name[0] ? map->l_name : crashd_config.exe;

	if (place->named) {
		crashd_text_str(t, " in ");
		crashd_text_name(t, place->name, sizeof place->name);
		crashd_text_char(t, '+');
		crashd_text_hex(t, place->offset);
	} else {
		crashd_text_str(t, " in ??");
	}
	crashd_text_str(t, " from ");
	if (crashd_peek_str((uintptr_t)path, place->name, sizeof place->name) &&
		place->name[0])
		crashd_text_name(t, place->name, sizeof place->name);
	else
		crashd_text_str(t, "the program");
	crashd_text_str(t, " (+");
	crashd_text_hex(t, pc - map->l_addr);
	crashd_text_char(t, ')');
}

static void print_frame(
	struct crashd_text *t, unsigned level, const struct crashd_unwind *u)
{
	const char *how = crashd_unwind_how(u->frame.how);
	struct place place;

	crashd_text_char(t, '#');
	crashd_text_udec(t, level);
	crashd_text_char(t, ' ');
	crashd_text_pad(t, 4);
	crashd_text_str(t, "0x");
	crashd_text_hexw(t, u->frame.pc, 16);
	if (find_place(u, &place))
		print_place(t, &place, u->frame.pc);
	else
		crashd_text_str(t, " in ??");
	if (how[0]) {
		crashd_text_char(t, ' ');
		crashd_text_str(t, how);
	}
	crashd_text_char(t, '\n');
}

static bool is_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static bool is_start(const struct place *place)
{
	return place->named && is_equal(place->name, "__libc_start_main");
}

/* A function of libc's that .dynsym does not have. */
static bool is_inside_libc(const struct place *place)
{
	struct dl_find_object libc;

	return place->map && !place->named && crashd_config.libc &&
	       crashd_config.find_object(crashd_config.libc, &libc) == 0 &&
	       libc.dlfo_link_map == place->map;
}

/*
 * How many of n frames are not start-up's: __libc_start_call_main,
 * __libc_start_main and perhaps _start; or start_thread and clone3, with which
 * a stack comes to a clean end.
 */
static unsigned without_startup(
	const struct crashd_unwind *last, unsigned n, bool clean)
{
	struct place place[STARTUP];
	unsigned known = n < STARTUP ? n : STARTUP;

	/* place[0] is the outermost */
	for (unsigned i = 0; i < known; i++)
		find_place(&last[(n - 1 - i) % MAX_SHOWN_LAST], &place[i]);
	for (unsigned i = 0; i + 1 < known; i++)
		if (is_start(&place[i]))
			return n - i - (is_inside_libc(&place[i + 1]) ? 2 : 1);
	if (clean && n > 2 && is_inside_libc(&place[0]) &&
		is_inside_libc(&place[1]))
		return n - 2;
	return n;
}

/* Those that are still to be printed, up to end. */
static void print_rest(struct crashd_text *t, const struct crashd_unwind *last,
	unsigned printed, unsigned n, unsigned end)
{
	unsigned kept = n > MAX_SHOWN_LAST ? n - MAX_SHOWN_LAST : 0;

	if (kept > printed) {
		crashd_text_str(t, "    … ");
		crashd_text_udec(t, kept - printed);
		crashd_text_str(t, " more frames …\n");
		printed = kept;
	}
	for (; printed < end; printed++)
		print_frame(t, printed, &last[printed % MAX_SHOWN_LAST]);
}

void crashd_frames_print(
	struct crashd_text *t, const struct crashd_regs *regs, bool all)
{
	struct crashd_unwind u, last[MAX_SHOWN_LAST];
	unsigned max = all ? 4 * MAX_SHOWN : MAX_SHOWN, n = 0, printed = 0;
	unsigned end;

	crashd_unwind_init(&u, regs, crashd_config.find_object);
	do {
		last[n++ % MAX_SHOWN_LAST] = u;
		if (n > STARTUP && printed < max) {
			print_frame(
				t, printed, &last[printed % MAX_SHOWN_LAST]);
			printed++;
		}
	} while (crashd_unwind_step(&u));
	end = all ? n : without_startup(last, n, !u.end);
	print_rest(t, last, printed, n, end);
	if (u.end && end == n) {
		crashd_text_str(t, "    the stack ends here: ");
		crashd_text_str(t, u.end);
		crashd_text_char(t, '\n');
	}
}
