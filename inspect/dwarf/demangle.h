/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* C++ linkage names as people read them. */
#include "inspect/base/arena.h"

#include <stddef.h>

/* abi::__cxa_demangle, and who finds it when it is needed first; NULL from
 * find: there is none.  Without this call nothing is demangled. */
typedef char *demangle_fn(const char *, char *, size_t *, int *);
void demangle_runtime(demangle_fn *(*find)(void));

/*
 * "ns::Class<int>::method" for a mangled function: without result and
 * parameters, as a stack shows it.  NULL: not a mangled name, or there is no
 * C++ runtime on this machine that could tell.
 */
const char *demangle_function(const char *linkage, struct arena *);
/* "ns::f<int>(int) const": without the result, as a pointer to it shows it.
 * The name itself where it is not mangled or cannot be told. */
const char *demangle_signature(const char *linkage, struct arena *);
/*
 * "ns::f(int)", "vtable for ns::C": the whole of what a symbol says, for code
 * and data that have no debug info.  The symbol itself where it is not mangled
 * or cannot be told.
 */
const char *demangle_symbol(const char *symbol, struct arena *);
