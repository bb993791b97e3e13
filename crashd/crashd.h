/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * libcrashd: when the process gets a fatal signal or Ctrl+\ (SIGQUIT), print a
 * report of its threads to stderr, and then let it die of that very signal, so
 * that its core and its exit status are what they would have been.
 *
 * Loading the library is enough: linked with -lcrashd, or preloaded with
 * LD_PRELOAD=libcrashd.so, it installs itself before main.  (A program that
 * calls nothing of it links with -Wl,--no-as-needed -lcrashd, as Debian's gcc
 * would leave it out; with libcrashd.a -Wl,-u,crashd_install.)  What it prints
 * is the user's choice, in the environment:
 *
 *     TRACEBACK=none|single|all|system|crash[,OPTION]...      (0, 1 and 2 too)
 *     OPTION: continue  file=PATH  signal=NAME  journal  dir=PATH
 *
 * The functions below are for programs that want more.  They return 0 or a
 * negative errno unless said otherwise, may be called from any thread, and, in
 * a program that does not call crashd_install, act as if it had been.
 */
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CRASHD_API __attribute__((visibility("default")))
#else
#define CRASHD_API
#endif

enum crashd_level {
	CRASHD_NONE,   /* the first line alone */
	CRASHD_SINGLE, /* the thread that got the signal */
	CRASHD_ALL,    /* every thread */
	CRASHD_SYSTEM, /* with hidden frames, registers, mappings */
	CRASHD_CRASH,  /* the same, and a full core */
};

/* What a program may ask for; zero is the default everywhere. */
struct crashd_options {
	size_t size; /* sizeof(struct crashd_options): for later versions */
	enum crashd_level level; /* at least this; 0: leave it alone */
	unsigned flags;          /* CRASHD_CONTINUE … */
	const char *file;        /* append reports there, not to stderr */
	const char *dir;         /* for cores that libcrashd writes itself */
	int report_signal; /* one that prints a report and changes nothing; a
			      fault's cannot: -EINVAL */
};

enum {
	CRASHD_CONTINUE = 1 << 0, /* SIGQUIT: report, and go on */
	CRASHD_JOURNAL = 1 << 1,  /* send the report to the journal too */
};

/*
 * Installs the handlers, or changes the options of those installed.  What
 * TRACEBACK says wins over the options; of two levels the higher one.
 * SIGQUIT is taken only if its disposition is the default one; handlers that
 * the program had for other fatal signals are called after the report.
 * options may be NULL.
 */
CRASHD_API int crashd_install(const struct crashd_options *options);

/* Puts back the dispositions that were found, where they are still ours. */
CRASHD_API void crashd_uninstall(void);

/* Raises the level; a lower one than now is no error and changes nothing. */
CRASHD_API int crashd_set_level(enum crashd_level level);

/*
 * Remembers key=value where reports print it and cinspect finds it in a core
 * (crashd/note.h).  A later value replaces the first; NULL removes the key.
 * -E2BIG: key or value too long; -ENOSPC: too many keys.
 */
CRASHD_API int crashd_annotate(const char *key, const char *value);

/*
 * Notes in the flight recorder that something happened now, in this thread:
 * the first 39 bytes of what, and a number.  Costs tens of nanoseconds, takes
 * no lock, may be called from a signal handler.  Reports print the last events
 * of all threads in order of time, and cinspect finds them in a core.  Each
 * thread's last 64 are kept.
 */
CRASHD_API void crashd_event(const char *what, unsigned long long value);

/* Writes the events that are kept to fd, one a line, oldest first. */
CRASHD_API int crashd_events(int fd);

/*
 * Writes a traceback of every thread to fd, at the current level but at least
 * CRASHD_ALL, and goes on.  May be called from a signal handler.  -EBUSY: a
 * report is being made already.
 */
CRASHD_API int crashd_traceback(int fd);

/*
 * Gives the calling thread an alternate signal stack, so that its overflow is
 * reported too.  The main thread has one; with libcrashd.so the threads made by
 * pthread_create and thrd_create do, and with libcrashd.a if it is linked with
 * -Wl,--wrap=pthread_create,--wrap=thrd_create; call it in threads made
 * otherwise.
 */
CRASHD_API int crashd_thread_init(void);

#ifdef __cplusplus
}
#endif
