/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Crash ids: what makes no difference, and what makes one. */
#include "inspect/why/id.h"
#include "inspect/why/machinery.h"
#include "tests/lib/tap.h"

#include <signal.h>

enum { DEEP = 200 };

static const char *id(int signo, const struct id_frame *f, size_t n)
{
	static char out[4][CRASH_ID_SIZE];
	static unsigned turn;
	char *to = out[turn++ % 4];

	crash_id(signo, f, n, to);
	return to;
}

/* A stack of "app", functions innermost first with blanks between them; those
 * after a '/' are libc's; "-" is stripped. */
static const char *of(int signo, const char *functions)
{
	static char text[8192];
	struct id_frame f[DEEP + 16];
	size_t n = 0;

	snprintf(text, sizeof text, "%s", functions);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "), n++) {
		bool libc = *w == '/';

		f[n] = (struct id_frame){
			.function = *w == '-' ? NULL : w + libc,
			.module = libc ? "/usr/lib/libc.so.6" : "/srv/app",
			.offset = 0x1000 * n,
		};
	}
	return id(signo, f, n);
}

static const char *segv(const char *functions)
{
	return of(SIGSEGV, functions);
}

#define same(a, b, name) is_str(segv(a), segv(b), name)
#define differ(a, b, name) ok(strcmp(segv(a), segv(b)) != 0, name)

static void names(void)
{
	same("f main", "f main", "the same stack");
	differ("f main", "g main", "another function");
	ok(strcmp(of(SIGBUS, "f main"), segv("f main")) != 0, "another signal");
	same("f.isra.0.cold main", "f main", "clones are the function");
	same("f.part.3.constprop.1 main.lto_priv.0", "f main",
		"clones of clones");
	same("inner.7 main", "inner.12 main", "GCC's nested functions");
	differ("main.f main.main", "main.g main.main", "a dot in a name");
	same("_ZN1a1b17h0123456789abcdefE main",
		"_ZN1a1b17hfedcba9876543210E main", "Rust's hashes");
	same("_ZN1AC1Ev main", "_ZN1AC2Ev main", "variants of a constructor");
	same("_ZL3fooi.part.0 main", "foo main",
		"a static function of C++, with and without its linkage name");
	same("_ZN12_GLOBAL__N_13fooEi main", "foo main",
		"the same in a namespace without a name");
	same("_ZNK3abc12_GLOBAL__N_11C3fooEv main", "foo main",
		"a method there");
	same("_ZN3abcL3fooEv main", "foo main", "a static one in a namespace");
	differ("_ZN3abc3fooEv main", "foo main", "others keep their namespace");
	differ("_ZL3fooIiEvT_ main", "_ZL3fooIlEvT_ main",
		"and templates their arguments");
	differ("_ZL99999999999999999999foo main", "foo main",
		"a length that cannot be");
	differ("_ZN1AC1Ev main", "_ZN1AD1Ev main", "a destructor is another");
	same("/__strlen_avx2 f main", "/__strlen_evex f main",
		"what the processor chose");
	same("__strlen_avx2 f main", "__strlen_evex f main",
		"and in a static program");
	same("/raise /abort f main /__libc_start_call_main _start",
		"/__pthread_kill_implementation /raise /abort f main",
		"giving up, starting up");
	same("raise abort __libc_message malloc_printerr _int_free free f main",
		"raise abort __assert_fail f main", "of a static program, too");
	same("/abort /__fortify_fail /__chk_fail /__strcpy_chk f main",
		"abort __libc_message __fortify_fail __chk_fail "
		"__vsprintf_chk ___sprintf_chk f main",
		"a check of a call, of libc's or linked statically");
	differ("my_chk f main", "f main", "no other function of such a name");
	differ("/pause", "/read", "only libraries: they count then");
	same("a b c d e", "a b c d f", "callers far away do not count");
	differ("- main", "f main", "a stripped function");
}

static void modules(void)
{
	struct id_frame f = { "f", "/opt/v1/libf.so.1.2", 0, 16 };
	struct id_frame moved = { "f", "libf.so.3", 0, 32 };
	struct id_frame gone = { "f", "/opt/v1/libf.so.1.2 (deleted)", 0, 0 };
	struct id_frame other = { "f", "/opt/v1/libg.so.1.2", 0, 16 };
	struct id_frame bare = { NULL, "/opt/libf.so.1", 0, 16 };
	struct id_frame bare2 = { NULL, "/srv/libf.so.1", 0, 16 };
	struct id_frame further = { NULL, "/opt/libf.so.1", 0, 32 };

	is_str(id(11, &f, 1), id(11, &moved, 1),
		"folder, version and build make no difference to a name");
	is_str(id(11, &f, 1), id(11, &gone, 1), "nor that it was deleted");
	ok(strcmp(id(11, &f, 1), id(11, &other, 1)) != 0, "another library");
	is_str(id(11, &bare, 1), id(11, &bare2, 1),
		"stripped: module and offset");
	ok(strcmp(id(11, &bare, 1), id(11, &further, 1)) != 0,
		"stripped: another place");
	ok(machinery_is_module("libc"), "libc is machinery");
	char name[MACHINERY_MODULE_SIZE];

	machinery_module_name("/lib/libc-2.31.so", 17, name);
	is_str(name, "libc", "libc-2.31.so is libc");
	machinery_module_name("/srv/my.sox", 11, name);
	is_str(name, "my.sox", ".sox is no version");
	is_int(strlen(id(6, NULL, 0)), 16, "no frames at all: an id");
}

