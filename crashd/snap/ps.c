/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything is in /proc.  Sockets: a link in /proc/PID/fd reads
 * "socket:[inode]", and the tables in /proc/PID/net, which are those of the
 * process' own network namespace, have a line for each inode.
 */
#include "crashd/snap/ps.h"

#include "crashd/snap/result.h"
#include "crashd/snap/target.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SOCKETS = 4096, COMMAND = 4096 };

/* One process, as it is shown. */
struct process_facts {
	struct target target;
	bool crashd;
	pid_t parent;
	char parent_name[64], user[64], command[COMMAND];
	uint64_t rss; /* bytes */
	double cpu_s, elapsed_s;
};

static long read_file(const char *path, char *ret, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(ret, 1, size - 1, file) : 0;

	ret[n] = 0;
	if (file)
		fclose(file);
	return (long)n;
}

/* Field n (from 3) of /proc/PID/stat, after the name in parentheses. */
static unsigned long long stat_field(const char *text, int n)
{
	const char *at = strrchr(text, ')');

	for (at = at ? at + 2 : ""; n > 3 && *at; at++)
		n -= *at == ' ';
	return strtoull(at, NULL, 10);
}

static void read_command(struct process_facts *p)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/cmdline", p->target.pid,
		p->target.tid);

	long n = read_file(path, p->command, sizeof p->command);

	while (n > 0 && !p->command[n - 1])
		n--;
	for (long i = 0; i < n; i++)
		if ((unsigned char)p->command[i] < ' ' || p->command[i] == 127)
			p->command[i] = p->command[i] ? '?' : ' ';
	if (n == 0)
		snprintf(p->command, sizeof p->command, "[%s]", p->target.name);
}

static double uptime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* false: not one that a snapshot can be taken of. */
static bool get(pid_t pid, struct process_facts *p, struct problem *problem)
{
	char path[64], text[1024], value[64];
	double tick = (double)sysconf(_SC_CLK_TCK);
	const struct passwd *user;

	memset(p, 0, sizeof *p);
	if (target_get(pid, &p->target, problem))
		return false;
	p->crashd = target_has_crashd(&p->target);
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	read_file(path, text, sizeof text);
	p->parent = (pid_t)stat_field(text, 4);
	p->cpu_s = (double)(stat_field(text, 14) + stat_field(text, 15)) / tick;
	p->elapsed_s = uptime() - (double)stat_field(text, 22) / tick;
	if (target_status(pid, p->target.tid, "VmRSS", value, sizeof value))
		p->rss = strtoull(value, NULL, 10) * 1024;
	target_status(p->parent, p->parent, "Name", p->parent_name,
		sizeof p->parent_name);
	user = getpwuid(p->target.uid);
	snprintf(p->user, sizeof p->user, user ? "%s" : "%.0s%u",
		user ? user->pw_name : "", p->target.uid);
	read_command(p);
	return true;
}

/* ---- the list ---- */

static int by_number(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

static size_t all_pids(pid_t **ret)
{
	DIR *dir = opendir("/proc");
	size_t n = 0, max = 0;

	*ret = NULL;
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0)
			continue;
		if (n == max) {
			max = max ? 2 * max : 256;

			pid_t *grown = reallocarray(*ret, max, sizeof **ret);

			if (!grown)
				break;
			*ret = grown;
		}
		(*ret)[n++] = pid;
	}
	if (dir)
		closedir(dir);
	if (n)
		qsort(*ret, n, sizeof **ret, by_number);
	return n;
}

static void row_text(const struct process_facts *p, FILE *to)
{
	char name[80];

	snprintf(name, sizeof name, "%s%s", p->target.name,
		p->crashd ? "*" : "");
	fprintf(to, "%-7d %-7d %-17s %7zu %7.0f  %s%s\n", p->target.pid,
		p->parent, name, p->target.threads, (double)p->rss / (1 << 20),
		p->target.exe[0] ? p->target.exe : p->command,
		p->target.exe_deleted ? " (deleted)" : "");
}

