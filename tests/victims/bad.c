/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bad pointer by each of the ways that programs come to one: why has to name
 * it.  The argument says which.  No function is static: gcc would hand members
 * over in place of their struct. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

struct room {
	struct room *next;
	char *name;
	int seats[4];
	int (*open)(struct room *);
};

struct room *first, *rooms[4];

NOINLINE int of_global(void)
{
	return first->seats[2];
}

NOINLINE int of_element(int i)
{
	return rooms[i]->seats[1];
}

NOINLINE int of_member(struct room *room)
{
	return room->next->next->seats[1];
}

NOINLINE int of_argument(struct room *room)
{
	return (int)strlen(room->name) + 1;
}

NOINLINE int of_call(struct room *room)
{
	return room->open(room) + 1;
}

NOINLINE int of_store(struct room *room)
{
	*room->name = 'x';
	return 0;
}

/* The pointer is good, the index is not. */
NOINLINE int of_index(const int *seats, long i)
{
	return seats[i];
}

int main(int argc, char **argv)
{
	static struct room last, hall = { .next = &last, .name = "hall" };
	struct room *volatile room = &hall;
	volatile long far = 1L << 40;
	volatile uintptr_t wild = 0x123456789000;

	rooms[0] = room;
	switch (argc > 1 ? atoi(argv[1]) : 0) {
	case 1:
		return of_global();
	case 2:
		return of_element(argc);
	case 3:
		return of_member(room);
	case 4:
		return of_argument(room->next);
	case 5:
		return of_call(room);
	case 6:
		return of_store(room->next);
	case 7:
		room->next->next = (struct room *)wild;
		return of_member(room);
	case 8:
		return of_index(room->seats, far);
	case 9: /* MAP_FAILED */
		room->next->next = (struct room *)(wild | ~(uintptr_t)0);
		return of_member(room);
	default:
		return 0;
	}
}
