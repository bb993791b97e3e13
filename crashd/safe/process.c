/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which mappings are dumped (vma_dump_size, fs/coredump.c) is rebuilt here from
 * what /proc shows; which of their pages, in pages.c.  The kernel asks whether
 * a private mapping has an anon_vma, that is, whether it was ever written to;
 * /proc shows anonymous or swapped pages instead.  The two differ when written
 * pages were given back, and when a written mapping was split in two and only
 * one part has pages: the second is common (the data of a program whose
 * relocated part became read-only), and recognised by the parts being
 * neighbours in memory and in the file.
 */
#include "crashd/safe/process.h"
#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"
#include "crashd/safe/word.h"

enum {
	DEFAULT_FILTER = 0x33,
	READ_CHUNK_FORCED = 64 << 10,
	TICKS = 100, /* USER_HZ: the unit of times in /proc */
};

/* ---- files of /proc ---- */

/* Into p->text; its size, or -errno. */
static long read_text(struct process *p, pid_t tid, const char *name)
{
	return crashd_procfile_read(
		p->proc, p->pid, tid, name, p->text, sizeof p->text);
}

/*
 * The last number of a line: of NSpid and kin, the id in the process' own
 * namespace, which is what a core has.
 */
static int status_last(const char *text, const char *name)
{
	const char *at = crashd_procfile_value(text, name), *last = at;

	if (!at)
		return 0;
	for (; *at && *at != '\n'; at++)
		if (*at == '\t' || *at == ' ')
			last = at + 1;
	return (int)crashd_procfile_parse(last, 10);
}

/* The fields of /proc/PID/stat from the third on; NULL: malformed. */
static const char *stat_fields(const char *text)
{
	const char *found = NULL;

	for (; *text; text++)
		if (*text == ')' && text[1] == ' ')
			found = text + 2;
	return found;
}

/* Field n of the man page, n >= 3; a leading minus sign is kept in *minus. */
static uint64_t stat_field(const char *fields, int n, bool *minus)
{
	for (n -= 3; n > 0 && *fields; fields++)
		n -= *fields == ' ';
	*minus = *fields == '-';
	return crashd_procfile_parse(fields + *minus, 10);
}

/* ---- what a core says of processes and threads ---- */

/* "pid (name) state …"; the name may have parentheses. */
static size_t stat_name(const char *text, char *ret, size_t size)
{
	const char *from = text, *end = stat_fields(text);
	size_t n = 0;

	while (*from && *from != '(')
		from++;
	/* end is past ") " */
	for (from++; end && from < end - 2 && n < size - 1; n++)
		ret[n] = *from++;
	for (size_t i = n; i < size; i++)
		ret[i] = 0;
	return n;
}

static void set_time(struct timeval *ret, uint64_t ticks)
{
	ret->tv_sec = (time_t)(ticks / TICKS);
	ret->tv_usec = (suseconds_t)(ticks % TICKS * (1000000 / TICKS));
}

int crashd_process_thread(
	struct process *p, pid_t tid, struct elf_prstatus *ret)
{
	bool minus;
	/* the process' own file has the times of all its threads together */
	long n = read_text(p, tid == p->pid ? 0 : tid, "stat");
	const char *stat = n > 0 ? stat_fields(p->text) : NULL;

	if (!stat)
		return n < 0 ? (int)n : -ESRCH;
	stat_name(p->text, p->name, sizeof p->name);
	set_time(&ret->pr_utime, stat_field(stat, 14, &minus));
	set_time(&ret->pr_stime, stat_field(stat, 15, &minus));
	set_time(&ret->pr_cutime, stat_field(stat, 16, &minus));
	set_time(&ret->pr_cstime, stat_field(stat, 17, &minus));

	n = read_text(p, tid, "status");
	if (n <= 0)
		return n < 0 ? (int)n : -ESRCH;
	ret->pr_pid = status_last(p->text, "NSpid");
	ret->pr_pgrp = status_last(p->text, "NSpgid");
	ret->pr_sid = status_last(p->text, "NSsid");
	ret->pr_ppid = (int)crashd_procfile_number(p->text, "PPid", 10);
	ret->pr_sigpend = crashd_procfile_number(p->text, "SigPnd", 16);
	ret->pr_sighold = crashd_procfile_number(p->text, "SigBlk", 16);
	return 0;
}

