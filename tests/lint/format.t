#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# clang-format leaves every source alone.
. tests/lib/tap.sh

sources=$(git ls-files '*.c' '*.h' 2>/dev/null)
[ -n "$sources" ] || sources=$(find crashd inspect demo tests -name '*.[ch]')
# shellcheck disable=SC2086
unformatted=$(clang-format --dry-run $sources 2>&1 | sed -n 's/^\([^:]*\):.*warning.*/\1/p' | sort -u | tr '\n' ' ')
is "$unformatted" "" "every source is formatted (make format)"
done_testing
