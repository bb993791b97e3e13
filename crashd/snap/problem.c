/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sentences may hold names of other people's processes and files: control
 * characters in them become '?', so that the sentence stays one line and sends
 * nothing to a terminal.
 */
#include "crashd/snap/problem.h"

#include <stdarg.h>
#include <stdio.h>

int problem_set(struct problem *problem, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem->text, sizeof problem->text, format, args);
	va_end(args);
	for (char *at = problem->text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 127)
			*at = '?';
	return -1;
}
