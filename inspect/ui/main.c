/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cinspect: arguments, the order of steps, the exit status.
 *
 * gdb's and delve's habits meet here: "-ex", "-batch" and "-iex" are long
 * options with one dash, and operands are told apart by what the files are and
 * not by their order.
 */
#include "inspect/base/gone.h"
#include "inspect/cmd/bundle.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/crashes.h"
#include "inspect/cmd/opening.h"
#include "inspect/cmd/script.h"
#include "inspect/cmd/settings.h"
#include "inspect/cmd/status.h"
#include "inspect/cmd/views.h"
#include "inspect/out/utf8.h"
#include "inspect/ui/repl.h"
#include "inspect/ui/wait.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_OK, EXIT_COMMAND, EXIT_USAGE, EXIT_OPEN };

enum option_id {
	OPT_EX = 256,
	OPT_IEX,
	OPT_BATCH,
	OPT_ID,
	OPT_JSON,
	OPT_FORCE,
	OPT_SYSROOT,
	OPT_DEBUG_DIR,
	OPT_SOURCE_DIR,
	OPT_SUBSTITUTE,
	OPT_COLOR,
	OPT_NO_DEBUGINFOD,
	OPT_JOURNAL,
	OPT_LIST,
	OPT_GROUP,
	OPT_REVERSE,
	OPT_FILE,
	OPT_ROOT,
	OPT_MERGE,
	OPT_HELP,
	OPT_VERSION,
	OPT_COMMANDS_MD,
	OPT_IGNORED,
	OPT_NX,
	OPT_QUIET,
	OPT_SOURCES,
	OPT_WITHOUT_CORE,
};

static const struct option long_options[] = {
	{ "ex", required_argument, NULL, OPT_EX },
	{ "eval-command", required_argument, NULL, OPT_EX },
	{ "iex", required_argument, NULL, OPT_IEX },
	{ "command", required_argument, NULL, 'x' },
	{ "batch", no_argument, NULL, OPT_BATCH },
	{ "batch-silent", no_argument, NULL, OPT_BATCH },
	{ "id", no_argument, NULL, OPT_ID },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "silent", no_argument, NULL, OPT_QUIET },
	{ "nx", no_argument, NULL, OPT_NX },
	{ "nh", no_argument, NULL, OPT_NX },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "sysroot", required_argument, NULL, OPT_SYSROOT },
	{ "debug-dir", required_argument, NULL, OPT_DEBUG_DIR },
	{ "source-dir", required_argument, NULL, OPT_SOURCE_DIR },
	{ "directory", required_argument, NULL, OPT_SOURCE_DIR },
	{ "substitute-path", required_argument, NULL, OPT_SUBSTITUTE },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "no-debuginfod", no_argument, NULL, OPT_NO_DEBUGINFOD },
	{ "core", required_argument, NULL, 'c' },
	{ "exec", required_argument, NULL, 'e' },
	{ "pid", required_argument, NULL, 'p' },
	{ "journal", optional_argument, NULL, OPT_JOURNAL },
	{ "list", optional_argument, NULL, OPT_LIST },
	{ "group", no_argument, NULL, OPT_GROUP },
	{ "reverse", no_argument, NULL, OPT_REVERSE },
	{ "since", required_argument, NULL, 'S' },
	{ "until", required_argument, NULL, 'U' },
	{ "boot", optional_argument, NULL, 'b' },
	{ "unit", required_argument, NULL, 'u' },
	{ "file", required_argument, NULL, OPT_FILE },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "merge", no_argument, NULL, OPT_MERGE },
	{ "output", required_argument, NULL, 'o' },
	{ "sources", no_argument, NULL, OPT_SOURCES },
	{ "without-core", no_argument, NULL, OPT_WITHOUT_CORE },
	{ "commands-md", no_argument, NULL, OPT_COMMANDS_MD },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "nw", no_argument, NULL, OPT_IGNORED },
	{ "return-child-result", no_argument, NULL, OPT_IGNORED },
	{ NULL, 0, NULL, 0 },
};

