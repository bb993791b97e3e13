/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cache of rooms.  The rooms themselves are read once and never change,
 * so a pointer to one is good without a lock.  Their lists of bookings change,
 * under rooms.lock.  Whoever changes the database holds rooms.writer from
 * before the transaction until the lists say the same; so a refresh, which
 * holds it as well, cannot bring back what was just deleted.  SQLite has one
 * writer at a time anyway.
 */
#include "demo/rooms.h"
#include "demo/quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct room_cache rooms = {
	.lock = PTHREAD_RWLOCK_INITIALIZER,
	.writer = PTHREAD_MUTEX_INITIALIZER,
};

enum { REMIND_BEFORE = 15 * 60 };

static const char *const kind_names[ROOM_KINDS] = {
	[ROOM_DESK] = "desk",
	[ROOM_MEETING] = "meeting",
	[ROOM_PHONE] = "phone",
	[ROOM_EVENT] = "event",
};

static const struct {
	enum amenity bit;
	const char *name;
} amenity_names[] = {
	{ AMENITY_SCREEN, "screen" },
	{ AMENITY_WHITEBOARD, "whiteboard" },
	{ AMENITY_COFFEE, "coffee" },
	{ AMENITY_WINDOW, "window" },
	{ AMENITY_QUIET, "quiet" },
};

static const struct room seeds[] = {
	{ .name = "Ada",
		.kind = ROOM_MEETING,
		.capacity = 8,
		.price = 24,
		.amenities = AMENITY_SCREEN | AMENITY_WHITEBOARD,
		.location = { "Main", 1, LOCATION_DOOR,
			.door = { "1.04", 22.5 } } },
	{ .name = "Grace",
		.kind = ROOM_MEETING,
		.capacity = 4,
		.price = 14.5,
		.amenities = AMENITY_SCREEN | AMENITY_WINDOW,
		.location = { "Main", 1, LOCATION_DOOR,
			.door = { "1.05", 12.25 } } },
	{ .name = "Edsger",
		.kind = ROOM_MEETING,
		.capacity = 12,
		.price = 36,
		.amenities = AMENITY_WHITEBOARD | AMENITY_COFFEE,
		.location = { "Main", 2, LOCATION_DOOR,
			.door = { "2.01", 41 } } },
	{ .name = "Barbara",
		.kind = ROOM_EVENT,
		.capacity = 80,
		.price = 120,
		.amenities = AMENITY_SCREEN | AMENITY_COFFEE | AMENITY_WINDOW,
		.location = { "Annex", 0, LOCATION_DOOR,
			.door = { "0.01", 140 } } },
	{ .name = "Booth A",
		.kind = ROOM_PHONE,
		.capacity = 1,
		.price = 3,
		.amenities = AMENITY_QUIET,
		.location = { "Main", 1, LOCATION_DOOR,
			.door = { "1.A", 1.5 } } },
	{ .name = "Booth B",
		.kind = ROOM_PHONE,
		.capacity = 1,
		.price = 3,
		.amenities = AMENITY_QUIET,
		.location = { "Main", 2, LOCATION_DOOR,
			.door = { "2.B", 1.5 } } },
	{ .name = "Desk 1-1",
		.kind = ROOM_DESK,
		.capacity = 1,
		.price = 4.25,
		.amenities = AMENITY_WINDOW,
		.location = { "Main", 3, LOCATION_DESK, .desk = { 1, 1 } } },
	{ .name = "Desk 1-2",
		.kind = ROOM_DESK,
		.capacity = 1,
		.price = 3.75,
		.location = { "Main", 3, LOCATION_DESK, .desk = { 1, 2 } } },
	{ .name = "Desk 2-1",
		.kind = ROOM_DESK,
		.capacity = 1,
		.price = 3.75,
		.amenities = AMENITY_SCREEN,
		.location = { "Main", 3, LOCATION_DESK, .desk = { 2, 1 } } },
	{ .name = "Desk 2-2",
		.kind = ROOM_DESK,
		.capacity = 1,
		.price = 3.75,
		.amenities = AMENITY_SCREEN | AMENITY_QUIET,
		.location = { "Main", 3, LOCATION_DESK, .desk = { 2, 2 } } },
	{ .name = "Desk Cellar",
		.kind = ROOM_DESK,
		.capacity = 1,
		.price = 1.5,
		.amenities = AMENITY_QUIET | AMENITY_COFFEE,
		.location = { "Annex", -1, LOCATION_DESK, .desk = { 1, 1 } } },
};

