/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the tests of heap, leaks and why look into.  `heap leaks` has blocks of
 * known types and loses some in every way, says what malloc itself counts, and
 * aborts; the other words each damage the heap in one way.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct node {
	struct node *next, *prev;
	long value;
	char name[24];
};

struct lost {
	long id;
	struct node *owner;
	double weight[6];
};

struct head {
	struct child *child;
	char pad[300];
};

struct child {
	long number[20];
};

struct ring {
	struct ring *next;
	char pad[400];
};

struct thing {
	struct thing *next;
	long (*action)(struct thing *);
	char name[40];
};

struct node *list;
struct lost *table[20];
char *inside;
void *kept[16], *many[100];
static pthread_barrier_t barrier;

static void *thread(void *unused)
{
	void *block[20];

	for (int i = 0; i < 20; i++)
		block[i] = malloc(100 + 50 * (size_t)i);
	for (int i = 0; i < 10; i++)
		free(block[i]);
	kept[0] = block[19];
	pthread_barrier_wait(&barrier);
	pause();
	kept[1] = block[18];
	return unused;
}

static void keep(void)
{
	for (long i = 0; i < 500; i++) {
		struct node *n = calloc(1, sizeof(*n));

		n->next = list;
		if (list)
			list->prev = n;
		list = n;
		n->value = i;
	}
	for (int i = 0; i < 20; i++) {
		table[i] = calloc(1, sizeof(*table[i]));
		table[i]->owner = list;
	}
	kept[2] = malloc(1 << 20);
	for (size_t i = 0; i < 100; i++)
		many[i] = malloc(600 + 100 * i);
	for (size_t i = 0; i < 100; i += 2) {
		free(many[i]);
		many[i] = NULL;
	}
}

/* 50 definite, 1 with 1 indirect, a circle of 3, 1 possible. */
static void lose(void)
{
	struct lost *volatile l;
	struct head *volatile h;
	struct ring *volatile r;

	for (long i = 0; i < 50; i++) {
		l = calloc(1, sizeof(*l));
		l->id = i;
		l->owner = list;
	}
	h = calloc(1, sizeof(*h));
	h->child = calloc(1, sizeof(*h->child));
	r = calloc(1, sizeof(*r));
	r->next = calloc(1, sizeof(*r));
	r->next->next = calloc(1, sizeof(*r));
	r->next->next->next = r;
	inside = (char *)calloc(1, 5000) + 64;
}

/* Nothing stays behind in what was the stack of the calls before. */
static void forget(void)
{
	volatile char stack[1 << 16];

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = 0;
}

static void leaks(void)
{
	pthread_t t;

	setvbuf(stdout, NULL, _IONBF, 0);
	keep();
	forget();
	lose();
	forget();
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&t, NULL, thread, NULL);
	pthread_barrier_wait(&barrier);
	struct mallinfo2 m = mallinfo2();
	printf("MALLINFO %zu %zu %zu %zu\n", m.uordblks, m.fordblks, m.hblks,
		m.hblkhd);
	forget();
	abort();
}

static long act(struct thing *t)
{
	return t->name[0];
}

static struct thing *thing_new(void)
{
	struct thing *t = malloc(sizeof(*t));

	t->next = NULL;
	t->action = act;
	strcpy(t->name, "thing");
	return t;
}

static long follow(struct thing *t)
{
	return t->next->name[0];
}

static long call(struct thing *t)
{
	return t->action(t);
}

static void damage(const char *how)
{
	struct thing *volatile a = thing_new(), *volatile b = thing_new();
	void *block[9];

	kept[6] = b;
	if (!strcmp(how, "follow-freed")) {
		free(b);
		free(a);
		exit((int)follow(a));
	} else if (!strcmp(how, "call-freed")) {
		free(b);
		free(a);
		exit((int)call(a));
	} else if (!strcmp(how, "overflow")) {
		memset(a->name, 'A', 60);
		free(b);
	} else if (!strcmp(how, "free-twice")) {
		free(a);
		free(a);
	} else if (!strcmp(how, "free-twice-fast")) {
		for (int i = 0; i < 9; i++)
			block[i] = malloc(40);
		for (int i = 0; i < 9; i++)
			free(block[i]);
		free(block[7]);
		abort();
	} else if (!strcmp(how, "write-freed")) {
		free(a);
		free(b);
		b->next = (void *)0x4141414141414141;
		kept[7] = malloc(sizeof(*a));
		kept[8] = malloc(sizeof(*a));
	} else if (!strcmp(how, "top")) {
		memset(malloc(100), 'T', 200);
		kept[7] = malloc(200000);
		kept[8] = malloc(100000);
	} else if (!strcmp(how, "run-off")) {
		memset(malloc(100), 'T', 1 << 20);
	} else if (!strcmp(how, "overflow-null")) {
		memset(a->name, 'A', 60);
		*(volatile int *)NULL = 1;
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "leaks"))
		leaks();
	else if (argc == 2)
		damage(argv[1]);
	return 1;
}
