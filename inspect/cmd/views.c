/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Views come from the user's own file and from .cinspect beside the program.
 * The latter comes with the program, which may come from anybody, so it is not
 * read before its owner is asked.  What was trusted is kept as a copy: a file
 * that has changed since is another one, and is asked about again.
 *
 * Files of views hold declarations (view/view.c): the worst of them shows
 * something else than what there is, which `print/r` does not.
 */
#include "inspect/cmd/views.h"

#include "inspect/base/cleanup.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/names.h"
#include "inspect/view/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct session_views {
	struct views views;
	bool off;
	const char *beside; /* .cinspect that was not read, or NULL */
	size_t left;        /* nodes, for the command that runs */
};

static struct session_views *views_of(struct session *s)
{
	if (!s->views)
		s->views = arena_new(&s->life, struct session_views);
	return s->views;
}

/* ---- showing ---- */

struct shower {
	struct session *session;
	struct eval_env env;
};

static bool show(void *ctx, const struct value *v, const struct print_ctx *p,
	struct shown *ret)
{
	struct shower *shower = ctx;
	struct session_views *own = shower->session->views;
	struct view_ctx view = {
		.env = &shower->env,
		.limit = p->options ? p->options->elements
				    : print_defaults.elements,
		.left = &own->left,
	};

	return views_show(&own->views, &view, v, ret);
}

void views_use(struct session *s, struct print_ctx *p)
{
	struct session_views *own = s->views;

	if (!own || own->off || !own->views.first)
		return;
	struct shower *shower = arena_new(&s->scratch, struct shower);
	shower->session = s;
	names_env(s, &shower->env);
	own->left = MAX_VIEW_NODES;
	p->view = show;
	p->view_ctx = shower;
}

/* ---- files ---- */

/* The file's text; NULL with a sentence kept. */
static const char *read_text(struct session *s, const char *path)
{
	_cleanup_(fclose) FILE *f = fopen(path, "re");
	struct stat st;

	if (!f || fstat(fileno(f), &st)) {
		(void)!err_sys("cannot read %s", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_VIEW_FILE) {
		(void)!err_set(ERR_LIMIT,
			"%s is no file of views: it is not a regular file of "
			"%d bytes at most.",
			path, MAX_VIEW_FILE);
		return NULL;
	}
	char *text = arena_alloc(&s->life, (size_t)st.st_size + 1);
	size_t n = fread(text, 1, (size_t)st.st_size, f);
	text[n] = '\0';
	return text;
}

static enum err load_text(struct session *s, const char *path, const char *text)
{
	struct session_views *own = views_of(s);
	struct views kept = own->views;

	views_forget(&own->views, path);
	enum err e = views_parse(&own->views, path, text, &s->life);
	if (e)
		own->views = kept;
	return e;
}

static enum err load_file(struct session *s, const char *path)
{
	const char *text = read_text(s, path);

	return text ? load_text(s, path, text) : ERR_SYS;
}

/* ~/.config/cinspect/NAME; NULL: there is no such place. */
static const char *config_path(struct session *s, const char *name)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && config[0] == '/')
		return arena_printf(&s->life, "%s/cinspect/%s", config, name);
	if (home && home[0] == '/')
		return arena_printf(
			&s->life, "%s/.config/cinspect/%s", home, name);
	return NULL;
}

enum err views_load_own(struct session *s)
{
	const char *path = config_path(s, "views");

	return path && !access(path, R_OK) ? load_file(s, path) : OK;
}

/* ---- trust ---- */

/* Where the copy of a trusted file is: its path with '%' for '/'. */
static const char *copy_path(struct session *s, const char *path)
{
	char *name = arena_strdup(&s->life, path);

	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '%';
	return config_path(s, arena_printf(&s->life, "trusted/%s", name));
}

static bool is_trusted(struct session *s, const char *path, const char *text)
{
	const char *copy = copy_path(s, path);
	const char *before;

	if (!copy || access(copy, R_OK))
		return false;
	before = read_text(s, copy);
	return before && !strcmp(before, text);
}

static enum err remember(struct session *s, const char *path, const char *text)
{
	const char *copy = copy_path(s, path);
	_cleanup_(fclose) FILE *f = NULL;

	if (!copy)
		return err_set(ERR_SYS,
			"There is no home to remember in that %s is trusted.",
			path);
	char *folder = arena_strdup(&s->life, copy);
	for (char *c = folder + 1; *c; c++)
		if (*c == '/') {
			*c = '\0';
			if (mkdir(folder, 0700) && errno != EEXIST)
				return err_sys("cannot make %s", folder);
			*c = '/';
		}
	f = fopen(copy, "we");
	size_t n = strlen(text);
	if (!f || fwrite(text, 1, n, f) != n || fflush(f))
		return err_sys("cannot write %s", copy);
	return OK;
}

