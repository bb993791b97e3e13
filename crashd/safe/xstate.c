/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processor says by CPUID where XSAVE puts each state (SDM vol. 1, 13.2).
 * Intel's places have been the same since AVX-512; AMD's are closer together.
 * A core says nothing of it before Linux 6.12 (NT_X86_XSAVE_LAYOUT), so every
 * debugger knows Intel's places, and gdb before 14 knows only those: of a core
 * from an AMD machine with AVX-512 or protection keys it says "Section
 * `.reg-xstate' in core file too small" and shows no vector registers.
 *
 * So where all states of the machine have a well-known place, they are put
 * there, and the layout note says so.  That is the one place where a core of
 * ours is not byte for byte the kernel's.
 */
#include "crashd/safe/xstate.h"

enum {
	LEGACY = 576, /* x87, SSE and the XSAVE header: always first */
	FIRST_EXTENDED = 2,
};

#if defined(__x86_64__)
static void cpuid(unsigned leaf, unsigned sub, unsigned ret[4])
{
	__asm__ volatile(
		"cpuid"
		: "=a"(ret[0]), "=b"(ret[1]), "=c"(ret[2]), "=d"(ret[3])
		: "a"(leaf), "c"(sub));
}

static uint64_t enabled_states(void)
{
	unsigned r[4], low, high;

	cpuid(1, 0, r);
	if (!(r[2] & 1u << 27)) /* OSXSAVE: xgetbv is not there without */
		return 0;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

/* Intel's offset of a state, 0: it has no well-known place. */
static uint32_t known_place(uint32_t type)
{
	static const uint32_t places[] = {
		[2] = 576,   /* AVX */
		[3] = 960,   /* MPX bounds */
		[4] = 1024,  /* MPX configuration */
		[5] = 1088,  /* AVX-512 masks */
		[6] = 1152,  /* upper halves of zmm0 to 15 */
		[7] = 1664,  /* zmm16 to 31 */
		[9] = 2688,  /* protection keys */
		[17] = 2752, /* AMX configuration */
		[18] = 2816, /* AMX tiles */
	};

	return type < sizeof places / sizeof *places ? places[type] : 0;
}

static void use_known_places(struct xstate *x)
{
	for (size_t i = 0; i < x->n; i++)
		if (!known_place(x->part[i].type))
			return;
	x->size = LEGACY;
	for (size_t i = 0; i < x->n; i++) {
		struct xstate_part *part = x->part + i;

		part->offset = known_place(part->type);
		x->moved |= part->offset != x->from[i];
		if (x->size < part->offset + part->size)
			x->size = part->offset + part->size;
	}
}

void crashd_xstate_init(struct xstate *x)
{
	uint64_t enabled = enabled_states();
	unsigned r[4];

	__builtin_memset(x, 0, sizeof *x);
	if (!enabled)
		return;
	cpuid(0xd, 0, r);
	x->machine_size = x->size = r[1];
	for (unsigned i = FIRST_EXTENDED; i < 63; i++) {
		if (!(enabled >> i & 1))
			continue;
		cpuid(0xd, i, r);
		x->from[x->n] = r[1];
		x->part[x->n++] =
			(struct xstate_part){ .type = i, r[0], r[1], 0 };
	}
	use_known_places(x);
}
#else
void crashd_xstate_init(struct xstate *x)
{
	__builtin_memset(x, 0, sizeof *x);
}
#endif

static bool moves(const struct xstate *x, size_t n)
{
	return x->moved && n == x->machine_size;
}

size_t crashd_xstate_size(const struct xstate *x, size_t n)
{
	return moves(x, n) ? x->size : n;
}

void crashd_xstate_copy(
	const struct xstate *x, void *to, const void *from, size_t n)
{
	if (!moves(x, n)) {
		__builtin_memcpy(to, from, n);
		return;
	}
	__builtin_memset(to, 0, x->size);
	__builtin_memcpy(to, from, LEGACY);
	for (size_t i = 0; i < x->n; i++)
		__builtin_memcpy((char *)to + x->part[i].offset,
			(const char *)from + x->from[i], x->part[i].size);
}
