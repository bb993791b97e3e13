/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fields are those that scripts rely on; names of files and processes are
 * other people's bytes, so they are escaped for JSON and for the shell line
 * that is offered for typing.
 */
#include "crashd/snap/result.h"

#include <string.h>

static const char *mode_name(enum snapshot_mode mode)
{
	return mode == SNAPSHOT_FORK ? "fork" : "direct";
}

static void size_text(uint64_t bytes, char *ret, size_t size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes / 1024;
	size_t i = 0;

	for (; value >= 1000 && i < 3; i++)
		value /= 1024;
	snprintf(ret, size, "%.*f %s",
		value < 10    ? 2
		: value < 100 ? 1
			      : 0,
		value, units[i]);
}

/* As a word of a shell command. */
static void shell_word(const char *s, FILE *to)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789/._-+:@%,=";

	if (*s && s[strspn(s, plain)] == 0) {
		fputs(s, to);
		return;
	}
	putc('\'', to);
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", to);
		else
			putc((unsigned char)*s < ' ' ? '?' : *s, to);
	}
	putc('\'', to);
}

static void next_command(const struct snapshot *snapshot, FILE *to)
{
	const struct target *target = &snapshot->target;

	fputs(snapshot->program32 ? "  gdb " : "  cinspect ", to);
	if (target->exe[0] && !target->exe_deleted) {
		shell_word(target->exe, to);
		putc(' ', to);
	}
	shell_word(snapshot->path, to);
	putc('\n', to);
}

void result_text(const struct snapshot *snapshot, bool quiet, FILE *to)
{
	char size[32], disk[32];
	bool piped = !strcmp(snapshot->path, "-");

	size_text(snapshot->bytes, size, sizeof size);
	size_text(snapshot->on_disk, disk, sizeof disk);
	if (!quiet) {
		fprintf(to,
			"%s (process %d): %zu thread%s, stopped for %.1f ms, "
			"mode %s\n",
			snapshot->target.name, snapshot->target.pid,
			snapshot->threads, snapshot->threads == 1 ? "" : "s",
			snapshot->pause_ms, mode_name(snapshot->mode));
		fprintf(to, "predicted: %.1f ms; %s\n", snapshot->predicted_ms,
			snapshot->reason);
		fprintf(to, "core of %s, %s %s, in %.2f s\n", size, disk,
			piped ? "written" : "on disk", snapshot->seconds);
		for (size_t i = 0; i < snapshot->nwarnings; i++)
			fprintf(to, "warning: %s\n", snapshot->warning[i]);
		if (!piped)
			next_command(snapshot, to);
	}
	fprintf(to, "Saved corefile %s\n", snapshot->path);
}

/* Length of the UTF-8 sequence at s (RFC 3629), 0 when it is none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = *s < 0x80                 ? 1
		   : *s >= 0xc2 && *s < 0xe0 ? 2
		   : *s >= 0xe0 && *s < 0xf0 ? 3
		   : *s >= 0xf0 && *s < 0xf5 ? 4
					     : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
		(*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void result_json_string(const char *s, FILE *to)
{
	putc('"', to);
	while (*s) {
		unsigned char c = (unsigned char)*s;
		size_t n = utf8_length((const unsigned char *)s);

		if (n == 0)
			fputs("\\ufffd", to);
		else if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < ' ')
			fprintf(to, "\\u%04x", c);
		else
			fwrite(s, 1, n, to);
		s += n ? n : 1;
	}
	putc('"', to);
}

static double ms(int64_t ns)
{
	return (double)ns / 1e6;
}

void result_json(const struct snapshot *snapshot, FILE *to)
{
	const struct phases *phases = &snapshot->phases;

	fprintf(to, "{\"pid\":%d,\"path\":", snapshot->target.pid);
	result_json_string(snapshot->path, to);
	fprintf(to,
		",\"mode\":\"%s\",\"pause_ms\":%.3f,\"threads\":%zu,"
		"\"bytes\":%llu,\"bytes_on_disk\":%llu,\"seconds\":%.3f,"
		"\"consistent\":%s,\"warnings\":[",
		mode_name(snapshot->mode), snapshot->pause_ms,
		snapshot->threads, (unsigned long long)snapshot->bytes,
		(unsigned long long)snapshot->on_disk, snapshot->seconds,
		snapshot->consistent ? "true" : "false");
	for (size_t i = 0; i < snapshot->nwarnings; i++) {
		fputs(i ? "," : "", to);
		result_json_string(snapshot->warning[i], to);
	}
	fprintf(to,
		"],\"pause_parts_ms\":{\"stop\":%.3f,\"maps\":%.3f,"
		"\"threads\":%.3f,\"clone\":%.3f,\"copy\":%.3f,"
		"\"resume\":%.3f}",
		ms(phases->stop), ms(phases->maps), ms(phases->threads),
		ms(phases->clone), ms(phases->copy), ms(phases->resume));
	fprintf(to,
		",\"predicted_ms\":%.1f,\"reason\":", snapshot->predicted_ms);
	result_json_string(snapshot->reason, to);
	fputs("}\n", to);
}

void result_json_failed(pid_t pid, const struct problem *problem, FILE *to)
{
	fprintf(to, "{\"pid\":%d,\"error\":", pid);
	result_json_string(problem->text, to);
	fputs("}\n", to);
}
