/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash over the signal and the first functions that may be to blame, each
 * with its module; where there is no name, the module and the offset.  (The
 * build-id would make another id of each build, and records of systemd-coredump
 * do not have it; offsets of two builds that are the same are the same code,
 * or next to it.)
 *
 * Suffixes of clones (.cold, .part.0 ...) are the compiler's, so they go.
 * Frames of run-time libraries (machinery.h) do not count, unless there are no
 * others.
 *
 * Recursion.  A function counts once.  A stack that is still inside of its
 * recursion where the window ends is one without end, most likely: its length
 * and the point of the circle where it stops are chance, so what counts is the
 * set of the functions that are in the circle, sorted; and for SIGSEGV and
 * SIGBUS nothing else, as the last call before the end of the stack is chance,
 * too.
 */
#include "inspect/why/id.h"

#include "inspect/base/hash.h"
#include "inspect/why/machinery.h"

#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLAMED = 4,    /* functions that count */
	ID_NAME = 512, /* of a function; the rest is cut */
	RARE = 4,      /* circles a function may miss, one in so many */
};

struct key {
	uint64_t hash;
	size_t times;
};

struct keys {
	struct key v[CRASH_ID_WINDOW]; /* innermost first, each once */
	size_t n;
	size_t last;  /* index of the outermost frame's */
	size_t total; /* frames */
};

static uint64_t hash_text(uint64_t h, const char *s)
{
	return hash64_on(h, s, strlen(s) + 1);
}

/* ---- names ---- */

static bool has_only(const char *s, size_t n, int (*is)(int))
{
	for (size_t i = 0; i < n; i++)
		if (!is((unsigned char)s[i]))
			return false;
	return n > 0;
}

static bool is_clone_word(const char *s, size_t n)
{
	static const char *const words[] = { "cold", "part", "isra",
		"constprop", "lto_priv", "localalias", "clone", "llvm",
		"__uniq", "unlikely", "warm", "hot", "split" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && !memcmp(s, words[i], n))
			return true;
	return false;
}

static size_t last_dot(const char *s, size_t n)
{
	while (n && s[n - 1] != '.')
		n--;
	return n ? n - 1 : 0;
}

/*
 * f.isra.0.cold is f, and so is GCC's nested function f.0; but main.f of Go
 * keeps its dot.
 */
static size_t without_clone(const char *s, size_t n)
{
	for (;;) {
		size_t dot = last_dot(s, n), word;

		if (!dot)
			return n;
		if (is_clone_word(s + dot + 1, n - dot - 1)) {
			n = dot;
			continue;
		}
		if (!has_only(s + dot + 1, n - dot - 1, isdigit))
			return n;
		word = last_dot(s, dot);
		if (word && is_clone_word(s + word + 1, dot - word - 1))
			n = word;
		else if (!word)
			n = dot;
		else
			return n;
	}
}

/* "17h" and 16 hex digits before the last E: of Rust, another in each build. */
static size_t without_rust_hash(char *s, size_t n)
{
	enum { HASH = 16, TAIL = 3 + HASH + 1 };

	if (n <= TAIL || strncmp(s, "_ZN", 3) || s[n - 1] != 'E' ||
		memcmp(s + n - TAIL, "17h", 3) ||
		!has_only(s + n - 1 - HASH, HASH, isxdigit))
		return n;
	s[n - TAIL] = 'E';
	return n - TAIL + 1;
}

/*
 * Constructors and destructors come in variants that share their code (Itanium
 * C++ ABI, 5.1.4.3): which of the names an address has is chance.
 */
static void unify_variants(char *s, size_t n)
{
	if (n < 4 || strncmp(s, "_ZN", 3))
		return;
	for (size_t i = 3; i + 2 < n; i++)
		if ((s[i] == 'C' || s[i] == 'D') && s[i + 1] >= '0' &&
			s[i + 1] <= '5' && s[i + 2] == 'E')
			s[i + 1] = '1';
}

/* A part of a nested name: "3foo", "L3foo" of internal linkage; false: it is
 * of another kind, or the name's end.  *internal is left or becomes true. */
