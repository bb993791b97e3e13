/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of C++ types as demanglers write them. */
#include "inspect/dwarf/canonical.h"

#include "tests/lib/tap.h"

static struct arena arena;

static void becomes(const char *name, const char *want)
{
	is_str(canonical_name(name, &arena), want, name);
}

int main(void)
{
	becomes("plain", "plain");
	becomes("std::pair<const A, B>", "std::pair<A const, B>");
	becomes("map<const char *, X, less<const char *>>",
		"map<char const*, X, less<char const*> >");
	becomes("vec<const volatile int &>", "vec<int const volatile&>");
	becomes("vec<const pair<const A, B>*>", "vec<pair<A const, B> const*>");
	becomes("fn<void (const A &, int)>", "fn<void (A const&, int)>");
	becomes("ptr<const A>::inner", "ptr<A const>::inner");
	becomes("arr<char, 16UL>", "arr<char, 16ul>");
	becomes("pair<int, long unsigned int>", "pair<int, unsigned long>");
	becomes("f<const long long unsigned int *, long double>",
		"f<unsigned long long const*, long double>");
	becomes("c<unsigned char, signed char, char, short int>",
		"c<unsigned char, signed char, char, short>");
	becomes("n<long_int, int_t, my_int, unsigned>",
		"n<long_int, int_t, my_int, unsigned int>");
	becomes("arr<const A [3]>", "arr<A const [3]>");
	becomes("UL<ULong, L>", "UL<ULong, L>");
	becomes("vec<constant, const_iterator>",
		"vec<constant, const_iterator>");
	becomes("set<A, B> ", "set<A, B> ");
	becomes("broken<const A", "broken<const A");
	becomes("broken<const (A>)", "broken<const (A>)");
	becomes("is<(char)'<'>", "is<(char)'<'>");
	becomes("S::operator<", "S::operator<");
	arena_clear(&arena);
	return tap_done();
}
