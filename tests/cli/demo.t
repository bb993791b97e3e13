#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# coworkingapp from outside: every route, every kind of refusal, no double
# booking, and a clean end.
. "$(dirname "$0")/../lib/tap.sh"

server=
tap_cleanup() {
	[ -n "$server" ] && kill -KILL "$server" 2>/dev/null
	rm -rf "$T"
}

app=$BUILD/coworkingapp
json='Content-Type: application/json'
ulimit -c 0
export TRACEBACK=none

start() { # OPTION...: sets server, base
	: >"$T/out"
	"$app" --port 0 "$@" >"$T/out" 2>"$T/err" &
	server=$!
	for _ in $(seq 300); do
		grep -q listening "$T/out" && break
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	base=$(grep -o 'http://[0-9.:]*' "$T/out")
}
stop() { # sets status
	kill -TERM "$server"
	wait "$server"
	status=$?
	server=
}
# Sets code, body and head (the headers of the answer).
call() { # METHOD PATH [CURL OPTIONS...]
	local method=$1 path=$2
	shift 2
	code=$(curl -sS -m 60 -o "$T/body" -D "$T/head" -w '%{http_code}' \
		-X "$method" "$@" "$base$path" 2>"$T/curl")
	body=$(tr -d '\0' <"$T/body")
	head=$(tr -d '\r' <"$T/head")
}
post() { # PATH JSON [CURL OPTIONS...]
	local path=$1 text=$2
	shift 2
	call POST "$path" -H "$json" --data-binary "$text" "$@"
}
book() { # JSON
	post /bookings "$1" -H "$ann"
}
slot() { # ROOM FROM TO [MORE]: one on the day after tomorrow
	printf '{"room_id":%s,"start":"%sT%sZ","end":"%sT%sZ"%s}' \
		"$1" "$day" "$2" "$day" "$3" "${4:+,$4}"
}

day=$(date -u -d '+2 days' +%F)

start --db "$T/app.db"
like "$(cat "$T/out")" \
	"^coworkingapp: listening on http://127\.0\.0\.1:[1-9][0-9]* \(pid $server\)$" \
	"says where it listens, and its pid"

is "$(stat -c %a "$T/app.db")" 600 "nobody else can read its database"
call GET /healthz
is "$code" 200 "healthz answers"
is "$(jq -c '[.status, .in_flight, .workers]' <<<"$body")" '["ok",0,4]' \
	"and tells what is in flight"

post /auth/signup '{"email":"ann@example.org","password":"correct horse","name":"Ann"}'
is "$code" 201 "signup: 201"
is "$(jq -r .name <<<"$body")" Ann "and the user"
unlike "$body" 'correct|\$y\$' "without the password"
post /auth/signup '{"email":"ANN@example.org","password":"correct horse"}'
is "$code" 409 "the same address in capitals: 409"
post /auth/signup '{"email":"bob@example.org","password":"battery staple"}'
is "$(jq -r .name <<<"$body")" bob "without a name, the address has one"
post /auth/signup '{"email":"eve@example.org","password":"short"}'
is "$code" 422 "a short password: 422"
post /auth/signup '{"email":"eve","password":"long enough"}'
is "$code" 422 "no address: 422"
post /auth/signup '{"email":"eve@example.org"}'
is "$code" 422 "no password: 422"
like "$body" password "and says what is missing"

post /auth/login '{"email":"ann@example.org","password":"correct pony"}'
is "$code" 401 "a wrong password: 401"
wrong=$body
post /auth/login '{"email":"zoe@example.org","password":"correct pony"}'
is "$body" "$wrong" "an unknown address gives the same answer"
post /auth/login '{"email":"bob@example.org","password":"battery staple"}'
bob="Authorization: Bearer $(jq -r .token <<<"$body")"
post /auth/login '{"email":"ann@example.org","password":"correct horse"}'
is "$code" 200 "login: 200"
token=$(jq -r .token <<<"$body")
ann="Authorization: Bearer $token"
is "$(cut -d. -f1 <<<"$token" | base64 -d 2>/dev/null | jq -r .alg)" HS256 \
	"a token signed with HS256"

call GET /rooms
is "$code" 200 "rooms: 200"
like "$(jq '.rooms | length' <<<"$body")" '^[1-9]' "there are rooms"
call GET '/rooms?kind=phone&capacity=1'
is "$(jq -c '[.rooms[].kind] | unique' <<<"$body")" '["phone"]' "of one kind"
call GET '/rooms?kind=castle'
is "$code" 400 "of an unknown kind: 400"
call GET /rooms/1
is "$code" 200 "one room: 200"
is "$(jq -c '[.id, .busy]' <<<"$body")" '[1,[]]' "with its bookings"
for id in 9999 x 1x -1 99999999999999999999; do
	call GET "/rooms/$id"
	is "$code" 404 "room $id: 404"
