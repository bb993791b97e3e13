/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Framing of notes, csnap's own notes, and vector registers out of XSAVE. */
#include "inspect/image/note.h"

#include "crashd/note.h"
#include "tests/lib/fakecore.h"
#include "tests/lib/tap.h"

static void test_framing(void)
{
	uint8_t raw[64] = { 5, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 'C', 'O', 'R',
		'E', 0, 0, 0, 0, 'a', 'b', 'c', 0 };
	struct bytes b = bytes_of(raw, 24);
	struct note n;

	ok(note_next(&b, &n) && n.size == 3 && !memcmp(n.desc, "abc", 3),
		"a note has its bytes, without padding");
	ok(note_is(&n, "CORE", 9), "it is known by owner and type");
	ok(!note_is(&n, "CORE", 8) && !note_is(&n, "COR", 9) &&
			!note_is(&n, "CORES", 9),
		"and by nothing else");
	ok(!note_next(&b, &n), "after the last there is none");
	b = bytes_of(raw, 23);
	ok(note_next(&b, &n), "the last note may come without its padding");
	b = bytes_of(raw, 22);
	ok(!note_next(&b, &n), "but not without its bytes");
	raw[4] = 0xff;
	raw[7] = 0xff;
	b = bytes_of(raw, sizeof(raw));
	ok(!note_next(&b, &n), "a size beyond the end is no note");
}

static void test_csnap(struct arena *a)
{
	struct crashd_snapshot snapshot = { .size = sizeof(snapshot),
		.mode = CRASHD_SNAPSHOT_FORK,
		.flags = CRASHD_SNAPSHOT_CONSISTENT | CRASHD_SNAPSHOT_PARTIAL,
		.pause_ns = 2500000 };
	struct crashd_thread_name names[] = { { 12, "second" }, { 11, "first" },
		{ 99, "nobody" } };
	struct crashd_lost lost[] = { { 0x1000, 0x2000 }, { 0, 0 },
		{ 0x9000, 0x8000 } };
	uint8_t page[0x2000] = { 0 };
	struct fakecore *f = fakecore_new();
	struct core c;
	struct mem m;

	fakecore_thread(f, 11, 0, 1, 2);
	fakecore_thread(f, 12, 0, 1, 2);
	fakecore_note(
		f, "crashd", CRASHD_NOTE_SNAPSHOT, &snapshot, sizeof(snapshot));
	fakecore_note(f, "crashd", CRASHD_NOTE_THREADS, names, sizeof(names));
	fakecore_note(f, "crashd", CRASHD_NOTE_LOST, lost, sizeof(lost));
	fakecore_load(f, 0x1000, 0x2000, page, 0x2000, PF_R);
	fakecore_finish(f);
	is_int(core_open_bytes(&c, a, f->data, f->size), OK, "it opens");
	ok(c.snapshot && strstr(c.snapshot, "copy-on-write") &&
			strstr(c.snapshot, "2.5 ms"),
		"the snapshot says how it was taken");
	ok(strstr(c.snapshot, "could not be stopped"),
		"and of which threads little is known");
	is_str(c.threads[0].name, "first", "threads have names");
	is_str(c.threads[1].name, "second", "each its own");
	is_int(c.signal, 0, "a snapshot has no signal");
	is_int(c.nlost, 1, "one range was lost");
	mem_init(&m, a);
	core_map(&c, &m);
	is_int(mem_absent(&m, 0x1800, NULL), ABSENT_NOT_IN_CORE,
		"its zeros are not shown as data");
	is_int(mem_absent(&m, 0x2000, NULL), PRESENT, "its neighbour is");
	free(f);
}

static uint8_t xsave[2696];

static void make_xsave(uint64_t enabled, uint64_t in_use)
{
	memset(xsave, 0xee, sizeof(xsave));
	for (int i = 0; i < 16; i++)
		memset(xsave + 160 + 16 * i, i, 16);
	memcpy(xsave + 464, &enabled, 8);
	memcpy(xsave + 512, &in_use, 8);
}

static void test_xsave(void)
{
	const struct arch *arch = arch_of_machine(EM_X86_64);
	uint32_t layout[] = { 2, 256, 1000, 0 };
	struct arch_fpnotes n = { .fpregs = xsave, .fpregs_size = 512 };
	struct vregs v;

	make_xsave(7, 7);
	arch_load_vregs(arch, &v, &n);
	is_int(v.size[0], 16, "FXSAVE has 16 bytes of a vector register");
	is_int(v.v[3][15], 3, "the right ones");
	is_int(v.size[16], 0, "and sixteen of them");
	n.xstate = xsave;
	n.xstate_size = sizeof(xsave);
	arch_load_vregs(arch, &v, &n);
	is_int(v.size[0], 32, "XSAVE with AVX has 32");
	is_int(v.v[0][16], 0xee, "the upper half at 576");
	make_xsave(7, 3);
	arch_load_vregs(arch, &v, &n);
	ok(v.size[0] == 32 && v.v[0][16] == 0,
		"a component in its initial state is zero");
	make_xsave(3, 3);
	arch_load_vregs(arch, &v, &n);
	is_int(v.size[0], 16, "a component that is not enabled is not there");
	make_xsave(7, 7);
	xsave[1000] = 0x55;
	n.layout = layout;
	n.layout_size = sizeof(layout);
	arch_load_vregs(arch, &v, &n);
	is_int(v.v[0][16], 0x55, "NT_X86_XSAVE_LAYOUT moves it");
	layout[2] = 0xfffffff0;
	arch_load_vregs(arch, &v, &n);
	is_int(v.size[0], 16, "but not beyond the end");
	n.layout = NULL;
	make_xsave(0xe7, 0xe7);
	arch_load_vregs(arch, &v, &n);
	ok(v.size[0] == 64 && v.size[31] == 64, "AVX-512 has 64 of all 32");
	n.xstate_size = 100;
	n.fpregs_size = 100;
	arch_load_vregs(arch, &v, &n);
	is_int(v.size[0], 0, "short notes give nothing");
}

static void test_names(void)
{
	const struct arch *arch = arch_of_machine(EM_X86_64);
	unsigned shift, bits;
	int r = arch_find_subreg(arch, "ah", &shift, &bits);

	ok(r == arch_find_reg(arch, "rax") && shift == 8 && bits == 8,
		"ah is bits 8 to 15 of rax");
	r = arch_find_subreg(arch, "r12d", &shift, &bits);
	ok(r == arch_find_reg(arch, "r12") && shift == 0 && bits == 32,
		"r12d is half of r12");
	is_int(arch_find_subreg(arch, "r7d", &shift, &bits), -1, "no r7d");
	is_int(arch_find_subreg(arch, "r12dd", &shift, &bits), -1, "no r12dd");
	is_int(arch_dwarf_reg(arch, 7), arch->sp, "DWARF's 7 is rsp");
	is_int(arch_dwarf_reg(arch, 58), arch->fs_base, "and 58 fs.base");
	is_int(arch_dwarf_reg(arch, 1000), -1, "and 1000 nothing");
	is_int(arch_dwarf_vreg(arch, 67), 16, "67 is xmm16");
	is_int(arch_dwarf_vreg(arch, 33), -1, "33 is no vector register");
	ok(!arch_of_machine(EM_AARCH64), "AArch64 is not built in");
	is_str(arch_machine_name(EM_AARCH64), "AArch64", "but has a name");
	is_str(arch_machine_name(999), "machine 999", "as the unknown has");
}

int main(void)
{
	struct arena a = { 0 };

	test_framing();
	test_csnap(&a);
	test_xsave();
	test_names();
	arena_clear(&a);
	return tap_done();
}
