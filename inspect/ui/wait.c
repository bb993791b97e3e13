/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Most waits are over before anybody could read a line: only what lasts more
 * than a second is shown, and wiped off afterwards.
 */
#include "inspect/ui/wait.h"

#include <stdio.h>
#include <unistd.h>

static void show(struct session *s, const char *line)
{
	time_t now = time(NULL);

	if (!isatty(STDERR_FILENO))
		return;
	if (line && !s->wait_began)
		s->wait_began = now;
	if (line && now > s->wait_began)
		fprintf(stderr, "\r\033[K%s", line);
	if (!line && s->wait_began && now > s->wait_began)
		fprintf(stderr, "\r\033[K");
	if (!line)
		s->wait_began = 0;
}

static void say(struct session *s, const char *sentence)
{
	(void)s;
	fprintf(stderr, "cinspect: %s\n", sentence);
}

void wait_use(struct session *s)
{
	s->wait = show;
	s->say = say;
}
