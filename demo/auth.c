/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords are kept as yescrypt hashes (libcrypt), which are slow on
 * purpose; an unknown address is answered as slowly as a wrong password, so
 * that the time does not tell who has an account.
 *
 * A token is a JWT signed by HMAC-SHA256.  The algorithm that a token names
 * is checked against ours: libjwt verifies whichever one it names, and "none"
 * is one of them.
 */
#include "demo/auth.h"
#include "crashd/crashd.h"

#include <crypt.h>
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

enum auth_limits {
	PASSWORD_MIN = 8,
	PASSWORD_MAX = 128, /* crypt(3) takes 511 */
	SECRET_MIN = 16,
	SECRET_MAX = 256,
};

static struct {
	unsigned char key[SECRET_MAX];
	int size;
	char decoy[USER_HASH]; /* the hash of no password */
} signing;

static bool password_hash(const char *password, char hash[USER_HASH])
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char *setting = crypt_gensalt_ra("$y$", 0, NULL, 0);
	bool hashed = false;

	if (data && setting) {
		char *text = crypt_r(password, setting, data);

		hashed = text && *text != '*' && strlen(text) < USER_HASH;
		if (hashed)
			strcpy(hash, text);
		explicit_bzero(data, sizeof(*data));
	}
	free(setting);
	free(data);
	return hashed;
}

static bool same_text(const char *a, const char *b)
{
	unsigned char differs = strlen(a) != strlen(b);

	for (; *a && *b; a++, b++)
		differs |= (unsigned char)(*a ^ *b);
	return !differs;
}

static bool password_matches(const char *password, const char *hash)
{
	struct crypt_data *data = calloc(1, sizeof(*data));

	if (!data)
		return false;
	char *text = crypt_r(password, hash, data);
	bool same = text && *text != '*' && same_text(text, hash);
	explicit_bzero(data, sizeof(*data));
	free(data);
	return same;
}

bool auth_start(void)
{
	const char *secret = getenv("COWORKING_SECRET");

	json_object_seed(0); /* before there are threads */
	if (!password_hash("nobody", signing.decoy)) {
		fprintf(stderr,
			"coworkingapp: libcrypt does not know yescrypt\n");
		return false;
	}
	if (!secret) {
		signing.size = DB_SECRET;
		return db_secret(signing.key);
	}
	size_t size = strlen(secret);
	if (size < SECRET_MIN || size > SECRET_MAX) {
		fprintf(stderr,
			"coworkingapp: COWORKING_SECRET has %zu bytes; give "
			"it %d to %d\n",
			size, SECRET_MIN, SECRET_MAX);
		return false;
	}
	memcpy(signing.key, secret, size);
	signing.size = (int)size;
	return true;
}

static char *token_make(const struct user *user, time_t now)
{
	char subject[24], id[SESSION_ID];
	char *token = NULL;
	uint64_t nonce;
	jwt_t *jwt;

	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce) ||
		jwt_new(&jwt))
		return NULL;
	snprintf(subject, sizeof(subject), "%lld", (long long)user->id);
	snprintf(id, sizeof(id), "%016llx", (unsigned long long)nonce);
	if (!jwt_add_grant(jwt, "sub", subject) &&
		!jwt_add_grant(jwt, "jti", id) &&
		!jwt_add_grant_int(jwt, "iat", now) &&
		!jwt_add_grant_int(jwt, "exp", now + SESSION_SECONDS) &&
		!jwt_set_alg(jwt, JWT_ALG_HS256, signing.key, signing.size))
		token = jwt_encode_str(jwt);
	jwt_free(jwt);
	return token;
}

/* Reads what a verified token claims; its user is looked up by the caller. */
static const char *token_read(jwt_t *jwt, struct session *ret, int64_t *user_id)
{
	const char *subject = jwt_get_grant(jwt, "sub");
	const char *id = jwt_get_grant(jwt, "jti");

	if (jwt_get_alg(jwt) != JWT_ALG_HS256)
		return "the token is not signed with HS256";
	if (!subject || !request_number(subject, 1, INT64_MAX, user_id))
		return "the token names no user";
	ret->kind = SESSION_TOKEN;
	ret->issued = jwt_get_grant_int(jwt, "iat");
	ret->expires = jwt_get_grant_int(jwt, "exp");
	snprintf(ret->id, sizeof(ret->id), "%s", id ? id : "");
	if (ret->expires <= time(NULL))
		return "the token has expired; log in again";
	return NULL;
}

