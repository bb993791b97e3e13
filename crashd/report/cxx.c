/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A static program cannot load libstdc++ as cinspect does.  The Makefile links
 * the demangler out of libsupc++.a where a C++ compiler is installed; else the
 * weak symbol is NULL and names stay as the linker has them.
 */
#include "crashd/report/cxx.h"

#include "inspect/dwarf/demangle.h"

#include <stddef.h>

extern demangle_fn __cxa_demangle __attribute__((weak));

static demangle_fn *find(void)
{
	return __cxa_demangle;
}

void cxx_use(void)
{
	demangle_runtime(find);
}