static bool seed_add(struct db_conn *conn, const struct room *room)
{
	const struct location *at = &room->location;
	sqlite3_stmt *add = db_statement(conn, DB_ROOM_ADD);

	sqlite3_bind_text(add, 1, room->name, -1, SQLITE_STATIC);
	sqlite3_bind_int(add, 2, room->kind);
	sqlite3_bind_int(add, 3, (int)room->capacity);
	sqlite3_bind_double(add, 4, room->price);
	sqlite3_bind_int(add, 5, room->amenities);
	sqlite3_bind_text(add, 6, at->building, -1, SQLITE_STATIC);
	sqlite3_bind_int(add, 7, at->floor);
	if (at->kind == LOCATION_DESK) {
		sqlite3_bind_int(add, 8, at->desk.row);
		sqlite3_bind_int(add, 9, at->desk.seat);
	} else {
		sqlite3_bind_text(add, 10, at->door.number, -1, SQLITE_STATIC);
		sqlite3_bind_double(add, 11, at->door.area);
	}
	bool added = db_run(conn, add) == SQLITE_DONE;
	sqlite3_clear_bindings(add);
	return added;
}

static void location_of_row(sqlite3_stmt *row, struct location *ret)
{
	db_text(row, 6, ret->building, sizeof(ret->building));
	ret->floor = sqlite3_column_int(row, 7);
	if (sqlite3_column_type(row, 10) == SQLITE_NULL) {
		ret->kind = LOCATION_DESK;
		ret->desk.row = (unsigned char)sqlite3_column_int(row, 8);
		ret->desk.seat = (unsigned char)sqlite3_column_int(row, 9);
	} else {
		ret->kind = LOCATION_DOOR;
		db_text(row, 10, ret->door.number, sizeof(ret->door.number));
		ret->door.area = (float)sqlite3_column_double(row, 11);
	}
}

/* Booths are always open, the rest from 6 to 22 o'clock. */
static void opening_of(enum room_kind kind, struct hours opening[7])
{
	struct hours day = { 6, 22 };

	if (kind == ROOM_PHONE)
		day = (struct hours){ 0, 24 };
	for (int i = 0; i < 7; i++)
		opening[i] = day;
}

static struct room *room_of_row(sqlite3_stmt *row)
{
	struct room *room = calloc(1, sizeof(*room));
	int kind = sqlite3_column_int(row, 2);

	if (!room)
		return NULL;
	room->id = sqlite3_column_int64(row, 0);
	db_text(row, 1, room->name, sizeof(room->name));
	room->kind = kind >= 0 && kind < ROOM_KINDS ? kind : ROOM_DESK;
	room->capacity = (unsigned)sqlite3_column_int(row, 3);
	room->price = sqlite3_column_double(row, 4);
	room->amenities = sqlite3_column_int(row, 5);
	location_of_row(row, &room->location);
	opening_of(room->kind, room->opening);
	return room;
}

static struct room **bucket_of(int64_t id)
{
	return &rooms.buckets[(uint64_t)id % ROOM_BUCKETS];
}

/* The rows come last name first, so the list ends up by name. */
static void cache_add(struct room *room)
{
	struct room **bucket = bucket_of(room->id);

	room->next_in_bucket = *bucket;
	*bucket = room;
	room->next_by_name = rooms.by_name;
	rooms.by_name = room;
	rooms.count++;
}

static bool rooms_read(struct db_conn *conn)
{
	sqlite3_stmt *get = db_statement(conn, DB_ROOM_ALL);
	int code;

	while ((code = sqlite3_step(get)) == SQLITE_ROW) {
		struct room *room = room_of_row(get);

		if (room)
			cache_add(room);
	}
	sqlite3_reset(get);
	return code == SQLITE_DONE;
}

static bool rooms_seed(struct db_conn *conn)
{
	bool good = true;

	for (size_t i = 0; good && i < sizeof(seeds) / sizeof(*seeds); i++)
		good = seed_add(conn, &seeds[i]);
	return good;
}