struct step {
	bool file; /* -x */
	const char *text;
};

struct program {
	struct session session;
	struct opening opening;
	struct bundle_wish bundle;
	bool to_bundle; /* the word before the operands */
	struct step *steps, *early;
	size_t nsteps, steps_cap, nearly, early_cap;
	bool no_init, list, id; /* --id */
	const char *color;
	int crash_option; /* one that goes with --list or --journal; 0: none */
};

static const char help_text[] =
	"usage: cinspect [OPTIONS] EXE CORE        look into a core\n"
	"       cinspect [OPTIONS] CORE            the executable is found "
	"from the core\n"
	"       cinspect [OPTIONS] EXE -c CORE\n"
	"       cinspect [OPTIONS] -p PID          a snapshot of a live "
	"process\n"
	"       cinspect [OPTIONS] --journal[=MATCH]  the newest matching "
	"crash that\n"
	"                                          systemd-coredump recorded\n"
	"       cinspect --list[=MATCH] [--group]  the recorded crashes, or "
	"how often\n"
	"                                          each of them came\n"
	"       cinspect bundle -o FILE ...        the core of any of these, "
	"with all\n"
	"                                          files that it is read with\n"
	"       cinspect [OPTIONS] FILE            such a bundle\n"
	"\n"
	"  MATCH                 a PID, a program's name, a path, a unit or "
	"FIELD=VALUE;\n"
	"                        several: --list=sleep COREDUMP_UID=0 "
	"_HOSTNAME=a "
	"+ ...\n"
	"  --since, --until TIME \"2026-11-20 18:00\", yesterday, -2h, \"3 "
	"days "
	"ago\"\n"
	"  --boot[=ID|N], --unit UNIT   crashes of that boot, of that unit\n"
	"  -D DIR, --file GLOB, --root DIR, --merge   other journals than this "
	"machine's\n"
	"  --reverse             the newest first\n"
	"\n"
	"  -ex CMD               run a command (again for more); goes on if it "
	"fails\n"
	"  -x FILE               run a file of commands; stops if one fails\n"
	"  --batch               leave after them; exit status 1 if a command "
	"failed\n"
	"  --id                  print the crash id: -q --batch -ex id\n"
	"  --json                one JSON object a command, one a line\n"
	"  -q                    no first screen\n"
	"  -n                    no init file\n"
	"  --force               use files whose build-id is not the core's\n"
	"  --sysroot DIR         find the process's files below DIR\n"
	"  --debug-dir DIR       find debug files and libraries there too\n"
	"  --source-dir DIR      find source files there\n"
	"  --substitute-path FROM=TO   a source path that begins with FROM is "
	"at TO\n"
	"  --color=auto|always|never\n"
	"  --no-debuginfod       do not ask debuginfod servers\n"
	"  -o FILE.tar.zst       bundle: where to; - is standard output\n"
	"  --sources             bundle: source files that frames name, too\n"
	"  --without-core        bundle: all but the core\n"
	"  --help, --version\n"
	"\n"
	"A core may be plain or packed with zstd, xz, lz4, gzip or bzip2.\n"
	"Exit status: 0 all commands succeeded, 1 one failed (--batch), 2 "
	"usage,\n"
	"3 nothing could be opened.\n";

static void add_step(struct program *p, bool file, const char *text)
{
	p->steps = arena_grow(&p->session.life, p->steps, p->nsteps,
		&p->steps_cap, sizeof(*p->steps));
	p->steps[p->nsteps++] = (struct step){ file, text };
}

static void add_early(struct program *p, const char *text)
{
	p->early = arena_grow(&p->session.life, p->early, p->nearly,
		&p->early_cap, sizeof(*p->early));
	p->early[p->nearly++] = (struct step){ false, text };
}

