/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What images of cores and of live processes have in common. */
#include "inspect/image/image.h"

#include "inspect/base/buf.h"

void image_note(struct image *im, const char *fmt, ...)
{
	struct buf text = { .arena = im->arena };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	im->notes = arena_grow(im->arena, im->notes, im->nnotes, &im->notes_cap,
		sizeof(*im->notes));
	im->notes[im->nnotes++] = text.s;
}

bool image_auxv(const struct image *im, uint64_t type, uint64_t *ret)
{
	for (size_t i = 0; i < im->nauxv; i++) {
		if (im->auxv[i].type != type)
			continue;
		*ret = im->auxv[i].value;
		return true;
	}
	return false;
}

void image_close(struct image *im)
{
	for (size_t i = 0; i < im->nmodules; i++)
		module_close(im->modules[i]);
	im->nmodules = 0;
	im->exe = NULL;
}
