/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of /proc/PID/maps:
 *
 *	7f1443339000-7f144333b000 r-xp 00000000 00:00 0        [vdso]
 *
 * smaps has the same line for each mapping, followed by lines "Name: value kB"
 * and, last, "VmFlags: rd ex mr …".
 *
 * The kernel writes a newline in a file's name as \012 and nothing else
 * specially (seq_path in fs/proc/task_mmu.c): that one is undone.
 */
#include "crashd/safe/maps.h"
#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"

int crashd_maps_open(
	struct maps *maps, int proc, pid_t pid, pid_t tid, bool smaps)
{
	int fd = crashd_procfile_open(
		proc, pid, tid, smaps ? "smaps" : "maps", O_RDONLY);

	crashd_maps_from(maps, fd, smaps);
	return fd < 0 ? fd : 0;
}

void crashd_maps_from(struct maps *maps, int fd, bool smaps)
{
	maps->fd = fd;
	maps->smaps = smaps;
	maps->eof = false;
	maps->at = maps->n = 0;
}

void crashd_maps_close(struct maps *maps)
{
	if (maps->fd >= 0)
		sys_close(maps->fd);
	maps->fd = -1;
}

static int fill(struct maps *maps)
{
	if (maps->at) {
		for (size_t i = 0; i < maps->n - maps->at; i++)
			maps->buf[i] = maps->buf[maps->at + i];
		maps->n -= maps->at;
		maps->at = 0;
	}
	ssize_t got = sys_read(
		maps->fd, maps->buf + maps->n, sizeof maps->buf - maps->n);

	if (got < 0)
		return got == -EINTR ? 0 : (int)got;
	maps->eof = got == 0;
	maps->n += (size_t)got;
	return 0;
}

/*
 * The next line without its newline, valid until the next call.  What does
 * not fit into the buffer is dropped, up to the newline.
 */
static int next_line(struct maps *maps, char **line, size_t *size, bool *cut)
{
	size_t seen = 0;

	*cut = false;
	for (;;) {
		size_t left = maps->n - maps->at;

		for (; seen < left; seen++) {
			if (maps->buf[maps->at + seen] != '\n')
				continue;
			*line = maps->buf + maps->at;
			*size = seen < MAPS_LINE - 1 ? seen : MAPS_LINE - 1;
			*cut |= *size < seen;
			maps->at += seen + 1;
			return 1;
		}
		if (maps->eof)
			return 0;
		if (left == sizeof maps->buf) {
			maps->n = MAPS_LINE - 1;
			seen = maps->n;
			*cut = true;
		}
		int error = fill(maps);

		if (error)
			return error;
	}
}

struct cursor {
	const char *at, *end;
};

static uint64_t number(struct cursor *c, unsigned base)
{
	uint64_t value = 0;

	for (; c->at < c->end; c->at++) {
		unsigned digit = (unsigned char)*c->at;

		if (digit >= '0' && digit <= '9')
			digit -= '0';
		else if (base == 16 && digit >= 'a' && digit <= 'f')
			digit -= 'a' - 10;
		else
			break;
		value = value * base + digit;
	}
	return value;
}

static bool skip(struct cursor *c, char what)
{
	if (c->at == c->end || *c->at != what)
		return false;
	c->at++;
	return true;
}

static void copy_name(struct maps *maps, struct cursor *c, struct map *ret)
{
	size_t n = 0;

	while (c->at < c->end) {
		bool newline = c->end - c->at >= 4 && c->at[0] == '\\' &&
			       c->at[1] == '0' && c->at[2] == '1' &&
			       c->at[3] == '2';

		maps->name[n++] = newline ? '\n' : *c->at;
		c->at += newline ? 4 : 1;
	}
	maps->name[n] = 0;
	ret->name = maps->name;
}

