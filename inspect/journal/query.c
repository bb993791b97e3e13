/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libsystemd's matches have three levels (sd_journal_add_match(3)): an AND of
 * ORs of groups, in which fields of one name are alternatives and different
 * ones must all hold.  A name may stand in several fields (the command, the
 * executable's last part, the unit): that is an OR of its own, one for all
 * words of that kind.  Between "+" there is one level less, so that each word
 * there is one field: the command's name, as coredumpctl has it.
 *
 * The kernel cuts a command's name to 15 bytes (TASK_COMM_LEN), and a thread
 * or a script may call itself something else: a name is looked for among the
 * executables that the journal has records of, too.
 */
#include "inspect/journal/query.h"

#include "inspect/base/cleanup.h"
#include "inspect/journal/journal.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

enum {
	COMM_LENGTH = 15,
	MAX_UNIQUE = 4096, /* units or executables that one name may be */
	MAX_BOOTS = 65536,
};

/* sd-messages.h: SD_MESSAGE_COREDUMP and SD_MESSAGE_BACKTRACE; what
 * libcrashd's reporter sends besides, and csnap: docs/journal.md. */
static const char coredump_id[] = "fc2e22bc6ee647b6b90729ab34a250b1";
static const char backtrace_id[] = "1f4e0a44a88649939aaea34fc6da8c95";
static const char report_id[] = "f4092f9c38be4bc7a4ab18e218c3f1e5";
static const char snapshot_id[] = "5c1491ea0bc14010abd773c8d73d5766";

static const char deleted[] = " (deleted)"; /* proc(5), /proc/PID/exe */

enum word_kind { WORD_PID, WORD_NAME, WORD_PATH, WORD_FIELD, WORD_KINDS };

/* ---- what a word is ---- */

bool query_is_field(const char *word)
{
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return !strcmp(word, "+") || (n && word[n] == '=');
}

static enum word_kind kind_of(const char *word)
{
	if (word[strspn(word, "0123456789")] == '\0')
		return WORD_PID;
	if (query_is_field(word))
		return WORD_FIELD;
	if (strchr(word, '/'))
		return WORD_PATH;
	/* A field's name in small letters: libsystemd refuses it. */
	return strchr(word, '=') ? WORD_FIELD : WORD_NAME;
}

static bool is_unit(const char *word)
{
	static const char *const suffix[] = { ".service", ".scope", ".slice",
		".socket", ".mount", ".timer", ".swap", ".path" };
	const char *dot = strrchr(word, '.');

	for (size_t i = 0; dot && i < sizeof(suffix) / sizeof(*suffix); i++)
		if (!strcmp(dot, suffix[i]))
			return true;
	return false;
}

static const char *absolute(struct arena *a, const char *path)
{
	_cleanup_(free) char *here = NULL;

	if (*path == '/')
		return path;
	if (!strncmp(path, "./", 2))
		path += 2;
	here = getcwd(NULL, 0);
	return here ? arena_printf(a, "%s/%s", here, path) : path;
}

static bool is_core_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strncmp(slash ? slash + 1 : path, "core.", 5);
}

/* ---- the steps ---- */

static void step(struct arena *a, struct query *q, int what, const char *match)
{
	q->step = arena_grow(a, q->step, q->n, &q->cap, sizeof(*q->step));
	q->step[q->n++] = (struct query_step){ .what = what, .match = match };
}

static void match(
	struct arena *a, struct query *q, const char *field, const char *value)
{
	step(a, q, QUERY_MATCH, arena_printf(a, "%s=%s", field, value));
}

/* Calls for each value of the field that the journal has. */
static void each_value(struct arena *a, sd_journal *j, const char *field,
	bool (*wanted)(const char *value, const char *word), const char *word,
	struct query *q)
{
	size_t n, skip = strlen(field) + 1, found = 0;
	const void *data;

	if (sd_journal_query_unique(j, field) < 0)
		return;
	while (found < MAX_UNIQUE &&
		sd_journal_enumerate_unique(j, &data, &n) > 0) {
		struct arena_mark mark = arena_mark(a);

		if (n < skip)
			continue;
		const char *value =
			arena_strndup(a, (const char *)data + skip, n - skip);
		if (!wanted(value, word)) {
			arena_release(a, mark);
			continue;
		}
		match(a, q, field, value);
		found++;
	}
}

static bool is_program(const char *exe, const char *name)
{
	const char *slash = strrchr(exe, '/');
	size_t n = strlen(name);

	if (!slash || strncmp(slash + 1, name, n))
		return false;
	return !slash[1 + n] || !strcmp(slash + 1 + n, deleted);
}

static bool is_pattern(const char *unit, const char *pattern)
{
	return !fnmatch(pattern, unit, FNM_NOESCAPE);
}

