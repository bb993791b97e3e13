/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Users are rows that never change, so a copy in memory is never stale.  Two
 * workers may load the same one at the same time: the second finds the
 * first's under the lock and drops its own.
 */
#include "demo/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct user_table users = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct user user_guest = {
	.name = "guest",
	.role = USER_GUEST,
};

static struct user **bucket_of(int64_t id)
{
	return &users.buckets[(uint64_t)id % USER_BUCKETS];
}

static struct user *table_find(int64_t id)
{
	for (struct user *user = *bucket_of(id); user; user = user->next)
		if (user->id == id)
			return user;
	return NULL;
}

/* Takes the user over; gives back the one that the table holds now. */
static struct user *table_add(struct user *user)
{
	pthread_mutex_lock(&users.lock);
	struct user *known = table_find(user->id);
	if (known) {
		free(user);
	} else {
		struct user **bucket = bucket_of(user->id);

		user->next = *bucket;
		*bucket = user;
		users.count++;
		known = user;
	}
	pthread_mutex_unlock(&users.lock);
	return known;
}

static struct user *user_of_row(sqlite3_stmt *row)
{
	struct user *user = calloc(1, sizeof(*user));

	if (!user)
		return NULL;
	user->id = sqlite3_column_int64(row, 0);
	db_text(row, 1, user->email, sizeof(user->email));
	db_text(row, 2, user->name, sizeof(user->name));
	user->role = sqlite3_column_int(row, 3) == USER_STAFF ? USER_STAFF
							      : USER_MEMBER;
	user->created = sqlite3_column_int64(row, 4);
	return table_add(user);
}

int user_add(struct db_conn *conn, const char *email, const char *name,
	const char *hash, struct user **ret)
{
	sqlite3_stmt *add = db_statement(conn, DB_USER_ADD);
	time_t now = time(NULL);

	sqlite3_bind_text(add, 1, email, -1, SQLITE_STATIC);
	sqlite3_bind_text(add, 2, name, -1, SQLITE_STATIC);
	sqlite3_bind_int(add, 3, USER_MEMBER);
	sqlite3_bind_text(add, 4, hash, -1, SQLITE_STATIC);
	sqlite3_bind_int64(add, 5, now);
	int code = db_run(conn, add);
	sqlite3_clear_bindings(add);
	if (code != SQLITE_DONE)
		return code;
	*ret = user_find(conn, sqlite3_last_insert_rowid(conn->handle));
	return *ret ? SQLITE_DONE : SQLITE_NOMEM;
}

struct user *user_find(struct db_conn *conn, int64_t id)
{
	pthread_mutex_lock(&users.lock);
	struct user *user = table_find(id);
	pthread_mutex_unlock(&users.lock);
	if (user)
		return user;
	sqlite3_stmt *get = db_statement(conn, DB_USER_BY_ID);
	sqlite3_bind_int64(get, 1, id);
	if (sqlite3_step(get) == SQLITE_ROW)
		user = user_of_row(get);
	sqlite3_reset(get);
	return user;
}

struct user *user_find_email(
	struct db_conn *conn, const char *email, char hash[USER_HASH])
{
	sqlite3_stmt *get = db_statement(conn, DB_USER_BY_EMAIL);
	struct user *user = NULL;

	sqlite3_bind_text(get, 1, email, -1, SQLITE_STATIC);
	if (sqlite3_step(get) == SQLITE_ROW) {
		db_text(get, 5, hash, USER_HASH);
		user = user_of_row(get);
	}
	sqlite3_reset(get);
	sqlite3_clear_bindings(get);
	return user;
}

json_t *user_json(const struct user *user)
{
	return json_pack("{s:I, s:s, s:s}", "id", (json_int_t)user->id, "email",
		user->email, "name", user->name);
}

void users_free(void)
{
	for (size_t i = 0; i < USER_BUCKETS; i++)
		while (users.buckets[i]) {
			struct user *user = users.buckets[i];

			users.buckets[i] = user->next;
			free(user);
		}
	users.count = 0;
}
