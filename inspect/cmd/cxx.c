/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cinspect is C, and most cores hold no C++: libstdc++ is loaded for the first
 * name that needs its demangler, and never by crashd-report, which is linked
 * statically and must not load anything.
 */
#include "inspect/cmd/cxx.h"

#include "inspect/dwarf/demangle.h"

#include <dlfcn.h>

static demangle_fn *find(void)
{
	void *lib = dlopen("libstdc++.so.6", RTLD_LAZY);

	return lib ? (demangle_fn *)dlsym(lib, "__cxa_demangle") : NULL;
}

void cxx_use(void)
{
	demangle_runtime(find);
}
