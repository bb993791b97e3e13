/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQLite in WAL mode, so that readers never wait for the one writer.  A
 * connection belongs to one thread between acquire and release, hence
 * NOMUTEX; a transaction that will write says BEGIN IMMEDIATE, so that it
 * waits for its turn at the start, where waiting is possible, rather than
 * fails in the middle with SQLITE_BUSY, where it is not (sqlite.org,
 * lang_transaction.html).
 *
 * ":memory:" is a database per connection, therefore a pool of one.
 */
#include "demo/db.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

struct db_pool db = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.idle_again = PTHREAD_COND_INITIALIZER,
};

enum { DB_SCHEMA = 1 }; /* PRAGMA user_version */

static const char schema[] =
	"CREATE TABLE secret(id INTEGER PRIMARY KEY CHECK(id = 1),"
	" key BLOB NOT NULL);"
	"CREATE TABLE users(id INTEGER PRIMARY KEY,"
	" email TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL,"
	" role INTEGER NOT NULL, hash TEXT NOT NULL,"
	" created INTEGER NOT NULL);"
	"CREATE TABLE rooms(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" kind INTEGER NOT NULL, capacity INTEGER NOT NULL,"
	" price REAL NOT NULL, amenities INTEGER NOT NULL,"
	" building TEXT NOT NULL, floor INTEGER NOT NULL,"
	" desk_row INTEGER, desk_seat INTEGER, door TEXT, area REAL);"
	"CREATE TABLE bookings(id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" room_id INTEGER NOT NULL REFERENCES rooms(id),"
	" user_id INTEGER NOT NULL REFERENCES users(id),"
	" starts INTEGER NOT NULL, ends INTEGER NOT NULL,"
	" guests INTEGER NOT NULL, price REAL NOT NULL, note TEXT NOT NULL,"
	" CHECK(starts < ends));"
	"CREATE INDEX bookings_of_room ON bookings(room_id, starts);"
	"CREATE INDEX bookings_of_user ON bookings(user_id, starts);";

#define BOOKING_COLUMNS                                                        \
	"id, room_id, user_id, starts, ends, guests, price, note"

