/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the handler itself prints: the first line, why, the threads (by the
 * best tier that works), registers, mappings, annotations, the core, the end.
 * Everything that is of somebody else's making (names, paths, values) goes
 * through crashd_text_name.
 */
#include "crashd/safe/text_report.h"

#include <linux/prctl.h>

#include "crashd/safe/journal.h"
#include "crashd/safe/maps.h"
#include "crashd/safe/notify.h"
#include "crashd/safe/owncore.h"
#include "crashd/safe/peek.h"
#include "crashd/safe/sys.h"
#include "crashd/safe/tiers.h"
#include "crashd/safe/timeline.h"

enum {
	SHOWN_EVENTS = 20,
	NEAR_STACK = 65536,
	NEAR_SP = 256,
};

/* ---- the first line ---- */

static void print_address(struct crashd_text *t, const struct crashd_crash *c)
{
	const char *access = crashd_context_access(&c->trap);

	if (!crashd_signal_is_fault(&c->info) || c->info.si_code == 0x80)
		return;
	if (c->sig == SIGSYS) {
		crashd_text_str(t, ", system call ");
		crashd_text_dec(t, c->info.si_syscall);
		return;
	}
	crashd_text_str(t, ", ");
	if (c->sig == SIGSEGV || c->sig == SIGBUS) {
		crashd_text_str(t, access);
		crashd_text_str(t, access[0] ? " of " : "address ");
	} else {
		crashd_text_str(t, "at ");
	}
	crashd_text_hex(t, (uint64_t)(uintptr_t)c->info.si_addr);
}

/*
 * systemd, that of a user, or of the container around us (whose processes have
 * no number here: 0), kills by SIGABRT what does not answer; so does whoever
 * asks them to, by `systemctl kill`.  All processes of the service get it.
 */
static bool is_watchdog(const struct crashd_crash *c)
{
	int sender = c->info.si_pid;

	return c->sig == SIGABRT && c->info.si_code == SI_USER &&
	       crashd_config.watched &&
	       (sender == 0 || sender == 1 || sender == crashd_config.manager);
}

static void print_sender(struct crashd_text *t, const struct crashd_crash *c)
{
	int code = c->info.si_code;

	if (code != SI_USER && code != SI_TKILL && code != SI_QUEUE)
		return;
	if (c->info.si_pid == c->record.pid) {
		crashd_text_str(t, " by the process itself");
		return;
	}
	crashd_text_str(t, " by process ");
	crashd_text_dec(t, c->info.si_pid);
	crashd_text_str(t, ", uid ");
	crashd_text_udec(t, c->info.si_uid);
	if (is_watchdog(c))
		crashd_text_str(t, " (the service manager: its watchdog, "
				   "WatchdogSec, was not fed, it seems)");
	else if (c->info.si_pid == 1)
		crashd_text_str(t, " (init)");
}

static void print_signal(struct crashd_text *t, const struct crashd_crash *c)
{
	const char *name = crashd_signal_name(c->sig);
	const char *code = crashd_signal_code(&c->info);

	if (name) {
		crashd_text_str(t, name);
	} else {
		crashd_text_str(t, "SIGRTMIN+");
		crashd_text_dec(t, c->sig - 34);
	}
	crashd_text_str(t, ": ");
	crashd_text_str(t, name ? crashd_signal_words(c->sig) : "real-time");
	if (c->record.flags & CRASHD_RECORD_BAD_INFO) {
		crashd_text_str(t, ", origin unknown (the handler was set "
				   "again without SA_SIGINFO)");
		return;
	}
	crashd_text_str(t, ", ");
	if (code) {
		crashd_text_str(t, code);
	} else {
		crashd_text_str(t, "si_code ");
		crashd_text_dec(t, c->info.si_code);
	}
	print_sender(t, c);
	print_address(t, c);
}

static void print_thread_name(struct crashd_text *t)
{
	char comm[16] = "";

	if (sys_prctl(PR_GET_NAME, (unsigned long)comm, 0, 0) != 0)
		return;
	crashd_text_str(t, " \"");
	crashd_text_name(t, comm, sizeof comm);
	crashd_text_char(t, '"');
}

