/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The database: one SQLite file, a pool of connections to it, and on each of
 * them every statement of the program, prepared once.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum db_statement {
	DB_BEGIN,
	DB_COMMIT,
	DB_ROLLBACK,
	DB_SECRET_GET,
	DB_SECRET_PUT,
	DB_USER_ADD,
	DB_USER_BY_ID,
	DB_USER_BY_EMAIL,
	DB_ROOM_ALL,
	DB_ROOM_ADD,
	DB_BOOKING_ADD,
	DB_BOOKING_OVERLAP,
	DB_BOOKING_ACTIVE,
	DB_BOOKING_BY_ID,
	DB_BOOKING_BY_USER,
	DB_BOOKING_DELETE,
	DB_STATEMENTS,
};

enum db_limits {
	DB_POOL_MAX = 65,  /* the most workers, and the janitor */
	DB_BUSY_MS = 5000, /* how long to wait for another process */
	DB_SECRET = 32,    /* bytes: as many as HS256's digest */
};

struct db_conn {
	sqlite3 *handle;
	sqlite3_stmt *statements[DB_STATEMENTS];
	uint64_t uses;
	struct db_conn *next; /* in the list of the idle ones */
};

struct db_pool {
	pthread_mutex_t lock;
	pthread_cond_t idle_again;
	struct db_conn conns[DB_POOL_MAX];
	struct db_conn *idle;
	size_t count;
	char path[4096];
};

extern struct db_pool db;

/* Opens or creates the database; prints a sentence and is false on failure. */
bool db_open(const char *path, size_t connections);
void db_close(void);

/* A connection for this thread alone; waits for one. */
struct db_conn *db_acquire(void);
void db_release(struct db_conn *conn);

/* A prepared statement with no parameter bound, at its start. */
sqlite3_stmt *db_statement(struct db_conn *conn, enum db_statement which);

/* Runs a statement that gives no rows; an SQLite code, SQLITE_DONE is good. */
int db_run(struct db_conn *conn, sqlite3_stmt *statement);

/* Copies a column, "" for NULL, cut to the size. */
void db_text(sqlite3_stmt *row, int column, char *to, size_t size);

/* True when the transaction has the right to write. */
bool db_begin(struct db_conn *conn);
bool db_commit(struct db_conn *conn);
void db_rollback(struct db_conn *conn);

/* Says on stderr what failed. */
void db_complain(struct db_conn *conn, const char *doing);

/* The key that signs tokens: made at random when the database is. */
bool db_secret(unsigned char secret[DB_SECRET]);
