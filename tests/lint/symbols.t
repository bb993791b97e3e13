#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# libcrashd is linked into other people's programs: its names are crashd_*, and the .so needs nothing but libc.
. tests/lib/tap.sh

lib=$BUILD/libcrashd.so
names=$(nm -g --defined-only "$BUILD/libcrashd.a" | awk 'NF == 3 { print $3 }' | grep -vE '^crashd_' | grep -vxE '__wrap_(pthread|thrd)_create' | sort -u | tr '\n' ' ')
is "$names" "" "every external name in libcrashd.a starts with crashd_"
exported=$(nm -D --defined-only "$lib" | awk '{ print $NF }' | grep -vE '^crashd_' | grep -vxE 'pthread_create|thrd_create' | tr '\n' ' ')
is "$exported" "" "libcrashd.so exports crashd_*, pthread_create and thrd_create alone"
needed=$(readelf -dW "$lib" | awk '/NEEDED/ { gsub(/[][]/, "", $NF); print $NF }' | grep -vxE 'libc\.so\.6|ld-linux-x86-64\.so\.2' | tr '\n' ' ')
is "$needed" "" "libcrashd.so needs nothing but libc"
like "$(readelf -dW "$lib")" 'BIND_NOW|NOW' "libcrashd.so is bound at load"
tls=$(readelf -lW "$lib" | grep -c ' TLS ')
is "$tls" 0 "libcrashd.so has no thread-local storage"
done_testing
