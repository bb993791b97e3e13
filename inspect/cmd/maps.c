/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program headers are the map: each mapping has one, dumped or not.  What
 * the core does not have of a file is read from that file where it is here;
 * the totals say how much of the process that leaves unknown.  Holes of the
 * core file are pages of zeros, or pages that were never touched.
 */
#include "inspect/cmd/maps.h"

#include "inspect/base/cleanup.h"
#include "inspect/cmd/cmd.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { NARROW = 80 }; /* columns: less takes two lines for each mapping */

struct totals {
	uint64_t mapped, files, dumped, from_files, missing, holes, cut;
	bool holes_known;
};

static const struct core_file *file_at(struct session *s, uint64_t addr)
{
	for (size_t i = 0; i < s->core.nfiles; i++)
		if (addr >= s->core.files[i].start &&
			addr < s->core.files[i].end)
			return &s->core.files[i];
	return NULL;
}

static const char *stack_of(struct session *s, const struct core_load *l)
{
	for (size_t i = 0; i < s->core.nthreads; i++) {
		const struct core_thread *t = &s->core.threads[i];
		uint64_t sp = t->regs.v[s->image.arch->sp];

		if (sp >= l->addr && sp < l->addr + l->memsz)
			return arena_printf(
				&s->scratch, "[stack of thread %d]", t->id);
	}
	return "";
}

static const char *name_of(struct session *s, const struct core_load *l,
	const struct core_file *file)
{
	const struct module *m = module_at(&s->image, l->addr);

	return file ? file->path : m && m->is_vdso ? m->path : stack_of(s, l);
}

/* What the core has of it; a core that is cut off has less than it says. */
static uint64_t dumped(struct session *s, const struct core_load *l)
{
	uint64_t size = s->core.size, n = l->filesz;
	uint64_t have = l->offset < size ? size - l->offset : 0;

	n = n < have ? n : have;
	return n < l->memsz ? n : l->memsz;
}

static const char *dump_note(struct session *s, const struct core_load *l)
{
	uint64_t n = dumped(s, l);

	if (n < l->filesz && n < l->memsz)
		return n ? " (partly cut off)" : " (cut off)";
	return l->filesz >= l->memsz ? ""
	       : l->filesz           ? " (partly dumped)"
				     : " (not dumped)";
}

struct row {
	const struct core_load *load;
	const struct core_file *file; /* or NULL */
	const char *name, *note;
	char perms[4];
};

static struct row row_of(struct session *s, const struct core_load *l)
{
	struct row r = { .load = l, .file = file_at(s, l->addr) };

	r.name = name_of(s, l, r.file);
	r.note = dump_note(s, l);
	r.perms[0] = l->flags & PF_R ? 'r' : '-';
	r.perms[1] = l->flags & PF_W ? 'w' : '-';
	r.perms[2] = l->flags & PF_X ? 'x' : '-';
	return r;
}

static void put_wide(const struct row *r, struct out *o)
{
	const struct core_load *l = r->load;

	out_addr(o, "start", l->addr);
	out_cell(o);
	out_addr(o, "end", l->addr + l->memsz);
	out_cell(o);
	out_text(o, "0x%" PRIx64, l->memsz);
	out_unum(o, ".size", l->memsz);
	out_cell(o);
	out_text(o, "0x%" PRIx64, r->file ? r->file->offset : 0);
	out_cell(o);
	out_str(o, "perms", r->perms);
	out_cell(o);
	out_str(o, "file", r->name);
	out_text(o, "%s", r->note);
	out_row(o);
}

/* For a narrow terminal, as /proc/PID/maps has it, and the name below. */
static void put_narrow(const struct row *r, struct out *o)
{
	const struct core_load *l = r->load;

	out_text(o, "%012" PRIx64 "-%012" PRIx64 " %s\n", l->addr,
		l->addr + l->memsz, r->perms);
	out_text(o, "  0x%" PRIx64 "%s%s%s\n", l->memsz, r->name[0] ? " " : "",
		r->name, r->note);
	out_addr(o, ".start", l->addr);
	out_addr(o, ".end", l->addr + l->memsz);
	out_unum(o, ".size", l->memsz);
	out_str(o, ".perms", r->perms);
	out_str(o, ".file", r->name);
}

static enum err put_mappings(struct session *s, bool narrow, struct out *o)
{
	static const char *const heads[] = { "Start Addr", "End Addr", "Size",
		"Offset", "Perms", "File" };

