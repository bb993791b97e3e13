/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the golden tests of cinspect look into: one thread that dies in a known
 * place, with values of every kind in reach, and one that spins without libc.
 * Every statement has a line of its own.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum color { RED, GREEN, BLUE };
enum access { READ = 1, WRITE = 2, EXEC = 4 };

struct point {
	int x, y;
};

struct guest {
	const char *name;
	int age;
	struct guest *next;
	struct point seat;
	union {
		long number;
		double weight;
	} tag;
	unsigned vip : 1, floor : 4;
	enum color badge;
	enum access rights;
	void (*greet)(struct guest *);
	char note[12];
};

typedef struct guest guest_t;

static void greet(struct guest *g)
{
	g->age++;
}

static struct guest bob = {
	.name = "Bob",
	.age = 41,
	.seat = { 3, 4 },
	.tag.weight = 1.5,
	.floor = 9,
	.badge = BLUE,
	.rights = READ | EXEC,
	.note = "late",
};
struct guest alice = {
	.name = "Alice \"A\" B\303\266hm\n",
	.age = 37,
	.next = &bob,
	.seat = { 1, 2 },
	.tag.number = 7,
	.vip = 1,
	.badge = GREEN,
	.rights = WRITE,
	.greet = greet,
	.note = "hello, world",
};
int seats[40] = { 1, 2, 3, [20] = 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 };
guest_t *host = &alice;
static const char *const days[] = { "mon", "tue", "wed" };
double ratio = 0.1;
float half = 0.5f;
unsigned char byte = 200;
short negative = -3;
unsigned long large = 1UL << 63;
bool open_now = true;
static int visits;
static pthread_t thread;
int matrix[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };

static volatile bool ready;

static void *spin(void *unused)
{
	ready = true;
	for (;;)
		visits = visits;
	return unused;
}

static inline __attribute__((always_inline)) int seat_of(
	const struct guest *g, int factor)
{
	int row = g->seat.x * factor;

	return row + g->next->seat.y;
}

static int count(struct guest *g, int depth)
{
	static int calls;
	int i = depth;

	calls++;
	{
		int i = depth + 100;
		struct guest *next = g->next;

		if (next)
			return count(next, depth + 1) + i;
	}
	return seat_of(g, i);
}

int main(int argc, char **argv)
{
	struct point local = { 5, 6 };

	(void)argv;
	pthread_create(&thread, NULL, spin, NULL);
	while (!ready)
		;
	return count(&alice, argc) + local.x;
}
