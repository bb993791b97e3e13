/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * No room is booked twice because the look for an overlap and the insertion
 * are one transaction that held the right to write from its start: two
 * workers, or two processes on one file, go through it one after the other.
 */
#include "demo/bookings.h"
#include "crashd/crashd.h"
#include "demo/auth.h"
#include "demo/rooms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool booking_of_row(
	struct db_conn *conn, sqlite3_stmt *row, struct booking *ret)
{
	*ret = (struct booking){
		.id = sqlite3_column_int64(row, 0),
		.room = room_find(sqlite3_column_int64(row, 1)),
		.user = user_find(conn, sqlite3_column_int64(row, 2)),
		.slot.start = sqlite3_column_int64(row, 3),
		.slot.end = sqlite3_column_int64(row, 4),
		.price = sqlite3_column_double(row, 6),
		.flags.confirmed = 1,
		.flags.guests = sqlite3_column_int(row, 5) % BOOKING_GUESTS,
	};
	db_text(row, 7, ret->note, sizeof(ret->note));
	return ret->room && ret->user;
}

static bool overlap_exists(struct db_conn *conn, const struct booking *booking)
{
	sqlite3_stmt *get = db_statement(conn, DB_BOOKING_OVERLAP);

	sqlite3_bind_int64(get, 1, booking->room->id);
	sqlite3_bind_int64(get, 2, booking->slot.end);
	sqlite3_bind_int64(get, 3, booking->slot.start);
	bool found = sqlite3_step(get) != SQLITE_DONE;
	sqlite3_reset(get);
	return found;
}

static bool booking_insert(struct db_conn *conn, struct booking *booking)
{
	sqlite3_stmt *add = db_statement(conn, DB_BOOKING_ADD);

	sqlite3_bind_int64(add, 1, booking->room->id);
	sqlite3_bind_int64(add, 2, booking->user->id);
	sqlite3_bind_int64(add, 3, booking->slot.start);
	sqlite3_bind_int64(add, 4, booking->slot.end);
	sqlite3_bind_int(add, 5, booking->flags.guests);
	sqlite3_bind_double(add, 6, booking->price);
	sqlite3_bind_text(add, 7, booking->note, -1, SQLITE_STATIC);
	bool added = db_run(conn, add) == SQLITE_DONE;
	if (!added)
		db_complain(conn, "add a booking");
	sqlite3_clear_bindings(add);
	booking->id = sqlite3_last_insert_rowid(conn->handle);
	return added;
}

enum booking_result booking_store(struct db_conn *conn, struct booking *booking)
{
	if (!db_begin(conn))
		return BOOKING_FAILED;
	if (overlap_exists(conn, booking)) {
		db_rollback(conn);
		return BOOKING_TAKEN;
	}
	if (!booking_insert(conn, booking)) {
		db_rollback(conn);
		return BOOKING_FAILED;
	}
	if (!db_commit(conn))
		return BOOKING_FAILED;
	booking->flags.confirmed = 1;
	return BOOKING_DONE;
}

static enum booking_result delete_row(struct db_conn *conn, int64_t id,
	const struct user *user, struct booking *ret)
{
	sqlite3_stmt *get = db_statement(conn, DB_BOOKING_BY_ID);

	sqlite3_bind_int64(get, 1, id);
	bool found = sqlite3_step(get) == SQLITE_ROW &&
		     booking_of_row(conn, get, ret);
	sqlite3_reset(get);
	if (!found)
		return BOOKING_UNKNOWN;
	if (ret->user != user && user->role != USER_STAFF)
		return BOOKING_FORBIDDEN;
	sqlite3_stmt *delete = db_statement(conn, DB_BOOKING_DELETE);
	sqlite3_bind_int64(delete, 1, id);
	if (db_run(conn, delete) == SQLITE_DONE)
		return BOOKING_DONE;
	db_complain(conn, "delete a booking");
	return BOOKING_FAILED;
}

enum booking_result booking_delete(struct db_conn *conn, int64_t id,
	const struct user *user, struct booking *ret)
{
	if (!db_begin(conn))
		return BOOKING_FAILED;
	enum booking_result result = delete_row(conn, id, user, ret);
	if (result != BOOKING_DONE)
		db_rollback(conn);
	else if (!db_commit(conn))
		result = BOOKING_FAILED;
	return result;
}

struct booking *booking_load_active(struct db_conn *conn, time_t now)
{
	sqlite3_stmt *get = db_statement(conn, DB_BOOKING_ACTIVE);
	struct booking *list = NULL;

	sqlite3_bind_int64(get, 1, now);
	while (sqlite3_step(get) == SQLITE_ROW) {
		struct booking *booking = malloc(sizeof(*booking));

		if (!booking || !booking_of_row(conn, get, booking)) {
			free(booking);
			continue;
		}
		booking->next = list;
		list = booking;
	}
	sqlite3_reset(get);
	return list;
}

