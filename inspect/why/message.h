/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What libc said before it aborted. */
#include "inspect/why/rule.h"

/* glibc's words for this abort, one line; NULL: it had none. */
const char *message_of_abort(struct rule *);
/* The finding of such words; NULL: they are not of a kind that is known. */
struct why_finding *message_explain(struct rule *, const char *text);
/* The line of text that a library's pointer leads to, plus some bytes; or NULL.
 */
const char *message_behind(struct rule *, const char *pointer, uint64_t offset);
/* "strcpy": the call that _FORTIFY_SOURCE's check has stopped; or NULL. */
const char *message_checked_call(struct rule *);
