/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields are those of crashd-report's record that the handler knows by
 * itself; there is no crash id, as it has no names of what is static.
 */
#include "crashd/safe/journal.h"

#include "crashd/safe/handler.h"
#include "crashd/safe/journald.h"
#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"
#include "crashd/safe/word.h"

#include <linux/prctl.h>

enum { FIELDS = 4096, LINE = 512 };

/* What comes before the message, and the message's own length. */
struct record {
	char text[FIELDS];
	char *at, *end;
};

static void number(struct record *r, const char *key, int64_t value)
{
	r->at = crashd_word_put(r->at, r->end, key);
	r->at = crashd_word_number(r->at, r->end, (uint64_t)value, 10);
	r->at = crashd_word_put(r->at, r->end, "\n");
}

static void put_length(struct record *r, uint64_t n)
{
	for (int i = 0; i < 8 && r->at < r->end; i++, n >>= 8)
		*r->at++ = (char)(n & 0xff);
}

/* One that may have any byte in it; left out where there is no room. */
static void field(struct record *r, const char *key, const char *s, size_t n)
{
	if (!n || (size_t)(r->end - r->at) < n + 64)
		return;
	r->at = crashd_word_put(r->at, r->end, key);
	r->at = crashd_word_put(r->at, r->end, "\n");
	put_length(r, n);
	__builtin_memcpy(r->at, s, n);
	r->at += n;
	r->at = crashd_word_put(r->at, r->end, "\n");
}

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static void command_line(struct record *r)
{
	char line[LINE];
	long n = crashd_now.proc_fd < 0
			 ? 0
			 : crashd_procfile_read(crashd_now.proc_fd,
				   crashd_now.proc_pid, 0, "cmdline", line,
				   sizeof line);

	for (long i = 0; i + 1 < n; i++)
		if (!line[i])
			line[i] = ' ';
	if (n > 1)
		field(r, "COREDUMP_CMDLINE", line, (size_t)n - 1);
}

static void hex(struct record *r, const char *key, uint64_t value)
{
	r->at = crashd_word_put(r->at, r->end, key);
	r->at = crashd_word_number(r->at, r->end, value, 16);
	r->at = crashd_word_put(r->at, r->end, "\n");
}

static void string(struct record *r, const char *key, const char *s)
{
	field(r, key, s, length(s));
}

static const char *level_name(int level)
{
	static const char *const names[] = { "none", "single", "all", "system",
		"crash" };

	return level >= 0 && level <= CRASHD_LEVEL_CRASH ? names[level] : "";
}

static void put_identity(struct record *r, const struct crashd_crash *c)
{
	bool fatal = !c->lives;
	bool stored = c->record.flags & CRASHD_RECORD_STORED;

	r->at = crashd_word_put(r->at, r->end,
		fatal && !stored ? "MESSAGE_ID=" CRASHD_ID_BACKTRACE "\n"
				 : "MESSAGE_ID=" CRASHD_ID_REPORT "\n");
	r->at = crashd_word_put(r->at, r->end,
		fatal ? "PRIORITY=2\nCRASHD_FATAL=1\n"
		      : "PRIORITY=5\nCRASHD_FATAL=0\n");
	r->at = crashd_word_put(r->at, r->end, "SYSLOG_IDENTIFIER=crashd\n");
}

/* Our own, or the kernel's, as far as it is told beforehand. */
static void put_core(struct record *r, const struct crashd_crash *c)
{
	const struct crashd_record *rec = &c->record;

	if (rec->flags & CRASHD_RECORD_CORE ? rec->core_bytes > 0 : !c->lives)
		string(r, "CRASHD_CORE", rec->core_path);
}

static void describe(struct record *r, const struct crashd_crash *c)
{
	const char *name = crashd_signal_name(c->sig);
	char comm[16] = "";

	put_identity(r, c);
	number(r, "COREDUMP_PID=", c->record.pid);
	number(r, "COREDUMP_SIGNAL=", c->sig);
	number(r, "COREDUMP_TIMESTAMP=", c->record.time_ms * 1000);
	number(r, "COREDUMP_UID=", sys_getuid());
	number(r, "COREDUMP_GID=", sys_getgid());
	if (name)
		string(r, "COREDUMP_SIGNAL_NAME", name);
	if (sys_prctl(PR_GET_NAME, (unsigned long)comm, 0, 0) == 0)
		string(r, "COREDUMP_COMM", comm);
	string(r, "COREDUMP_EXE", crashd_config.exe);
	number(r, "CRASHD_THREAD=", c->record.tid);
	string(r, "CRASHD_LEVEL", level_name(c->level));
	/* SI_KERNEL: the processor did not tell the address. */
	if (c->sig && crashd_signal_is_fault(&c->info) &&
		c->info.si_code != 0x80)
		hex(r, "CRASHD_FAULT_ADDRESS=0x",
			(uint64_t)(uintptr_t)c->info.si_addr);
	put_core(r, c);
	command_line(r);
	r->at = crashd_word_put(r->at, r->end, "MESSAGE\n");
	put_length(r, c->copy.n);
}

int crashd_journal_send(struct crashd_crash *c)
{
	static struct record record;
	struct iovec part[3];

	record.at = record.text;
	record.end = record.text + sizeof record.text - 1;
	describe(&record, c);
	part[0] = (struct iovec){ record.text,
		(size_t)(record.at - record.text) };
	part[1] = (struct iovec){ c->copy.text, c->copy.n };
	part[2] = (struct iovec){ (void *)"\n", 1 };
	return crashd_journald_send(part, 3);
}
