/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* set, show, config; and the print options that commands take too. */
#include "inspect/cmd/session.h"

#include <stddef.h>

enum setting_kind { SWITCH, COUNT };

/* What print's options are called, in set, show and `p -pretty`. */
struct print_setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;     /* in struct print_options */
	const char *words; /* show: before the value */
};

/* The last one has no name. */
extern const struct print_setting settings_print[];
/* By name, or an abbreviation of two letters and more; NULL: none. */
const struct print_setting *settings_find_print(const char *name);
/* Is it a setting of gdb's that changes nothing here? */
bool settings_is_ignored(const char *text);

/* on, off, yes, 1 ... */
bool settings_is_switch_word(const char *word);
/* The i'th setting by its full name; NULL: no more. */
const char *settings_word(size_t i);
/* Is it "pretty", "elements", "max-depth"...? */
bool settings_is_print_option(const char *name);
/*
 * Sets one.  A switch without a value, or with a word that is no on or off, is
 * switched on and leaves *ret_used false: the word belongs to what follows.
 */
enum err settings_print_option(struct print_options *, const char *name,
	const char *value, bool *ret_used);
/* Directories and substitutions, for main's options too. */
void settings_add_source_dir(struct session *, const char *dir);
void settings_add_substitute(
	struct session *, const char *from, const char *to);
void settings_add_debug_dir(struct session *, const char *dir);