const char *session_open(const char *authorization, struct session *ret)
{
	static const char scheme[] = "Bearer ";
	int64_t user_id = 0;
	jwt_t *jwt;

	if (!authorization)
		return "log in first, and send \"Authorization: Bearer TOKEN\"";
	if (strncasecmp(authorization, scheme, sizeof(scheme) - 1))
		return "the Authorization header must be \"Bearer TOKEN\"";
	const char *token = authorization + sizeof(scheme) - 1;
	if (jwt_decode(&jwt, token, signing.key, signing.size))
		return "the token is not one of ours";
	const char *refusal = token_read(jwt, ret, &user_id);
	jwt_free(jwt);
	if (refusal)
		return refusal;
	struct db_conn *conn = db_acquire();
	ret->user = user_find(conn, user_id);
	db_release(conn);
	return ret->user ? NULL : "the token's user does not exist";
}

void session_open_guest(struct session *ret)
{
	*ret = (struct session){
		.kind = SESSION_GUEST,
		.id = "guest",
		.user = &user_guest,
		.issued = time(NULL),
	};
}

static bool email_plausible(const char *email)
{
	const char *at = strchr(email, '@');

	if (!at || at == email || !at[1] || strchr(at + 1, '@'))
		return false;
	for (const char *c = email; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	return strlen(email) < USER_EMAIL;
}

/* Both bodies have these two; false after having answered. */
static bool credentials(struct request *req, json_t *body, const char **email,
	const char **password)
{
	*email = json_string_value(json_object_get(body, "email"));
	*password = json_string_value(json_object_get(body, "password"));
	if (*email && *password)
		return true;
	request_fail(req, 422, "\"%s\" is missing or not a string",
		*email ? "password" : "email");
	return false;
}

static void signup(struct request *req, const char *email, const char *name,
	const char *password)
{
	char hash[USER_HASH];
	struct user *user = NULL;

	if (!password_hash(password, hash)) {
		request_fail(req, 500, "the password cannot be hashed");
		return;
	}
	struct db_conn *conn = db_acquire();
	int code = user_add(conn, email, name, hash, &user);
	if (code == SQLITE_DONE)
		request_reply(req, 201, user_json(user));
	else if (code == SQLITE_CONSTRAINT_UNIQUE)
		request_fail(req, 409, "%s has an account already", email);
	else {
		db_complain(conn, "add a user");
		request_fail(req, 500, "the account cannot be kept");
	}
	db_release(conn);
}

void handle_signup(struct request *req, struct session *session)
{
	const char *email, *password;
	char local_part[USER_NAME];
	json_t *body = request_json(req);

	(void)session;
	if (!body)
		return;
	if (credentials(req, body, &email, &password)) {
		json_t *given = json_object_get(body, "name");
		const char *name = json_string_value(given);

		snprintf(local_part, sizeof(local_part), "%.*s",
			(int)strcspn(email, "@"), email);
		if (!given)
			name = local_part;
		if (!email_plausible(email))
			request_fail(req, 422,
				"\"email\" is not an address of mail");
		else if (strlen(password) < PASSWORD_MIN ||
			 strlen(password) > PASSWORD_MAX)
			request_fail(req, 422,
				"\"password\" must have %d to %d bytes",
				PASSWORD_MIN, PASSWORD_MAX);
		else if (!name || !*name || strlen(name) >= USER_NAME)
			request_fail(req, 422,
				"\"name\" must have 1 to %d bytes",
				USER_NAME - 1);
		else
			signup(req, email, name, password);
	}
	json_decref(body);
}

static void login(struct request *req, struct user *user)
{
	char *token = token_make(user, time(NULL));

	if (!token) {
		request_fail(req, 500, "no token can be made");
		return;
	}
	user->logins++;
	crashd_event("login of user", (uint64_t)user->id);
	request_reply(req, 200,
		json_pack("{s:s, s:s, s:i, s:o}", "token", token, "token_type",
			"Bearer", "expires_in", SESSION_SECONDS, "user",
			user_json(user)));
	free(token);
}

void handle_login(struct request *req, struct session *session)
{
	const char *email, *password;
	char hash[USER_HASH];
	json_t *body = request_json(req);

	(void)session;
	if (!body)
		return;
	if (credentials(req, body, &email, &password)) {
		struct db_conn *conn = db_acquire();
		struct user *user = user_find_email(conn, email, hash);

		db_release(conn);
		if (!user)
			strcpy(hash, signing.decoy);
		if (strlen(password) <= PASSWORD_MAX &&
			password_matches(password, hash) && user)
			login(req, user);
		else {
			req->response.authenticate = true;
			request_fail(req, 401,
				"the address or the password is wrong");
		}
	}
	json_decref(body);
}