static void unit_field(struct arena *a, sd_journal *j, const char *field,
	const char *unit, struct query *q)
{
	if (unit[strcspn(unit, "*?[")] == '\0')
		match(a, q, field, unit);
	else
		each_value(a, j, field, is_pattern, unit, q);
}

static void path_matches(struct arena *a, const char *word, struct query *q)
{
	_cleanup_(free) char *real = realpath(word, NULL);
	const char *path = absolute(a, word);
	const char *field =
		is_core_name(path) ? "COREDUMP_FILENAME" : "COREDUMP_EXE";

	match(a, q, field, path);
	if (real && strcmp(real, path))
		match(a, q, field, arena_strdup(a, real));
	if (!is_core_name(path))
		match(a, q, field, arena_printf(a, "%s%s", path, deleted));
}

static const char *comm_of(struct arena *a, const char *name)
{
	return strlen(name) > COMM_LENGTH ? arena_strndup(a, name, COMM_LENGTH)
					  : name;
}

/* One word as one field: the rest of what it may be is in name_matches. */
static void word_match(struct arena *a, const char *word, struct query *q)
{
	switch (kind_of(word)) {
	case WORD_PID:
		match(a, q, "COREDUMP_PID", word);
		break;
	case WORD_FIELD:
		step(a, q, QUERY_MATCH, word);
		break;
	case WORD_PATH:
		path_matches(a, word, q);
		break;
	default:
		if (is_unit(word))
			match(a, q, "COREDUMP_UNIT", word);
		else
			match(a, q, "COREDUMP_COMM", comm_of(a, word));
	}
}

/* ---- words without "+" ---- */

static size_t count_kind(const struct journal_query *want, enum word_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < want->nwords; i++)
		n += kind_of(want->word[i]) == kind;
	return n;
}

static void kind_matches(struct arena *a, const struct journal_query *want,
	enum word_kind kind, struct query *q)
{
	for (size_t i = 0; i < want->nwords; i++)
		if (kind_of(want->word[i]) == kind)
			word_match(a, want->word[i], q);
}

static void unit_matches(struct arena *a, sd_journal *j,
	const char *const *unit, size_t n, struct query *q)
{
	static const char *const field[] = { "COREDUMP_UNIT",
		"COREDUMP_USER_UNIT", "_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT" };

	for (size_t k = 0; k < sizeof(field) / sizeof(*field); k++) {
		for (size_t i = 0; i < n; i++)
			unit_field(a, j, field[k], unit[i], q);
		step(a, q, QUERY_OR, NULL);
	}
}

static void name_matches(struct arena *a, sd_journal *j,
	const struct journal_query *want, struct query *q)
{
	for (size_t i = 0; i < want->nwords; i++) {
		const char *word = want->word[i];

		if (kind_of(word) != WORD_NAME)
			continue;
		match(a, q, "COREDUMP_COMM", comm_of(a, word));
		step(a, q, QUERY_OR, NULL);
		each_value(a, j, "COREDUMP_EXE", is_program, word, q);
		step(a, q, QUERY_OR, NULL);
		if (is_unit(word))
			unit_matches(a, j, &word, 1, q);
	}
}

static void all_matches(struct arena *a, sd_journal *j,
	const struct journal_query *want, struct query *q)
{
	for (int kind = 0; kind < WORD_KINDS; kind++) {
		if (!count_kind(want, kind))
			continue;
		step(a, q, QUERY_AND, NULL);
		if (kind == WORD_NAME)
			name_matches(a, j, want, q);
		else
			kind_matches(a, want, kind, q);
	}
}

/* ---- words with "+" ---- */

static bool has_groups(const struct journal_query *want)
{
	for (size_t i = 0; i < want->nwords; i++)
		if (!strcmp(want->word[i], "+"))
			return true;
	return false;
}

static enum err group_matches(
	struct arena *a, const struct journal_query *want, struct query *q)
{
	bool empty = true;

	step(a, q, QUERY_AND, NULL);
	for (size_t i = 0; i < want->nwords; i++) {
		bool plus = !strcmp(want->word[i], "+");

		if (plus && (empty || i + 1 == want->nwords))
			return err_set(ERR_USAGE,
				"\"+\" stands between two groups of matches");
		if (plus)
			step(a, q, QUERY_OR, NULL);
		else
			word_match(a, want->word[i], q);
		empty = plus;
	}
	return OK;
}

/* ---- units and boots ---- */

/* As journalctl: what has no suffix is a service. */
static const char **unit_names(
	struct arena *a, const struct journal_query *want)
{
	const char **names = arena_array(a, const char *, want->nunits);

	for (size_t i = 0; i < want->nunits; i++)
		names[i] =
			is_unit(want->unit[i])
				? want->unit[i]
				: arena_printf(a, "%s.service", want->unit[i]);
	return names;
}