static void print_first_line(
	struct crashd_text *t, const struct crashd_crash *c)
{
	if (c->sig)
		print_signal(t, c);
	else
		crashd_text_str(t, "traceback: requested by the program");
	crashd_text_str(t, ", PID ");
	crashd_text_dec(t, c->record.pid);
	crashd_text_str(t, ", thread ");
	crashd_text_dec(t, c->record.tid);
	print_thread_name(t);
	crashd_text_char(t, '\n');
}

static void first_line(struct crashd_crash *c)
{
	print_first_line(&c->text, c);
	crashd_text_flush(&c->text);
}

/*
 * What `systemctl status` shows from now on.  A watchdog is fed once more, so
 * that it does not bark at a service because its report takes a while: but not
 * the one whose victim this is.
 */
static void service_status(struct crashd_crash *c)
{
	static struct crashd_text line;

	if (!crashd_config.notify[0] || c->lives)
		return;
	crashd_text_init(&line, -1);
	crashd_text_str(&line, is_watchdog(c) ? "" : "WATCHDOG=1\n");
	crashd_text_str(&line, "STATUS=");
	print_first_line(&line, c);
	crashd_notify(line.buf, line.n);
}

/* ---- why ---- */

static void abort_message(struct crashd_crash *c)
{
	char message[1024];
	uint64_t at;

	/* glibc: struct { unsigned size; char msg[]; } *__abort_msg */
	if (c->sig != SIGABRT || !crashd_config.abort_message)
		return;
	if (!crashd_peek_u64((uintptr_t)crashd_config.abort_message, &at) ||
		!at || !crashd_peek_str(at + 4, message, sizeof message))
		return;
	for (size_t i = 0; message[i]; i++)
		if (message[i] == '\n' && !message[i + 1])
			message[i] = 0;
	crashd_text_str(&c->text, "abort message: ");
	crashd_text_name(&c->text, message, sizeof message);
	crashd_text_char(&c->text, '\n');
}

/*
 * An address just around the stack pointer, not mapped, with memory above it:
 * the stack has run into what lies below it.
 */
static bool is_stack_overflow(const struct crashd_crash *c, uint64_t addr)
{
	uint64_t sp = c->regs.v[CRASHD_SP], above = (addr | 4095) + 1;
	char byte;

	if (c->sig != SIGSEGV || c->info.si_code <= 0 ||
		c->info.si_code == 0x80)
		return false;
	if (addr + NEAR_STACK < sp || addr > sp + NEAR_STACK)
		return false;
	for (int i = 0; i < 16; i++, above += 4096)
		if (crashd_peek(above, &byte, 1))
			return !crashd_peek(addr, &byte, 1);
	return false;
}

static void explain_fault(struct crashd_crash *c)
{
	uint64_t addr = (uint64_t)(uintptr_t)c->info.si_addr;
	struct crashd_text *t = &c->text;
	const char *access = crashd_context_access(&c->trap);
	uint64_t sp = c->regs.v[CRASHD_SP];
	char byte;

	if (c->sig != SIGSEGV || !crashd_signal_is_fault(&c->info) ||
		c->info.si_code == 0x80)
		return;
	if (is_stack_overflow(c, addr)) {
		crashd_text_str(t, "stack overflow: the stack pointer ");
		crashd_text_hex(t, sp);
		crashd_text_str(t, " is at the end of the thread's stack\n");
	} else if (addr == c->regs.v[CRASHD_PC] && access[0] == 'e') {
		crashd_text_str(t, addr < 4096 ? "a call through a null pointer"
					       : "a jump or call to what is no "
						 "code");
		crashd_text_str(t, "\n");
	} else if (addr - sp + NEAR_SP < 2 * NEAR_SP &&
		   !crashd_peek(sp, &byte, 1)) {
		crashd_text_str(t, "the stack pointer ");
		crashd_text_hex(t, sp);
		crashd_text_str(t, " is bad\n");
	} else if (addr < 4096) {
		crashd_text_str(t, "a null pointer");
		if (addr) {
			crashd_text_str(t, ", plus ");
			crashd_text_udec(t, addr);
		}
		crashd_text_char(t, '\n');
	}
}

