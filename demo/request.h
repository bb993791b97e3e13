/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One HTTP request on its way through the program, and the answer that it
 * will get.  http.c makes it and frees it, a worker fills the answer in;
 * handlers see nothing else of HTTP.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_DELETE,
	HTTP_OTHER,
};

enum request_state {
	REQUEST_READING, /* its body is still arriving */
	REQUEST_QUEUED,  /* waits for a worker */
	REQUEST_RUNNING, /* a worker is in its handler */
	REQUEST_ANSWERED,
};

enum request_limits {
	REQUEST_PATH = 128,       /* no route is longer than a third of it */
	REQUEST_PARAMS = 16,      /* of the query string */
	REQUEST_BODY = 64 * 1024, /* a booking has a few hundred bytes */
};

struct session;
struct route;
struct MHD_Connection;

struct request_param {
	char name[24];
	char value[72];
};

struct response {
	unsigned status;
	const char *content_type;
	char *body; /* malloced */
	size_t size;
	char location[48];    /* of what was created */
	char allow[48];       /* with 405 */
	bool authenticate;    /* with 401 */
	unsigned retry_after; /* seconds, with 503 */
};

struct request {
	uint64_t id;
	enum request_state state;
	enum http_method method;
	char path[REQUEST_PATH];
	char segment[40]; /* what stands for {} in the route's pattern */
	struct request_param params[REQUEST_PARAMS];
	size_t nparams;
	char content_type[48];
	char *authorization; /* malloced, or NULL */
	struct {
		char *data; /* malloced, NUL-terminated */
		size_t size, room;
		bool too_large;
	} body;
	struct timespec received;
	const struct route *route;
	struct session *session; /* while a handler runs */
	struct response response;
	struct MHD_Connection *connection;
	struct request *next; /* in the queue of the workers */
};

struct request *request_new(enum http_method method, const char *path);
void request_free(struct request *req);

const char *http_method_name(enum http_method method);

/* Adds bytes to the body; past the limit they are dropped and noted. */
void request_body_add(struct request *req, const char *data, size_t size);

/* The value of a parameter of the query string, or NULL. */
const char *request_param(const struct request *req, const char *name);

/* A whole number within bounds, from text; false when it is anything else. */
bool request_number(
	const char *text, int64_t least, int64_t most, int64_t *ret);

/*
 * The body as a JSON object that the caller owns; NULL after having answered
 * 413, 415 or 400.
 */
json_t *request_json(struct request *req);

/* Answers with a JSON document and drops the caller's reference to it. */
void request_reply(struct request *req, unsigned status, json_t *json);

/* Answers with text that was malloced; takes it over. */
void request_reply_text(
	struct request *req, unsigned status, char *text, size_t size);

/* Answers {"error": sentence}. */
void request_fail(struct request *req, unsigned status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