done

post /bookings "$(slot 1 09:00:00 10:00:00)"
is "$code" 401 "a booking by nobody: 401"
like "$head" '^WWW-Authenticate: Bearer' "and how to log in"
none=$(printf '{"alg":"none","typ":"JWT"}' | base64 -w0 | tr -d =)
for bad in "Bearer $token." "Bearer ${token%?????}AAAAA" "Basic YTpi" \
	"Bearer $none.$(cut -d. -f2 <<<"$token")." "Bearer" "Bearer a.b.c"; do
	call GET /bookings -H "Authorization: $bad"
	is "$code" 401 "no session for ${bad:0:16}..."
done

book "$(slot 1 09:00:00 10:30:00 '"guests":3,"note":"stand-up"')"
is "$code" 201 "a booking: 201"
id=$(jq .id <<<"$body")
like "$head" "^Location: /bookings/$id$" "and where it is"
is "$(jq -c '[.room_id, .guests, .note]' <<<"$body")" '[1,3,"stand-up"]' \
	"as it was asked for"
book "$(slot 1 10:15:00 11:00:00)"
is "$code" 409 "one that overlaps: 409"
book "$(slot 1 08:00:00 12:00:00)"
is "$code" 409 "one around it: 409"
book "$(slot 1 10:30:00 11:00:00)"
is "$code" 201 "one that begins when it ends: 201"
book "$(slot 9999 09:00:00 10:00:00)"
is "$code" 404 "of no such room: 404"
for wrong in \
	"$(slot 2 10:00:00 09:00:00)" "$(slot 2 10:00:00 10:00:00)" \
	"$(slot 2 10:01:00 11:00:00)" "$(slot 2 06:00:00 19:00:00)" \
	"$(slot 2 23:00:00 23:30:00)" "$(slot 2 9:00:00 10:00:00)" \
	"$(slot 2 09:00:00 10:00:00 '"guests":0')" \
	"$(slot 2 09:00:00 10:00:00 '"guests":"2"')" \
	"$(slot 2 09:00:00 10:00:00 '"note":7')" \
	"$(slot '"2"' 09:00:00 10:00:00)" '{}' \
	'{"room_id":2,"start":"2020-01-01T09:00:00Z","end":"2020-01-01T10:00:00Z"}' \
	'{"room_id":2,"start":"2999-01-01T09:00:00Z","end":"2999-01-01T10:00:00Z"}' \
	'{"room_id":2,"start":"2027-02-30T09:00:00Z","end":"2027-02-30T10:00:00Z"}'; do
	book "$wrong"
	is "$code" 422 "422 for $wrong"
done
for wrong in '' '{' '[]' 'null' '{"a":1,"a":2}' $'{"a":"\xff"}' \
	"$(printf '[%.0s' $(seq 5000))"; do
	book "$wrong"
	is "$code" 400 "400 for ${wrong:0:16}"
done
book "$(slot 2 09:00:00 10:00:00 '"note":"Grüße, ☕"')"
is "$(jq -r .note <<<"$body")" 'Grüße, ☕' "a note in UTF-8 comes back"

call GET /bookings -H "$ann"
is "$(jq '.bookings | length' <<<"$body")" 3 "Ann sees her bookings"
call GET /bookings -H "$bob"
is "$(jq '.bookings | length' <<<"$body")" 0 "Bob does not"
call GET /rooms/1
is "$(jq '.busy | length' <<<"$body")" 2 "the room shows when it is taken"
call DELETE "/bookings/$id" -H "$bob"
is "$code" 403 "Bob cannot cancel them: 403"
call DELETE "/bookings/$id" -H "$ann"
is "$code" 204 "Ann can: 204"
is "$body" '' "without a body"
call DELETE "/bookings/$id" -H "$ann"
is "$code" 404 "but once: 404"
call GET /rooms/1
is "$(jq '.busy | length' <<<"$body")" 1 "the room is free again"

call PUT /bookings
is "$code" 405 "PUT: 405"
like "$head" '^Allow: GET, HEAD, POST$' "and what is allowed"
call POST /rooms/1
like "$head" '^Allow: GET, HEAD$' "the same of one room"
call GET /bookings/1
like "$head" '^Allow: DELETE$' "and of one booking"
code=$(curl -sS -m 60 -I -o /dev/null -w '%{http_code}' "$base/rooms")
is "$code" 200 "HEAD: 200"
for path in / /nope /rooms/ /rooms/1/2 /debug/slow /debug/stacks \
	/debug/faults/abort "/$(printf 'x%.0s' $(seq 300))" /rooms%00; do
	call GET "$path"
	is "$code" 404 "404 for ${path:0:24}"
