/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Which handler answers which request.
 */
#include "demo/request.h"

typedef void handler_fn(struct request *req, struct session *session);

enum route_flags {
	ROUTE_SESSION = 1 << 0, /* needs a token */
	ROUTE_GUEST = 1 << 1,   /* has a session with and without one */
	ROUTE_DEBUG = 1 << 2,   /* is there with --faults only */
	ROUTE_INLINE = 1 << 3,  /* is answered without waiting for a worker */
};

struct route {
	enum http_method method;
	const char *pattern; /* {} stands for one segment of the path */
	unsigned flags;
	handler_fn *handler;
};

/* Whether the debug routes exist; set before the server starts. */
extern bool route_debug;

/*
 * Finds the request's route and keeps it there; false after having answered
 * 404 or 405.
 */
bool route_find(struct request *req);

/* Checks who asks, and calls the handler. */
void route_run(struct request *req);