static void fields_json(const struct process_facts *p, FILE *to)
{
	fprintf(to, "\"pid\":%d,\"name\":", p->target.pid);
	result_json_string(p->target.name, to);
	fprintf(to, ",\"crashd\":%s,\"parent\":%d,\"parent_name\":",
		p->crashd ? "true" : "false", p->parent);
	result_json_string(p->parent_name, to);
	fprintf(to,
		",\"threads\":%zu,\"rss\":%llu,\"cpu_seconds\":%.2f,"
		"\"elapsed_seconds\":%.2f,\"user\":",
		p->target.threads, (unsigned long long)p->rss, p->cpu_s,
		p->elapsed_s);
	result_json_string(p->user, to);
	fputs(",\"exe\":", to);
	result_json_string(p->target.exe, to);
	fputs(",\"command\":", to);
	result_json_string(p->command, to);
}

void ps_list(bool json, FILE *to)
{
	static struct process_facts p;
	struct problem problem;
	pid_t *pids;
	size_t n = all_pids(&pids);
	bool first = true;

	if (json)
		fputs("{\"processes\":[", to);
	else
		fprintf(to, "%-7s %-7s %-17s %7s %7s  %s\n", "PID", "PPID",
			"NAME", "THREADS", "RSS MB", "EXECUTABLE");
	for (size_t i = 0; i < n; i++) {
		if (!get(pids[i], &p, &problem))
			continue;
		if (!json) {
			row_text(&p, to);
			continue;
		}
		fputs(first ? "{" : ",{", to);
		fields_json(&p, to);
		putc('}', to);
		first = false;
	}
	if (json)
		fputs("]}\n", to);
	free(pids);
}

/* ---- sockets ---- */

struct sockets {
	unsigned long inode[MAX_SOCKETS];
	size_t n;
	bool json, first;
	FILE *to;
};

static void find_sockets(pid_t pid, struct sockets *sockets)
{
	char path[64], link[64];

	snprintf(path, sizeof path, "/proc/%d/fd", pid);

	DIR *dir = opendir(path);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		ssize_t n = readlinkat(
			dirfd(dir), entry->d_name, link, sizeof link - 1);

		link[n > 0 ? n : 0] = 0;
		if (!strncmp(link, "socket:[", 8) && sockets->n < MAX_SOCKETS)
			sockets->inode[sockets->n++] =
				strtoul(link + 8, NULL, 10);
	}
	if (dir)
		closedir(dir);
}

static bool is_ours(const struct sockets *sockets, unsigned long inode)
{
	for (size_t i = 0; i < sockets->n; i++)
		if (sockets->inode[i] == inode)
			return true;
	return false;
}

static void show(struct sockets *sockets, const char *kind, const char *local,
	const char *remote, const char *state)
{
	FILE *to = sockets->to;

	if (!sockets->json) {
		fprintf(to, "           %-5s %s%s%s %s\n", kind, local,
			*remote ? " -> " : "", remote, state);
		return;
	}
	fprintf(to, "%s{\"kind\":\"%s\",\"local\":", sockets->first ? "" : ",",
		kind);
	result_json_string(local, to);
	fputs(",\"remote\":", to);
	result_json_string(remote, to);
	fprintf(to, ",\"state\":\"%s\"}", state);
	sockets->first = false;
}

/* Words of 32 bits in the machine's order, as the kernel prints addresses. */
static void address_text(const char *hex, unsigned port, char *ret, size_t size)
{
	uint32_t word[4] = { 0 };
	size_t words = strlen(hex) / 8;
	char ip[INET6_ADDRSTRLEN] = "?";

	for (size_t i = 0; i < words && i < 4; i++) {
		char part[9] = { 0 };

		memcpy(part, hex + 8 * i, 8);
		word[i] = (uint32_t)strtoul(part, NULL, 16);
	}
	inet_ntop(words == 4 ? AF_INET6 : AF_INET, word, ip, sizeof ip);
	snprintf(ret, size, words == 4 ? "[%s]:%u" : "%s:%u", ip, port);
}

static const char *tcp_state(unsigned state)
{
	/* include/net/tcp_states.h */
	static const char *const names[] = { "", "established", "syn-sent",
		"syn-received", "fin-wait-1", "fin-wait-2", "time-wait",
		"closed", "close-wait", "last-ack", "listening", "closing" };

	return state < sizeof names / sizeof *names ? names[state] : "";
}