done
call POST /debug/faults/abort
is "$code" 404 "no faults unless asked for: 404"
call POST /auth/login --data-binary '{"email":"a","password":"b"}'
is "$code" 415 "a form: 415"
head -c 70000 /dev/zero >"$T/zero"
post /auth/login "@$T/zero"
is "$code" 413 "a body that says that it is too large: 413"
head -c 3000000 /dev/zero >"$T/zero"
post /auth/login "@$T/zero" -H 'Transfer-Encoding: chunked'
is "$code" 413 "one that does not: 413"

codes=$(for i in $(seq 20); do
	curl -s -m 60 -o /dev/null -w '%{http_code}\n' -H "$json" -H "$ann" \
		-d "$(slot 3 14:00:00 16:00:00)" "$base/bookings" &
done; wait)
is "$(sort <<<"$codes" | uniq -c | tr -s ' ' | tr '\n' ,)" ' 1 201, 19 409,' \
	"twenty at once for one slot: one gets it"

stop
is "$status" 0 "SIGTERM: exit 0"
is "$(cat "$T/err")" '' "and not a word on stderr"

# The same database again, held open by two servers at once.
start --db "$T/app.db"
first=$server
first_base=$base
start --db "$T/app.db" --faults --workers 3
call GET /bookings -H "$ann"
is "$(jq '.bookings | length' <<<"$body")" 3 "bookings and tokens outlive it"
post /auth/login '{"email":"ann@example.org","password":"correct horse"}'
book "$(slot 5 09:00:00 10:00:00)"
id=$(jq .id <<<"$body")
book "$(slot 5 09:00:00 10:00:00)"
call GET /debug/events
is "$code" 200 "the flight recorder is served"
is "$(sed 's/.* thread [0-9]*  //' <<<"$body" | tr '\n' ,)" \
	"login of user 1,booking made $id,room taken 5," "with what the workers noted, in order"
codes=$(for i in $(seq 10); do
	for b in "$base" "$first_base"; do
		curl -s -m 60 -o /dev/null -w '%{http_code}\n' -H "$json" \
			-H "$ann" -d "$(slot 4 14:00:00 16:00:00)" "$b/bookings" &
	done
done; wait)
is "$(sort <<<"$codes" | uniq -c | tr -s ' ' | tr '\n' ,)" ' 1 201, 19 409,' \
	"nor is a room booked twice by two servers"
kill -INT "$first"
wait "$first"
is "$?" 0 "SIGINT: exit 0"

for i in 1 2 3 4; do
	curl -s -m 60 -o "$T/slow$i" -X POST -H "$ann" \
		"$base/debug/slow?ms=50000" &
	slow[$i]=$!
done
for _ in $(seq 300); do
	call GET /healthz
	[ "$(jq -c '[.in_flight, .queued]' <<<"$body")" = '[3,1]' ] && break
	sleep 0.1
done
is "$(jq -c '[.in_flight, .queued]' <<<"$body")" '[3,1]' \
	"three requests in handlers, one waits, and healthz answers"
stop
is "$status" 0 "SIGTERM then: exit 0"
wait "${slow[@]}"
is "$(jq -r .booking.note "$T"/slow? | sort | uniq -c | tr -s ' ')" \
	' 4 only a rehearsal' "and all four were answered"

start --db :memory:
call GET /rooms
is "$code" 200 "a database in memory"
like "$("$app" --db :memory: --port "${base##*:}" 2>&1)" \
	'^coworkingapp: cannot listen on .*: Address already in use; .*--port' \
	"a port that is taken is named"
stop
is "$status" 0 "and that ends, too"

echo 'not a database, but a text that is long enough for one' >"$T/text"
out=$("$app" --port 0 --db "$T/text" 2>&1)
is "$?" 1 "a file that is no database: exit 1"
like "$out" "^coworkingapp: database $T/text: .*not a database$" "and named"
out=$("$app" --port 0 --db "$T/no/such/folder" 2>&1)
like "$out" "^coworkingapp: database $T/no/such/folder: cannot open it" \
	"a folder that is not there"
out=$(COWORKING_SECRET=short "$app" --port 0 --db :memory: 2>&1)
like "$out" 'COWORKING_SECRET has 5 bytes' "a secret that is too short"
for wrong in '--port x' '--port 65536' '--workers 0' --nope operand 'fault' \
	'fault nope'; do
	# shellcheck disable=SC2086
	out=$("$app" $wrong 2>&1)
	is "$?" 2 "usage: $wrong"
done
like "$("$app" --help)" '^Usage: coworkingapp' "--help"
like "$("$app" --version)" '^coworkingapp [0-9]' "--version"
done_testing
