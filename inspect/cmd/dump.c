/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump: bytes of memory into a file, for programs that know better what they
 * are: an image, a packet, a table.  What is not there is not made up: a range
 * with a hole is refused, and then there is no file.  So it is written aside
 * and renamed, and only its owner may read it, as a core.
 */
#include "inspect/base/cleanup.h"
#include "inspect/cmd/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DUMP_CHUNK = 1 << 20 };

static enum err write_all(int fd, const uint8_t *p, size_t n, const char *path)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0)
			return err_sys("cannot write %s", path);
		p += w;
		n -= (size_t)w;
	}
	return OK;
}

static enum err copy(struct session *s, uint64_t start, uint64_t end, int fd,
	const char *path)
{
	uint8_t *chunk = arena_alloc(&s->scratch, DUMP_CHUNK);

	while (start < end) {
		size_t n = end - start < DUMP_CHUNK ? (size_t)(end - start)
						    : DUMP_CHUNK;

		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		TRY(mem_read(&s->image.mem, start, chunk, n));
		TRY(write_all(fd, chunk, n, path));
		start += n;
	}
	return OK;
}

/* What is to be written: a range, or bytes that are in no memory. */
struct dump {
	uint64_t start, end;
	const uint8_t *bytes; /* NULL: the range */
};

static enum err write_file(
	struct session *s, const struct dump *d, const char *path)
{
	char *aside = arena_printf(&s->scratch, "%s.XXXXXX", path);
	_cleanup_(close) int fd = mkstemp(aside);

	if (fd < 0)
		return err_sys("cannot write %s", path);
	enum err e = d->bytes ? write_all(fd, d->bytes, d->end, path)
			      : copy(s, d->start, d->end, fd, path);
	if (!e && rename(aside, path))
		e = err_sys("cannot write %s", path);
	if (e)
		unlink(aside);
	return e;
}

/* "(char *)p" of a word in quotes. */
static const char *unquoted(const char *word, struct arena *arena)
{
	size_t n = strlen(word);

	return n > 2 && word[0] == '"' && word[n - 1] == '"'
		       ? arena_strndup(arena, word + 1, n - 2)
		       : word;
}

/* START END, or START +LENGTH: END is behind the last byte. */
static enum err range(
	struct session *s, struct args *a, size_t i, struct dump *ret)
{
	const char *end = args_from(a, i + 1);
	bool length = *end == '+';

	if (a->n < i + 2)
		return err_usage(a);
	TRY(session_eval_int(
		s, unquoted(a->word[i], &s->scratch), &ret->start));
	TRY(session_eval_int(s, end + length, &ret->end));
	if (length)
		ret->end += ret->start;
	if (ret->end <= ret->start)
		return err_set(ERR_USAGE,
			"Nothing lies from 0x%" PRIx64 " up to 0x%" PRIx64 ".",
			ret->start, ret->end);
	return OK;
}

static enum err bytes_of(struct session *s, const char *text, struct dump *ret)
{
	struct value v;
	enum absent absent;

	TRY(session_eval(s, text, &v));
	uint64_t size = type_size(v.type);
	if (!size)
		return err_set(ERR_TYPE, "A value without bytes.");
	if (v.loc.kind == LOC_ADDR && !v.bit_size) {
		ret->start = v.loc.addr + (uint64_t)v.loc.offset;
		ret->end = ret->start + size;
		return OK;
	}
	uint8_t *bytes = arena_alloc(&s->scratch, size);
	TRY(value_load(&v, session_values(s), bytes, size, &absent));
	ret->bytes = bytes;
	ret->end = size;
	return OK;
}

static enum err run_dump(struct session *s, struct args *a, struct out *o)
{
	size_t i = args_is(a, 0, "binary", 1);
	bool memory = args_is(a, i, "memory", 1);
	struct dump d = { 0 };

	if (a->n < i + 3 || (!memory && !args_is(a, i, "value", 1)))
		return err_usage(a);
	const char *path = a->word[i + 1];
	TRY(memory ? range(s, a, i + 2, &d)
		   : bytes_of(s, args_from(a, i + 2), &d));
	TRY(write_file(s, &d, path));
	uint64_t n = d.end - d.start;
	out_str(o, ".path", path);
	out_unum(o, ".bytes", n);
	out_text(o, "%" PRIu64 " byte%s written to %s.\n", n, n == 1 ? "" : "s",
		path);
	return OK;
}

const struct cmd cmd_dump[] = {
	{
		.name = "dump",
		.usage = "[binary] memory FILE START END|+LENGTH | value FILE "
			 "EXPRESSION",
		.summary = "Write bytes of memory, or of a value, to a file",
		.help = "END is behind the last byte.  START is one word: no "
			"blanks, or in quotes.\n"
			"A byte that the core does not have is named, and no "
			"file is written.\n"
			"    dump memory packet.bin p->data +p->length\n"
			"    dump value table.bin table",
		.run = run_dump,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{ 0 },
};