bool rooms_open(void)
{
	struct db_conn *conn = db_acquire();
	bool good = false;

	if (db_begin(conn)) {
		good = rooms_read(conn) &&
		       (rooms.count || (rooms_seed(conn) && rooms_read(conn)));
		if (!good)
			db_complain(conn, "read the rooms");
		good = db_commit(conn) && good;
	}
	db_release(conn);
	if (good)
		rooms_refresh(time(NULL));
	return good;
}

static void list_free(struct booking *list)
{
	while (list) {
		struct booking *next = list->next;

		free(list);
		list = next;
	}
}

void rooms_close(void)
{
	while (rooms.by_name) {
		struct room *room = rooms.by_name;

		rooms.by_name = room->next_by_name;
		list_free(room->bookings);
		free(room);
	}
	memset(rooms.buckets, 0, sizeof(rooms.buckets));
	rooms.count = 0;
}

struct room *room_find(int64_t id)
{
	struct room *room = *bucket_of(id);

	while (room && room->id != id)
		room = room->next_in_bucket;
	rooms.stats.lookups++;
	if (!room)
		rooms.stats.misses++;
	return room;
}

/* Out of memory: the list lacks it until the next refresh. */
static void list_add(struct room *room, const struct booking *booking)
{
	struct booking *copy = malloc(sizeof(*copy));
	struct booking **at = &room->bookings;

	if (!copy)
		return;
	*copy = *booking;
	while (*at && (*at)->slot.start < copy->slot.start)
		at = &(*at)->next;
	copy->next = *at;
	*at = copy;
	room->nbookings++;
}

static void list_remove(struct room *room, int64_t id)
{
	for (struct booking **at = &room->bookings; *at; at = &(*at)->next)
		if ((*at)->id == id) {
			struct booking *gone = *at;

			*at = gone->next;
			free(gone);
			room->nbookings--;
			return;
		}
}

enum booking_result room_book(struct room *room, const struct user *user,
	struct slot slot, struct booking *booking)
{
	struct quote quote = quote_make(room, slot);

	booking->room = room;
	booking->user = user;
	booking->slot = slot;
	booking->price = quote.total;
	pthread_mutex_lock(&rooms.writer);
	struct db_conn *conn = db_acquire();
	enum booking_result result = booking_store(conn, booking);
	db_release(conn);
	if (result == BOOKING_DONE) {
		pthread_rwlock_wrlock(&rooms.lock);
		list_add(room, booking);
		pthread_rwlock_unlock(&rooms.lock);
		rooms.stats.booked++;
	} else {
		rooms.stats.refused++;
	}
	pthread_mutex_unlock(&rooms.writer);
	return result;
}

enum booking_result room_cancel(int64_t booking_id, const struct user *user)
{
	struct booking gone;

	pthread_mutex_lock(&rooms.writer);
	struct db_conn *conn = db_acquire();
	enum booking_result result =
		booking_delete(conn, booking_id, user, &gone);
	db_release(conn);
	if (result == BOOKING_DONE) {
		pthread_rwlock_wrlock(&rooms.lock);
		list_remove(gone.room, booking_id);
		pthread_rwlock_unlock(&rooms.lock);
		rooms.stats.cancelled++;
	}
	pthread_mutex_unlock(&rooms.writer);
	return result;
}

static unsigned room_expire(struct room *room, time_t now)
{
	struct booking **at = &room->bookings;
	unsigned expired = 0;

	while (*at) {
		struct booking *booking = *at;

		if (booking->slot.end <= now) {
			*at = booking->next;
			free(booking);
			room->nbookings--;
			expired++;
			continue;
		}
		if (booking->slot.start - REMIND_BEFORE <= now)
			booking->flags.reminded = 1;
		at = &booking->next;
	}
	return expired;
}

unsigned rooms_expire(time_t now)
{
	unsigned expired = 0;

	pthread_rwlock_wrlock(&rooms.lock);
	for (struct room *room = rooms.by_name; room; room = room->next_by_name)
		expired += room_expire(room, now);
	pthread_rwlock_unlock(&rooms.lock);
	rooms.stats.expired += expired;
	return expired;
}

static void lists_empty(void)
{
	for (struct room *room = rooms.by_name; room;
		room = room->next_by_name) {
		list_free(room->bookings);
		room->bookings = NULL;
		room->nbookings = 0;
	}
}

