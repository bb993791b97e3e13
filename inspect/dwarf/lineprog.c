/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libdw decodes files and rows of a unit together, into lists that it sorts;
 * here a question about a file reads the header alone, and rows are handed out
 * as they come.
 */
#include "inspect/dwarf/lineprog.h"

#include <libelf.h>
#include <string.h>

enum {
	MAX_FORMATS = 16, /* of one entry: DWARF 5 defines five contents */
	MAX_LINE = INT32_MAX,
};

/* ".debug_line", or as GNU's old way of compressing called it. */
static bool section_is(const char *s, const char *name)
{
	return !strcmp(s, name) ||
	       (!strncmp(s, ".zdebug_", 8) && !strcmp(s + 2, name + 1));
}

/* libdw has unpacked compressed sections in place when it opened the file. */
struct lineprog_sections lineprog_sections(Dwarf *dwarf)
{
	struct lineprog_sections ret = { 0 };
	Elf *elf = dwarf ? dwarf_getelf(dwarf) : NULL;
	Elf_Scn *scn = NULL;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return ret;
	while ((scn = elf_nextscn(elf, scn))) {
		Elf64_Shdr *sh = elf64_getshdr(scn);
		const char *s = sh ? elf_strptr(elf, names, sh->sh_name) : NULL;
		struct bytes *to = NULL;

		if (!s || sh->sh_type == SHT_NOBITS)
			continue;
		if (section_is(s, ".debug_line"))
			to = &ret.line;
		else if (section_is(s, ".debug_line_str"))
			to = &ret.line_str;
		else if (section_is(s, ".debug_str"))
			to = &ret.str;
		Elf_Data *data = to ? elf_getdata(scn, NULL) : NULL;

		if (data)
			*to = bytes_of(data->d_buf, data->d_size);
	}
	return ret;
}

/* ---- header ------------------------------------------------------------ */

struct header {
	struct bytes b;
	const struct lineprog_sections *sections;
	struct arena *arena;
	unsigned offset_size; /* 4 or 8: 32-bit or 64-bit DWARF */
};

static const char *string_at(struct bytes b, uint64_t offset)
{
	if (offset > bytes_left(&b))
		return NULL;
	b.p += offset;
	return bytes_str(&b);
}

struct content {
	const char *s;
	uint64_t n;
};

/* One field of an entry; forms that no producer uses here are refused. */
static struct content content_read(struct header *h, uint64_t form)
{
	struct content c = { 0 };

	switch (form) {
	case DW_FORM_string:
		c.s = bytes_str(&h->b);
		break;
	case DW_FORM_line_strp:
		c.s = string_at(h->sections->line_str,
			bytes_uint(&h->b, h->offset_size));
		break;
	case DW_FORM_strp:
		c.s = string_at(
			h->sections->str, bytes_uint(&h->b, h->offset_size));
		break;
	case DW_FORM_data1:
		c.n = bytes_u8(&h->b);
		break;
	case DW_FORM_data2:
		c.n = bytes_u16(&h->b);
		break;
	case DW_FORM_data4:
		c.n = bytes_u32(&h->b);
		break;
	case DW_FORM_data8:
		c.n = bytes_u64(&h->b);
		break;
	case DW_FORM_udata:
		c.n = bytes_uleb(&h->b);
		break;
	case DW_FORM_data16: /* MD5 */
		bytes_take(&h->b, 16);
		break;
	case DW_FORM_block:
		bytes_take(&h->b, bytes_uleb(&h->b));
		break;
	default:
		h->b.bad = true;
	}
	return c;
}

/* DWARF 5: each table says of which fields its entries are made. */
static struct lineprog_file *entries(struct header *h, size_t *ret_n)
{
	uint64_t type[MAX_FORMATS], form[MAX_FORMATS];
	uint8_t nformats = bytes_u8(&h->b);

	*ret_n = 0;
	if (nformats > MAX_FORMATS) {
		h->b.bad = true;
		return NULL;
	}
	for (unsigned i = 0; i < nformats; i++) {
		type[i] = bytes_uleb(&h->b);
		form[i] = bytes_uleb(&h->b);
	}
	uint64_t n = bytes_uleb(&h->b);

