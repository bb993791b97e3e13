/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Errors of the analysis side: a code is returned, a sentence is kept.
 *
 * The code is for programs (catch ERR_FAULT and go on), the sentence is for
 * people and always says which address, file or name.  There is one sentence
 * per thread of execution; read it with err_msg() before the next call that
 * may fail.  Only inspect/cmd/table.c and inspect/ui print it.
 */
#include <stdarg.h>

enum [[nodiscard]] err{
	OK, ERR_FAULT,   /* inferior memory could not be read */
	ERR_ABSENT,      /* a value that is known to be unknown */
	ERR_NOTFOUND,    /* no such name, thread, frame, file */
	ERR_BADDATA,     /* a file says something impossible */
	ERR_SYNTAX,      /* an expression or a command line */
	ERR_TYPE,        /* an operation that the type does not have */
	ERR_LIMIT,       /* a bound of limits.h was reached */
	ERR_INTERRUPTED, /* ^C */
	ERR_USAGE,       /* wrong arguments: the caller prints the usage */
	ERR_UNSUPPORTED, /* valid, but not built yet: says so */
	ERR_SYS, /* a system call failed: the sentence has errno's text */
};

/* Keeps the sentence and returns the code: return err_set(ERR_FAULT, ...). */
enum err err_set(enum err code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Puts "frame 3: " and the like in front of the kept sentence. */
enum err err_prefix(enum err code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* As err_set, with ": " and errno's text after the sentence. */
enum err err_sys(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The kept sentence, without a newline; valid until the next err_*(). */
const char *err_msg(void);
/* The code's word in JSON: "not-found", "fault", "syntax", ... */
const char *err_code_name(enum err code);

#define TRY(expr)                                                              \
	do {                                                                   \
		enum err e_ = (expr);                                          \
		if (e_)                                                        \
			return e_;                                             \
	} while (0)