static void show_inet(pid_t pid, const char *kind, struct sockets *sockets)
{
	char path[64], line[512], local[33], remote[33], a[80], b[80];
	unsigned local_port, remote_port, state;
	unsigned long inode;

	snprintf(path, sizeof path, "/proc/%d/net/%s", pid, kind);

	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof line, file)) {
		if (sscanf(line,
			    " %*d: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*s %*s "
			    "%*s %*d %*d %lu",
			    local, &local_port, remote, &remote_port, &state,
			    &inode) != 6 ||
			!is_ours(sockets, inode))
			continue;
		address_text(local, local_port, a, sizeof a);
		address_text(remote, remote_port, b, sizeof b);
		show(sockets, kind, a, remote_port ? b : "",
			kind[0] == 't' ? tcp_state(state) : "");
	}
	if (file)
		fclose(file);
}

/* "0000: 00000002 00000000 00010000 0001 01 12345 /run/x" */
static void show_unix(pid_t pid, struct sockets *sockets)
{
	char path[64], line[512], name[256];
	unsigned long inode, flags;

	snprintf(path, sizeof path, "/proc/%d/net/unix", pid);

	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof line, file)) {
		name[0] = 0;
		if (sscanf(line, "%*s %*s %*s %lx %*s %*s %lu %255[^\n]",
			    &flags, &inode, name) < 2 ||
			!is_ours(sockets, inode))
			continue;
		/* __SO_ACCEPTCON */
		show(sockets, "unix", name[0] ? name : "(no name)", "",
			flags & 0x10000 ? "listening" : "");
	}
	if (file)
		fclose(file);
}

static void show_sockets(pid_t pid, bool json, FILE *to)
{
	static const char *const kinds[] = { "tcp", "tcp6", "udp", "udp6" };
	static struct sockets sockets;

	sockets = (struct sockets){ .json = json, .first = true, .to = to };
	find_sockets(pid, &sockets);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		show_inet(pid, kinds[i], &sockets);
	show_unix(pid, &sockets);
}

/* ---- one process ---- */

static void elapsed_text(double seconds, char *ret, size_t size)
{
	long s = (long)seconds;

	if (s >= 86400)
		snprintf(ret, size, "%ldd %02ld:%02ld:%02ld", s / 86400,
			s / 3600 % 24, s / 60 % 60, s % 60);
	else
		snprintf(ret, size, "%02ld:%02ld:%02ld", s / 3600, s / 60 % 60,
			s % 60);
}

static void one_text(const struct process_facts *p, FILE *to)
{
	char elapsed[40];

	elapsed_text(p->elapsed_s, elapsed, sizeof elapsed);
	fprintf(to, "process    %d %s%s\n", p->target.pid, p->target.name,
		p->crashd ? "* (with libcrashd)" : "");
	fprintf(to, "parent     %d %s\n", p->parent, p->parent_name);
	fprintf(to, "threads    %zu\n", p->target.threads);
	fprintf(to, "memory     %.1f MiB resident\n",
		(double)p->rss / (1 << 20));
	fprintf(to, "CPU        %.1f%% (%.2f s)\n",
		p->elapsed_s > 0 ? 100 * p->cpu_s / p->elapsed_s : 0, p->cpu_s);
	fprintf(to, "user       %s\n", p->user);
	fprintf(to, "executable %s%s\n", p->target.exe,
		p->target.exe_deleted ? " (deleted)" : "");
	fprintf(to, "command    %s\n", p->command);
	fprintf(to, "elapsed    %s\n", elapsed);
	fprintf(to, "sockets\n");
}

int ps_one(pid_t pid, bool json, FILE *to, struct problem *problem)
{
	static struct process_facts p;

	if (!get(pid, &p, problem))
		return -1;
	if (json) {
		putc('{', to);
		fields_json(&p, to);
		fputs(",\"sockets\":[", to);
	} else {
		one_text(&p, to);
	}
	show_sockets(pid, json, to);
	if (json)
		fputs("]}\n", to);
	return 0;
}
