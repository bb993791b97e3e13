/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Who is asking: passwords, signed tokens, and the session that a token
 * opens for the length of one request.
 */
#include "demo/request.h"
#include "demo/users.h"

enum session_kind {
	SESSION_TOKEN,
	SESSION_GUEST, /* of the debug routes, where nobody need log in */
};

enum session_limits {
	SESSION_SECONDS = 12 * 60 * 60,
	SESSION_ID = 17,
};

struct session {
	enum session_kind kind;
	char id[SESSION_ID]; /* the token's jti */
	struct user *user;
	time_t issued, expires;
};

/* Finds the key that signs tokens: COWORKING_SECRET, or the database's. */
bool auth_start(void);

/*
 * NULL, or a sentence: why the Authorization header, NULL for none, opens no
 * session.
 */
const char *session_open(const char *authorization, struct session *ret);
void session_open_guest(struct session *ret);

void handle_signup(struct request *req, struct session *session);
void handle_login(struct request *req, struct session *session);