void rooms_refresh(time_t now)
{
	pthread_mutex_lock(&rooms.writer);
	struct db_conn *conn = db_acquire();
	struct booking *fresh = booking_load_active(conn, now);
	db_release(conn);
	pthread_rwlock_wrlock(&rooms.lock);
	lists_empty();
	/* Latest first, so that each goes to the front of its list. */
	for (struct booking *booking = fresh; booking; booking = booking->next)
		list_add(booking->room, booking);
	rooms.refreshed = now;
	rooms.generation++;
	pthread_rwlock_unlock(&rooms.lock);
	pthread_mutex_unlock(&rooms.writer);
	list_free(fresh);
}

static json_t *location_json(const struct location *at)
{
	if (at->kind == LOCATION_DESK)
		return json_pack("{s:s, s:i, s:i, s:i}", "building",
			at->building, "floor", at->floor, "row", at->desk.row,
			"seat", at->desk.seat);
	return json_pack("{s:s, s:i, s:s, s:f}", "building", at->building,
		"floor", at->floor, "door", at->door.number, "area_m2",
		(double)at->door.area);
}

static json_t *amenities_json(enum amenity amenities)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(amenity_names) / sizeof(*amenity_names);
		i++)
		if (amenities & amenity_names[i].bit)
			json_array_append_new(
				list, json_string(amenity_names[i].name));
	return list;
}

static json_t *room_json(const struct room *room)
{
	return json_pack("{s:I, s:s, s:s, s:i, s:f, s:o, s:o, s:i}", "id",
		(json_int_t)room->id, "name", room->name, "kind",
		kind_names[room->kind], "capacity", (int)room->capacity,
		"price_per_hour", room->price, "amenities",
		amenities_json(room->amenities), "location",
		location_json(&room->location), "bookings",
		(int)room->nbookings);
}

/* When the room is taken; by whom is nobody's business. */
static json_t *busy_json(const struct room *room)
{
	json_t *list = json_array();
	char start[SLOT_TEXT], end[SLOT_TEXT];

	for (struct booking *booking = room->bookings; booking;
		booking = booking->next) {
		slot_time_print(booking->slot.start, start);
		slot_time_print(booking->slot.end, end);
		json_array_append_new(list,
			json_pack("{s:s, s:s}", "start", start, "end", end));
	}
	return list;
}

/* What GET /rooms may ask for; false after having answered. */
static bool read_filter(struct request *req, int *kind, int64_t *capacity)
{
	const char *name = request_param(req, "kind");
	const char *least = request_param(req, "capacity");

	*kind = -1;
	*capacity = 0;
	if (least && !request_number(least, 0, BOOKING_GUESTS, capacity)) {
		request_fail(req, 400, "capacity must be a number up to %d",
			BOOKING_GUESTS);
		return false;
	}
	if (!name)
		return true;
	for (int i = 0; i < ROOM_KINDS; i++)
		if (!strcmp(kind_names[i], name))
			*kind = i;
	if (*kind < 0)
		request_fail(
			req, 400, "kind must be desk, meeting, phone or event");
	return *kind >= 0;
}

void handle_room_list(struct request *req, struct session *session)
{
	int64_t capacity;
	int kind;

	(void)session;
	if (!read_filter(req, &kind, &capacity))
		return;
	json_t *list = json_array();
	pthread_rwlock_rdlock(&rooms.lock);
	for (struct room *room = rooms.by_name; room; room = room->next_by_name)
		if ((kind < 0 || room->kind == (enum room_kind)kind) &&
			room->capacity >= capacity)
			json_array_append_new(list, room_json(room));
	pthread_rwlock_unlock(&rooms.lock);
	request_reply(req, 200, json_pack("{s:o}", "rooms", list));
}

void handle_room_show(struct request *req, struct session *session)
{
	struct room *room = NULL;
	int64_t id;

	(void)session;
	if (request_number(req->segment, 1, INT64_MAX, &id))
		room = room_find(id);
	if (!room) {
		request_fail(req, 404, "there is no room %s", req->segment);
		return;
	}
	pthread_rwlock_rdlock(&rooms.lock);
	json_t *json = room_json(room);
	json_object_set_new(json, "busy", busy_json(room));
	pthread_rwlock_unlock(&rooms.lock);
	request_reply(req, 200, json);
}