static void why(struct crashd_crash *c)
{
	abort_message(c);
	explain_fault(c);
	if (c->output.file_error) {
		crashd_text_str(&c->text, "the report's file ");
		crashd_text_name(&c->text, crashd_config.file,
			sizeof crashd_config.file);
		crashd_text_str(&c->text, " cannot be opened: ");
		crashd_text_str(
			&c->text, crashd_error_words(c->output.file_error));
		crashd_text_char(&c->text, '\n');
	}
	if (crashd_config.exe[0]) {
		crashd_text_str(&c->text, "program ");
		crashd_text_name(
			&c->text, crashd_config.exe, sizeof crashd_config.exe);
		crashd_text_char(&c->text, '\n');
	}
	crashd_text_flush(&c->text);
}

/* ---- registers and mappings ---- */

static void registers(struct crashd_crash *c)
{
	crashd_text_str(&c->text, "\nregisters\n");
	crashd_context_print(&c->text, c->record.gregs);
	if (c->trap.number) {
		crashd_text_str(&c->text, "  trap ");
		crashd_text_udec(&c->text, c->trap.number);
		crashd_text_str(&c->text, ", error code ");
		crashd_text_hex(&c->text, c->trap.error);
		if (c->trap.number == 14) {
			crashd_text_str(&c->text, ", cr2 ");
			crashd_text_hex(&c->text, c->trap.address);
		}
		crashd_text_char(&c->text, '\n');
	}
	crashd_text_flush(&c->text);
}

static void print_map(struct crashd_text *t, const struct map *map)
{
	static const char letters[] = "rwx";

	crashd_text_str(t, "  ");
	crashd_text_hexw(t, map->start, 12);
	crashd_text_char(t, '-');
	crashd_text_hexw(t, map->end, 12);
	crashd_text_char(t, ' ');
	for (unsigned i = 0; i < 3; i++)
		crashd_text_char(t, map->perms & (4U >> i) ? letters[i] : '-');
	crashd_text_char(t, map->perms & MAP_PERM_SHARED ? 's' : 'p');
	crashd_text_char(t, ' ');
	crashd_text_hexw(t, map->offset, 8);
	crashd_text_char(t, ' ');
	crashd_text_name(t, map->name, MAPS_LINE);
}

struct place {
	const char *what;
	uint64_t addr;
};

/* The mapping of each place, and the two beside it when it is not mapped. */
static void mappings(struct crashd_crash *c)
{
	static struct maps maps;
	bool fault = crashd_signal_is_fault(&c->info) &&
		     c->info.si_code != 0x80 && c->sig != SIGSYS;
	const struct place place[] = {
		{ "the fault", fault ? (uint64_t)(uintptr_t)c->info.si_addr
				     : c->regs.v[CRASHD_PC] },
		{ "pc", c->regs.v[CRASHD_PC] },
		{ "sp", c->regs.v[CRASHD_SP] },
	};
	struct crashd_text *t = &c->text;
	uint64_t before = 0;
	struct map map;

	crashd_text_str(t, "\nmappings around the fault, pc and sp\n");
	if (crashd_maps_open(&maps, crashd_now.proc_fd, crashd_now.proc_pid,
		    crashd_now.proc_tid, false) < 0) {
		crashd_text_str(t, "  /proc/PID/maps cannot be read\n");
		return;
	}
	while (crashd_maps_next(&maps, &map) > 0) {
		bool shown = false;

		for (int i = fault ? 0 : 1; i < 3; i++) {
			uint64_t addr = place[i].addr;

			if (addr >= before && addr < map.start) {
				crashd_text_str(t, "  ");
				crashd_text_hex(t, addr);
				crashd_text_str(t, ": ");
				crashd_text_str(t, place[i].what);
				crashd_text_str(t, ", not mapped\n");
				shown = true;
			}
			shown |= addr >= before && addr < map.end;
		}
		before = map.end;
		if (!shown)
			continue;
		print_map(t, &map);
		for (int i = fault ? 0 : 1; i < 3; i++) {
			if (place[i].addr < map.start ||
				place[i].addr >= map.end)
				continue;
			crashd_text_str(t, "  <- ");
			crashd_text_str(t, place[i].what);
		}
		crashd_text_char(t, '\n');
	}
	crashd_maps_close(&maps);
	crashd_text_flush(t);
}

