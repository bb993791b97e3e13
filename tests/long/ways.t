#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Small programs of C and C++ from Debian's sources, and Debian's own python3, built in every way that debug info comes
# in: frames and lines are gdb's, and the values.  `make oracle` takes more and larger ones.
# One value of a small program's few hundred may be of a kind that docs/oracle.md has as different: 99 % of one program's,
# and 99.5 % of all.
exec tests/oracle/real lua-gcc_Og_dwarf4 lua-clang_O1_gz lua-clang_O3_dwp lua-gcc_O2_split_dwarf4 lua-gcc_O3_lto \
	pbzip2-gcc_O1_dwarf4 pbzip2-clang_O2 xz-gcc_O2_separate ninja-gcc_O2_dwz \
	sqlite3-gcc_O1_dwarf4_dwz_separate zstd-gcc_O3_dwarf4_dwp python-debian
