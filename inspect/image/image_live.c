/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A live process, whose threads somebody else holds still.  /proc/PID/maps has
 * what NT_FILE has in a core; memory is read through /proc/PID/mem, where a
 * page that is not there fails like one that was not dumped; files are opened
 * through /proc, because their names may lie by now.
 */
#include "inspect/image/image.h"

#include "inspect/base/cleanup.h"
#include "inspect/image/layout.h"
#include "inspect/image/memelf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

enum {
	MAX_AUXV = 64,        /* the kernel has some 25 entries */
	MAX_MAPS_LINE = 8192, /* PATH_MAX, with every newline as \012 */
};

static size_t read_live(
	const struct segment *s, uint64_t addr, void *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t k = pread(s->fd, (char *)buf + done, n - done,
			(off_t)(addr + done));

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		done += (size_t)k;
	}
	return done;
}

static void add_mapping(struct image *im, const struct mapping *m, size_t *cap)
{
	im->maps = arena_grow(
		im->arena, im->maps, im->nmaps, cap, sizeof(*im->maps));
	im->maps[im->nmaps++] = *m;
}

/* "55..-55.. r-xp 00001000 fd:00 1234   /usr/bin/x", the name may be absent. */
static void take_line(struct image *im, char *line, int memfd, size_t *cap)
{
	struct mapping m = { 0 };
	char perms[5];
	int name = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n",
		    &m.start, &m.end, perms, &m.offset, &name) < 4 ||
		m.start >= m.end)
		return;
	m.path = name ? arena_strdup(im->arena, line + name) : "";
	m.exec = perms[2] == 'x' ? EXEC_YES : EXEC_NO;
	mem_add(&im->mem, &(struct segment){
				  .base = m.start,
				  .size = m.end - m.start,
				  .read = read_live,
				  .what = *m.path ? m.path : "anonymous memory",
				  .fd = memfd,
			  });
	if (*m.path != '/')
		return;
	m.deleted = layout_clean_path(im->arena, &m.path);
	add_mapping(im, &m, cap);
}

static enum err read_maps(struct image *im, int memfd)
{
	const char *path = arena_printf(im->arena, "%s/maps", im->proc);
	_cleanup_(fclose) FILE *f = fopen(path, "re");
	char line[MAX_MAPS_LINE];
	size_t cap = 0;

	if (!f)
		return err_sys("%s", path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		take_line(im, line, memfd, &cap);
	}
	return OK;
}

static void read_auxv(struct image *im)
{
	struct core_auxv *auxv =
		arena_array(im->arena, struct core_auxv, MAX_AUXV);
	const char *path = arena_printf(im->arena, "%s/auxv", im->proc);
	_cleanup_(close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	ssize_t n = read(fd, auxv, MAX_AUXV * sizeof(*auxv));
	im->auxv = auxv;
	while (n >= (ssize_t)((im->nauxv + 1) * sizeof(*auxv)) &&
		auxv[im->nauxv].type)
		im->nauxv++;
}

enum err image_open_live(struct image *ret, struct arena *a, int pid, int memfd,
	const struct find_options *find)
{
	*ret = (struct image){
		.arena = a,
		.arch = arch_of_machine(EM_X86_64),
		.pid = pid,
		.proc = arena_printf(a, "%s/%d",
			find && find->proc ? find->proc : "/proc", pid),
	};
	if (find)
		ret->find = *find;
	layout_allow_files();
	mem_init(&ret->mem, a);
	TRY(read_maps(ret, memfd));
	read_auxv(ret);
	layout_discover(ret, NULL);
	memelf_make_all(ret);
	return OK;
}
