/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By module where the run-time library is one of its own; by function for
 * programs that are linked statically, and for what compilers put into the
 * program itself.  The names are those of glibc 2.31 to 2.41, libstdc++,
 * libgcc, libc++abi, Rust's standard library, and ours.
 */
#include "inspect/why/machinery.h"

#include <ctype.h>
#include <string.h>

static const char *const modules[] = {
	"libc",
	"ld-linux-x86-64",
	"ld-linux-aarch64",
	"ld",
	"libpthread",
	"libdl",
	"librt",
	"libm",
	"libmvec",
	"[vdso]",
	"linux-vdso",
	"[vsyscall]",
	"libgcc_s",
	"libstdc++",
	"libc++",
	"libc++abi",
	"libunwind",
	"libasan",
	"libubsan",
	"libtsan",
	"liblsan",
	"libcrashd",
};

static const char *const functions[] = {
	/* how a process or a thread starts, how a signal arrives */
	"_start",
	"__libc_start_main",
	"__libc_start_main_impl",
	"__libc_start_call_main",
	"generic_start_main",
	"start_thread",
	"clone",
	"clone3",
	"__clone",
	"__clone3",
	"__clone_internal",
	"__restore_rt",
	"__restore",
	/* how it gives up */
	"abort",
	"raise",
	"gsignal",
	"pthread_kill",
	"__pthread_kill",
	"__pthread_kill_implementation",
	"__pthread_kill_internal",
	"__assert",
	"__assert_fail",
	"__assert_fail_base",
	"__assert_perror_fail",
	"__libc_assert_fail",
	"__libc_message",
	"__libc_message_impl",
	"__libc_fatal",
	"__fortify_fail",
	"__fortify_fail_abort",
	"__chk_fail",
	"__stack_chk_fail",
	"__stack_chk_fail_local",
	"__malloc_assert",
	"malloc_printerr",
	/* the allocator, which notices what others did */
	"_int_free",
	"_int_free_chunk",
	"_int_free_merge_chunk",
	"_int_free_maybe_consolidate",
	"_int_malloc",
	"_int_realloc",
	"_int_memalign",
	"free",
	"cfree",
	"__free",
	"__libc_free",
	"malloc",
	"__malloc",
	"__libc_malloc",
	"calloc",
	"__calloc",
	"__libc_calloc",
	"realloc",
	"__realloc",
	"__libc_realloc",
	"malloc_consolidate",
	"unlink_chunk",
	"tcache_put",
	"tcache_get",
	"sysmalloc",
	/* C++ */
	"_ZSt9terminatev",
	"_ZSt10unexpectedv",
	"_ZN10__cxxabiv111__terminateEPFvvE",
	"_ZN10__cxxabiv112__unexpectedEPFvvE",
	"_ZN9__gnu_cxx27__verbose_terminate_handlerEv",
	"__gxx_personality_v0",
	"__clang_call_terminate",
	/* Rust */
	"rust_panic",
	"rust_begin_unwind",
	"__rust_start_panic",
	"__rust_try",
};

static const char *const prefixes[] = {
	"__cxa_",
	"_Unwind_",
	"_ZSt21__glibcxx_assert_fail", /* std::__glibcxx_assert_fail */
	"__asan_",
	"__ubsan_",
	"__tsan_",
	"__interceptor_",
	"__sanitizer_",
	"_ZN4core9panicking",
	"_ZN3std9panicking",
	"_ZN3std5panic",
	"_ZN3std2rt",
	"_ZN3std3sys",
	"crashd_",
};

static bool is_one_of(
	const char *name, const char *const *list, size_t n, bool prefix)
{
	for (size_t i = 0; i < n; i++)
		if (prefix ? !strncmp(name, list[i], strlen(list[i]))
			   : !strcmp(name, list[i]))
			return true;
	return false;
}

/* "-2.31": as files of glibc were named up to 2.33. */
static size_t without_release(const char *s, size_t n)
{
	size_t i = n;

	while (i && (isdigit((unsigned char)s[i - 1]) || s[i - 1] == '.'))
		i--;
	return i > 1 && i < n && s[i - 1] == '-' ? i - 1 : n;
}

void machinery_module_name(
	const char *module, size_t n, char ret[MACHINERY_MODULE_SIZE])
{
	static const char deleted[] = " (deleted)";
	size_t tail = sizeof deleted - 1;

	if (n > tail && !memcmp(module + n - tail, deleted, tail))
		n -= tail;
	for (size_t i = n; i; i--)
		if (module[i - 1] == '/') {
			module += i;
			n -= i;
			break;
		}
	for (size_t i = 1; i + 3 <= n; i++)
		if (!memcmp(module + i, ".so", 3) &&
			(i + 3 == n || module[i + 3] == '.')) {
			n = without_release(module, i);
			break;
		}
	if (n >= MACHINERY_MODULE_SIZE)
		n = MACHINERY_MODULE_SIZE - 1;
	memcpy(ret, module, n);
	ret[n] = '\0';
}

bool machinery_is_module(const char *name)
{
	return is_one_of(name, modules, sizeof modules / sizeof *modules,
		       false) ||
	       !strncmp(name, "ld-musl-", 8);
}

/* __strlen_avx2, __memmove_evex_unaligned_erms: one for each processor. */
static bool is_chosen_by_processor(const char *name)
{
	static const char *const marks[] = { "_sse2", "_sse42", "_ssse3",
		"_sse4_", "_avx", "_evex", "_erms" };

	if (strncmp(name, "__", 2))
		return false;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (strstr(name, marks[i]))
			return true;
	return false;
}

/* __strcpy_chk, ___vsprintf_chk, ____longjmp_chk: what _FORTIFY_SOURCE calls.
 */
static bool is_check(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && !strncmp(name, "__", 2) &&
	       !strcmp(name + n - 4, "_chk");
}

bool machinery_is_function(const char *name)
{
	if (!strncmp(name, "__GI_", 5)) /* glibc's own name for the same */
		name += 5;
	return is_one_of(name, functions, sizeof functions / sizeof *functions,
		       false) ||
	       is_one_of(name, prefixes, sizeof prefixes / sizeof *prefixes,
		       true) ||
	       is_check(name) || is_chosen_by_processor(name);
}