enum { BOOT_ID_SIZE = 33 };

struct boot {
	char id[BOOT_ID_SIZE];
	uint64_t first;
};

static int by_first(const void *a, const void *b)
{
	const struct boot *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* When that boot's first record was written; false: it has none. */
static bool first_record(sd_journal *j, const char *match, uint64_t *ret)
{
	bool found;

	sd_journal_flush_matches(j);
	found = sd_journal_add_match(j, match, 0) >= 0 &&
		sd_journal_seek_head(j) >= 0 && sd_journal_next(j) > 0 &&
		sd_journal_get_realtime_usec(j, ret) >= 0;
	sd_journal_flush_matches(j);
	return found;
}

static struct boot *list_boots(struct arena *a, sd_journal *j, size_t *ret_n)
{
	const size_t skip = strlen("_BOOT_ID=");
	struct boot *v = NULL;
	size_t n = 0, cap = 0, size;
	const void *data;

	if (sd_journal_query_unique(j, "_BOOT_ID") < 0)
		size = 0;
	while (n < MAX_BOOTS &&
		sd_journal_enumerate_unique(j, &data, &size) > 0) {
		struct boot b = { 0 };

		if (size - skip >= sizeof(b.id))
			continue;
		memcpy(b.id, (const char *)data + skip, size - skip);
		v = arena_grow(a, v, n, &cap, sizeof(*v));
		v[n++] = b;
	}
	for (size_t i = 0; i < n; i++)
		if (!first_record(j, arena_printf(a, "_BOOT_ID=%s", v[i].id),
			    &v[i].first))
			v[i].first = 0;
	if (n)
		qsort(v, n, sizeof(*v), by_first);
	*ret_n = n;
	return v;
}

/* 0 or -1: counted from the newest back; 1: from the oldest on. */
static enum err boot_number(
	struct arena *a, sd_journal *j, long number, const char **ret)
{
	size_t n;
	struct boot *v = list_boots(a, j, &n);
	long i = number > 0 ? number - 1 : (long)n - 1 + number;

	if (i < 0 || (size_t)i >= n)
		return err_set(ERR_NOTFOUND,
			"The journal has no boot %ld: it has records of %zu",
			number, n);
	*ret = v[i].id;
	return OK;
}

/* 32 hex digits, with dashes or without; false: it is none. */
static bool parse_boot(const char *text, char ret[BOOT_ID_SIZE])
{
	size_t n = 0;

	for (; *text && *text != '\n'; text++) {
		if (*text == '-')
			continue;
		if (!isxdigit((unsigned char)*text) || n == BOOT_ID_SIZE - 1)
			return false;
		ret[n++] = (char)tolower((unsigned char)*text);
	}
	ret[n] = '\0';
	return n == BOOT_ID_SIZE - 1;
}

static bool present_boot(char ret[BOOT_ID_SIZE])
{
	_cleanup_(fclose) FILE *f =
		fopen("/proc/sys/kernel/random/boot_id", "re");
	char line[64];

	return f && fgets(line, sizeof(line), f) && parse_boot(line, ret);
}

static enum err boot_id(struct arena *a, sd_journal *j,
	const struct journal_query *want, const char **ret)
{
	const struct journal_place *p = want->place;
	bool ours = !p->dir && !p->root && !p->nfiles;
	char id[BOOT_ID_SIZE], *end;
	long number = strtol(want->boot, &end, 10);

	if (parse_boot(want->boot, id)) {
		*ret = arena_strdup(a, id);
		return OK;
	}
	if (*end)
		return err_set(ERR_USAGE,
			"%s is no boot: an id of 32 hex digits, 0 for the "
			"last, -1 for the one before it (journalctl "
			"--list-boots)",
			want->boot);
	/* The present boot may have no record yet. */
	if (number || !ours || !present_boot(id))
		return boot_number(a, j, number, ret);
	*ret = arena_strdup(a, id);
	return OK;
}

/* ---- all of it ---- */

static void kind_of_record(struct arena *a, struct query *q, bool snapshots)
{
	match(a, q, "MESSAGE_ID", coredump_id);
	match(a, q, "MESSAGE_ID", backtrace_id);
	step(a, q, QUERY_OR, NULL);
	match(a, q, "MESSAGE_ID", report_id);
	match(a, q, "CRASHD_FATAL", "1");
	step(a, q, QUERY_OR, NULL);
	if (snapshots)
		match(a, q, "MESSAGE_ID", snapshot_id);
}

enum err query_make(struct arena *a, sd_journal *j,
	const struct journal_query *want, struct query *ret)
{
	struct query q = { 0 };

	if (want->boot)
		TRY(boot_id(a, j, want, &q.boot));
	kind_of_record(a, &q, want->snapshots);
	if (q.boot) {
		step(a, &q, QUERY_AND, NULL);
		match(a, &q, "_BOOT_ID", q.boot);
	}
	if (want->nunits) {
		step(a, &q, QUERY_AND, NULL);
		unit_matches(a, j, unit_names(a, want), want->nunits, &q);
	}
	if (has_groups(want))
		TRY(group_matches(a, want, &q));
	else
		all_matches(a, j, want, &q);
	*ret = q;
	return OK;
}

static int apply(const struct query_step *s, sd_journal *j)
{
	switch (s->what) {
	case QUERY_AND:
		return sd_journal_add_conjunction(j);
	case QUERY_OR:
		return sd_journal_add_disjunction(j);
	default:
		return sd_journal_add_match(j, s->match, strlen(s->match));
	}
}

enum err query_apply(const struct query *q, sd_journal *j)
{
	for (size_t i = 0; i < q->n; i++) {
		int r = apply(&q->step[i], j);

		if (r == -EINVAL)
			return err_set(ERR_USAGE,
				"%s: not a PID, a program's name, a path, or "
				"FIELD=VALUE (field names are in capitals)",
				q->step[i].match ? q->step[i].match : "+");
		if (r < 0)
			return place_failed(r);
	}
	return OK;
}

/* ---- cores without a record ---- */

static bool same_text(const char *value, const char *text, size_t n)
{
	return value && strlen(value) == n && !strncmp(value, text, n);
}

static bool same_number(int value, const char *text)
{
	char *end;

	return value >= 0 && *text && strtol(text, &end, 10) == value && !*end;
}

/* "FIELD=VALUE" of a field that a stored core tells. */
static bool allows_field(const struct journal_crash *c, const char *word)
{
	const char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : 0;
	const char *value = eq ? eq + 1 : "";

	if (same_text("COREDUMP_PID", word, n))
		return same_number(c->pid, value);
	if (same_text("COREDUMP_UID", word, n))
		return same_number(c->uid, value);
	if (same_text("COREDUMP_GID", word, n))
		return same_number(c->gid, value);
	if (same_text("COREDUMP_SIGNAL", word, n))
		return same_number(c->signal, value);
	if (same_text("COREDUMP_COMM", word, n))
		return same_text(c->comm, value, strlen(value));
	if (same_text("COREDUMP_EXE", word, n))
		return same_text(c->exe, value, strlen(value));
	if (same_text("_BOOT_ID", word, n))
		return same_text(c->boot, value, strlen(value));
	return same_text("COREDUMP_FILENAME", word, n) &&
	       same_text(c->path, value, strlen(value));
}

static bool allows_path(const struct journal_crash *c, const char *word)
{
	_cleanup_(free) char *real = realpath(word, NULL);
	const char *value = is_core_name(word) ? c->path : c->exe;

	return value &&
	       (!strcmp(value, word) || (real && !strcmp(value, real)));
}

static bool allows_name(const struct journal_crash *c, const char *word)
{
	size_t n = strlen(word);

	return same_text(c->comm, word, n > COMM_LENGTH ? COMM_LENGTH : n) ||
	       (c->exe && is_program(c->exe, word));
}

static bool allows_word(const struct journal_crash *c, const char *word)
{
	switch (kind_of(word)) {
	case WORD_PID:
		return same_number(c->pid, word);
	case WORD_FIELD:
		return allows_field(c, word);
	case WORD_PATH:
		return allows_path(c, word);
	default:
		return allows_name(c, word);
	}
}

/* Are these alternatives of each other? */
static bool same_kind(const char *x, const char *y)
{
	enum word_kind kind = kind_of(x);
	size_t n = strcspn(x, "=") + 1;

	return kind == kind_of(y) && (kind != WORD_FIELD || !strncmp(x, y, n));
}

/* The words from..to, a group. */
static bool allows_group(const struct journal_query *want, size_t from,
	size_t to, const struct journal_crash *c)
{
	for (size_t i = from; i < to; i++) {
		bool any = false;

		for (size_t k = from; k < to && !any; k++)
			any = same_kind(want->word[i], want->word[k]) &&
			      allows_word(c, want->word[k]);
		if (!any)
			return false;
	}
	return true;
}

bool query_allows(const struct journal_query *want, const struct query *q,
	const struct journal_crash *c)
{
	size_t from = 0;

	if (want->nunits || (q->boot && (!c->boot || strcmp(q->boot, c->boot))))
		return false;
	for (size_t i = 0; i <= want->nwords; i++) {
		if (i < want->nwords && strcmp(want->word[i], "+"))
			continue;
		if (allows_group(want, from, i, c))
			return true;
		from = i + 1;
	}
	return false;
}