static bool nested_part(
	const char **at, const char **ret, size_t *ret_n, bool *internal)
{
	static const char unnamed[] = "_GLOBAL__N_1"; /* namespace { } */
	const char *s = *at + (**at == 'L');
	char *name;
	unsigned long n;

	if (!isdigit((unsigned char)*s))
		return false;
	n = strtoul(s, &name, 10);
	if (n > strlen(name))
		return false;
	*internal |= s != *at ||
		     (n == sizeof unnamed - 1 && !memcmp(name, unnamed, n));
	*ret = name;
	*ret_n = n;
	*at = name + n;
	return true;
}

/*
 * _ZL3fooi, _ZN12_GLOBAL__N_13fooEi: foo.  GCC gives functions of internal
 * linkage no DW_AT_linkage_name, so with debug information they are foo, in
 * records too (clang gives them one).  Templates keep their mangled name: that
 * of their arguments is a matter of taste.
 */
static size_t without_linkage(char *s, size_t n)
{
	bool nested = !strncmp(s, "_ZN", 3), internal = false;
	const char *at = s + (nested ? 3 : 2), *name = NULL;
	size_t size = 0;

	s[n] = '\0';
	if (strncmp(s, "_Z", 2))
		return n;
	at += nested && *at == 'K'; /* of a const object */
	while (nested_part(&at, &name, &size, &internal) && nested)
		;
	if (!name || !internal || *at == 'I' || (nested && *at != 'E'))
		return n;
	memmove(s, name, size);
	return size;
}

static void plain_name(const char *function, char ret[ID_NAME])
{
	size_t n = strnlen(function, ID_NAME - 1);

	memcpy(ret, function, n);
	n = without_clone(ret, n);
	n = without_rust_hash(ret, n);
	n = without_linkage(ret, n);
	unify_variants(ret, n);
	ret[n] = '\0';
}

/* ---- frames ---- */

static uint64_t key_of(
	const struct id_frame *f, const char *function, const char *module)
{
	uint64_t h = HASH64_START;

	if (function)
		return hash_text(hash_text(h, function), module);
	h = hash_text(h, module);
	return hash64_on(h, &f->offset, sizeof f->offset);
}

static void keys_add(struct keys *k, uint64_t hash)
{
	size_t i = 0;

	while (i < k->n && k->v[i].hash != hash)
		i++;
	if (i == k->n)
		k->v[k->n++] = (struct key){ .hash = hash };
	k->v[i].times++;
	k->last = i;
	k->total++;
}

/* What may be blamed: the program; if nothing, what called into nowhere; if
 * nothing, the libraries. */
enum whom { PROGRAM, LOST, LIBRARIES };

static void blame(const struct id_frame *frames, size_t n, enum whom whom,
	struct keys *ret)
{
	char module[MACHINERY_MODULE_SIZE], name[ID_NAME];

	*ret = (struct keys){ 0 };
	for (size_t i = 0; i < n; i++) {
		const struct id_frame *f = &frames[i];

		if (!f->module || !*f->module || (f->lost && whom < LOST))
			continue;
		machinery_module_name(f->module, strlen(f->module), module);
		if (f->function)
			plain_name(f->function, name);
		if ((f->function && machinery_is_function(name)) ||
			(whom < LIBRARIES && machinery_is_module(module)))
			continue;
		keys_add(ret, key_of(f, f->function ? name : NULL, module));
	}
}

/* ---- recursion ---- */

static int by_hash(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Leaves what counts of a stack that ends inside of its recursion. */
static void keys_fold(struct keys *k, int signo)
{
	struct key circle[CRASH_ID_WINDOW];
	bool overflow = signo == SIGSEGV || signo == SIGBUS;
	size_t most = 0, first = k->n, n = 0;

	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].times > most)
			most = k->v[i].times;
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].times > 1 && k->v[i].times * RARE >= most) {
			if (first == k->n)
				first = i;
			circle[n++] = k->v[i];
		}
	qsort(circle, n, sizeof *circle, by_hash);
	k->n = overflow ? 0 : first;
	memcpy(k->v + k->n, circle, n * sizeof *circle);
	k->n += n;
}

