/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* gdb's info commands, for completion. */
#include <stddef.h>

/* The i'th word that info takes; NULL: no more. */
const char *info_word(size_t i);
/* The command of ours that answers it; NULL: none. */
const char *info_command(const char *word);
