/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Without the library cs_open() fails, and the rest is never called. */
#include "inspect/late/late.h"

#include <capstone/capstone.h>

#define LIBRARY "libcapstone.so.4" /* the soname of CS_API_MAJOR 4 */

_Static_assert(CS_API_MAJOR == 4, "another soname");

static void *handle;

#define FIND(name)                                                             \
	static typeof(name) *real;                                             \
	if (!real)                                                             \
	real = (typeof(name) *)late_find(&handle, LIBRARY, #name)

cs_err cs_open(cs_arch arch, cs_mode mode, csh *ret)
{
	FIND(cs_open);
	return real ? real(arch, mode, ret) : CS_ERR_ARCH;
}

cs_err cs_close(csh *h)
{
	FIND(cs_close);
	return real(h);
}

cs_err cs_option(csh h, cs_opt_type type, size_t value)
{
	FIND(cs_option);
	return real(h, type, value);
}

cs_insn *cs_malloc(csh h)
{
	FIND(cs_malloc);
	return real(h);
}

void cs_free(cs_insn *in, size_t n)
{
	FIND(cs_free);
	real(in, n);
}

bool cs_disasm_iter(
	csh h, const uint8_t **code, size_t *size, uint64_t *addr, cs_insn *in)
{
	FIND(cs_disasm_iter);
	return real(h, code, size, addr, in);
}

const char *cs_reg_name(csh h, unsigned reg)
{
	FIND(cs_reg_name);
	return real(h, reg);
}

const char *cs_insn_name(csh h, unsigned insn)
{
	FIND(cs_insn_name);
	return real(h, insn);
}

bool cs_insn_group(csh h, const cs_insn *in, unsigned group)
{
	FIND(cs_insn_group);
	return real(h, in, group);
}
