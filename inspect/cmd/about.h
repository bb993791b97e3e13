/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a process was, beside its memory: from the notes that csnap puts into
 * its cores, from the journal's record of the crash, or from memory; and from
 * which of them.
 */
#include "inspect/cmd/session.h"
#include "inspect/image/startup.h"

enum about_source {
	ABOUT_NOWHERE,
	ABOUT_CORE,   /* the kernel's notes */
	ABOUT_MEMORY, /* of the process */
	ABOUT_CSNAP,  /* csnap's notes, just before the pause */
	ABOUT_RECORD, /* the journal's record */
};

struct about_fact {
	const char *text; /* NULL: not known */
	enum about_source source;
};

/* "csnap", "journal", "memory", "core"; NULL for nowhere. */
const char *about_source_name(enum about_source);
/* "from csnap's note in the core": for people. */
const char *about_source_words(enum about_source);

/* One of csnap's texts, or what that field of the record has. */
struct about_fact about_text(
	struct session *, enum core_text, const char *field);
/* A field of the record. */
struct about_fact about_field(struct session *, const char *field);
/* The whole command line where it is known, else its first 79 bytes. */
struct about_fact about_command(struct session *);
/* The control group's path. */
struct about_fact about_cgroup(struct session *);
/* Why there is none of what only csnap and systemd-coredump record: a sentence
 * about what ("open files"), and ERR_NOTFOUND. */
enum err about_unknown(struct session *, const char *what);
