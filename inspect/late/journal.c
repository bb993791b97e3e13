/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Without the library no journal can be opened, and the rest is never called
 * but sd_journal_close(NULL). */
#include "inspect/late/late.h"

#include <errno.h>
#include <systemd/sd-journal.h>

#define LIBRARY "libsystemd.so.0"

static void *handle;

#define FIND(name)                                                             \
	static typeof(name) *real;                                             \
	if (!real)                                                             \
	real = (typeof(name) *)late_find(&handle, LIBRARY, #name)

int sd_journal_open(sd_journal **ret, int flags)
{
	FIND(sd_journal_open);
	return real ? real(ret, flags) : -ELIBACC;
}

int sd_journal_open_directory(sd_journal **ret, const char *dir, int flags)
{
	FIND(sd_journal_open_directory);
	return real ? real(ret, dir, flags) : -ELIBACC;
}

int sd_journal_open_files(sd_journal **ret, const char **paths, int flags)
{
	FIND(sd_journal_open_files);
	return real ? real(ret, paths, flags) : -ELIBACC;
}

void sd_journal_close(sd_journal *j)
{
	FIND(sd_journal_close);
	if (j)
		real(j);
}

int sd_journal_add_match(sd_journal *j, const void *data, size_t n)
{
	FIND(sd_journal_add_match);
	return real(j, data, n);
}

int sd_journal_add_conjunction(sd_journal *j)
{
	FIND(sd_journal_add_conjunction);
	return real(j);
}

int sd_journal_add_disjunction(sd_journal *j)
{
	FIND(sd_journal_add_disjunction);
	return real(j);
}

int sd_journal_enumerate_available_data(
	sd_journal *j, const void **data, size_t *n)
{
	FIND(sd_journal_enumerate_available_data);
	return real(j, data, n);
}

int sd_journal_enumerate_unique(sd_journal *j, const void **data, size_t *n)
{
	FIND(sd_journal_enumerate_unique);
	return real(j, data, n);
}

void sd_journal_flush_matches(sd_journal *j)
{
	FIND(sd_journal_flush_matches);
	real(j);
}

int sd_journal_get_cursor(sd_journal *j, char **ret)
{
	FIND(sd_journal_get_cursor);
	return real(j, ret);
}

int sd_journal_get_data(
	sd_journal *j, const char *field, const void **data, size_t *n)
{
	FIND(sd_journal_get_data);
	return real(j, field, data, n);
}

int sd_journal_get_realtime_usec(sd_journal *j, uint64_t *ret)
{
	FIND(sd_journal_get_realtime_usec);
	return real(j, ret);
}

int sd_journal_next(sd_journal *j)
{
	FIND(sd_journal_next);
	return real(j);
}

int sd_journal_previous(sd_journal *j)
{
	FIND(sd_journal_previous);
	return real(j);
}

int sd_journal_query_unique(sd_journal *j, const char *field)
{
	FIND(sd_journal_query_unique);
	return real(j, field);
}

void sd_journal_restart_data(sd_journal *j)
{
	FIND(sd_journal_restart_data);
	real(j);
}

int sd_journal_seek_cursor(sd_journal *j, const char *cursor)
{
	FIND(sd_journal_seek_cursor);
	return real(j, cursor);
}

int sd_journal_seek_head(sd_journal *j)
{
	FIND(sd_journal_seek_head);
	return real(j);
}

int sd_journal_seek_realtime_usec(sd_journal *j, uint64_t usec)
{
	FIND(sd_journal_seek_realtime_usec);
	return real(j, usec);
}

int sd_journal_seek_tail(sd_journal *j)
{
	FIND(sd_journal_seek_tail);
	return real(j);
}

int sd_journal_set_data_threshold(sd_journal *j, size_t n)
{
	FIND(sd_journal_set_data_threshold);
	return real(j, n);
}

int sd_journal_test_cursor(sd_journal *j, const char *cursor)
{
	FIND(sd_journal_test_cursor);
	return real(j, cursor);
}
