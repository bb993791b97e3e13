/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The server's socket and the one thread that reads requests from it and
 * writes answers.
 */
#include "demo/request.h"

struct MHD_Daemon;

struct http_server {
	struct MHD_Daemon *daemon;
	int listener;
	unsigned port;
	time_t started;
	_Atomic unsigned open; /* requests between first byte and last */
	_Atomic uint64_t served;
};

extern struct http_server http;

/* Listens on 127.0.0.1; port 0 takes any.  False after having said why. */
bool http_start(unsigned port);

/* Takes no more requests. */
void http_quiesce(void);

/* Sends the answers that are ready, and closes everything. */
void http_stop(void);

/* What a worker does with a request. */
void http_serve(struct request *req);

void handle_health(struct request *req, struct session *session);