static void repeat(
	char *to, size_t size, const char *begin, const char *words, size_t n)
{
	size_t at = (size_t)snprintf(to, size, "%s", begin);

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(to + at, size - at, "%s ", words);
	snprintf(to + at, size - at, "main");
}

static void recursion(void)
{
	char a[8192], b[8192];

	repeat(a, sizeof a, "", "f", 3);
	repeat(b, sizeof b, "", "f", 40);
	same(a, b, "a recursion of another depth");
	repeat(a, sizeof a, "", "f", DEEP);
	repeat(b, sizeof b, "", "f", 90);
	same(a, b, "a stack overflow of another depth");
	repeat(b, sizeof b, "leaf ", "f", 100);
	same(a, b, "that ends in the last call of a leaf");
	repeat(a, sizeof a, "", "f g h", 50);
	repeat(b, sizeof b, "h ", "f g h", 60);
	same(a, b, "a circle of functions, wherever it stops");
	repeat(b, sizeof b, "", "f g", 50);
	differ(a, b, "another circle");
	repeat(a, sizeof a, "leaf ", "f", 100);
	repeat(b, sizeof b, "other ", "f", 100);
	ok(strcmp(of(SIGABRT, a), of(SIGABRT, b)) != 0,
		"an abort deep inside: where it is counts");
	repeat(a, sizeof a, "leaf ", "f g", 50);
	repeat(b, sizeof b, "leaf g ", "f g", 40);
	is_str(of(SIGABRT, a), of(SIGABRT, b), "an abort, at another depth");
}

/* ---- text: the fields are those of systemd 252 and of 257 ---- */

static const char old[] =
	"Process 4711 (app) of user 0 dumped core.\n\n"
	"Module /srv/libx.so.2 with build-id 00aa\n"
	"Module /srv/app with build-id 22ff\n"
	"Stack trace of thread 4711:\n"
	"#0  0x00007f1e8f2a9e2c __pthread_kill_implementation (libc.so.6 + "
	"0x8ae2c)\n"
	"#1  0x00007f1e8f25afb2 raise (libc.so.6 + 0x3bfb2)\n"
	"#2  0x000055d2c0ffe139 n/a (app + 0x1139)\n"
	"#3  0x000055d2c0ffe14d f.isra.0 (libx.so.2 + 0x114d)\n"
	"#4  0x00007f1e8f24618a n/a (libc.so.6 + 0x2718a)\n"
	"\n"
	"Stack trace of thread 4712:\n"
	"#0  0x00007f1e8f2a9e2c other (app + 0x9)\n"
	"ELF object binary architecture: AMD x86-64\n";

static const char info[] =
	"           PID: 4711 (app)\n"
	"        Signal: 6 (ABRT)\n"
	"       Message: Process 4711 (app) of user 0 dumped core.\n"
	"                \n"
	"                Module app, build-id=22ff\n"
	"                Stack trace of thread 4711:\n"
	"                #0  0x000055d2c0ffe139 n/a (app + 0x1139)\n"
	"                #1  0x000055d2c0ffe14d f (libx.so.2 + 0x114d)\n";

static void text(void)
{
	static const struct id_frame f[] = {
		{ NULL, "app", 0, 0x1139 },
		{ "f", "/srv/libx.so.2", 0, 0x114d },
	};
	static const struct id_frame jump[] = {
		{ .offset = 0 },
		{ "f", "/srv/app", true, 0x1139 },
		{ "g", "/srv/app", false, 0x114d },
	};
	char out[CRASH_ID_SIZE] = "";

	ok(crash_id_of_stack(SIGABRT, old, out), "a record's text has an id");
	is_str(out, id(SIGABRT, f, 2), "that of its frames");
	ok(crash_id_of_text(info, out), "so has coredumpctl's");
	is_str(out, id(SIGABRT, f, 2), "the same");
	ok(!crash_id_of_text(old, out), "without a signal: none");
	ok(!crash_id_of_stack(6, "Process 1 (a) dumped core.", out),
		"without a stack: none");
	ok(!crash_id_of_stack(11,
		   "Stack trace of thread 1:\n"
		   "#0  0x0000000000000000 n/a (n/a + 0x0)\n",
		   out),
		"a call to nowhere: none");
	ok(crash_id_of_stack(11,
		   "Stack trace of thread 1:\n"
		   "#0  0x0000000000000000 n/a (n/a + 0x0)\n"
		   "#1  0x000055d2c0ffe14d g (app + 0x114d)\n",
		   out),
		"with the caller's caller, which is all that it sees: one");
	is_str(out, id(SIGSEGV, jump, 3), "that without the caller");
	is_str(id(SIGSEGV, jump, 2), segv("f"), "who counts if no other does");
	ok(!crash_id_of_stack(6, "Stack trace of thread 1:\n#0 0x", out) &&
			!crash_id_of_stack(6,
				"Stack trace of thread 1:\n#0  0x1 f (", out) &&
			!crash_id_of_stack(6, "", out),
		"cut anywhere: none");
}

int main(void)
{
	names();
	modules();
	recursion();
	text();
	return tap_done();
}
