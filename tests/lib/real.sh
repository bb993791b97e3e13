# SPDX-License-Identifier: GPL-3.0-or-later
# Real programs with full debug info: Debian's sources, built at -O2 -g.  Sourced by tests that want input nobody here
# wrote.  Kept in $REAL (default ~/.cache/crashd-real), so that a second run builds nothing.
REAL=${REAL:-${XDG_CACHE_HOME:-$HOME/.cache}/crashd-real}

# real_apt ARG...: apt-get that knows the source packages of the suites this machine uses; changes nothing of the
# machine's own configuration.
real_apt() {
	mkdir -p "$REAL/apt/lists/partial" "$REAL/apt/parts"
	cat /etc/apt/sources.list /etc/apt/sources.list.d/debian*.sources 2>/dev/null |
		sed 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' >"$REAL/apt/all"
	if grep -q '^Types:' "$REAL/apt/all"; then
		cp "$REAL/apt/all" "$REAL/apt/parts/debian.sources"
	else
		cp "$REAL/apt/all" "$REAL/apt/parts/debian.list"
	fi
	apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$REAL/apt/parts" \
		-o Dir::State::lists="$REAL/apt/lists" -o APT::Sandbox::User=root "$@"
}

# real_source PACKAGE: prints the folder of its unpacked source.
real_source() {
	if [ ! -e "$REAL/$1/done" ]; then
		[ -e "$REAL/apt/updated" ] || { real_apt update && touch "$REAL/apt/updated"; } >&2
		rm -rf "${REAL:?}/$1"
		mkdir -p "$REAL/$1"
		# A mirror may lack the newest version; the release's own then.
		(cd "$REAL/$1" && { real_apt source --download-only "$1" ||
			{ rm -f ./* && real_apt source --download-only "$1/$(. /etc/os-release && echo "$VERSION_CODENAME")"; }; } &&
			dpkg-source --no-check -x ./*.dsc source &&
			touch done) >"$REAL/$1.log" 2>&1 || { tail -n 5 "$REAL/$1.log" >&2; return 1; }
	fi
	echo "$REAL/$1/source"
}

# real_build NAME COMMAND: runs the command once in a copy-free build folder; its output goes to a log.
real_build() {
	local name=$1
	shift
	[ -e "$REAL/$name.built" ] && return
	"$@" >"$REAL/$name.build.log" 2>&1 || { tail -n 20 "$REAL/$name.build.log" >&2; return 1; }
	touch "$REAL/$name.built"
}

# jq, statically with its own libjq; prints the program's path.
real_jq() {
	local s
	s=$(real_source jq) || return
	real_build jq sh -c "cd '$s' && autoreconf -fi && ./configure CFLAGS='-O2 -g' --disable-shared --disable-maintainer-mode --disable-docs --with-oniguruma=no && make -j2" || return
	echo "$s/jq"
}

# The sqlite3 shell with the library inside.
real_sqlite3() {
	local s
	s=$(real_source sqlite3) || return
	real_build sqlite3 sh -c "cd '$s' && ./configure CFLAGS='-O2 -g' --disable-shared --disable-tcl --disable-readline && make -j2 sqlite3" || return
	echo "$s/sqlite3"
}

real_nginx() {
	local s
	s=$(real_source nginx) || return
	real_build nginx sh -c "cd '$s' && ./configure --with-cc-opt='-O2 -g' --with-threads --without-http_rewrite_module --without-http_gzip_module --prefix='$REAL/nginx/prefix' && make -j2 && make install" || return
	echo "$REAL/nginx/prefix/sbin/nginx"
}

# real_sqlite3_by COMPILER OPTION: the same source, the shell and the library in two files, by another compiler.
real_sqlite3_by() {
	local s to=$REAL/sqlite3-$1$2
	s=$(real_source sqlite3) && real_sqlite3 >/dev/null || return
	real_build "sqlite3-$1$2" "$1" -w -g "$2" -DSQLITE_THREADSAFE=1 -I"$s" -o "$to" "$s/shell.c" "$s/sqlite3.c" -lpthread -ldl -lm || return
	echo "$to"
}

real_postgres() {
	local s
	s=$(real_source postgresql-15) || return
	real_build postgres sh -c "cd '$s' && ./configure --enable-debug CFLAGS='-O2 -g' --prefix='$REAL/postgres' --without-readline --without-icu && make -j2 && make install" || return
	echo "$REAL/postgres/bin/postgres"
}

# No real one: a program with COUNT times 5 MB of debug info; prints its path.  100 are 500 MB.
real_big() {
	local dir=$REAL/big bench=$PWD/tests/bench
	real_build "big$1" sh -c "
		mkdir -p '$dir' && cd '$dir' || exit
		[ -e unit.o ] || { awk -v n=8000 -f '$bench/big.awk' >unit.c &&
			gcc -O1 -g -w -fno-eliminate-unused-debug-types -c unit.c; } || exit
		for i in \$(seq $1); do
			objcopy --redefine-sym unit_entry=unit_entry_\$i unit.o copy\$i.o || exit
		done
		gcc -g -O1 -o 'big$1' '$bench/big.c' copy[0-9]*.o
		status=\$?
		rm -f copy[0-9]*.o
		exit \$status" || return
	echo "$dir/big$1"
}
