/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csnap: a core of a process that goes on.  Options, and one snapshot after
 * the other; the steps of one are in snapshot.c.
 */
#include "crashd/snap/journal.h"
#include "crashd/snap/problem.h"
#include "crashd/snap/ps.h"
#include "crashd/snap/result.h"
#include "crashd/snap/snapshot.h"
#include "crashd/snap/stack.h"
#include "crashd/snap/why.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { EXIT_SAVED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
	struct snapshot_options snapshot;
	bool json, quiet, journal;
};

static volatile int interrupted;

static const char usage_text[] =
	"usage: csnap [-o PREFIX] [-a] [--mode=auto|fork|direct] "
	"[--max-pause=MS]\n"
	"             [-z|--compress[=LEVEL]] [--timeout=S] [--sync] "
	"[--journal]\n"
	"             [--json] [-q] PID...\n"
	"       csnap stack [-a] [--json] PID\n"
	"       csnap ps [PID] [--json]\n"
	"       csnap why [--json] PID\n";

static const char help_text[] =
	"\n"
	"Saves a core of each process, which goes on after a short stop.\n"
	"\n"
	"  -o, --output=PREFIX   save as PREFIX.PID (core.PID); - is standard "
	"output\n"
	"  -a, --all             also what coredump_filter and MADV_DONTDUMP "
	"leave out\n"
	"      --mode=MODE       auto, fork or direct: how memory is copied\n"
	"      --max-pause=MS    refuse what would stop the process for "
	"longer\n"
	"  -z, --compress[=N]    zstd, level N (3); adds .zst to the name\n"
	"      --timeout=S       give up after S seconds\n"
	"      --sync            return when the core is on the disk\n"
	"      --journal         record it in systemd's journal, too\n"
	"      --json            one JSON object for each process\n"
	"  -q, --quiet           only the name of the core\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 all saved, 1 at least one was not, 2 wrong usage.\n";

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* A signal ends a snapshot in an orderly way: detach first. */
static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct sigaction old;

		sigaction(signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	/* errors of writing are told in words */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

__attribute__((format(printf, 1, 2))) static int usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("csnap: ", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n%s", usage_text);
	return EXIT_USAGE;
}

static bool parse_pid(const char *word, pid_t *ret)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || pid < 1 ||
		pid > INT_MAX)
		return false;
	*ret = (pid_t)pid;
	return true;
}

static bool parse_positive(const char *word, double *ret)
{
	char *end;
	double value = strtod(word, &end);

	/* written so that a NaN is refused */
	if (end == word || *end || !(value > 0 && value < 1e9))
		return false;
	*ret = value;
	return true;
}

static bool parse_level(const char *word, int *ret)
{
	char *end;
	long level = strtol(word, &end, 10);

	if (end == word || *end || level < 1 || level > ZSTD_maxCLevel())
		return false;
	*ret = (int)level;
	return true;
}

static bool parse_mode(const char *word, enum snapshot_mode *ret)
{
	static const char *const names[] = { "auto", "direct", "fork" };

	for (unsigned i = 0; i < 3; i++)
		if (!strcmp(word, names[i])) {
			*ret = (enum snapshot_mode)i;
			return true;
		}
	return false;
}

enum {
	OPT_MODE = 256,
	OPT_PAUSE,
	OPT_TIMEOUT,
	OPT_SYNC,
	OPT_JOURNAL,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "all", no_argument, NULL, 'a' },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "max-pause", required_argument, NULL, OPT_PAUSE },
	{ "compress", optional_argument, NULL, 'z' },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "sync", no_argument, NULL, OPT_SYNC },
	{ "journal", no_argument, NULL, OPT_JOURNAL },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 },
};

/* The option's value; -1 go on, otherwise the exit status. */
static int take_option(struct options *options, int option)
{
	struct snapshot_options *snapshot = &options->snapshot;

	switch (option) {
	case 'o':
		snapshot->prefix = optarg;
		return *optarg ? -1 : usage("-o wants a file name");
	case 'a':
		snapshot->everything = true;
		return -1;
	case OPT_MODE:
		return parse_mode(optarg, &snapshot->mode)
			       ? -1
			       : usage("--mode=%s: auto, fork or direct",
					 optarg);
	case OPT_PAUSE:
		return parse_positive(optarg, &snapshot->max_pause_ms)
			       ? -1
			       : usage("--max-pause=%s: milliseconds, more "
				       "than 0",
					 optarg);
	case 'z':
		snapshot->level = ZSTD_CLEVEL_DEFAULT;
		return !optarg || parse_level(optarg, &snapshot->level)
			       ? -1
			       : usage("--compress=%s: a level from 1 to %d",
					 optarg, ZSTD_maxCLevel());
	case OPT_TIMEOUT:
		return parse_positive(optarg, &snapshot->timeout_s)
			       ? -1
			       : usage("--timeout=%s: seconds, more than 0",
					 optarg);
	case OPT_SYNC:
		snapshot->sync = true;
		return -1;
	case OPT_JOURNAL:
		options->journal = true;
		return -1;
	case OPT_JSON:
		options->json = true;
		return -1;
	case 'q':
		options->quiet = true;
		return -1;
	case OPT_HELP:
		printf("%s%s", usage_text, help_text);
		return EXIT_SAVED;
	case OPT_VERSION:
		printf("csnap %s\n", CRASHD_VERSION);
		return EXIT_SAVED;
	default: /* getopt has said what is wrong */
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
}

static int take_options(struct options *options, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(
			argc, argv, "o:azq", long_options, NULL)) != -1) {
		int status = take_option(options, option);

		if (status >= 0)
			return status;
	}
	return -1;
}

