/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one
 * datagram; a field is KEY=value\n, or, where the value may have newlines,
 * KEY\n, its length as a little-endian 64-bit number, the value, \n.  One
 * sendmsg that does not wait: a journald that does not read holds up nobody.
 * The fields are those of crashd-report's record; MESSAGE_ID is systemd's
 * SD_MESSAGE_BACKTRACE, which coredumpctl lists.
 */
#include "crashd/safe/journal.h"

#include "crashd/safe/handler.h"
#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"
#include "crashd/safe/word.h"

#include <linux/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { FIELDS = 2048, LINE = 512 };

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

static void describe(struct record *r, const struct crashd_crash *c)
{
	const char *name = crashd_signal_name(c->sig);
	char comm[16] = "";

	r->at = crashd_word_put(r->at, r->end,
		"MESSAGE_ID=1f4e0a44a88649939aaea34fc6da8c95\n"
		"PRIORITY=2\nSYSLOG_IDENTIFIER=crashd\n");
	number(r, "COREDUMP_PID=", c->record.pid);
	number(r, "COREDUMP_SIGNAL=", c->sig);
	number(r, "COREDUMP_TIMESTAMP=", c->record.time_ms * 1000);
	number(r, "COREDUMP_UID=", sys_getuid());
	number(r, "COREDUMP_GID=", sys_getgid());
	if (name)
		field(r, "COREDUMP_SIGNAL_NAME", name, length(name));
	if (sys_prctl(PR_GET_NAME, (unsigned long)comm, 0, 0) == 0)
		field(r, "COREDUMP_COMM", comm, length(comm));
	field(r, "COREDUMP_EXE", crashd_config.exe, length(crashd_config.exe));
	command_line(r);
	r->at = crashd_word_put(r->at, r->end, "MESSAGE\n");
	put_length(r, c->copy.n);
}

int crashd_journal_send(struct crashd_crash *c)
{
	static struct record record;
	static const struct sockaddr_un to = {
		.sun_family = AF_UNIX,
		.sun_path = "/run/systemd/journal/socket",
	};
	struct iovec part[3];
	struct msghdr message = {
		.msg_name = (void *)&to,
		.msg_namelen = sizeof to,
		.msg_iov = part,
		.msg_iovlen = 3,
	};
	int sock = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t sent;

	if (sock < 0)
		return sock;
	record.at = record.text;
	record.end = record.text + sizeof record.text - 1;
	describe(&record, c);
	part[0] = (struct iovec){ record.text,
		(size_t)(record.at - record.text) };
	part[1] = (struct iovec){ c->copy.text, c->copy.n };
	part[2] = (struct iovec){ (void *)"\n", 1 };
	sent = sys_sendmsg(sock, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	sys_close(sock);
	return sent < 0 ? (int)sent : 0;
}