static int usage(const char *sentence, const char *word)
{
	fprintf(stderr, "cinspect: ");
	fprintf(stderr, sentence[0] == '%' ? "%s\n" : "%s%s\n", sentence, word);
	fprintf(stderr, "Try \"cinspect --help\".\n");
	return EXIT_USAGE;
}

static int add_substitute(struct program *p, const char *text)
{
	const char *eq = strchr(text, '=');

	if (!eq || eq == text)
		return usage("--substitute-path needs FROM=TO, not ", text);
	settings_add_substitute(&p->session,
		arena_strndup(&p->session.life, text, (size_t)(eq - text)),
		eq + 1);
	return 0;
}

static int set_color(struct program *p, const char *word)
{
	p->color = word ? word : "always";
	if (strcmp(p->color, "auto") && strcmp(p->color, "always") &&
		strcmp(p->color, "never"))
		return usage("--color is auto, always or never, not ", word);
	return 0;
}

/* Files are looked for elsewhere too: a folder that is not there is a mistake,
 * but no reason to give up. */
static const char *folder(const char *option, const char *dir)
{
	struct stat st;

	if (stat(dir, &st))
		fprintf(stderr, "cinspect: warning: %s %s: %s\n", option, dir,
			strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		fprintf(stderr, "cinspect: warning: %s %s: not a directory\n",
			option, dir);
	return dir;
}

/* An option about the session; EXIT_USAGE: not one of these. */
static int session_option(struct program *p, int opt)
{
	struct session *s = &p->session;

	switch (opt) {
	case OPT_BATCH:
		s->set.batch = true;
		return 0;
	case OPT_JSON:
		s->set.json = true;
		return 0;
	case 'q':
	case OPT_QUIET:
		s->set.quiet = true;
		return 0;
	case 'n':
	case OPT_NX:
		p->no_init = true;
		return 0;
	case OPT_FORCE:
		s->find.force = true;
		return 0;
	case OPT_SYSROOT:
		s->find.sysroot = folder("--sysroot", optarg);
		return 0;
	case OPT_DEBUG_DIR:
		settings_add_debug_dir(s, folder("--debug-dir", optarg));
		return 0;
	case 'd':
	case OPT_SOURCE_DIR:
		settings_add_source_dir(s, folder("--source-dir", optarg));
		return 0;
	case OPT_SUBSTITUTE:
		return add_substitute(p, optarg);
	case OPT_COLOR:
		return set_color(p, optarg);
	case OPT_NO_DEBUGINFOD:
		s->find.no_debuginfod = true;
		return 0;
	default:
		return EXIT_USAGE;
	}
}

static void platform(struct session *s, const char *command)
{
	const char *root = opening_platform_root(&s->life, command);

	if (root)
		s->find.sysroot = folder("-O platform select --sysroot", root);
}

static void add_match(struct program *p, const char *match)
{
	if (match)
		crashes_add_word(&p->session, &p->opening.wanted, match);
}

/* An option about which journals are read. */
static int journal_option(struct program *p, int opt)
{
	struct session *s = &p->session;

	switch (opt) {
	case 'D':
		s->journals.dir = optarg;
		return 0;
	case OPT_ROOT:
		s->journals.root = optarg;
		return 0;
	case OPT_MERGE:
		s->journals.merge = true;
		return 0;
	case OPT_FILE:
		if (!crashes_add_files(s, optarg))
			return 0;
		fprintf(stderr, "cinspect: %s\n", err_msg());
		return EXIT_USAGE;
	default:
		return session_option(p, opt);
	}
}

/* An option about which crashes are wanted. */
static int crash_option(struct program *p, int opt)
{
	struct crashes_wanted *w = &p->opening.wanted;
	int before = p->crash_option;

	p->crash_option = opt;
	switch (opt) {
	case OPT_GROUP:
		w->group = true;
		return 0;
	case OPT_REVERSE:
		w->reverse = true;
		return 0;
	case 'S':
		w->since = optarg;
		return 0;
	case 'U':
		w->until = optarg;
		return 0;
	case 'b':
		w->boot = optarg ? optarg : "0";
		return 0;
	case 'u':
		crashes_add_unit(&p->session, w, optarg);
		return 0;
	case 'D':
	case OPT_ROOT:
	case OPT_MERGE:
	case OPT_FILE:
		return journal_option(p, opt);
	default:
		p->crash_option = before;
		return session_option(p, opt);
	}
}

static int other_option(struct program *p, int opt)
{
	switch (opt) {
	case OPT_EX:
		add_step(p, false, optarg);
		return 0;
	case OPT_ID:
		p->session.set.batch = true;
		p->session.set.quiet = true;
		p->id = true;
		add_step(p, false, "id");
		return 0;
	case 'x':
		add_step(p, true, optarg);
		return 0;
	case OPT_IEX:
		add_early(p, optarg);
		return 0;
	case 'c':
		p->opening.core = optarg;
		p->opening.core_option = true;
		return 0;
	case 'e':
		p->opening.exe = optarg;
		return 0;
	case 'p':
		p->opening.pid = optarg;
		return 0;
	case OPT_JOURNAL:
		p->opening.journal = optarg ? optarg : "";
		add_match(p, optarg);
		return 0;
	case OPT_LIST:
		p->list = true;
		add_match(p, optarg);
		return 0;
	case 'o':
		p->bundle.path = optarg;
		return 0;
	case OPT_SOURCES:
		p->bundle.sources = true;
		return 0;
	case OPT_WITHOUT_CORE:
		p->bundle.without_core = true;
		return 0;
	case 'O':
		platform(&p->session, optarg);
		return 0;
	case OPT_IGNORED:
		return 0;
	default:
		return crash_option(p, opt);
	}
}

/* "bundle" is the command before all operands, unless a file has that name and
 * nothing is to be saved. */
static void add_operand(struct program *p, const char *word)
{
	if (!strcmp(word, "bundle") && !p->to_bundle &&
		!opening_wanted(&p->opening))
		p->to_bundle = true;
	else
		opening_add_operand(&p->session, &p->opening, word);
}

/* -1: go on; otherwise the exit status. */
static int check_bundle(struct program *p)
{
	const struct bundle_wish *w = &p->bundle;

	if (p->to_bundle && !w->path && !access("bundle", R_OK)) {
		p->to_bundle = false;
		opening_add_operand(&p->session, &p->opening, "bundle");
	}
	if (p->to_bundle && !w->path)
		return usage("bundle needs -o FILE.tar.zst", "");
	if (!p->to_bundle && (w->path || w->sources || w->without_core))
		return usage("-o, --sources and --without-core are for "
			     "\"cinspect bundle\"",
			"");
	p->session.set.batch |= p->to_bundle;
	return -1;
}

/* -1: go on; otherwise the exit status. */
static int parse(struct program *p, int argc, char **argv)
{
	int opt;

	opterr = 0;
	/* The dash: operands come in order, between options too. */
	while ((opt = getopt_long_only(argc, argv,
			"-:c:e:p:x:d:qnO:D:S:U:b::u:o:", long_options, NULL)) !=
		-1) {
		switch (opt) {
		case 1:
			add_operand(p, optarg);
			break;
		case OPT_HELP:
			fputs(help_text, stdout);
			return EXIT_OK;
		case OPT_VERSION:
			printf("cinspect %s\n", cmd_version);
			return EXIT_OK;
		case OPT_COMMANDS_MD:
			fputs(cmd_markdown(&p->session.life), stdout);
			return EXIT_OK;
		case ':':
			return usage("an argument is missing after ",
				argv[optind - 1]);
		case '?':
			return usage("unknown or ambiguous option ",
				argv[optind - 1]);
		default:
			if (other_option(p, opt))
				return EXIT_USAGE;
		}
	}
	while (optind < argc)
		add_operand(p, argv[optind++]);
	return check_bundle(p);
}

static void set_up_output(struct program *p)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	bool terminal = isatty(STDOUT_FILENO);
	struct winsize ws;

	if (p->color && strcmp(p->color, "auto"))
		p->session.set.color = !strcmp(p->color, "always");
	else
		p->session.set.color = terminal && !(no_color && *no_color) &&
				       term && strcmp(term, "dumb");
	if (terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws))
		p->session.set.width = ws.ws_col;
}

