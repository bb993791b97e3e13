/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_pattern, expanded as core(5) says. */
#include "crashd/safe/preflight.h"

#include "tests/lib/tap.h"

static const struct crashd_corename of = {
	.pid = 12,
	.tid = 13,
	.global_pid = 1012,
	.global_tid = 1013,
	.uid = 1000,
	.gid = 100,
	.sig = 11,
	.dumpable = 1,
	.cpu = 3,
	.time = 1700000000,
	.limit = 4096,
	.host = "here",
	.comm = "a/b",
	.exe = "/usr/bin/prog",
};
static char name[64];

static const char *expand(const char *pattern, bool uses_pid)
{
	crashd_corename_expand(pattern, uses_pid, &of, name, sizeof name);
	return name;
}

int main(void)
{
	is_str(expand("core", false), "core", "a plain word");
	is_str(expand("core", true), "core.12", "core_uses_pid adds the pid");
	is_str(expand("core.%p", true), "core.12", "but not twice");
	is_str(expand("core.%P", true), "core.1012.12",
		"the global one is not that pid");
	is_str(expand("%p %P %i %I", false), "12 1012 13 1013", "ids");
	is_str(expand("%u-%g-%s-%d-%C", false), "1000-100-11-1-3", "numbers");
	is_str(expand("%t_%c_%h", false), "1700000000_4096_here",
		"time, limit, host");
	is_str(expand("%e", false), "a!b", "a slash in the thread's name");
	is_str(expand("%f", false), "prog", "the executable's file name");
	is_str(expand("%E", false), "!usr!bin!prog", "its path");
	is_str(expand("100%%", false), "100%", "a percent sign");
	is_str(expand("a%", false), "a", "a single one at the end vanishes");
	is_str(expand("a%zb", false), "ab", "an unknown letter vanishes");
	is_int(crashd_corename_expand("0123456789", false, &of, name, 8), 8,
		"too long is said");
	is_str(name, "0123456", "and cut");
	return tap_done();
}