/* "rwxs", each replaced by - (or p) where it is not so. */
static bool permissions(struct cursor *c, unsigned *ret)
{
	static const char letter[] = "rwxs";
	static const unsigned bit[] = { MAP_PERM_READ, MAP_PERM_WRITE,
		MAP_PERM_EXEC, MAP_PERM_SHARED };

	for (int i = 0; i < 4; i++) {
		if (skip(c, letter[i]))
			*ret |= bit[i];
		else if (!skip(c, i < 3 ? '-' : 'p'))
			return false;
	}
	return true;
}

/* "start-end perms offset major:minor inode   name"; false: not one. */
static bool parse_mapping(
	struct maps *maps, const char *line, size_t size, struct map *ret)
{
	struct cursor c = { line, line + size };
	struct map map = { 0 };

	map.start = number(&c, 16);
	if (c.at == line || !skip(&c, '-'))
		return false;
	map.end = number(&c, 16);
	if (map.end < map.start || !skip(&c, ' ') ||
		!permissions(&c, &map.perms) || !skip(&c, ' '))
		return false;
	map.offset = number(&c, 16);
	skip(&c, ' ');
	map.major = (unsigned)number(&c, 16);
	skip(&c, ':');
	map.minor = (unsigned)number(&c, 16);
	skip(&c, ' ');
	map.inode = number(&c, 10);
	while (skip(&c, ' '))
		;
	copy_name(maps, &c, &map);
	*ret = map;
	return true;
}

static bool starts(const char *line, size_t size, const char *word)
{
	for (size_t i = 0; word[i]; i++)
		if (i == size || line[i] != word[i])
			return false;
	return true;
}

static uint64_t kilobytes(const char *line, size_t size)
{
	struct cursor c = { line, line + size };

	while (c.at < c.end && (*c.at < '0' || *c.at > '9'))
		c.at++;
	return number(&c, 10) * 1024;
}

static unsigned vm_flags(const char *line, size_t size)
{
	static const struct {
		char name[3];
		unsigned char bit;
	} known[] = {
		{ "sh", MAP_FLAG_SHARED },
		{ "dd", MAP_FLAG_DONTDUMP },
		{ "io", MAP_FLAG_IO },
		{ "ht", MAP_FLAG_HUGETLB },
		{ "dc", MAP_FLAG_DONTFORK },
		{ "wf", MAP_FLAG_WIPE },
		{ "um", MAP_FLAG_UFFD },
		{ "ui", MAP_FLAG_UFFD },
		{ "uw", MAP_FLAG_UFFD },
		{ "pf", MAP_FLAG_PFN },
	};
	unsigned flags = 0;

	for (size_t i = 8; i + 2 < size; i += 3)
		for (size_t k = 0; k < sizeof known / sizeof *known; k++)
			if (line[i + 1] == known[k].name[0] &&
				line[i + 2] == known[k].name[1])
				flags |= known[k].bit;
	return flags;
}

static void parse_detail(const char *line, size_t size, struct map *map)
{
	if (starts(line, size, "Rss:")) {
		map->rss = kilobytes(line, size);
	} else if (starts(line, size, "Anonymous:")) {
		map->anonymous = kilobytes(line, size);
	} else if (starts(line, size, "AnonHugePages:")) {
		map->huge = kilobytes(line, size);
	} else if (starts(line, size, "Swap:")) {
		map->swap = kilobytes(line, size);
	} else if (starts(line, size, "VmFlags:")) {
		map->flags = vm_flags(line, size);
		map->detailed = true;
	}
}

/*
 * With smaps the details follow the line that names the mapping; the record
 * ends after VmFlags, its last line since Linux 3.8.
 */
int crashd_maps_next(struct maps *maps, struct map *ret)
{
	struct map map = { 0 };
	bool found = false, cut;
	char *line = NULL;
	size_t size = 0;
	int more;

	while ((more = next_line(maps, &line, &size, &cut)) > 0) {
		if (!found) {
			found = parse_mapping(maps, line, size, &map);
			map.cut = found && cut;
			if (found && !maps->smaps)
				break;
			continue;
		}
		parse_detail(line, size, &map);
		if (map.detailed)
			break;
	}
	if (more < 0)
		return more;
	if (found)
		*ret = map;
	return found;
}