static void fill_state(struct elf_prpsinfo *info, const char *stat)
{
	/* fill_psinfo's "RSDTZW": the number is the letter's place */
	static const char letters[] = "RSDTZW";
	char letter = stat[0] == 't' ? 'T' : stat[0];
	bool minus;

	info->pr_sname = '.';
	for (char i = 0; letters[(int)i]; i++)
		if (letters[(int)i] == letter) {
			info->pr_state = i;
			info->pr_sname = letter;
		}
	info->pr_zomb = info->pr_sname == 'Z';
	info->pr_flag = stat_field(stat, 9, &minus);
	info->pr_nice = (char)stat_field(stat, 19, &minus);
	if (minus)
		info->pr_nice = (char)-info->pr_nice;
}

/*
 * As fill_psinfo: the memory of the arguments, the end of each made a space.
 * /proc/PID/cmdline is something else where a title was written over them.
 */
static void fill_psargs(struct process *p, uint64_t args, uint64_t size)
{
	char *ret = p->source.process.prpsinfo.pr_psargs;
	long n = ELF_PRARGSZ - 1;

	if (size < (uint64_t)n)
		n = (long)size;
	if (!args || p->source.read(&p->source, args, p->text, (size_t)n) != n)
		n = read_text(p, p->tid, "cmdline");
	for (long i = 0; i < n && i < ELF_PRARGSZ - 1; i++)
		ret[i] = p->text[i] ? p->text[i] : ' ';
}

static int fill_prpsinfo(struct process *p)
{
	struct elf_prpsinfo *info = &p->source.process.prpsinfo;
	long n = read_text(p, 0, "stat");
	const char *stat = n > 0 ? stat_fields(p->text) : NULL;
	uint64_t args, args_end;
	bool minus;

	if (!stat)
		return n < 0 ? (int)n : -ESRCH;
	stat_name(p->text, info->pr_fname, sizeof info->pr_fname);
	fill_state(info, stat);
	info->pr_ppid = (int)stat_field(stat, 4, &minus);
	args = stat_field(stat, 48, &minus);
	args_end = stat_field(stat, 49, &minus);
	n = read_text(p, 0, "status");
	if (n <= 0)
		return n < 0 ? (int)n : -ESRCH;
	info->pr_pid = status_last(p->text, "NSpid");
	info->pr_pgrp = status_last(p->text, "NSpgid");
	info->pr_sid = status_last(p->text, "NSsid");
	info->pr_uid = (unsigned)crashd_procfile_number(p->text, "Uid", 10);
	info->pr_gid = (unsigned)crashd_procfile_number(p->text, "Gid", 10);

	fill_psargs(p, args, args_end - args);
	return 0;
}

static void fill_auxv(struct process *p)
{
	struct core_process *process = &p->source.process;
	long n = read_text(p, p->tid, "auxv");

	if (n <= 0)
		return;
	process->auxv_size = (size_t)n < sizeof process->auxv
				     ? (size_t)n
				     : sizeof process->auxv;
	__builtin_memcpy(process->auxv, p->text, process->auxv_size);
}

/* ---- which mappings ---- */

static bool starts(const char *s, const char *with)
{
	while (*with && *s == *with) {
		s++;
		with++;
	}
	return !*with;
}

static bool ends(const char *s, const char *with)
{
	size_t n = 0, k = 0;

	while (s[n])
		n++;
	while (with[k])
		k++;
	return n >= k && starts(s + n - k, with);
}

/* Mappings that the kernel names itself (always_dump_vma). */
bool crashd_map_special(const struct map *map)
{
	return map->inode == 0 && map->name[0] == '[' &&
	       !starts(map->name, "[anon") && !starts(map->name, "[heap]") &&
	       !starts(map->name, "[stack");
}

static bool is_shared(const struct map *map)
{
	/* VM_SHARED: the 's' of maps also has read-only descriptors' */
	return map->detailed ? (map->flags & MAP_FLAG_SHARED) != 0
			     : (map->perms & MAP_PERM_SHARED) != 0;
}