bool crash_id(int signo, const struct id_frame *frames, size_t n,
	char out[CRASH_ID_SIZE])
{
	struct keys k;
	uint64_t h;
	bool cut = n >= CRASH_ID_WINDOW;

	if (cut)
		n = CRASH_ID_WINDOW;
	enum whom whom = PROGRAM;
	for (; whom <= LIBRARIES; whom++) {
		blame(frames, n, whom, &k);
		if (k.n)
			break;
	}
	if (cut && k.n && k.v[k.last].times > 1)
		keys_fold(&k, signo);
	h = hash64_on(HASH64_START, &signo, sizeof signo);
	for (size_t i = 0; i < k.n && i < BLAMED; i++)
		h = hash64_on(h, &k.v[i].hash, sizeof k.v[i].hash);
	snprintf(out, CRASH_ID_SIZE, "%016" PRIx64, h);
	return cut || (whom == PROGRAM && k.n >= BLAMED);
}

/* ---- text ---- */

/* A part of the message. */
struct text {
	const char *s;
	size_t n;
};

/* Frames, and their strings with a NUL after them. */
struct stack {
	struct id_frame frame[CRASH_ID_WINDOW];
	char function[CRASH_ID_WINDOW][ID_NAME];
	char module[CRASH_ID_WINDOW][ID_NAME];
	size_t n;
};

static bool text_line(const char **at, struct text *ret)
{
	const char *s = *at;
	size_t n = strcspn(s, "\n");

	if (!*s)
		return false;
	*at = s + n + (s[n] == '\n');
	while (n && (*s == ' ' || *s == '\t')) {
		s++;
		n--;
	}
	*ret = (struct text){ s, n };
	return true;
}

static bool text_begins(struct text t, const char *with)
{
	size_t n = strlen(with);

	return t.n >= n && !memcmp(t.s, with, n);
}

static const char *text_find(struct text t, const char *what)
{
	return memmem(t.s, t.n, what, strlen(what));
}

static void text_copy(const char *s, size_t n, char ret[ID_NAME])
{
	if (n >= ID_NAME)
		n = ID_NAME - 1;
	memcpy(ret, s, n);
	ret[n] = '\0';
}

static bool is_unknown(const char *s, size_t n)
{
	return n == 3 && !memcmp(s, "n/a", 3);
}

/* "#0  0x00007f0123456789 f (libf.so.1 + 0x123)", n/a for what is unknown. */
static bool add_frame(struct stack *k, struct text t)
{
	struct id_frame *f = &k->frame[k->n];
	const char *end = t.s + t.n, *pc = text_find(t, " 0x"), *name, *in, *at;

	if (!text_begins(t, "#") || !pc || k->n == CRASH_ID_WINDOW)
		return false;
	name = memchr(pc + 1, ' ', (size_t)(end - pc - 1));
	if (!name++)
		return false;
	in = memmem(name, (size_t)(end - name), " (", 2);
	if (!in)
		return false;
	at = memmem(in, (size_t)(end - in), " + 0x", 5);
	if (!at)
		return false;
	*f = (struct id_frame){ .offset = strtoull(at + 3, NULL, 16) };
	if (!is_unknown(name, (size_t)(in - name))) {
		text_copy(name, (size_t)(in - name), k->function[k->n]);
		f->function = k->function[k->n];
	}
	in += 2;
	if (!is_unknown(in, (size_t)(at - in))) {
		text_copy(in, (size_t)(at - in), k->module[k->n]);
		f->module = k->module[k->n];
	}
	k->n++;
	return true;
}

/* The first thread's: the one that got the signal. */
static void read_stack(const char *message, struct stack *ret)
{
	struct text t;
	bool inside = false;

	while (text_line(&message, &t)) {
		if (inside && !add_frame(ret, t))
			return;
		if (text_begins(t, "Stack trace of thread "))
			inside = true;
	}
}

bool crash_id_of_stack(int signo, const char *message, char out[CRASH_ID_SIZE])
{
	struct stack k;

	k.n = 0;
	read_stack(message, &k);
	if (!k.n)
		return false;
	if (!k.frame[0].module) {
		struct keys callers;

		blame(k.frame, k.n, PROGRAM, &callers);
		if (!callers.n)
			return false;
	}
	crash_id(signo, k.frame, k.n, out);
	return true;
}

bool crash_id_of_text(const char *message, char out[CRASH_ID_SIZE])
{
	const char *at = message;
	struct text t;

	while (text_line(&at, &t))
		if (text_begins(t, "Signal: "))
			return crash_id_of_stack(
				(int)strtol(t.s + 8, NULL, 10), message, out);
	return false;
}
