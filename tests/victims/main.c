/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * victim FAULT: one way to die per word, from the demo's table.  "victim wait"
 * sleeps in a few frames with a second thread, for snapshots.
 */
#include "demo/faults.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct node {
	int id;
	const char *name;
	struct node *next;
};

static struct node second = { 2, "second", NULL };
static struct node first = { 1, "first", &second };
static volatile int beats;

static __attribute__((noinline)) int hold(struct node *node, int depth)
{
	struct node copy = *node;
	int rest = depth ? hold(node->next ? node->next : node, depth - 1) : 0;

	if (!depth)
		for (;;) {
			beats++;
			pause();
		}
	return rest + copy.id;
}

static void *other(void *arg)
{
	return hold(arg, 2) ? arg : NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc == 2 && !strcmp(argv[1], "wait")) {
		if (pthread_create(&thread, NULL, other, &first))
			return 1;
		printf("waiting\n");
		fflush(stdout);
		return hold(&first, 3);
	}
	const struct fault *fault = argc == 2 ? fault_find(argv[1]) : NULL;
	if (!fault) {
		fault_list(stderr);
		return 2;
	}
	fault_run(fault);
	return 3;
}