/* ---- the rest ---- */

static void annotations(struct crashd_crash *c)
{
	const struct crashd_root *root = crashd_config.root;
	static struct crashd_annotation a;
	bool first = true;

	if (!root || !root->annotations)
		return;
	for (uint32_t i = 0; i < root->annotation_count; i++) {
		uint64_t at = root->annotations + i * sizeof a;

		if (crashd_peek(at, &a, sizeof a) != sizeof a || !a.sequence)
			break;
		if (a.sequence & 1 || !a.key[0])
			continue;
		crashd_text_str(&c->text, first ? "\nannotations\n" : "");
		first = false;
		crashd_text_str(&c->text, "  ");
		crashd_text_name(&c->text, a.key, sizeof a.key);
		crashd_text_char(&c->text, '=');
		crashd_text_name(&c->text, a.value, sizeof a.value);
		crashd_text_char(&c->text, '\n');
	}
	crashd_text_flush(&c->text);
}

static void events(struct crashd_crash *c)
{
	const struct crashd_root *root = crashd_config.root;
	struct timespec now = { 0 };

	if (!root || !root->events)
		return;
	sys_clock_gettime(CLOCK_MONOTONIC, &now);
	crashd_timeline_print(&c->text,
		(const struct crashd_rings *)(uintptr_t)root->events,
		now.tv_sec * 1000000000 + now.tv_nsec, SHOWN_EVENTS,
		"\nlast events\n");
	crashd_text_flush(&c->text);
}

static void also(struct crashd_crash *c)
{
	for (uint32_t i = 0; i < c->nalso && i < CRASHD_ALSO; i++) {
		const char *name = crashd_signal_name(c->also[i].sig);

		crashd_text_str(&c->text, "thread ");
		crashd_text_dec(&c->text, c->also[i].tid);
		crashd_text_str(&c->text, " also crashed: ");
		crashd_text_str(&c->text, name ? name : "a signal");
		crashd_text_char(&c->text, '\n');
	}
	if (c->nalso > CRASHD_ALSO) {
		crashd_text_udec(&c->text, c->nalso - CRASHD_ALSO);
		crashd_text_str(&c->text, " more threads also crashed\n");
	}
}

/* The report so far; crashd-report sends its own part of it. */
static void journal(struct crashd_crash *c)
{
	int error;

	if (!crashd_config.journal || c->in_journal)
		return;
	error = c->jailed && c->level < CRASHD_LEVEL_ALL
			? -EPERM
			: crashd_journal_send(c);
	if (!error)
		return;
	crashd_text_str(&c->text, "[not sent to the journal: ");
	crashd_text_str(&c->text,
		error == -EAGAIN ? "journald does not read what it is sent"
				 : crashd_error_words(error));
	crashd_text_str(&c->text, "]\n");
	crashd_text_flush(&c->text);
}

static void end(struct crashd_crash *c)
{
	crashd_text_str(&c->text, "--- end of crashd report ");
	crashd_text_dec(&c->text, c->record.pid);
	crashd_text_str(&c->text, " ---\n");
	crashd_text_flush(&c->text);
}

static void lock(struct crashd_crash *c)
{
	crashd_output_lock(&c->output);
}

static void preflight(struct crashd_crash *c)
{
	if (c->lives)
		return;
	crashd_preflight(&c->preflight, crashd_now.proc_fd, c->record.tid,
		c->sig, crashd_config.exe);
	if (c->record.pid == 1 && !crashd_signal_is_fault(&c->info)) {
		c->preflight.kind = CRASHD_CORE_NONE;
		c->preflight.why =
			"PID 1 is not killed by a signal that it is sent";
		c->preflight.error = 0;
	}
	if (crashd_config.valgrind) {
		c->preflight.kind = CRASHD_CORE_NONE;
		c->preflight.why = "valgrind executes this program, and may "
				   "write its own, vgcore.PID";
		c->preflight.error = 0;
		c->preflight.secret = true;
	}
	if (c->level >= CRASHD_LEVEL_CRASH)
		crashd_owncore_plan(c);
}

