/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The rooms and desks, and the copy of their bookings that lives in memory.
 */
#include "demo/bookings.h"

enum room_kind {
	ROOM_DESK,
	ROOM_MEETING,
	ROOM_PHONE,
	ROOM_EVENT,
	ROOM_KINDS,
};

enum amenity {
	AMENITY_NONE = 0,
	AMENITY_SCREEN = 1 << 0,
	AMENITY_WHITEBOARD = 1 << 1,
	AMENITY_COFFEE = 1 << 2,
	AMENITY_WINDOW = 1 << 3,
	AMENITY_QUIET = 1 << 4,
};

enum location_kind {
	LOCATION_DESK, /* a seat in an open space */
	LOCATION_DOOR, /* a room of its own */
};

struct location {
	char building[16];
	int floor;
	enum location_kind kind;
	union {
		struct {
			unsigned char row, seat;
		} desk;
		struct {
			char number[8];
			float area; /* square metres */
		} door;
	};
};

struct room {
	int64_t id;
	char name[32];
	enum room_kind kind;
	enum amenity amenities; /* several, or-ed */
	unsigned capacity;
	double price; /* an hour */
	struct location location;
	struct hours opening[7];  /* Sunday first */
	struct booking *bookings; /* by start; rooms.lock */
	unsigned nbookings;       /* rooms.lock */
	struct room *next_by_name;
	struct room *next_in_bucket;
};

enum room_limits {
	ROOM_BUCKETS = 8,
};

struct room_cache {
	pthread_rwlock_t lock;  /* of the rooms' bookings */
	pthread_mutex_t writer; /* held around a change of the database */
	size_t count;
	struct room *by_name; /* all of them */
	struct room *buckets[ROOM_BUCKETS];
	time_t refreshed;
	unsigned generation; /* how often */
	struct {
		_Atomic uint64_t lookups, misses;
		_Atomic uint64_t booked, refused, cancelled, expired;
	} stats;
};

extern struct room_cache rooms;

/* Reads the rooms, having made some in an empty database. */
bool rooms_open(void);
void rooms_close(void);

/* The room, for as long as the program runs; or NULL. */
struct room *room_find(int64_t id);

/*
 * Books a room.  The caller has set guests and note of the booking; the rest
 * is filled in.
 */
enum booking_result room_book(struct room *room, const struct user *user,
	struct slot slot, struct booking *booking);

enum booking_result room_cancel(int64_t booking_id, const struct user *user);

/* Forgets bookings that are over and marks those that begin soon. */
unsigned rooms_expire(time_t now);

/* Takes over what other processes wrote to the database. */
void rooms_refresh(time_t now);

void handle_room_list(struct request *req, struct session *session);
void handle_room_show(struct request *req, struct session *session);
