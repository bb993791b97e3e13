/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The signal handler, and the structs it stands on: what was decided before
 * the crash (crashd_config, written by crashd/lib), and the crash that is being
 * reported (struct crashd_crash, struct crashd_now).  All static: a crash may
 * come when no memory is left.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "crashd/note.h"
#include "crashd/safe/context.h"
#include "crashd/safe/output.h"
#include "crashd/safe/preflight.h"
#include "crashd/safe/signals.h"
#include "crashd/safe/spawn.h"
#include "crashd/safe/sys.h"
#include "crashd/safe/unwind.h"

enum {
	CRASHD_LEVEL_NONE,
	CRASHD_LEVEL_SINGLE,
	CRASHD_LEVEL_ALL,
	CRASHD_LEVEL_SYSTEM,
	CRASHD_LEVEL_CRASH,
	CRASHD_HIGH_FD = 512, /* above what programs hand out themselves */
	CRASHD_SPARES = 3,
	CRASHD_ALSO = 16,         /* other crashing threads that are listed */
	CRASHD_NOTIFY_SIZE = 108, /* sun_path of a struct sockaddr_un */
};

/*
 * Read-only but while crashd/lib changes it, so that a program that overwrites
 * its memory crashes here rather than us later.
 */
struct crashd_config {
	int level;    /* CRASHD_LEVEL_… = enum crashd_level of crashd.h */
	bool go_on;   /* option continue */
	bool journal; /* option journal */
	bool secure;  /* AT_SECURE: the first line, and nothing else */
	int report_signal;
	bool watched; /* by the service manager's watchdog, WatchdogSec= */
	int manager;  /* our parent, which is it, or 0: not known */
	char notify[CRASHD_NOTIFY_SIZE]; /* NOTIFY_SOCKET, or "" */
	char file[CRASHD_PATH_SIZE];     /* option file, or "" */
	char dir[CRASHD_PATH_SIZE];      /* option dir, or "" */
	char exe[CRASHD_PATH_SIZE];      /* what /proc/self/exe is */
	char reporter[CRASHD_PATH_SIZE];
	int reporter_fd, proc_fd; /* -1: not there */
	dev_t reporter_dev;       /* what reporter_fd was, to know it again */
	ino_t reporter_ino;
	dev_t proc_dev; /* the same of proc_fd */
	ino_t proc_ino;
	dev_t root_dev; /* of "/", to notice a chroot */
	ino_t root_ino;
	int spare_fd[CRASHD_SPARES]; /* closed at a crash: room for others */
	uid_t uid, euid;             /* at install, to notice a change */
	gid_t gid, egid;
	int dumpable;
	bool sandboxed;   /* by seccomp, before us */
	bool valgrind;    /* executes this program, and is its kernel */
	uint64_t filters; /* how many; 0 also: the kernel does not tell */
	bool fsgsbase;    /* rdfsbase may be used */
	crashd_find_object_fn *find_object;
	void *libc;                    /* an address in it, or NULL */
	const uint64_t *abort_message; /* glibc's __abort_msg, or NULL */
	struct crashd_root *root;
	/* Of libcrashd.so: ownmem.h.  0: linked into the program. */
	char *data, *code;
	size_t data_size, code_size;
	char *child_stack; /* top of a stack for children, or NULL */
	char *room;        /* and of one for the handler: room.h */
	size_t room_size;
	/*
	 * In a page that fork wipes (MADV_WIPEONFORK): the pid of the process
	 * whose memory this is, 0 in a forked child.
	 */
	int *cookie;
	struct sys_sigaction old[CRASHD_NSIG]; /* what was there before us */
	bool ours[CRASHD_NSIG];
} __attribute__((aligned(4096)));

/* How the process stands at the moment of the report. */
struct crashd_now {
	int proc_fd;  /* of /proc, or -1 */
	int proc_pid; /* how /proc calls us; 0: it cannot be read */
	int proc_tid; /* and the thread that owns the report */
};
extern struct crashd_now crashd_now __attribute__((visibility("hidden")));

extern struct crashd_config crashd_config __attribute__((visibility("hidden")));

/* A thread that crashed while another one's crash was being reported. */
struct crashd_also {
	int tid, sig;
};

struct crashd_crash {
	int sig; /* 0: crashd_traceback */
	siginfo_t info;
	const ucontext_t *uc; /* NULL: crashd_traceback */
	struct crashd_trap trap;
	struct crashd_regs regs;
	bool lives;     /* the process goes on after the report */
	bool sandboxed; /* there is a seccomp filter */
	bool jailed;    /* of the program's own, for certain */
	int dumpable;   /* to be put back afterwards, or -1 */
	int level;      /* of this report */
	struct crashd_output output;
	struct crashd_text text;
	struct crashd_copy copy; /* of it, for the journal */
	bool in_journal;         /* crashd-report has sent the record */
	struct crashd_preflight preflight; /* level crash only */
	struct crashd_also also[CRASHD_ALSO];
	uint32_t nalso;
	struct crashd_record record;
	struct crashd_ask ask; /* of the reporter */
};

/*
 * /proc was mounted for another PID namespace: the numbers in it are not those
 * that system calls take.  Then only what needs no number is looked at.
 */
bool crashd_foreign_proc(void);

/*
 * Makes room among the descriptors, finds /proc and ourselves in it, and lets
 * us be traced where that was lost by accident.
 */
void crashd_look_around(struct crashd_crash *);

/* The handler of every signal that is ours. */
void crashd_on_signal(int sig, siginfo_t *info, void *uc);
/* Behind crashd_traceback(): 0, or -EBUSY. */
int crashd_on_request(int fd, const uint64_t gregs[CRASHD_GREGS]);
