/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libmicrohttpd reads and writes all sockets in one thread of its own.  When
 * a request is complete, its connection is suspended and the request goes to
 * the workers; the worker resumes the connection, and the next call of
 * http_access sends the answer.  So a slow handler holds up nobody, and the
 * threads that run handlers are ours: they have names.
 *
 * A body that is larger than anything we take is read to its end, without
 * being kept, because libmicrohttpd cannot answer in the middle of one; when
 * its announced length says so, it is refused before.
 */
#include "demo/http.h"
#include "demo/route.h"
#include "demo/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct http_server http = { .listener = -1 };

enum http_limits {
	HTTP_CONNECTIONS = 800, /* with the database, below 1024 files */
	HTTP_IDLE_SECONDS = 30,
	HTTP_MEMORY = 32 * 1024, /* of one connection, for its headers */
	HTTP_BACKLOG = 128,
	HTTP_FLUSH_MS = 1000, /* for the last answers at the end */
};

static enum http_method method_of(const char *name)
{
	for (enum http_method method = HTTP_GET; method < HTTP_OTHER; method++)
		if (!strcmp(name, http_method_name(method)))
			return method;
	return HTTP_OTHER;
}

static enum MHD_Result add_param(
	void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct request *req = cls;
	struct request_param *param = &req->params[req->nparams];

	(void)kind;
	/* One that does not fit is none that we know. */
	if (!value || strlen(name) >= sizeof(param->name) ||
		strlen(value) >= sizeof(param->value))
		return MHD_YES;
	if (req->nparams == REQUEST_PARAMS)
		return MHD_NO;
	strcpy(param->name, name);
	strcpy(param->value, value);
	req->nparams++;
	return MHD_YES;
}

static void copy_header(struct MHD_Connection *connection, const char *name,
	char *to, size_t size)
{
	const char *value =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	if (value)
		snprintf(to, size, "%s", value);
}

static struct request *http_begin(
	struct MHD_Connection *connection, const char *url, const char *method)
{
	struct request *req = request_new(method_of(method), url);

	if (!req)
		return NULL;
	req->connection = connection;
	MHD_get_connection_values(
		connection, MHD_GET_ARGUMENT_KIND, add_param, req);
	copy_header(connection, "Content-Type", req->content_type,
		sizeof(req->content_type));
	const char *authorization = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	if (authorization)
		req->authorization = strdup(authorization);
	http.open++;
	http.served++;
	return req;
}

/* True when the request has no body that is too large, as far as it says. */
static bool length_fits(struct request *req)
{
	char text[24] = "0";
	int64_t length;

	copy_header(req->connection, "Content-Length", text, sizeof(text));
	if (request_number(text, 0, REQUEST_BODY, &length))
		return true;
	request_fail(
		req, 413, "the body is larger than %d bytes", REQUEST_BODY);
	return false;
}

static void add_headers(
	struct MHD_Response *answer, const struct response *response)
{
	char seconds[12];

	if (response->content_type && response->size)
		MHD_add_response_header(
			answer, "Content-Type", response->content_type);
	if (*response->location)
		MHD_add_response_header(answer, "Location", response->location);
	if (*response->allow && response->status == 405)
		MHD_add_response_header(answer, "Allow", response->allow);
	if (response->authenticate)
		MHD_add_response_header(answer, "WWW-Authenticate",
			"Bearer realm=\"coworkingapp\"");
	if (response->retry_after) {
		snprintf(seconds, sizeof(seconds), "%u", response->retry_after);
		MHD_add_response_header(answer, "Retry-After", seconds);
	}
}

static enum MHD_Result http_answer(struct request *req)
{
	struct response *response = &req->response;
	struct MHD_Response *answer = MHD_create_response_from_buffer(
		response->size, response->body, MHD_RESPMEM_MUST_FREE);

	if (!answer)
		return MHD_NO;
	response->body = NULL;
	add_headers(answer, response);
	enum MHD_Result queued =
		MHD_queue_response(req->connection, response->status, answer);
	MHD_destroy_response(answer);
	return queued;
}

void http_serve(struct request *req)
{
	workers.in_flight++;
	route_run(req);
	workers.in_flight--;
	req->state = REQUEST_ANSWERED;
	MHD_resume_connection(req->connection);
}

