/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Languages that debug info is written for. */
#include <stdbool.h>

/* "c", "c++", "rust", as gdb calls them; NULL: another one. */
const char *language_name(int dw_lang);
/* Whether names live in others: std::string. */
bool language_nests(int dw_lang);
