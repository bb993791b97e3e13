/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests and their answers.  An answer is turned into text here, in the
 * worker, so that the one thread that talks to the sockets only copies bytes.
 * Out of memory is answered, too: the fallbacks below allocate nothing.
 */
#include "demo/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct request *request_new(enum http_method method, const char *path)
{
	static _Atomic uint64_t last_id;
	struct request *req = calloc(1, sizeof(*req));

	if (!req)
		return NULL;
	req->id = ++last_id;
	req->method = method;
	/* A path that does not fit matches no route. */
	if (strlen(path) < sizeof(req->path))
		strcpy(req->path, path);
	clock_gettime(CLOCK_MONOTONIC, &req->received);
	return req;
}

void request_free(struct request *req)
{
	if (!req)
		return;
	free(req->authorization);
	free(req->body.data);
	free(req->response.body);
	free(req);
}

const char *http_method_name(enum http_method method)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET",
		[HTTP_HEAD] = "HEAD",
		[HTTP_POST] = "POST",
		[HTTP_DELETE] = "DELETE",
		[HTTP_OTHER] = "OTHER",
	};

	return names[method];
}

void request_body_add(struct request *req, const char *data, size_t size)
{
	if (size > REQUEST_BODY - req->body.size) {
		req->body.too_large = true;
		return;
	}
	if (req->body.size + size >= req->body.room) {
		size_t room = 2 * (req->body.size + size) + 1;
		char *grown = realloc(req->body.data, room);

		if (!grown) {
			req->body.too_large = true;
			return;
		}
		req->body.data = grown;
		req->body.room = room;
	}
	memcpy(req->body.data + req->body.size, data, size);
	req->body.size += size;
	req->body.data[req->body.size] = '\0';
}

const char *request_param(const struct request *req, const char *name)
{
	for (size_t i = 0; i < req->nparams; i++)
		if (!strcmp(req->params[i].name, name))
			return req->params[i].value;
	return NULL;
}

bool request_number(const char *text, int64_t least, int64_t most, int64_t *ret)
{
	char *end;

	if (*text != '-' && (*text < '0' || *text > '9'))
		return false;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (errno || *end || number < least || number > most)
		return false;
	*ret = number;
	return true;
}

static bool is_json_type(const char *content_type)
{
	static const char json[] = "application/json";
	size_t size = sizeof(json) - 1;

	return !strncasecmp(content_type, json, size) &&
	       strchr("; \t", content_type[size]); /* finds the NUL, too */
}

json_t *request_json(struct request *req)
{
	json_error_t error;

	if (req->body.too_large) {
		request_fail(req, 413, "the body is larger than %d bytes",
			REQUEST_BODY);
		return NULL;
	}
	if (!req->body.size) {
		request_fail(req, 400, "a JSON object is expected as the body");
		return NULL;
	}
	if (!is_json_type(req->content_type)) {
		request_fail(req, 415,
			"the body must be application/json, not \"%s\"",
			req->content_type);
		return NULL;
	}
	json_t *json = json_loadb(
		req->body.data, req->body.size, JSON_REJECT_DUPLICATES, &error);
	if (!json) {
		request_fail(req, 400, "the body is not JSON: line %d: %s",
			error.line, error.text);
		return NULL;
	}
	if (!json_is_object(json)) {
		json_decref(json);
		request_fail(req, 400, "the body must be a JSON object");
		return NULL;
	}
	return json;
}

static void answer(struct request *req, unsigned status, const char *type)
{
	free(req->response.body);
	req->response.body = NULL;
	req->response.size = 0;
	req->response.status = status;
	req->response.content_type = type;
}

void request_reply(struct request *req, unsigned status, json_t *json)
{
	answer(req, status, "application/json");
	req->response.body =
		json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12))
		     : NULL;
	json_decref(json);
	if (req->response.body)
		req->response.size = strlen(req->response.body);
	else if (status != 204)
		req->response.status = 500;
}

void request_reply_text(
	struct request *req, unsigned status, char *text, size_t size)
{
	answer(req, status, "text/plain; charset=utf-8");
	req->response.body = text;
	req->response.size = size;
}

void request_fail(struct request *req, unsigned status, const char *fmt, ...)
{
	char sentence[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	/* What a client sent may be cut in the middle of a character. */
	json_t *text = json_string(sentence);
	if (!text)
		text = json_string("the request has text that is not UTF-8");
	request_reply(req, status, json_pack("{s:o}", "error", text));
}
