/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pages are read (get_dump_page).  Of anonymous memory only what is
 * there: a page that was never touched, or only read, is a hole.  The kernel's
 * ioctl PAGEMAP_SCAN (6.7) finds those at no cost for empty page tables;
 * before that each page has a word in /proc/PID/pagemap.  Reading a page that
 * is not there would make it, in a process that is not ours to grow.
 */
#include "crashd/safe/pages.h"

#include "crashd/safe/process.h"
#include "crashd/safe/sys.h"

/* linux/fs.h of 6.7; older headers lack it. */
struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask;
	uint64_t return_mask;
};

enum {
	SCAN_FILE = 1 << 2, /* not a private copy */
	SCAN_PRESENT = 1 << 3,
	SCAN_SWAPPED = 1 << 4,
	SCAN_PFNZERO = 1 << 5,
};

/* PAGEMAP_SCAN = _IOWR('f', 16, struct pm_scan_arg) */
static long pagemap_scan(struct process *p, struct scan_arg *arg)
{
	unsigned long request =
		3ul << 30 | sizeof *arg << 16 | (unsigned long)'f' << 8 | 16;

	arg->size = sizeof *arg;
	return sys_3(SYS_ioctl, p->pagemap, request, arg);
}

static int scan_by_ioctl(struct process *p, uint64_t addr, uint64_t end)
{
	struct scan_arg arg = {
		.start = addr,
		.end = end,
		.vec = (uintptr_t)p->run,
		.vec_len = PROCESS_RUNS,
		.category_inverted = SCAN_PFNZERO,
		.category_mask = SCAN_PFNZERO,
		.category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
		.return_mask = SCAN_PRESENT | SCAN_SWAPPED,
	};
	long n = pagemap_scan(p, &arg);

	if (n < 0)
		return (int)n;
	p->nruns = (size_t)n;
	p->runs_from = addr;
	p->runs_to = arg.walk_end;
	return 0;
}

int crashd_process_written(struct process *p, const struct map *map)
{
	struct page_run run;
	struct scan_arg arg = {
		.start = map->start,
		.end = map->end,
		.vec = (uintptr_t)&run,
		.vec_len = 1,
		.max_pages = 1,
		.category_inverted = SCAN_PFNZERO | SCAN_FILE,
		.category_mask = SCAN_PFNZERO | SCAN_FILE,
		.category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
		.return_mask = SCAN_PRESENT | SCAN_SWAPPED,
	};
	long n = pagemap_scan(p, &arg);

	return n > 0 ? 1 : (int)n;
}

/* Bits 62 and 63 of a word: swapped, present (admin-guide/mm/pagemap.rst). */
static int scan_by_words(struct process *p, uint64_t addr, uint64_t end)
{
	uint64_t *word = (uint64_t *)(void *)p->text;
	size_t max = sizeof p->text / sizeof *word;
	uint64_t pages = (end - addr) / CORE_PAGE;
	ssize_t got = sys_pread(p->pagemap, word,
		(pages < max ? pages : max) * sizeof *word,
		(int64_t)(addr / CORE_PAGE * sizeof *word));

	if (got <= 0)
		return got < 0 ? (int)got : -EIO;
	p->nruns = 0;
	p->runs_from = p->runs_to = addr;
	for (size_t i = 0; i < (size_t)got / sizeof *word; i++) {
		struct page_run *last = p->run + p->nruns - 1;
		uint64_t at = addr + i * CORE_PAGE;

		if (!(word[i] >> 62)) {
			/* a hole */
		} else if (p->nruns && last->end == at) {
			last->end = at + CORE_PAGE;
		} else if (p->nruns < PROCESS_RUNS) {
			p->run[p->nruns++] =
				(struct page_run){ at, at + CORE_PAGE, 0 };
		} else {
			break;
		}
		p->runs_to = at + CORE_PAGE;
	}
	return 0;
}

static int scan(struct process *p, uint64_t addr, uint64_t end)
{
	int error = scan_by_ioctl(p, addr, end);

	return error ? scan_by_words(p, addr, end) : 0;
}

static int next_anonymous(struct process *p, uint64_t addr, uint64_t end,
	uint64_t *start, uint64_t *stop)
{
	while (addr < end) {
		if (addr < p->runs_from || addr >= p->runs_to) {
			if (scan(p, addr, end) || p->runs_to <= addr)
				return 1;
		}
		for (size_t i = 0; i < p->nruns; i++) {
			const struct page_run *run = p->run + i;

			if (run->end <= addr || run->start >= end)
				continue;
			*start = run->start > addr ? run->start : addr;
			*stop = run->end < end ? run->end : end;
			return 1;
		}
		addr = p->runs_to;
		*start = addr;
	}
	return 0;
}

/*
 * The holes of a file in memory (shm_open, memfd, System V, MAP_SHARED without
 * a file): to read one is to fill it, with memory that the target pays for.
 * Opening it needs privilege; without, all is read, as by the kernel.
 */
static int next_data(struct process *p, const struct core_segment *seg,
	uint64_t addr, uint64_t *start, uint64_t *stop)
{
	uint64_t end = seg->start + seg->dump;

	if (p->data < 0 || p->data_of != seg->start) {
		if (p->data >= 0)
			sys_close(p->data);
		p->data =
			crashd_process_file(p, seg->start, seg->end, O_RDONLY);
		p->data_of = seg->start;
	}
	if (p->data < 0)
		return 1;

	int64_t from = (int64_t)(seg->offset + (addr - seg->start));
	int64_t data = sys_lseek(p->data, from, SEEK_DATA);
	int64_t hole = data < 0 ? data : sys_lseek(p->data, data, SEEK_HOLE);

	if (data < 0 || hole < 0)
		return data == -ENXIO ? 0 : 1;
	*start = addr + (uint64_t)(data - from) / CORE_PAGE * CORE_PAGE;
	*stop = addr + ((uint64_t)(hole - from) + CORE_PAGE - 1) / CORE_PAGE *
			       CORE_PAGE;
	if (*stop > end)
		*stop = end;
	return *start < end;
}

/* Everything is one run when the kernel does not tell. */
int crashd_process_next_run(struct core_source *source,
	const struct core_segment *seg, uint64_t addr, uint64_t *start,
	uint64_t *stop)
{
	struct process *p = (struct process *)source;

	*start = addr;
	*stop = seg->start + seg->dump;
	if (seg->tag & PROCESS_UNREADABLE)
		return 0;
	if (seg->tag & PROCESS_MEMORY)
		return next_data(p, seg, addr, start, stop);
	if (seg->tag & PROCESS_ANONYMOUS && p->pagemap >= 0)
		return next_anonymous(p, addr, *stop, start, stop);
	return 1;
}