static void jail_thread(struct crashd_crash *c)
{
	crashd_tiers_own(c,
		c->level < CRASHD_LEVEL_ALL
			? "the program's own seccomp filter may kill for more; "
			  "so no file is opened"
			: "the program's own seccomp filter may kill for more");
}

static void jail_danger(struct crashd_crash *c)
{
	crashd_text_str(&c->text,
		"\n[what needs files follows, and may be ended by the "
		"program's own seccomp filter]\n");
	crashd_text_flush(&c->text);
}

const struct crashd_section crashd_sections[] = {
	{ "surroundings", CRASHD_LEVEL_NONE, crashd_look_around },
	{ "lock", CRASHD_LEVEL_NONE, lock },
	{ "first line", CRASHD_LEVEL_NONE, first_line },
	{ "service status", CRASHD_LEVEL_SINGLE, service_status },
	{ "why", CRASHD_LEVEL_SINGLE, why },
	{ "where the core will be", CRASHD_LEVEL_SINGLE, preflight },
	{ "threads", CRASHD_LEVEL_SINGLE, crashd_tiers },
	{ "registers", CRASHD_LEVEL_SYSTEM, registers },
	{ "mappings", CRASHD_LEVEL_SYSTEM, mappings },
	{ "annotations", CRASHD_LEVEL_SINGLE, annotations },
	{ "events", CRASHD_LEVEL_ALL, events },
	{ "other crashes", CRASHD_LEVEL_SINGLE, also },
	{ "core", CRASHD_LEVEL_SINGLE, crashd_owncore_report },
	{ "journal", CRASHD_LEVEL_SINGLE, journal },
	{ "end", CRASHD_LEVEL_SINGLE, end },
	{ 0 },
};
const struct crashd_section crashd_jail_sections[] = {
	{ "first line", CRASHD_LEVEL_NONE, first_line },
	{ "why", CRASHD_LEVEL_SINGLE, why },
	{ "thread", CRASHD_LEVEL_SINGLE, jail_thread },
	{ "registers", CRASHD_LEVEL_SYSTEM, registers },
	{ "annotations", CRASHD_LEVEL_SINGLE, annotations },
	{ "events", CRASHD_LEVEL_ALL, events },
	{ "other crashes", CRASHD_LEVEL_SINGLE, also },
	{ "danger", CRASHD_LEVEL_ALL, jail_danger },
	{ "surroundings", CRASHD_LEVEL_ALL, crashd_look_around },
	{ "threads", CRASHD_LEVEL_ALL, crashd_tiers_others },
	{ "mappings", CRASHD_LEVEL_SYSTEM, mappings },
	{ "where the core will be", CRASHD_LEVEL_ALL, preflight },
	{ "core", CRASHD_LEVEL_ALL, crashd_owncore_report },
	{ "service status", CRASHD_LEVEL_ALL, service_status },
	{ "journal", CRASHD_LEVEL_SINGLE, journal },
	{ "end", CRASHD_LEVEL_SINGLE, end },
	{ 0 },
};

void crashd_report_failed(
	struct crashd_crash *c, const char *section, const siginfo_t *info)
{
	const char *name = crashd_signal_name(info->si_signo);

	c->text.n = c->text.n < sizeof c->text.buf ? c->text.n : 0;
	crashd_text_str(&c->text, "\n[section ");
	crashd_text_str(&c->text, section);
	crashd_text_str(&c->text, " failed: ");
	crashd_text_str(&c->text, name ? name : "signal");
	crashd_text_str(&c->text, " at ");
	crashd_text_hex(&c->text, (uint64_t)(uintptr_t)info->si_addr);
	crashd_text_str(&c->text, "]\n");
	crashd_text_flush(&c->text);
}