	out_list(o, "mappings");
	if (!narrow) {
		out_table(o);
		out_heading(o, heads, 6);
	}
	for (size_t i = 0; i < s->core.nloads; i++) {
		struct row r = row_of(s, &s->core.loads[i]);

		out_record(o, NULL);
		(narrow ? put_narrow : put_wide)(&r, o);
		out_unum(o, ".offset", r.file ? r.file->offset : 0);
		out_unum(o, ".dumped", dumped(s, r.load));
		out_record_end(o);
	}
	if (!narrow)
		out_table_end(o);
	out_list_end(o);
	return OK;
}

enum err maps_list(struct session *s, struct out *o)
{
	out_text(o, "Mapped address spaces:\n\n");
	return put_mappings(s, false, o);
}

/* ---- totals ---- */

/* Bytes of the range that the file has no blocks for. */
static uint64_t holes_in(int fd, uint64_t at, uint64_t end)
{
	uint64_t holes = 0;

	while (at < end) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA);
		uint64_t next = data < 0 ? end : (uint64_t)data;

		if (next > end)
			next = end;
		holes += next - at;
		if (next == end)
			break;
		off_t hole = lseek(fd, (off_t)next, SEEK_HOLE);
		at = hole < 0 ? end : (uint64_t)hole;
	}
	return holes;
}

/* What the core does not have of a mapping: is it known all the same? */
static bool is_readable(struct session *s, uint64_t addr)
{
	char byte;

	return mem_read_part(&s->image.mem, addr, &byte, 1) == 1;
}

static void count_rest(
	struct session *s, uint64_t addr, uint64_t n, struct totals *t)
{
	if (n && is_readable(s, addr))
		t->from_files += n;
	else
		t->missing += n;
}

static struct totals count(struct session *s)
{
	_cleanup_(close) int fd =
		s->core.compression ? -1
				    : open(s->core.path, O_RDONLY | O_CLOEXEC);
	struct totals t = { .holes_known = fd >= 0 };

	for (size_t i = 0; i < s->core.nloads; i++) {
		const struct core_load *l = &s->core.loads[i];
		uint64_t have = dumped(s, l);
		uint64_t said = l->filesz < l->memsz ? l->filesz : l->memsz;

		t.mapped += l->memsz;
		t.dumped += have;
		t.cut += said - have;
		if (file_at(s, l->addr))
			t.files += l->memsz;
		count_rest(s, l->addr + have, said - have, &t);
		count_rest(s, l->addr + said, l->memsz - said, &t);
		if (fd >= 0)
			t.holes += holes_in(fd, l->offset, l->offset + have);
	}
	return t;
}

static const char *size_text(struct session *s, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes / 1024;
	size_t i = 0;

	for (; v >= 1000 && i < 3; i++)
		v /= 1024;
	return arena_printf(
		&s->scratch, "%.*f %s", v < 10 && i ? 1 : 0, v, units[i]);
}

static void put_totals(struct session *s, struct out *o)
{
	struct totals t = count(s);

	out_record(o, ".totals");
	out_unum(o, ".mappings", s->core.nloads);
	out_unum(o, ".mapped", t.mapped);
	out_unum(o, ".file_backed", t.files);
	out_unum(o, ".in_core", t.dumped);
	if (t.holes_known)
		out_unum(o, ".holes", t.holes);
	else
		out_null(o, ".holes");
	out_unum(o, ".from_files", t.from_files);
	out_unum(o, ".missing", t.missing);
	out_unum(o, ".cut_off", t.cut);
	out_record_end(o);
	out_text(o, "%-11s %s in %zu mappings\n", "mapped",
		size_text(s, t.mapped), s->core.nloads);
	out_text(o, "%-11s %s\n", "of files", size_text(s, t.files));
	out_text(o, "%-11s %s\n", "in the core", size_text(s, t.dumped));
	if (t.holes_known)
		out_text(o, "%-11s %s of that: zeros\n", "holes",
			size_text(s, t.holes));
	if (t.cut)
		out_text(o, "%-11s %s more: the core is truncated\n", "cut off",
			size_text(s, t.cut));
	if (t.from_files)
		out_text(o, "%-11s %s, not in the core\n", "from files",
			size_text(s, t.from_files));
	if (t.missing)
		out_text(o, "%-11s %s, not in the core\n", "unknown",
			size_text(s, t.missing));
}

static enum err run_maps(struct session *s, struct args *a, struct out *o)
{
	if (a->n)
		return err_usage(a);
	TRY(put_mappings(s, s->set.width && s->set.width < NARROW, o));
	put_totals(s, o);
	return OK;
}

const struct cmd cmd_maps[] = {
	{
		.name = "maps",
		.usage = "",
		.summary = "The memory map, and how much of it the core has",
		.help = "A mapping a line, then totals: what was mapped, what "
			"the core has (holes\n"
			"are pages of zeros), what is read from files instead, "
			"and what is not known."
			"\n    maps",
		.run = run_maps,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{ 0 },
};
