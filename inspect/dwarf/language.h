/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Languages that debug info is written for. */

/* "c", "c++", "rust", as gdb calls them; NULL: another one. */
const char *language_name(int dw_lang);