static void init_file(struct session *s)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	const char *path = NULL;

	if (config && config[0] == '/')
		path = arena_printf(&s->life, "%s/cinspect/init", config);
	else if (home && home[0] == '/')
		path = arena_printf(&s->life, "%s/.config/cinspect/init", home);
	if (path && !access(path, R_OK) && script_run_file(s, path))
		fprintf(stderr, "cinspect: %s\n", err_msg());
}

static void run_steps(struct session *s, const struct step *step, size_t n)
{
	for (size_t i = 0; i < n && !s->quit; i++) {
		if (!step[i].file) {
			s->failed |= cmd_run(s, step[i].text) != OK;
		} else if (script_run_file(s, step[i].text)) {
			fprintf(stderr, "cinspect: %s\n", err_msg());
			s->failed = true;
		}
	}
}

/* Sentences that must be seen go to stderr when nobody sees the screen. */
static void tell(struct session *s)
{
	struct out *o;

	if (!s->set.quiet && !s->set.batch && !s->set.json &&
		isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		o = out_new_text(&s->scratch, s->set.color);
		if (first_screen(s, o))
			fprintf(stderr, "%s\n", err_msg());
		fputs(out_result(o), stdout);
		fflush(stdout);
		arena_clear(&s->scratch);
		return;
	}
	for (size_t i = 0; i < s->image.nnotes; i++)
		fprintf(stderr, "warning: %s\n",
			utf8_defused(s->image.notes[i], &s->scratch));
	s->image.notes_told = s->image.nnotes;
}

