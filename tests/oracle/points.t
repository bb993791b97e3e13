#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Programs whose debug info is written by hand, one for each way to misread it (tests/dwarf/points.py), in cinspect and in
# gdb; and docs/variables.md is what they show.
. tests/lib/tap.sh
[ -x "$BUILD/cinspect" ] || cannot "$BUILD/cinspect is not built"
command -v python3 >/dev/null || cannot "python3 is not here"
python3 tests/dwarf/run.py "$BUILD/cinspect" "$T"