json_t *booking_json(const struct booking *booking)
{
	char start[SLOT_TEXT], end[SLOT_TEXT];

	slot_time_print(booking->slot.start, start);
	slot_time_print(booking->slot.end, end);
	return json_pack("{s:I, s:I, s:s, s:I, s:s, s:s, s:i, s:f, s:s}", "id",
		(json_int_t)booking->id, "room_id",
		(json_int_t)booking->room->id, "room", booking->room->name,
		"user_id", (json_int_t)booking->user->id, "start", start, "end",
		end, "guests", (int)booking->flags.guests, "price",
		booking->price, "note", booking->note);
}

static bool read_time(
	struct request *req, json_t *body, const char *name, time_t *ret)
{
	const char *text = json_string_value(json_object_get(body, name));

	if (text && slot_time_parse(text, ret))
		return true;
	request_fail(req, 422,
		"\"%s\" must be a UTC time like \"2030-01-31T09:00:00Z\"",
		name);
	return false;
}

static bool read_room(struct request *req, json_t *body, struct room **ret)
{
	json_t *id = json_object_get(body, "room_id");

	if (!json_is_integer(id)) {
		request_fail(req, 422, "\"room_id\" must be a whole number");
		return false;
	}
	*ret = room_find(json_integer_value(id));
	if (!*ret)
		request_fail(req, 404, "there is no room %" JSON_INTEGER_FORMAT,
			json_integer_value(id));
	return *ret;
}

static bool read_extras(struct request *req, json_t *body,
	const struct room *room, struct booking *ret)
{
	json_t *guests = json_object_get(body, "guests");
	json_t *note = json_object_get(body, "note");
	json_int_t number = guests ? json_integer_value(guests) : 1;

	if (number < 1 || number > room->capacity) {
		request_fail(req, 422,
			"\"guests\" must be 1 to %u in this room",
			room->capacity);
		return false;
	}
	if (note && (!json_is_string(note) ||
			    json_string_length(note) >= BOOKING_NOTE)) {
		request_fail(req, 422,
			"\"note\" must be a string of at most %d bytes",
			BOOKING_NOTE - 1);
		return false;
	}
	ret->flags.guests = (unsigned)number;
	if (note)
		strcpy(ret->note, json_string_value(note));
	return true;
}

static void reply_created(struct request *req, const struct booking *booking)
{
	snprintf(req->response.location, sizeof(req->response.location),
		"/bookings/%" PRId64, booking->id);
	request_reply(req, 201, booking_json(booking));
}

static void create(struct request *req, struct session *session, json_t *body)
{
	struct booking booking = { 0 };
	struct room *room;
	struct slot slot;

	if (!read_room(req, body, &room) ||
		!read_time(req, body, "start", &slot.start) ||
		!read_time(req, body, "end", &slot.end) ||
		!read_extras(req, body, room, &booking))
		return;
	const char *refusal = slot_refusal(slot, room->opening, time(NULL));
	if (refusal) {
		request_fail(req, 422, "%s", refusal);
		return;
	}
	switch (room_book(room, session->user, slot, &booking)) {
	case BOOKING_DONE:
		session->user->bookings++;
		crashd_event("booking made", (uint64_t)booking.id);
		reply_created(req, &booking);
		break;
	case BOOKING_TAKEN:
		crashd_event("room taken", (uint64_t)room->id);
		request_fail(req, 409, "%s is booked then", room->name);
		break;
	default:
		req->response.retry_after = 1;
		request_fail(req, 503, "the booking cannot be kept now");
	}
}

void handle_booking_create(struct request *req, struct session *session)
{
	json_t *body = request_json(req);

	if (!body)
		return;
	create(req, session, body);
	json_decref(body);
}

void handle_booking_list(struct request *req, struct session *session)
{
	json_t *list = json_array();
	struct db_conn *conn = db_acquire();
	sqlite3_stmt *get = db_statement(conn, DB_BOOKING_BY_USER);
	struct booking booking;

	sqlite3_bind_int64(get, 1, session->user->id);
	sqlite3_bind_int(get, 2, BOOKING_LIST);
	while (sqlite3_step(get) == SQLITE_ROW)
		if (booking_of_row(conn, get, &booking))
			json_array_append_new(list, booking_json(&booking));
	sqlite3_reset(get);
	db_release(conn);
	request_reply(req, 200, json_pack("{s:o}", "bookings", list));
}

void handle_booking_delete(struct request *req, struct session *session)
{
	int64_t id = 0;
	enum booking_result result = BOOKING_UNKNOWN;

	if (request_number(req->segment, 1, INT64_MAX, &id))
		result = room_cancel(id, session->user);
	switch (result) {
	case BOOKING_DONE:
		crashd_event("booking deleted", (uint64_t)id);
		request_reply(req, 204, NULL);
		break;
	case BOOKING_UNKNOWN:
		request_fail(req, 404, "there is no booking %s", req->segment);
		break;
	case BOOKING_FORBIDDEN:
		request_fail(req, 403, "booking %s is somebody else's",
			req->segment);
		break;
	default:
		req->response.retry_after = 1;
		request_fail(req, 503, "the booking cannot be deleted now");
	}
}
