#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# crashd/safe calls no libc: linked together, only what compilers emit by themselves stays undefined.
. tests/lib/tap.sh

objects=$(find "$BUILD/crashd/safe" -name '*.o' | sort)
ok "crashd/safe is built" test -n "$objects"
# shellcheck disable=SC2086
ld -r -o "$T/safe.o" $objects
undefined=$(nm -u "$T/safe.o" | awk '{ print $NF }' | grep -vxE 'memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_' | sort | tr '\n' ' ')
is "$undefined" "" "nothing but memcpy, memmove, memset and memcmp is undefined"
is "$(nm "$T/safe.o" | awk '$2 ~ /^[bBdD]$/ && $3 ~ /tls/ { print $3 }')" "" "no thread-local storage by name"
is "$(readelf -SW "$T/safe.o" | grep -cE '\.t(bss|data)')" 0 "no thread-local storage"
done_testing
