/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The people.  A user that was seen once stays in memory, in a hash table,
 * until the program ends, so that bookings may point to it.
 */
#include "demo/db.h"

#include <jansson.h>
#include <time.h>

enum user_role {
	USER_GUEST, /* nobody in particular; not in the database */
	USER_MEMBER,
	USER_STAFF, /* may cancel what others booked */
};

enum user_limits {
	USER_NAME = 48,
	USER_EMAIL = 96,
	USER_HASH = 128, /* of yescrypt: 73 */
	USER_BUCKETS = 64,
};

struct user {
	int64_t id;
	char name[USER_NAME];
	char email[USER_EMAIL];
	enum user_role role;
	time_t created;
	_Atomic unsigned logins, bookings; /* since the program started */
	struct user *next;                 /* in its bucket */
};

struct user_table {
	pthread_mutex_t lock;
	size_t count;
	struct user *buckets[USER_BUCKETS];
};

extern struct user_table users;
extern struct user user_guest;

/* SQLITE_DONE, SQLITE_CONSTRAINT_UNIQUE when the address is taken, or what
 * failed. */
int user_add(struct db_conn *conn, const char *email, const char *name,
	const char *hash, struct user **ret);

/* The user, or NULL: unknown. */
struct user *user_find(struct db_conn *conn, int64_t id);

/* The same by address; hash gets the password's. */
struct user *user_find_email(
	struct db_conn *conn, const char *email, char hash[USER_HASH]);

json_t *user_json(const struct user *user);
void users_free(void);
