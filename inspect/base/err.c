/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One sentence per thread.  err_prefix() and a caller may pass the kept
 * sentence itself as an argument, so it is formatted into a second buffer
 * first.
 */
#include "inspect/base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ERR_MSG_MAX = 1024 };

static _Thread_local char message[ERR_MSG_MAX];

static void keep(const char *fmt, va_list ap, const char *sep, const char *tail)
{
	char text[ERR_MSG_MAX];
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (n < 0)
		n = 0;
	if ((size_t)n < sizeof(text))
		snprintf(text + n, sizeof(text) - (size_t)n, "%s%s", sep, tail);
	memcpy(message, text, sizeof(message));
}

enum err err_set(enum err code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(fmt, ap, "", "");
	va_end(ap);
	return code;
}

enum err err_prefix(enum err code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(fmt, ap, "", message);
	va_end(ap);
	return code;
}

enum err err_sys(const char *fmt, ...)
{
	const char *text = strerror(errno);
	va_list ap;

	va_start(ap, fmt);
	keep(fmt, ap, ": ", text);
	va_end(ap);
	return ERR_SYS;
}

const char *err_msg(void)
{
	return message;
}

const char *err_code_name(enum err code)
{
	static const char *const names[] = {
		[OK] = "ok",
		[ERR_FAULT] = "fault",
		[ERR_ABSENT] = "absent",
		[ERR_NOTFOUND] = "not-found",
		[ERR_BADDATA] = "bad-data",
		[ERR_SYNTAX] = "syntax",
		[ERR_TYPE] = "type",
		[ERR_LIMIT] = "limit",
		[ERR_INTERRUPTED] = "interrupted",
		[ERR_USAGE] = "usage",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_SYS] = "system",
	};

	return names[code];
}