/* The whole request is here: to the workers with it, or straight back. */
static enum MHD_Result http_complete(struct request *req)
{
	if (!route_find(req))
		return http_answer(req);
	if (req->route->flags & ROUTE_INLINE) {
		route_run(req);
		return http_answer(req);
	}
	/* First, because a worker may resume it at once. */
	MHD_suspend_connection(req->connection);
	if (!worker_pool_submit(req)) {
		req->response.retry_after = 1;
		request_fail(req, 503, "too many requests are waiting");
		req->state = REQUEST_ANSWERED;
		MHD_resume_connection(req->connection);
	}
	return MHD_YES;
}

static enum MHD_Result http_access(void *cls, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_size, void **state)
{
	struct request *req = *state;

	(void)cls;
	(void)version;
	if (!req) {
		req = http_begin(connection, url, method);
		*state = req;
		if (!req)
			return MHD_NO;
		return length_fits(req) ? MHD_YES : http_answer(req);
	}
	if (*upload_size) {
		request_body_add(req, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (req->state == REQUEST_ANSWERED)
		return http_answer(req);
	return http_complete(req);
}

static void http_completed(void *cls, struct MHD_Connection *connection,
	void **state, enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	if (!*state)
		return;
	request_free(*state);
	*state = NULL;
	http.open--;
}

/*
 * A path is a C string from here on: "/rooms%00" must not become "/rooms", so
 * a NUL in it turns into a byte that no path of ours has.
 */
static size_t http_unescape(
	void *cls, struct MHD_Connection *connection, char *text)
{
	size_t size = MHD_http_unescape(text);

	(void)cls;
	(void)connection;
	for (size_t i = 0; i < size; i++)
		if (!text[i])
			text[i] = '\x01';
	return size;
}

/* Called in the thread of libmicrohttpd, which cannot be named otherwise. */
static void http_connected(void *cls, struct MHD_Connection *connection,
	void **state, enum MHD_ConnectionNotificationCode code)
{
	static bool named;

	(void)cls;
	(void)connection;
	(void)state;
	(void)code;
	if (!named)
		pthread_setname_np(pthread_self(), "http");
	named = true;
}

static bool http_listen(unsigned port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(at);
	int on = 1;

	http.listener =
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (http.listener < 0 ||
		setsockopt(http.listener, SOL_SOCKET, SO_REUSEADDR, &on,
			sizeof(on)) ||
		bind(http.listener, (struct sockaddr *)&at, size) ||
		listen(http.listener, HTTP_BACKLOG) ||
		getsockname(http.listener, (struct sockaddr *)&at, &size)) {
		fprintf(stderr,
			"coworkingapp: cannot listen on 127.0.0.1:%u: %s; "
			"name another port with --port (0: any)\n",
			port, strerror(errno));
		return false;
	}
	http.port = ntohs(at.sin_port);
	return true;
}

bool http_start(unsigned port)
{
	if (!http_listen(port)) {
		if (http.listener >= 0)
			close(http.listener);
		return false;
	}
	http.started = time(NULL);
	/* One option a line, which clang-format would not leave. */
	/* clang-format off */
	http.daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME,
		0, NULL, NULL, http_access, NULL,
		MHD_OPTION_LISTEN_SOCKET, http.listener,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MEMORY,
		MHD_OPTION_UNESCAPE_CALLBACK, http_unescape, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, http_connected, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, http_completed, NULL,
		MHD_OPTION_END);
	/* clang-format on */
	if (!http.daemon) {
		fprintf(stderr, "coworkingapp: cannot start the HTTP server\n");
		close(http.listener);
	}
	return http.daemon;
}

void http_quiesce(void)
{
	int listener = MHD_quiesce_daemon(http.daemon);

	if (listener >= 0)
		close(listener);
}

void http_stop(void)
{
	struct timespec tick = { .tv_nsec = 5 * 1000 * 1000 };

	for (int ms = 0; http.open && ms < HTTP_FLUSH_MS; ms += 5)
		nanosleep(&tick, NULL);
	MHD_stop_daemon(http.daemon);
	http.daemon = NULL;
}

void handle_health(struct request *req, struct session *session)
{
	(void)session;
	pthread_mutex_lock(&workers.lock);
	size_t queued = workers.queued;
	pthread_mutex_unlock(&workers.lock);
	request_reply(req, 200,
		json_pack("{s:s, s:I, s:I, s:i, s:I, s:I}", "status", "ok",
			"in_flight", (json_int_t)workers.in_flight, "queued",
			(json_int_t)queued, "workers", (int)workers.count,
			"requests", (json_int_t)http.served, "uptime_seconds",
			(json_int_t)(time(NULL) - http.started)));
}
