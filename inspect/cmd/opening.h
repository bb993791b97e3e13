/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* From what was typed (operands, -c, -p, --journal) to an open core. */
#include "inspect/cmd/crashes.h"
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

struct opening {
	const char *exe, *core, *pid, *journal;
	const char *bundle; /* files, and most often the core */
	const char *bad;    /* the first operand that is neither */
	const char *why;    /* what it is */
	const char *habit;  /* a leading "core" that is no file */
	const char *extra;  /* one too many */
	const char *other;  /* neither a core nor an executable */
	const char *field;  /* FIELD=VALUE, which is a part of a MATCH */
	struct crashes_wanted wanted; /* --journal, --list */
	bool core_option; /* -c: what is no file is the executable */
	char *temporary;  /* a snapshot that we took: removed at the end */
};

/* Told apart by their ELF type, in any order. */
void opening_add_operand(struct session *, struct opening *, const char *word);
/* The root in lldb's -O "platform select --sysroot ROOT host", which
 * coredumpctl --root gives it; NULL: another command. */
const char *opening_platform_root(struct arena *, const char *command);
/* Was a file or a process given? */
bool opening_has_operands(const struct opening *);
/* Was anything given at all? */
bool opening_wanted(const struct opening *);
/* ERR_USAGE: contradictions.  Others: nothing could be opened. */
enum err opening_open(struct session *, struct opening *);
/* -p: another snapshot of the same process, in place of the one that is open,
 * which stays open when none can be taken. */
enum err opening_again(struct session *, struct opening *);
void opening_close(struct opening *);