static const char *const statement_text[DB_STATEMENTS] = {
	[DB_BEGIN] = "BEGIN IMMEDIATE",
	[DB_COMMIT] = "COMMIT",
	[DB_ROLLBACK] = "ROLLBACK",
	[DB_SECRET_GET] = "SELECT key FROM secret WHERE id = 1",
	[DB_SECRET_PUT] = "INSERT INTO secret(id, key) VALUES(1, ?)",
	[DB_USER_ADD] = "INSERT INTO users(email, name, role, hash, created)"
			" VALUES(?, ?, ?, ?, ?)",
	[DB_USER_BY_ID] = "SELECT id, email, name, role, created, hash"
			  " FROM users WHERE id = ?",
	[DB_USER_BY_EMAIL] = "SELECT id, email, name, role, created, hash"
			     " FROM users WHERE email = ?",
	[DB_ROOM_ALL] = "SELECT id, name, kind, capacity, price, amenities,"
			" building, floor, desk_row, desk_seat, door, area"
			" FROM rooms ORDER BY name DESC",
	[DB_ROOM_ADD] = "INSERT INTO rooms(name, kind, capacity, price,"
			" amenities, building, floor, desk_row, desk_seat,"
			" door, area) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[DB_BOOKING_ADD] = "INSERT INTO bookings(room_id, user_id, starts,"
			   " ends, guests, price, note)"
			   " VALUES(?, ?, ?, ?, ?, ?, ?)",
	[DB_BOOKING_OVERLAP] = "SELECT 1 FROM bookings WHERE room_id = ?"
			       " AND starts < ? AND ends > ? LIMIT 1",
	[DB_BOOKING_ACTIVE] =
		"SELECT " BOOKING_COLUMNS " FROM bookings WHERE ends > ?"
		" ORDER BY starts",
	[DB_BOOKING_BY_ID] =
		"SELECT " BOOKING_COLUMNS " FROM bookings WHERE id = ?",
	[DB_BOOKING_BY_USER] =
		"SELECT " BOOKING_COLUMNS " FROM bookings WHERE user_id = ?"
		" ORDER BY starts, id LIMIT ?",
	[DB_BOOKING_DELETE] = "DELETE FROM bookings WHERE id = ?",
};

void db_complain(struct db_conn *conn, const char *doing)
{
	fprintf(stderr, "coworkingapp: database %s: cannot %s: %s\n", db.path,
		doing,
		conn->handle ? sqlite3_errmsg(conn->handle) : "out of memory");
}

static bool conn_exec(struct db_conn *conn, const char *sql, const char *doing)
{
	if (sqlite3_exec(conn->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	db_complain(conn, doing);
	return false;
}

static bool conn_open(struct db_conn *conn, const char *path)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		    SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(path, &conn->handle, flags, NULL) != SQLITE_OK) {
		db_complain(conn, "open it");
		return false;
	}
	sqlite3_busy_timeout(conn->handle, DB_BUSY_MS);
	return conn_exec(conn,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
		"PRAGMA foreign_keys = ON;",
		"set its journal mode");
}

static void conn_close(struct db_conn *conn)
{
	for (size_t i = 0; i < DB_STATEMENTS; i++)
		sqlite3_finalize(conn->statements[i]);
	sqlite3_close(conn->handle);
	*conn = (struct db_conn){ 0 };
}

static int schema_version(struct db_conn *conn)
{
	sqlite3_stmt *statement;
	int version = -1;

	if (sqlite3_prepare_v2(conn->handle, "PRAGMA user_version", -1,
		    &statement, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_step(statement) == SQLITE_ROW)
		version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return version;
}

/* Two servers may be started on one new file: the lock comes first. */
static bool conn_create(struct db_conn *conn)
{
	if (!conn_exec(conn, "BEGIN IMMEDIATE", "lock it"))
		return false;
	int version = schema_version(conn);
	if (version == DB_SCHEMA)
		return conn_exec(conn, "COMMIT", "unlock it");
	if (version != 0) {
		fprintf(stderr,
			"coworkingapp: database %s has schema %d, but this "
			"program knows %d; name another file with --db\n",
			db.path, version, DB_SCHEMA);
		return false;
	}
	return conn_exec(conn, schema, "create its tables") &&
	       conn_exec(conn, "PRAGMA user_version = 1; COMMIT",
		       "create its tables");
}

static bool conn_prepare(struct db_conn *conn)
{
	for (size_t i = 0; i < DB_STATEMENTS; i++)
		if (sqlite3_prepare_v3(conn->handle, statement_text[i], -1,
			    SQLITE_PREPARE_PERSISTENT, &conn->statements[i],
			    NULL) != SQLITE_OK) {
			db_complain(conn, "prepare a statement");
			return false;
		}
	return true;
}

bool db_open(const char *path, size_t connections)
{
	_Static_assert(DB_SCHEMA == 1, "user_version is set by a literal");

	if (strlen(path) >= sizeof(db.path)) {
		fprintf(stderr,
			"coworkingapp: the path of the database is "
			"longer than %zu bytes\n",
			sizeof(db.path) - 1);
		return false;
	}
	strcpy(db.path, path);
	if (!strcmp(path, ":memory:"))
		connections = 1;
	for (size_t i = 0; i < connections && i < DB_POOL_MAX; i++) {
		struct db_conn *conn = &db.conns[i];

		db.count = i + 1;
		if (!conn_open(conn, path) || (i == 0 && !conn_create(conn)) ||
			!conn_prepare(conn)) {
			db_close();
			return false;
		}
		conn->next = db.idle;
		db.idle = conn;
	}
	return true;
}

void db_close(void)
{
	for (size_t i = 0; i < db.count; i++)
		conn_close(&db.conns[i]);
	db.count = 0;
	db.idle = NULL;
}

struct db_conn *db_acquire(void)
{
	pthread_mutex_lock(&db.lock);
	while (!db.idle)
		pthread_cond_wait(&db.idle_again, &db.lock);
	struct db_conn *conn = db.idle;
	db.idle = conn->next;
	conn->next = NULL;
	conn->uses++;
	pthread_mutex_unlock(&db.lock);
	return conn;
}

void db_release(struct db_conn *conn)
{
	pthread_mutex_lock(&db.lock);
	conn->next = db.idle;
	db.idle = conn;
	pthread_cond_signal(&db.idle_again);
	pthread_mutex_unlock(&db.lock);
}

sqlite3_stmt *db_statement(struct db_conn *conn, enum db_statement which)
{
	sqlite3_stmt *statement = conn->statements[which];

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return statement;
}

int db_run(struct db_conn *conn, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	if (code != SQLITE_DONE)
		code = sqlite3_extended_errcode(conn->handle);
	sqlite3_reset(statement);
	return code;
}

void db_text(sqlite3_stmt *row, int column, char *to, size_t size)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	snprintf(to, size, "%s", text ? (const char *)text : "");
}

bool db_begin(struct db_conn *conn)
{
	if (db_run(conn, db_statement(conn, DB_BEGIN)) == SQLITE_DONE)
		return true;
	db_complain(conn, "begin a transaction");
	return false;
}

bool db_commit(struct db_conn *conn)
{
	if (db_run(conn, db_statement(conn, DB_COMMIT)) == SQLITE_DONE)
		return true;
	db_complain(conn, "commit");
	db_rollback(conn);
	return false;
}

void db_rollback(struct db_conn *conn)
{
	if (!sqlite3_get_autocommit(conn->handle))
		db_run(conn, db_statement(conn, DB_ROLLBACK));
}

static bool secret_make(struct db_conn *conn, unsigned char secret[DB_SECRET])
{
	if (getrandom(secret, DB_SECRET, 0) != DB_SECRET)
		return false;
	sqlite3_stmt *put = db_statement(conn, DB_SECRET_PUT);
	sqlite3_bind_blob(put, 1, secret, DB_SECRET, SQLITE_STATIC);
	bool made = db_run(conn, put) == SQLITE_DONE;
	sqlite3_clear_bindings(put);
	return made;
}

bool db_secret(unsigned char secret[DB_SECRET])
{
	struct db_conn *conn = db_acquire();
	bool known = false;

	if (db_begin(conn)) {
		sqlite3_stmt *get = db_statement(conn, DB_SECRET_GET);

		if (sqlite3_step(get) == SQLITE_ROW &&
			sqlite3_column_bytes(get, 0) == DB_SECRET) {
			memcpy(secret, sqlite3_column_blob(get, 0), DB_SECRET);
			known = true;
		}
		sqlite3_reset(get);
		known = known || secret_make(conn, secret);
		if (!known)
			db_complain(conn, "keep a secret");
		known = db_commit(conn) && known;
	}
	db_release(conn);
	return known;
}