/* The program's own views, if they are trusted. */
static void views_beside(struct session *s)
{
	const char *note;

	if (views_load_beside(s, &note))
		fprintf(stderr, "cinspect: %s\n", err_msg());
	else if (note)
		fprintf(stderr, "warning: %s\n", note);
}

static void put_piece(void *ctx, const char *text)
{
	fputs(text, ctx);
}

static int list(struct program *p)
{
	struct session *s = &p->session;
	enum err e = crashes_list(s, &p->opening.wanted, put_piece, stdout);

	if (e) {
		fflush(stdout);
		fprintf(stderr, "cinspect: %s\n", err_msg());
		return e == ERR_USAGE ? EXIT_USAGE : EXIT_OPEN;
	}
	if (s->set.json)
		putchar('\n');
	return EXIT_OK;
}

static int alone(int opt)
{
	for (size_t i = 0; long_options[i].name; i++)
		if (long_options[i].val == opt)
			return usage("--list or --journal is needed with --",
				long_options[i].name);
	return usage("--list or --journal is needed with -D", "");
}

/* --since and the like say which crashes: EXIT_USAGE, there is none to choose
 * from. */
static int check_crash_options(const struct program *p)
{
	const struct journal_place *j = &p->session.journals;
	int places = (j->dir != NULL) + (j->root != NULL) + (j->nfiles != 0);

	if (p->crash_option && !p->list && !p->opening.journal)
		return alone(p->crash_option);
	if (places > 1)
		return usage("-D, --file and --root exclude each other", "");
	if (p->opening.wanted.group && !p->list)
		return usage("--group goes with --list", "");
	return 0;
}

