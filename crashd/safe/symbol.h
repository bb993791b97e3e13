/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The dynamic symbol that an address lies in: all that is mapped of a module's
 * symbols.  static functions have none, and an executable's only when linked
 * with -rdynamic; then the caller shows module and offset.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * dynamic: address of the module's .dynamic (link_map.l_ld); bias: l_addr.
 * The name is cut at size - 1.
 */
bool crashd_symbol_at(uint64_t dynamic, uint64_t bias, uint64_t pc, char *name,
	size_t size, uint64_t *offset);
