/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Bookings: as rows of the database, which decides, and as structs in the
 * lists of the rooms, which are a copy.
 */
#include "demo/request.h"
#include "demo/slot.h"
#include "demo/users.h"

struct room;

enum booking_limits {
	BOOKING_NOTE = 80,
	BOOKING_GUESTS = 1000, /* fits the bits below */
	BOOKING_LIST = 1000,   /* of one user, in one answer */
};

struct booking_flags {
	unsigned confirmed : 1; /* it is in the database */
	unsigned reminded : 1;  /* it begins soon */
	unsigned guests : 10;
};

struct booking {
	int64_t id;
	struct room *room;
	const struct user *user;
	struct slot slot;
	double price;
	struct booking_flags flags;
	char note[BOOKING_NOTE];
	struct booking *next; /* of the room, by start */
};

enum booking_result {
	BOOKING_DONE,
	BOOKING_TAKEN,     /* overlaps another */
	BOOKING_UNKNOWN,   /* no such booking */
	BOOKING_FORBIDDEN, /* somebody else's */
	BOOKING_FAILED,    /* the database said no; stderr says why */
};

/* Writes a booking, if its room is free then, and sets its id. */
enum booking_result booking_store(
	struct db_conn *conn, struct booking *booking);

/* Deletes one of this user's bookings; ret gets what it was. */
enum booking_result booking_delete(struct db_conn *conn, int64_t id,
	const struct user *user, struct booking *ret);

/* All that end after now, as a malloced list, latest first; NULL: none. */
struct booking *booking_load_active(struct db_conn *conn, time_t now);

json_t *booking_json(const struct booking *booking);

void handle_booking_create(struct request *req, struct session *session);
void handle_booking_list(struct request *req, struct session *session);
void handle_booking_delete(struct request *req, struct session *session);