/* Results are on standard output, unless the bundle is. */
static void bundle(struct program *p)
{
	struct session *s = &p->session;
	FILE *to = strcmp(p->bundle.path, "-") ? stdout : stderr;
	struct out *o = s->set.json ? out_new_json(&s->scratch)
				    : out_new_text(&s->scratch, false);

	if (bundle_write(s, &p->bundle, o)) {
		fprintf(stderr, "cinspect: %s\n", err_msg());
		s->failed = true;
		return;
	}
	fprintf(to, "%s%s", out_result(o), s->set.json ? "\n" : "");
}

static void tell_left_out(struct session *s)
{
	for (const char **at = crashes_left_out(s); *at; at++)
		fprintf(stderr, "warning: %s\n",
			utf8_defused(*at, &s->scratch));
}

/* The crash id of a record whose core cannot be opened, for the reason that is
 * known; false: it has none. */
static bool id_of_record(struct program *p)
{
	struct session *s = &p->session;
	const char *why = arena_strdup(&s->scratch, err_msg()), *id;
	struct out *o = s->set.json ? out_new_json(&s->scratch)
				    : out_new_text(&s->scratch, false);

	if (!p->id || p->nsteps > 1 || !p->opening.journal || p->to_bundle)
		return false;
	if (crashes_id(s, &p->opening.wanted, &id)) {
		fprintf(stderr, "cinspect: %s\n", why);
		return false;
	}
	fprintf(stderr, "warning: %s; the id is of the record\n", why);
	if (s->set.json) {
		out_str(o, "command", "id");
		out_bool(o, "ok", true);
		out_record(o, "result");
		out_str(o, "source", "journal");
	}
	out_str(o, "id", id);
	printf("%s\n", out_result(o));
	return true;
}

static int run(struct program *p)
{
	struct session *s = &p->session;

	if (check_crash_options(p))
		return EXIT_USAGE;
	if (p->list &&
		(opening_has_operands(&p->opening) || p->opening.journal))
		return usage("--list opens nothing; what to look for is given "
			     "as --list=MATCH",
			"");
	if (p->list || p->opening.journal)
		tell_left_out(s);
	if (p->list)
		return list(p);
	if (!opening_wanted(&p->opening))
		return usage("no core was given", "");
	repl_catch_interrupt(s);
	gone_watch();
	wait_use(s);
	if (!s->set.batch && !s->set.json && isatty(STDIN_FILENO) &&
		isatty(STDOUT_FILENO))
		s->ask = repl_ask;
	if (!p->no_init) {
		init_file(s);
		if (views_load_own(s))
			fprintf(stderr, "cinspect: %s\n", err_msg());
	}
	run_steps(s, p->early, p->nearly);
	enum err e = opening_open(s, &p->opening);
	if (e && e != ERR_USAGE && id_of_record(p))
		return EXIT_OK;
	if (e) {
		fprintf(stderr, "cinspect: %s\n", err_msg());
		return e == ERR_USAGE ? EXIT_USAGE : EXIT_OPEN;
	}
	tell(s);
	if (!p->no_init)
		views_beside(s);
	run_steps(s, p->steps, p->nsteps);
	if (p->to_bundle)
		bundle(p);
	if (!s->set.batch && !s->quit)
		repl_run(s);
	else if (script_finish(s, "-ex")) {
		fprintf(stderr, "%s\n", err_msg());
		s->failed = true;
	}
	return s->exit_status              ? s->exit_status
	       : s->set.batch && s->failed ? EXIT_COMMAND
					   : EXIT_OK;
}

int main(int argc, char **argv)
{
	static struct program p;

	session_init(&p.session);
	int status = parse(&p, argc, argv);
	if (status < 0) {
		set_up_output(&p);
		status = run(&p);
	}
	opening_close(&p.opening);
	session_end(&p.session);
	/* A full disk: what was lost is not passed over in silence. */
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "cinspect: cannot write standard output\n");
		status = status ? status : EXIT_COMMAND;
	}
	return status;
}
