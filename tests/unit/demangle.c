/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of C++ functions out of their linkage names. */
#include "inspect/dwarf/demangle.h"
#include "inspect/cmd/cxx.h"
#include "tests/lib/tap.h"

static struct arena arena;

static void gives(const char *linkage, const char *want)
{
	is_str(demangle_function(linkage, &arena), want, linkage);
}

static void rust(const char *symbol, const char *want)
{
	is_str(demangle_symbol(symbol, &arena), want, want);
}

static void test_rust(void)
{
	rust("_RNvCs6GmmlP4bgsG_1r5twice", "r::twice");
	rust("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar");
	rust("_RNCNvC1a4main0B3_", "a::main::{closure#0}");
	rust("_RNCNvC1a4mains_0B3_", "a::main::{closure#1}");
	rust("_RNvMC1aNtB2_3Foo3new", "<a::Foo>::new");
	rust("_RNvXC1aNtB2_3FooNtB2_3Bar3run", "<a::Foo as a::Bar>::run");
	rust("_RINvC1a3maplReE", "a::map::<i32, &str>");
	rust("_RINvC1a1fTASjj3_yEE", "a::f::<([[usize]; 3], u64)>");
	rust("_RINvC1a1fFUKCPhEuE",
		"a::f::<unsafe extern \"C\" fn(*const u8)>");
	rust("_RINvC1a1fFG_RL0_hEBb_E", "_RINvC1a1fFG_RL0_hEBb_E");
	rust("_RINvC1a1fDNtC4core5CloneEL_E", "a::f::<dyn core::Clone>");
	rust("_RINvC1a1fKb1_Kin2a_E", "a::f::<true, -42>");
	rust("_RNvC1a1f.llvm.123", "a::f");
	rust("_RNvC1a", "_RNvC1a");
	rust("_RNvB_1f", "_RNvB_1f");
	rust("_RINvC1a1fTB8_B8_EE", "_RINvC1a1fTB8_B8_EE");
	rust("_RNvC1a99f", "_RNvC1a99f");
}

int main(void)
{
	ok(!demangle_function("main", &arena), "main is not mangled");
	ok(!demangle_function(NULL, &arena), "no name is no name");
	ok(!demangle_function("_Zbad", &arena), "nor is what only begins so");
	ok(!demangle_function("_Z1fv", &arena), "nothing without a runtime");
	cxx_use();
	if (!demangle_function("_Z1fv", &arena)) {
		printf("# no C++ runtime here\n");
		test_rust();
		return tap_done();
	}
	is_str(demangle_signature("_ZNK1C3getEi", &arena), "C::get(int) const",
		"a signature");
	is_str(demangle_signature("_Z3sumIiLi3EEiRAT0__KT_OS0_", &arena),
		"sum<int, 3>(int const (&) [3], int&&)",
		"a template's, without the result");
	is_str(demangle_signature("main", &arena), "main", "or the name");
	gives("_Z1fv", "f");
	gives("_ZN2ns4Base3runEi", "ns::Base::run");
	gives("_ZNK1C3getEv", "C::get");
	gives("_ZN1CD1Ev", "C::~C");
	gives("_Z3sumIiLi3EEiRAT0__KT_OS0_", "sum<int, 3>");
	gives("_ZNK1CclEii", "C::operator()");
	gives("_ZNK1CltERKS_", "C::operator<");
	gives("_ZNK1CcvmEv", "C::operator unsigned long");
	gives("_ZN1CnwEm", "C::operator new");
	gives("_ZN1CptEv", "C::operator->");
	gives("_ZSt7forwardIRA4_KcEOT_RNSt16remove_referenceIS3_E4typeE",
		"std::forward<char const (&) [4]>");
	gives("_Z4pickIiEPFT_S0_ES2_", "pick<int>");
	gives("_ZN12_GLOBAL__N_11L1sEv", "(anonymous namespace)::L::s");
	gives("_ZTv0_n24_N2ns4VirtD1Ev", "virtual thunk to ns::Virt::~Virt");
	gives("_ZZNK1a1b5priceEiENK3$_0clEi",
		"a::b::price(int) const::$_0::operator()");
	gives("_ZZNKO1a1b5priceEiENK1cIlE3getIiEEll",
		"a::b::price(int) const &&::c<long>::get<int>");
	gives("_ZZ4mainENKUliE_clEi",
		"main::{lambda(int)#1}::operator()(int) const");
	is_str(demangle_symbol("_ZN2ns1fEi", &arena), "ns::f(int)",
		"a symbol keeps its parameters");
	is_str(demangle_symbol("_ZTVN3app7DerivedE", &arena),
		"vtable for app::Derived", "data has a name too");
	is_str(demangle_symbol("_ZN4core3ops4once17h0123456789abcdefE", &arena),
		"core::ops::once", "Rust's hash is left out");
	is_str(demangle_symbol("main", &arena), "main", "C stays C");
	test_rust();
	return tap_done();
}