	/* Every entry takes a byte at least. */
	if (h->b.bad || (n && !nformats) || n > bytes_left(&h->b)) {
		h->b.bad = true;
		return NULL;
	}
	struct lineprog_file *v =
		arena_array(h->arena, struct lineprog_file, n + 1);

	for (size_t i = 0; i < n && !h->b.bad; i++)
		for (unsigned k = 0; k < nformats; k++) {
			struct content c = content_read(h, form[k]);

			if (type[k] == DW_LNCT_path)
				v[i].name = c.s;
			else if (type[k] == DW_LNCT_directory_index)
				v[i].dir = c.n;
		}
	*ret_n = n;
	return v;
}

static void tables_5(struct header *h, struct lineprog *p)
{
	struct lineprog_file *dirs = entries(h, &p->ndirs);

	p->dirs = arena_array(h->arena, const char *, p->ndirs + 1);
	for (size_t i = 0; i < p->ndirs; i++)
		p->dirs[i] = dirs[i].name;
	p->files = entries(h, &p->nfiles);
}

/* Before 5: lists that end with an empty name. */
static void tables_4(struct header *h, struct lineprog *p)
{
	size_t cap = 0;
	const char *s;

	p->dirs = arena_grow(h->arena, NULL, 0, &cap, sizeof(*p->dirs));
	p->dirs[p->ndirs++] = NULL;
	while ((s = bytes_str(&h->b)) && *s) {
		p->dirs = arena_grow(
			h->arena, p->dirs, p->ndirs, &cap, sizeof(*p->dirs));
		p->dirs[p->ndirs++] = s;
	}
	cap = 0;
	p->files = arena_grow(h->arena, NULL, 0, &cap, sizeof(*p->files));
	p->nfiles++;
	while ((s = bytes_str(&h->b)) && *s) {
		p->files = arena_grow(
			h->arena, p->files, p->nfiles, &cap, sizeof(*p->files));
		struct lineprog_file *f = &p->files[p->nfiles++];

		f->name = s;
		f->dir = bytes_uleb(&h->b);
		bytes_uleb(&h->b); /* time */
		bytes_uleb(&h->b); /* length */
	}
}

static bool header_read(struct header *h, struct lineprog *p)
{
	uint64_t length = bytes_u32(&h->b);

	h->offset_size = 4;
	if (length == UINT32_MAX) {
		length = bytes_u64(&h->b);
		h->offset_size = 8;
	}
	if (h->b.bad || length > bytes_left(&h->b))
		return false;
	h->b.end = h->b.p + length;
	p->version = bytes_u16(&h->b);
	if (p->version < 2 || p->version > 5)
		return false;
	if (p->version == 5)
		bytes_take(&h->b, 2); /* sizes of addresses, of selectors */
	uint64_t size = bytes_uint(&h->b, h->offset_size);

	if (h->b.bad || size > bytes_left(&h->b))
		return false;
	p->program = h->b;
	p->program.p += size;
	p->min_inst = bytes_u8(&h->b);
	if (p->version >= 4)
		bytes_u8(&h->b); /* operations per instruction: VLIW alone */
	p->default_is_stmt = bytes_u8(&h->b);
	p->line_base = (int8_t)bytes_u8(&h->b);
	p->line_range = bytes_u8(&h->b);
	p->opcode_base = bytes_u8(&h->b);
	if (!p->opcode_base || !p->line_range)
		return false;
	p->opcode_args = bytes_take(&h->b, p->opcode_base - 1u);
	return !h->b.bad;
}

bool lineprog_read(struct lineprog *ret,
	const struct lineprog_sections *sections, uint64_t offset,
	struct arena *arena)
{
	struct lineprog p = { 0 };
	struct header h = {
		.sections = sections,
		.arena = arena,
		.b = sections->line,
	};

	if (offset >= bytes_left(&h.b))
		return false;
	h.b.p += offset;
	if (!header_read(&h, &p))
		return false;
	if (p.version == 5)
		tables_5(&h, &p);
	else
		tables_4(&h, &p);
	if (h.b.bad)
		return false;
	*ret = p;
	return true;
}

