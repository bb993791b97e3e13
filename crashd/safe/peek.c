/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_vm_readv on ourselves: the kernel copies what it can, and no other
 * thread can unmap a page between a test and its use.  It needs no permission
 * for the own process (kernel: __ptrace_may_access, same thread group), but a
 * seccomp filter may forbid it; then rt_sigprocmask serves as the oracle: with
 * an impossible `how` it reads eight bytes, changes nothing, and answers EFAULT
 * or EINVAL.
 */
#include "crashd/safe/peek.h"

#include "crashd/safe/sys.h"

static bool careful;

void crashd_peek_carefully(void)
{
	careful = true;
}

static bool is_readable(uint64_t addr)
{
	return sys_rt_sigprocmask(-1, (const uint64_t *)(addr & ~7UL), NULL) !=
	       -EFAULT;
}

static size_t copy_probed(uint64_t addr, char *buf, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if ((i == 0 || (addr + i) % 4096 == 0) &&
			!is_readable(addr + i))
			break;
		buf[i] = *(const volatile char *)(addr + i);
	}
	return i;
}

size_t crashd_peek(uint64_t addr, void *buf, size_t n)
{
	struct iovec local = { buf, n }, remote = { (void *)addr, n };
	ssize_t r;

	if (!n || addr + n < addr)
		return 0;
	if (careful)
		return copy_probed(addr, buf, n);
	r = sys_process_vm_readv(sys_getpid(), &local, 1, &remote, 1);
	if (r == (ssize_t)n || r == -EFAULT)
		return r < 0 ? 0 : n;
	if (r > 0)
		return (size_t)r;
	return copy_probed(addr, buf, n);
}

bool crashd_peek_u64(uint64_t addr, uint64_t *ret)
{
	uint64_t v;

	if (crashd_peek(addr, &v, sizeof v) != sizeof v)
		return false;
	*ret = v;
	return true;
}

bool crashd_peek_str(uint64_t addr, char *buf, size_t size)
{
	size_t n = crashd_peek(addr, buf, size - 1);

	buf[n] = 0;
	return n > 0;
}