static const char *beside(struct session *s)
{
	struct module *exe = NULL;

	for (size_t i = 0; i < s->image.nmodules && !exe; i++)
		if (s->image.modules[i]->is_exe)
			exe = s->image.modules[i];
	const char *path = s->exe_path ? s->exe_path : exe ? exe->path : NULL;
	const char *slash = path ? strrchr(path, '/') : NULL;
	if (!path)
		return NULL;
	path = slash ? arena_printf(&s->life, "%.*s/.cinspect",
			       (int)(slash - path), path)
		     : ".cinspect";
	_cleanup_(free) char *real = realpath(path, NULL);
	return real ? arena_strdup(&s->life, real) : NULL;
}

static enum err trust(struct session *s, const char *path)
{
	const char *text = read_text(s, path);

	if (!text)
		return ERR_SYS;
	TRY(load_text(s, path, text));
	views_of(s)->beside = NULL;
	return remember(s, path, text);
}

enum err views_load_beside(struct session *s, const char **ret_note)
{
	const char *path = s->open ? beside(s) : NULL;
	const char *text;

	*ret_note = NULL;
	if (!path)
		return OK;
	text = read_text(s, path);
	if (!text)
		return ERR_SYS;
	if (is_trusted(s, path, text))
		return load_text(s, path, text);
	if (s->ask &&
		s->ask(s, arena_printf(&s->life,
				  "%s has views for this program: declarations "
				  "of how its data is shown, which can run "
				  "nothing.\nUse them, now and as long as the "
				  "file stays as it is? (y or n) ",
				  path)))
		return trust(s, path);
	views_of(s)->beside = path;
	*ret_note = arena_printf(&s->life,
		"%s has views that were not asked for: `views trust' reads "
		"them.",
		path);
	return OK;
}

/* ---- the command ---- */

static void list_views(struct session *s, struct out *o)
{
	struct session_views *own = views_of(s);

	out_bool(o, ".on", !own->off);
	out_list(o, "views");
	for (struct view *v = own->views.first; v; v = v->next) {
		out_record(o, NULL);
		out_str(o, "type", v->type);
		if (v->when) {
			out_text(o, " when");
			out_str(o, "when", v->when);
		}
		out_text(o, "  (");
		out_styled(o, "file", STYLE_FILE, v->file);
		out_text(o, ":");
		out_num(o, "line", v->at);
		out_text(o, ")\n");
		out_record_end(o);
	}
	out_list_end(o);
	if (!own->views.first)
		out_text(o, "There are no views.\n");
	else if (own->off)
		out_text(o, "Views are off.\n");
	if (own->beside) {
		out_str(o, ".untrusted", own->beside);
		out_text(o, "Not read, because nobody said so: %s\n",
			own->beside);
	}
}

static enum err run_views(struct session *s, struct args *a, struct out *o)
{
	struct session_views *own = views_of(s);

	if (!a->n) {
		list_views(s, o);
		return OK;
	}
	if (a->n == 2 && !strcmp(a->word[0], "load"))
		return load_file(s, a->word[1]);
	if (a->n != 1)
		return err_usage(a);
	if (!strcmp(a->word[0], "on") || !strcmp(a->word[0], "off")) {
		own->off = !strcmp(a->word[0], "off");
		return OK;
	}
	if (strcmp(a->word[0], "trust"))
		return err_usage(a);
	if (!own->beside)
		return err_set(ERR_NOTFOUND,
			"There is no .cinspect beside the program that was not "
			"read.");
	return trust(s, own->beside);
}

const struct cmd cmd_views[] = {
	{
		.name = "views",
		.alias = "view",
		.usage = "[load FILE | trust | on | off]",
		.summary = "List or load the views by which types are shown",
		.help = "A view says what a type is shown as: some of its "
			"members, other\n"
			"expressions, the elements of a container.  "
			"~/.config/cinspect/views is\n"
			"read at the start; .cinspect beside the program when "
			"you said that you\n"
			"trust it (`views trust`; it is asked again when it "
			"changes).  Such files\n"
			"hold declarations and cannot run anything.  `print/r` "
			"shows a value as\n"
			"it is.\n"
			"    view struct room_cache {\n"
			"        count\n"
			"        rooms = each r in by_name by next_by_name : "
			"r->name, seats = r->capacity\n"
			"    }\n"
			"In it, the value's members are known by their names, "
			"and the value as\n"
			"`this`.  `when COND` as the first line: only such "
			"values.  The walks are\n"
			"those of `help walk`.",
		.run = run_views,
		.group = GROUP_DATA,
	},
	{ 0 },
};