uint64_t crashd_map_dump(
	const struct map *map, const struct map_facts *facts, unsigned filter)
{
	uint64_t whole = map->end - map->start;
	bool shared = is_shared(map);

	if (crashd_map_special(map))
		return whole;
	if (map->flags & MAP_FLAG_IO)
		return 0;
	if (filter & CORE_ALL)
		return whole;
	if (map->flags & MAP_FLAG_DONTDUMP)
		return 0;
	if (map->flags & MAP_FLAG_HUGETLB)
		return filter & (shared ? CORE_HUGETLB_SHARED
					: CORE_HUGETLB_PRIVATE)
			       ? whole
			       : 0;
	if (shared)
		return filter & (facts->unlinked ? CORE_ANON_SHARED
						 : CORE_FILE_SHARED)
			       ? whole
			       : 0;
	if (facts->written && filter & CORE_ANON_PRIVATE)
		return whole;
	if (map->inode == 0)
		return 0;
	if (filter & CORE_FILE_PRIVATE)
		return whole;
	if (filter & CORE_ELF_HEADERS && map->offset == 0 &&
		map->perms & MAP_PERM_READ && (facts->executable || facts->elf))
		return CORE_PAGE;
	return 0;
}

int crashd_process_file(
	struct process *p, uint64_t start, uint64_t end, int flags)
{
	char name[64], *last = name + sizeof name - 1;
	char *at = crashd_word_put(name, last, "map_files/");

	at = crashd_word_number(at, last, start, 16);
	at = crashd_word_put(at, last, "-");
	crashd_word_number(at, last, end, 16);
	return crashd_procfile_open(p->proc, p->pid, 0, name, flags);
}

/* Of that file; without privilege by its name. */
static int stat_file(struct process *p, const struct map *map, struct stat *st)
{
	int fd = crashd_process_file(p, map->start, map->end, O_PATH);

	if (fd >= 0) {
		int error = sys_fstat(fd, st);

		sys_close(fd);
		return error;
	}
	if (map->name[0] != '/')
		return -ENOENT;

	int error = sys_fstatat(AT_FDCWD, map->name, st, 0);

	return error ? error : st->st_ino == map->inode ? 0 : -ENOENT;
}

static bool has_elf_magic(struct process *p, const struct map *map)
{
	char magic[4] = { 0 };

	return p->source.read(&p->source, map->start, magic, sizeof magic) ==
		       sizeof magic &&
	       magic[0] == ELFMAG0 && magic[1] == ELFMAG1 &&
	       magic[2] == ELFMAG2 && magic[3] == ELFMAG3;
}

static bool is_split_from_last(const struct process *p, const struct map *map)
{
	const struct map *last = &p->last;

	return p->last_written && map->inode && last->inode == map->inode &&
	       last->major == map->major && last->minor == map->minor &&
	       last->end == map->start && !is_shared(map) &&
	       last->offset + (last->end - last->start) == map->offset;
}

void crashd_process_facts(
	struct process *p, const struct map *map, struct map_facts *ret)
{
	struct stat st;

	*ret = (struct map_facts){ 0 };
	if (crashd_map_special(map))
		return;
	ret->written = !is_shared(map) && (map->anonymous || map->swap ||
						  is_split_from_last(p, map));
	if (is_shared(map)) {
		bool known = stat_file(p, map, &st) == 0;

		ret->unlinked = known ? st.st_nlink == 0
				      : ends(map->name, " (deleted)");
		/* tmpfs and kin are on no device */
		ret->memory = known && S_ISREG(st.st_mode) && !map->major &&
			      !(map->flags & MAP_FLAG_HUGETLB);
	} else if (map->inode && map->offset == 0 &&
		   map->perms & MAP_PERM_READ) {
		ret->executable =
			stat_file(p, map, &st) == 0 && st.st_mode & 0111;
		ret->elf = !ret->executable && has_elf_magic(p, map);
	}
	p->last = *map;
	p->last_written = ret->written;
}

static uint32_t reading_of(const struct map *map, const struct map_facts *facts)
{
	bool special = crashd_map_special(map);

	/* [vvar], and [vsyscall] where it can only be executed */
	if (map->flags & MAP_FLAG_IO ||
		(special && !(map->perms & MAP_PERM_READ)))
		return PROCESS_UNREADABLE;
	/* a missing page of userfaultfd would be waited for, for ever */
	if (map->flags & MAP_FLAG_UFFD)
		return PROCESS_ANONYMOUS;
	if (facts->memory)
		return PROCESS_MEMORY;
	return map->inode || special ? 0 : PROCESS_ANONYMOUS;
}

