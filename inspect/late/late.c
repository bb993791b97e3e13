/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By soname, as the dynamic linker would have it; never closed. */
#include "inspect/late/late.h"

#include <dlfcn.h>

void *late_find(void **handle, const char *library, const char *function)
{
	if (!*handle)
		*handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	return *handle ? dlsym(*handle, function) : 0;
}
