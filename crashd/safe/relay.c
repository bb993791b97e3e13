/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread at a time.  The question carries the address of `relay` as its
 * value, which nobody else sends; a thread that answers too late finds the
 * state changed and goes on.
 */
#include "crashd/safe/relay.h"

#include <linux/futex.h>

#include "crashd/safe/context.h"
#include "crashd/safe/handler.h"
#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"

enum { ANSWER_MS = 200, HELD_S = 3 };
enum { IDLE, ASKED, ANSWERING, ANSWERED };

static struct {
	uint32_t state;
	int tid;
	uint64_t gregs[CRASHD_GREGS];
} relay;

static bool change(uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(&relay.state, &from, to, false,
		__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool ask(int pid, int tid, int sig, uint64_t ret[CRASHD_GREGS])
{
	siginfo_t info = { .si_signo = sig };
	int64_t deadline = sys_now_ms() + ANSWER_MS;

	info.si_code = SI_QUEUE;
	info.si_pid = pid;
	info.si_uid = sys_getuid();
	info.si_value.sival_ptr = &relay;
	relay.tid = tid;
	if (!change(IDLE, ASKED))
		return false;
	if (sys_rt_tgsigqueueinfo(pid, tid, sig, &info) == 0)
		while (__atomic_load_n(&relay.state, __ATOMIC_SEQ_CST) !=
				ANSWERED &&
			sys_now_ms() < deadline)
			sys_sleep_ms(1);
	if (change(ASKED, IDLE))
		return false;
	while (__atomic_load_n(&relay.state, __ATOMIC_SEQ_CST) == ANSWERING)
		sys_sleep_ms(1); /* it copies 27 words */
	__builtin_memcpy(ret, relay.gregs, sizeof relay.gregs);
	return true;
}

bool crashd_relay_registers(int tid, uint64_t ret[CRASHD_GREGS])
{
	static const int signals[] = { SIGXFSZ, SIGXCPU, SIGSYS, SIGQUIT };
	int pid = sys_getpid();
	uint64_t blocked = 0;
	char status[2048];

	if (crashd_now.proc_fd < 0 || crashd_now.proc_pid != pid)
		return false;
	/* where it may not be read (Landlock) a thread may answer all the same
	 */
	if (crashd_procfile_read(crashd_now.proc_fd, pid, tid, "status", status,
		    sizeof status) > 0)
		blocked = crashd_procfile_number(status, "SigBlk", 16);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		int sig = signals[i];

		if (crashd_config.ours[sig] && !(blocked >> (sig - 1) & 1))
			return ask(pid, tid, sig, ret);
	}
	return false;
}

void crashd_relay_release(void)
{
	__atomic_store_n(&relay.state, IDLE, __ATOMIC_SEQ_CST);
	sys_futex(&relay.state, FUTEX_WAKE_PRIVATE, 1 << 30, NULL);
}

bool crashd_relay_answer(const siginfo_t *info, const void *ucontext)
{
	struct timespec held = { HELD_S, 0 };

	if (info->si_code != SI_QUEUE || info->si_value.sival_ptr != &relay)
		return false;
	if (relay.tid != sys_gettid() || !change(ASKED, ANSWERING))
		return true;
	crashd_context_gregs(ucontext, relay.gregs);
	__atomic_store_n(&relay.state, ANSWERED, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&relay.state, __ATOMIC_SEQ_CST) == ANSWERED)
		if (sys_futex(&relay.state, FUTEX_WAIT_PRIVATE, ANSWERED,
			    &held) == -ETIMEDOUT)
			break;
	return true;
}
