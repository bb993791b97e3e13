#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# origin on programs that nobody here wrote, at -O2: a pointer in memory is overwritten, the program faults on it
# sooner or later, and the trail has to lead to the load of that pointer.  Where it ends before, it has to say so, and
# never lead to memory that has another value.
. tests/lib/tap.sh
. tests/lib/real.sh
export XDG_CONFIG_HOME=$T XDG_STATE_HOME=$T DEBUGINFOD_URLS='' NO_COLOR=1
command -v gdb >/dev/null || cannot "gdb, which makes the cores, is not here"

query="create table t(a,b); insert into t values(1,'x'),(2,'y'); create index i on t(b); select a,b from t where b>'a' order by a desc;"

faults() { # NAME FUNCTIONS WANT SEED PROGRAM ARG...
	local name=$1 program=$5 n address function member hits=0 wrong='' missed=''
	export OUT=$T/$1 FUNCTIONS=$2 WANT=$3 SEED=$4
	shift 4
	mkdir -p "$OUT"
	timeout 300 gdb -nx -q -batch -x tests/long/origin_fault.py --args "$@" >"$OUT/log" 2>&1 </dev/null
	[ -s "$OUT/list" ] || tail -n 5 "$OUT/log" | sed 's/^/# /'
	is "$(wc -l <"$OUT/list")" "$WANT" "$name: faults were made"
	while read -r n address function member; do
		"$BUILD/cinspect" --batch -q -n --json "$program" "$OUT/$n.core" -ex origin 2>/dev/null >"$OUT/$n.json"
		if jq -e --arg a "$address" '[.. | .memory_address? // empty] | index($a)' "$OUT/$n.json" >"$T/null"; then
			hits=$((hits + 1))
		else
			missed="$missed $function($member):$(jq -r '[.. | .end? // empty] | join(",")' "$OUT/$n.json")"
		fi
		# One way only, to memory: that has the value, or it is told what it has.
		jq -e '.ok and all(.result.origins[]; .end != "memory" or .value != "0xbad0" or (.steps | length) == 0 or
			(.steps[-1] | .memory_address == null or .memory_now == .value))' "$OUT/$n.json" >"$T/null" ||
			wrong="$wrong $function($member)"
	done <"$OUT/list"
	is "$wrong" '' "$name: no trail leads to other memory"
	[ -z "$missed" ] || echo "# $name: ended before:$missed"
	ok "$name: $hits of $WANT trails lead to the load" [ $((hits * 10)) -ge $((WANT * 6)) ]
	rm -rf "$OUT"
}

sqlite3=$(real_sqlite3) || cannot "sqlite3 could not be built"
faults sqlite3 '^sqlite3[VBPSW]' 12 1 "$sqlite3" :memory: "$query"
jq=$(real_jq) || cannot "jq could not be built"
# shellcheck disable=SC2016
faults jq '^\(jv\|jq\|block\|gen\)' 10 2 "$jq" -n '[1,2,{a:3}] | map(tostring) | join(",") | test("x")'
nginx=$(real_nginx) || cannot "nginx could not be built"
faults nginx '^ngx_' 12 3 "$nginx" -t
done_testing
