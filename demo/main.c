/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * coworkingapp: a server that books rooms and desks.  It is here to be looked
 * at: a program of usual size and habits, to be crashed, dumped and inspected.
 *
 * The main thread starts the parts in the order in which they need each other,
 * waits for SIGTERM or SIGINT, and stops them in the opposite order.
 */
#include "crashd/crashd.h"
#include "demo/auth.h"
#include "demo/db.h"
#include "demo/faults.h"
#include "demo/http.h"
#include "demo/janitor.h"
#include "demo/notify.h"
#include "demo/rooms.h"
#include "demo/route.h"
#include "demo/worker.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION "0.1"

enum { EXIT_USAGE = 2 };

struct options {
	unsigned port;
	unsigned workers;
	const char *db;
};

static const char help[] =
	"Usage: coworkingapp [OPTIONS]\n"
	"       coworkingapp fault NAME | --list\n"
	"\n"
	"A server that books rooms, on 127.0.0.1, with JSON over HTTP.\n"
	"\n"
	"  --port N      port to listen on (8080; 0: any, it is printed)\n"
	"  --db PATH     SQLite database (coworking.db; \":memory:\": none)\n"
	"  --workers N   threads that run handlers (4)\n"
	"  --faults      add /debug/slow, /debug/faults, /debug/stacks,\n"
	"                and /debug/events\n"
	"  --help        this text\n"
	"  --version     the version\n"
	"\n"
	"  POST /auth/signup    {\"email\", \"password\", \"name\"}\n"
	"  POST /auth/login     {\"email\", \"password\"} -> {\"token\"}\n"
	"  GET /rooms           ?kind= ?capacity=\n"
	"  GET /rooms/ID\n"
	"  GET /bookings\n"
	"  POST /bookings       {\"room_id\", \"start\", \"end\", \"guests\", "
	"\"note\"}\n"
	"  DELETE /bookings/ID\n"
	"  GET /healthz\n"
	"\n"
	"The fault command makes one of the faults that --list lists.\n"
	"Environment: TRACEBACK (what a crash prints), COWORKING_SECRET "
	"(signs\n"
	"tokens; else the database keeps one).\n";

static void usage(const char *problem, const char *what)
{
	fprintf(stderr, "coworkingapp: %s%s; see coworkingapp --help\n",
		problem, what);
	exit(EXIT_USAGE);
}

static unsigned option_number(const char *name, unsigned least, unsigned most)
{
	int64_t number;

	if (!request_number(optarg, least, most, &number)) {
		fprintf(stderr, "coworkingapp: %s takes a number from %u to %u",
			name, least, most);
		usage(", not ", optarg);
	}
	return (unsigned)number;
}

static struct options read_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "db", required_argument, NULL, 'd' },
		{ "workers", required_argument, NULL, 'w' },
		{ "faults", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct options options = { 8080, 4, "coworking.db" };
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (option) {
		case 'p':
			options.port = option_number("--port", 0, 65535);
			break;
		case 'd':
			options.db = optarg;
			break;
		case 'w':
			options.workers =
				option_number("--workers", 1, WORKER_MAX);
			break;
		case 'f':
			route_debug = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		case 'v':
			puts("coworkingapp " VERSION);
			exit(0);
		default:
			exit(EXIT_USAGE);
		}
	if (optind < argc)
		usage("unexpected argument ", argv[optind]);
	return options;
}

/* coworkingapp fault NAME */
static int fault_command(const char *name)
{
	if (!name)
		usage("fault needs a name", "");
	if (!strcmp(name, "--list")) {
		fault_list(stdout);
		return 0;
	}
	const struct fault *fault = fault_find(name);
	if (!fault)
		usage("fault --list knows no ", name);
	fault_run(fault);
	return 1;
}

/* Before there are threads, which all inherit it. */
static void signals_prepare(sigset_t *ending)
{
	sigemptyset(ending);
	sigaddset(ending, SIGTERM);
	sigaddset(ending, SIGINT);
	pthread_sigmask(SIG_BLOCK, ending, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void announce(void)
{
	char port[12];

	snprintf(port, sizeof(port), "%u", http.port);
	crashd_annotate("version", VERSION);
	crashd_annotate("port", port);
	crashd_annotate("db", db.path);
	printf("coworkingapp: listening on http://127.0.0.1:%u (pid %d)\n",
		http.port, getpid());
	fflush(stdout);
	notify_send("READY=1\nSTATUS=listening on port %u", http.port);
}

static bool stop_threads(void)
{
	http_quiesce();
	if (!worker_pool_stop())
		return false;
	http_stop();
	return true;
}

static int serve(const struct options *options)
{
	sigset_t ending;
	int signal_number;

	signals_prepare(&ending);
	notify_open();
	/* The database holds hashes of passwords, and the key of the tokens. */
	umask(S_IRWXG | S_IRWXO);
	if (!db_open(options->db, options->workers + 1))
		return 1;
	bool started = auth_start() && rooms_open() &&
		       worker_pool_start(options->workers, http_serve) &&
		       janitor_start() && http_start(options->port);
	if (started) {
		announce();
		sigwait(&ending, &signal_number);
		notify_send("STOPPING=1\nSTATUS=answering what has come");
		if (!stop_threads())
			_exit(1);
	} else {
		worker_pool_stop();
	}
	janitor_stop();
	rooms_close();
	users_free();
	db_close();
	return !started;
}

int main(int argc, char **argv)
{
	int error = crashd_install(NULL);

	if (error)
		fprintf(stderr,
			"coworkingapp: crashes will not be reported: %s\n",
			strerror(-error));
	if (argc > 1 && !strcmp(argv[1], "fault"))
		return fault_command(argv[2]);
	struct options options = read_options(argc, argv);
	return serve(&options);
}
