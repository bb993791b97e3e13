/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The demangler for C++ names, as far as it was there to be linked. */

void cxx_use(void);