static void complain(pid_t pid, const struct options *options,
	const struct problem *problem, FILE *to)
{
	fprintf(stderr, "csnap: %s\n", problem->text);
	if (options->json)
		result_json_failed(pid, problem, to);
	fflush(to);
}

static int cannot_write(void)
{
	fprintf(stderr, "csnap: cannot write to standard output: %s\n",
		strerror(errno));
	return EXIT_FAILED;
}

/* true: saved. */
static bool save(const struct options *options, pid_t pid)
{
	static struct snapshot snapshot;
	struct problem problem = { "" };
	bool piped = !strcmp(options->snapshot.prefix, "-");
	FILE *to = piped ? stderr : stdout;

	if (snapshot_take(&options->snapshot, pid, &interrupted, &snapshot,
		    &problem)) {
		complain(pid, options, &problem, to);
		return false;
	}
	/* The core is saved, whatever the journal does. */
	if (options->journal && journal_send(&snapshot, &problem))
		fprintf(stderr, "csnap: %s\n", problem.text);
	if (options->json)
		result_json(&snapshot, to);
	else
		result_text(&snapshot, options->quiet, to);
	if (fflush(to) && !piped) {
		cannot_write();
		return false;
	}
	return true;
}

/* Each process has its line, or object, also after an interruption. */
static bool not_begun(const struct options *options, pid_t pid)
{
	struct problem problem = { "" };

	problem_set(&problem, "interrupted: process %d was not touched", pid);
	complain(pid, options, &problem, stdout);
	return false;
}

static int save_all(const struct options *options, int n, char **words)
{
	bool all = true, piped = !strcmp(options->snapshot.prefix, "-");
	pid_t pid;

	if (n == 0)
		return usage("the id of a process is missing");
	for (int i = 0; i < n; i++)
		if (!parse_pid(words[i], &pid))
			return usage("%s is not the id of a process", words[i]);
	if (piped && n > 1)
		return usage("-o - takes one process: two cores in one pipe "
			     "are of no use");
	if (piped && isatty(STDOUT_FILENO))
		return usage("-o - would write a core to the terminal: "
			     "redirect it");
	catch_signals();
	for (int i = 0; i < n; i++) {
		parse_pid(words[i], &pid);
		all &= interrupted ? not_begun(options, pid)
				   : save(options, pid);
	}
	return all ? EXIT_SAVED : EXIT_FAILED;
}

/* csnap stack, ps, why: -a and --json are the only options. */
static int run_stack(const struct options *options, int n, char **words)
{
	struct problem problem = { "" };
	pid_t pid;

	if (n != 1)
		return usage("csnap stack takes the id of one process");
	if (!parse_pid(words[0], &pid))
		return usage("%s is not the id of a process", words[0]);
	stack_exec(pid, options->snapshot.everything, options->json, &problem);
	fprintf(stderr, "csnap: %s\n", problem.text);
	return EXIT_FAILED;
}

static int run_ps(const struct options *options, int n, char **words)
{
	struct problem problem = { "" };
	pid_t pid;

	if (n > 1)
		return usage("csnap ps takes the id of one process, or none");
	if (n == 0) {
		ps_list(options->json, stdout);
		return EXIT_SAVED;
	}
	if (!parse_pid(words[0], &pid))
		return usage("%s is not the id of a process", words[0]);
	if (!ps_one(pid, options->json, stdout, &problem))
		return EXIT_SAVED;
	complain(pid, options, &problem, stdout);
	return EXIT_FAILED;
}

static int run_why(const struct options *options, int n, char **words)
{
	static struct why why;
	struct problem problem = { "" };
	pid_t pid;

	if (n != 1)
		return usage("csnap why takes the id of one process");
	if (!parse_pid(words[0], &pid))
		return usage("%s is not the id of a process", words[0]);
	if (why_get(pid, &why, &problem)) {
		complain(pid, options, &problem, stdout);
		return EXIT_FAILED;
	}
	if (options->json)
		why_json(&why, stdout);
	else
		why_text(&why, stdout);
	return EXIT_SAVED;
}

static const struct subcommand {
	const char *name;
	int (*run)(const struct options *, int n, char **words);
} subcommands[] = {
	{ "stack", run_stack },
	{ "ps", run_ps },
	{ "why", run_why },
};

static int run(const struct subcommand *sub, const struct options *options,
	int n, char **words)
{
	int status = sub->run(options, n, words);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return cannot_write();
}

/*
 * Where a standard descriptor is closed, no file of ours may get its number:
 * what is said would be written into it.  For reading: a message still fails.
 */
static void fill_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

int main(int argc, char **argv)
{
	struct options options = {
		.snapshot = { .prefix = "core", .progress = true },
	};
	int status;

	fill_standard();
	status = take_options(&options, argc, argv);
	if (status >= 0)
		return status;
	if (options.quiet || options.json)
		options.snapshot.progress = false;
	for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
		if (optind < argc && !strcmp(argv[optind], subcommands[i].name))
			return run(subcommands + i, &options, argc - optind - 1,
				argv + optind + 1);
	return save_all(&options, argc - optind, argv + optind);
}