bool lineprog_open(struct lineprog *ret,
	const struct lineprog_sections *sections, Dwarf_Die *cu,
	struct arena *arena)
{
	Dwarf_Attribute a;
	Dwarf_Word offset;

	return attr_own(cu, DW_AT_stmt_list, &a) &&
	       !dwarf_formudata(&a, &offset) &&
	       lineprog_read(ret, sections, offset, arena);
}

/* ---- program ----------------------------------------------------------- */

struct running {
	const struct lineprog *p;
	struct bytes b;
	struct lineprog_row row;
	bool (*fn)(const struct lineprog_row *, void *);
	void *ctx;
};

static void row_reset(struct running *r)
{
	r->row = (struct lineprog_row){
		.file = 1,
		.line = 1,
		.is_stmt = r->p->default_is_stmt,
	};
}

static bool row_emit(struct running *r)
{
	bool more = r->fn(&r->row, r->ctx);

	r->row.discriminator = 0;
	return more;
}

static void row_advance_line(struct running *r, int64_t by)
{
	int64_t line = r->row.line;

	if (__builtin_add_overflow(line, by, &line) || line < 0 ||
		line > MAX_LINE)
		line = 0;
	r->row.line = (int)line;
}

static bool op_extended(struct running *r)
{
	uint64_t n = bytes_uleb(&r->b);
	const uint8_t *at = bytes_take(&r->b, n);

	if (!at || !n)
		return !r->b.bad;
	struct bytes b = bytes_of(at + 1, n - 1);

	switch (*at) {
	case DW_LNE_end_sequence:
		r->row.end = true;
		if (!row_emit(r))
			return false;
		row_reset(r);
		break;
	case DW_LNE_set_address:
		r->row.pc = bytes_uint(&b, n - 1 < 8 ? n - 1 : 8);
		break;
	case DW_LNE_set_discriminator:
		r->row.discriminator = (unsigned)bytes_uleb(&b);
		break;
	}
	return true;
}

static bool op_standard(struct running *r, uint8_t op)
{
	switch (op) {
	case DW_LNS_copy:
		return row_emit(r);
	case DW_LNS_advance_pc:
		r->row.pc += bytes_uleb(&r->b) * r->p->min_inst;
		break;
	case DW_LNS_advance_line:
		row_advance_line(r, bytes_sleb(&r->b));
		break;
	case DW_LNS_set_file:
		r->row.file = bytes_uleb(&r->b);
		break;
	case DW_LNS_negate_stmt:
		r->row.is_stmt = !r->row.is_stmt;
		break;
	case DW_LNS_const_add_pc:
		r->row.pc += (uint64_t)((255 - r->p->opcode_base) /
					r->p->line_range) *
			     r->p->min_inst;
		break;
	case DW_LNS_fixed_advance_pc:
		r->row.pc += bytes_u16(&r->b);
		break;
	default: /* set_column and whatever has arguments that we can skip */
		for (unsigned i = r->p->opcode_args[op - 1]; i; i--)
			bytes_uleb(&r->b);
	}
	return true;
}

static bool op_special(struct running *r, uint8_t op)
{
	unsigned by = op - r->p->opcode_base;

	r->row.pc += (uint64_t)(by / r->p->line_range) * r->p->min_inst;
	row_advance_line(r, r->p->line_base + (int)(by % r->p->line_range));
	return row_emit(r);
}

void lineprog_run(const struct lineprog *p,
	bool (*fn)(const struct lineprog_row *, void *ctx), void *ctx)
{
	struct running r = { .p = p, .b = p->program, .fn = fn, .ctx = ctx };
	bool more = true;

	row_reset(&r);
	while (more && !r.b.bad && bytes_left(&r.b)) {
		uint8_t op = bytes_u8(&r.b);

		if (op >= p->opcode_base)
			more = op_special(&r, op);
		else if (op == 0)
			more = op_extended(&r);
		else
			more = op_standard(&r, op);
	}
}
