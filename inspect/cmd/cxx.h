/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The C++ runtime, loaded when a name of C++ needs it. */

/* Tells inspect/dwarf where to find it. */
void cxx_use(void);
