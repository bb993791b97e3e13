/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of routes: the program's whole outside.  It is searched from its
 * start; there are too few rows for anything better.
 */
#include "demo/route.h"
#include "demo/auth.h"
#include "demo/bookings.h"
#include "demo/debug.h"
#include "demo/http.h"
#include "demo/rooms.h"

#include <stdio.h>
#include <string.h>

bool route_debug;

static const struct route routes[] = {
	{ HTTP_POST, "/auth/signup", 0, handle_signup },
	{ HTTP_POST, "/auth/login", 0, handle_login },
	{ HTTP_GET, "/rooms", 0, handle_room_list },
	{ HTTP_GET, "/rooms/{}", 0, handle_room_show },
	{ HTTP_GET, "/bookings", ROUTE_SESSION, handle_booking_list },
	{ HTTP_POST, "/bookings", ROUTE_SESSION, handle_booking_create },
	{ HTTP_DELETE, "/bookings/{}", ROUTE_SESSION, handle_booking_delete },
	{ HTTP_GET, "/healthz", ROUTE_INLINE, handle_health },
	{ HTTP_POST, "/debug/slow", ROUTE_DEBUG | ROUTE_GUEST,
		handle_debug_slow },
	{ HTTP_GET, "/debug/faults", ROUTE_DEBUG, handle_debug_faults },
	{ HTTP_POST, "/debug/faults/{}", ROUTE_DEBUG | ROUTE_GUEST,
		handle_debug_fault },
	{ HTTP_GET, "/debug/stacks", ROUTE_DEBUG, handle_debug_stacks },
	{ HTTP_GET, "/debug/events", ROUTE_DEBUG, handle_debug_events },
};

#define NROUTES (sizeof(routes) / sizeof(*routes))

static bool path_matches(
	const char *path, const char *pattern, char *segment, size_t size)
{
	size_t fixed = strcspn(pattern, "{");

	if (!pattern[fixed])
		return !strcmp(path, pattern);
	if (strncmp(path, pattern, fixed))
		return false;
	const char *rest = path + fixed;
	if (!*rest || strchr(rest, '/') || strlen(rest) >= size)
		return false;
	strcpy(segment, rest);
	return true;
}

static void allow_add(struct request *req, enum http_method method)
{
	char *allow = req->response.allow;
	size_t used = strlen(allow);

	snprintf(allow + used, sizeof(req->response.allow) - used, "%s%s%s",
		used ? ", " : "", http_method_name(method),
		method == HTTP_GET ? ", HEAD" : "");
}

bool route_find(struct request *req)
{
	enum http_method method =
		req->method == HTTP_HEAD ? HTTP_GET : req->method;

	for (size_t i = 0; i < NROUTES; i++) {
		const struct route *route = &routes[i];

		if ((route->flags & ROUTE_DEBUG) && !route_debug)
			continue;
		if (!path_matches(req->path, route->pattern, req->segment,
			    sizeof(req->segment)))
			continue;
		if (route->method == method) {
			req->route = route;
			return true;
		}
		allow_add(req, route->method);
	}
	if (*req->response.allow)
		request_fail(req, 405, "this resource has %s only",
			req->response.allow);
	else
		request_fail(req, 404, "there is nothing at this path");
	return false;
}

/* Opens the session that the route asks for; false after having answered. */
static bool identify(struct request *req, struct session *ret)
{
	if ((req->route->flags & ROUTE_GUEST) && !req->authorization) {
		session_open_guest(ret);
		return true;
	}
	const char *refusal = session_open(req->authorization, ret);
	if (!refusal)
		return true;
	req->response.authenticate = true;
	request_fail(req, 401, "%s", refusal);
	return false;
}

void route_run(struct request *req)
{
	struct session session = { 0 };
	bool wanted = req->route->flags & (ROUTE_SESSION | ROUTE_GUEST);

	if (wanted) {
		if (!identify(req, &session))
			return;
		req->session = &session;
	}
	req->route->handler(req, req->session);
	req->session = NULL;
}