void crashd_process_choose(
	struct process *p, const struct map *map, struct core_map *ret)
{
	struct map_facts facts;

	crashd_process_facts(p, map, &facts);
	*ret = (struct core_map){
		.start = map->start,
		.end = map->end,
		.dump = crashd_map_dump(map, &facts, p->filter),
		.offset = map->offset,
		.flags = (map->perms & MAP_PERM_READ ? PF_R : 0) |
			 (map->perms & MAP_PERM_WRITE ? PF_W : 0) |
			 (map->perms & MAP_PERM_EXEC ? PF_X : 0),
		.file = map->inode ? map->name : NULL,
		.tag = reading_of(map, &facts),
	};
}

int crashd_process_next_map(struct core_source *source, struct core_map *ret)
{
	struct process *p = (struct process *)source;
	struct map map = { 0 };
	int more = crashd_maps_next(&p->maps, &map);

	if (more > 0)
		crashd_process_choose(p, &map, ret);
	return more;
}

/* ---- memory ---- */

/*
 * process_vm_readv is the fast way, by a living thread's id: a main thread that
 * has ended has no memory any more.  What it may not read (PROT_NONE with data
 * in it) /proc/PID/mem does for whoever may ptrace.
 */
long crashd_process_read(
	struct core_source *source, uint64_t addr, void *buf, size_t n)
{
	struct process *p = (struct process *)source;
	struct iovec local = { buf, n };
	struct iovec remote = { (void *)(uintptr_t)addr, n };
	ssize_t got = sys_process_vm_readv(p->tid, &local, 1, &remote, 1);

	if (got > 0 || got == -ESRCH)
		return got;
	if (p->mem < 0)
		return 0;
	if (n > READ_CHUNK_FORCED)
		n = READ_CHUNK_FORCED;
	got = sys_pread(p->mem, buf, n, (int64_t)addr);
	return got > 0 ? got : 0;
}

/* ---- opening ---- */

int crashd_process_next_thread(
	struct core_source *source, struct core_thread *ret)
{
	struct process *p = (struct process *)source;
	pid_t tid = 0;
	int more = p->registers ? p->registers(p, ret, &tid) : 0;

	if (more <= 0)
		return more;
	/* a thread that is gone by now still has its registers */
	(void)crashd_process_thread(p, tid, &ret->prstatus);
	ret->prstatus.pr_fpvalid = 1;
	return 1;
}

static unsigned read_filter(struct process *p)
{
	/* a zombie main thread has no memory of its own to say it */
	return read_text(p, 0, "coredump_filter") > 0
		       ? (unsigned)crashd_procfile_parse(p->text, 16)
		       : DEFAULT_FILTER;
}

int crashd_process_open(
	struct process *p, int proc, pid_t pid, pid_t tid, int filter)
{
	int error;

	__builtin_memset(p, 0, sizeof *p);
	p->pid = pid;
	p->tid = tid;
	p->maps.fd = p->mem = p->pagemap = p->data = -1;
	p->source.next_thread = crashd_process_next_thread;
	p->source.next_map = crashd_process_next_map;
	p->source.read = crashd_process_read;
	p->source.next_run = crashd_process_next_run;
	p->proc = proc >= 0 ? sys_fcntl(proc, F_DUPFD_CLOEXEC, 3)
			    : sys_open("/proc",
				      O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (p->proc < 0)
		return p->proc;
	p->filter = filter >= 0 ? (unsigned)filter : read_filter(p);
	/* first: where it is still the same, all below is of this program */
	fill_auxv(p);
	p->mem = crashd_procfile_open(p->proc, pid, tid, "mem", O_RDONLY);
	p->pagemap =
		crashd_procfile_open(p->proc, pid, tid, "pagemap", O_RDONLY);
	error = fill_prpsinfo(p);
	if (!error)
		error = crashd_maps_open(&p->maps, p->proc, pid, tid, true);
	return error;
}

void crashd_process_close(struct process *p)
{
	crashd_maps_close(&p->maps);
	if (p->mem >= 0)
		sys_close(p->mem);
	if (p->pagemap >= 0)
		sys_close(p->pagemap);
	if (p->proc >= 0)
		sys_close(p->proc);
	if (p->data >= 0)
		sys_close(p->data);
	p->mem = p->pagemap = p->proc = p->data = -1;
}
