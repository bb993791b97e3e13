# SPDX-License-Identifier: GPL-3.0-or-later
# Programs from Debian's sources, built in a way that its name spells: gcc_O2, clang_O3_dwarf4_gz, gcc_Og_split,
# gcc_O1_dwz_separate.  The words after the compiler: the optimization; dwarf4 or dwarf5; gz (compressed sections);
# split (.dwo beside the objects); dwp (a package of them, the .dwo gone); lto; dwz (what repeats moved to a file of its
# own, .gnu_debugaltlink); separate (.gnu_debuglink to a file with compressed sections; the program is stripped).
# Kept in $REAL/ways.  Needs tests/lib/real.sh.

# way_flags WAY: sets $cc, $cxx and $flags.
way_flags() {
	local word
	case $1 in
	clang_*) cc=clang cxx=clang++ ;;
	*) cc=gcc cxx=g++ ;;
	esac
	flags="-g -w" rust_level=3 rust_dwarf=4
	for word in ${1//_/ }; do
		case $word in
		O?) flags+=" -$word" rust_level=${word#O} ;;
		dwarf?) flags+=" -g${word/f/f-}" rust_dwarf=${word#dwarf} ;;
		gz) flags+=" -gz" ;;
		split | dwp) flags+=" -gsplit-dwarf" ;;
		lto) flags+=" -flto" ;;
		esac
	done
}

# way_finish WAY PROGRAM: what is done to a program that is linked.
way_finish() {
	case _$1_ in *_dwp_*)
		llvm-dwp -e "$2" -o "$2.dwp" && find "$(dirname "$2")" -name '*.dwo' -delete || return
		;;
	esac
	case _$1_ in *_dwz_*)
		cp "$2" "$2.twin" && dwz -m "$2.dwz" -M "$2.dwz" "$2" "$2.twin" || return
		rm "$2.twin"
		;;
	esac
	case _$1_ in *_separate_*)
		(cd "$(dirname "$2")" && set -- "$(basename "$2")" && objcopy --only-keep-debug --compress-debug-sections "$1" "$1.debug" &&
			strip "$1" && objcopy --add-gnu-debuglink="$1.debug" "$1")
		;;
	esac
}

# way_objects OUT LIBS SOURCE...: compiles one by one, as projects do, and links.
way_objects() {
	local out=$1 libs=$2 s o objects=()
	shift 2
	for s in "$@"; do
		o=$(basename "${s%.*}").o
		case $s in
		*.c) $cc $flags $defines -c "$s" -o "$o" || return ;;
		*) $cxx $flags $defines -c "$s" -o "$o" || return ;;
		esac
		objects+=("$o")
	done
	case $s in
	*.c) $cc $flags "${objects[@]}" -o "$out" $libs ;;
	*) $cxx $flags "${objects[@]}" -o "$out" $libs ;;
	esac
}

# way_SOURCE: in an empty folder, from the source in $s, with $cc, $cxx and $flags, makes the program of that name.
way_sqlite3() {
	real_sqlite3 >/dev/null && defines="-DSQLITE_THREADSAFE=1 -I$s" way_objects sqlite3 "-lpthread -ldl -lm" "$s/shell.c" "$s/sqlite3.c"
}
way_lua() {
	echo '#define DEB_HOST_MULTIARCH "x86_64-linux-gnu"' >lua5.4-deb-multiarch.h
	defines="-DLUA_USE_LINUX -I." way_objects lua "-lm -ldl" $(ls "$s"/src/*.c | grep -v '/luac\.c')
}
way_ninja() {
	defines="-DNDEBUG -DUSE_PPOLL" way_objects ninja "-lpthread" \
		$(ls "$s"/src/*.cc | grep -Ev '_test\.cc|perftest|bench\.cc|/test\.cc|win32|browse|\.in\.cc|msvc')
}
way_pbzip2() {
	defines="-std=gnu++98 -D_LARGEFILE_SOURCE -D_FILE_OFFSET_BITS=64" way_objects pbzip2 "-lbz2 -lpthread" \
		"$s/pbzip2.cpp" "$s/BZ2StreamScanner.cpp" "$s/ErrorContext.cpp"
}
way_zstd() {
	cp -r "$s/lib" "$s/programs" . || return
	defines="-DZSTD_MULTITHREAD -DZSTD_DISABLE_ASM -Ilib -Ilib/common -Iprograms" way_objects zstd "-lpthread" \
		lib/common/*.c lib/compress/*.c lib/decompress/*.c lib/dictBuilder/*.c programs/*.c
}
way_xz() {
	"$s/configure" CC="$cc" CFLAGS="$flags" --disable-shared --disable-nls --disable-doc --disable-lzma-links --disable-scripts &&
		make -j2 && cp src/xz/xz .
}
way_redis() {
	cp -rp "$s/src" "$s/deps" "$s/utils" . &&
		make -C src -j2 CC="$cc" OPTIMIZATION="" CFLAGS="$flags" LDFLAGS="$flags" DEBUG= MALLOC=libc USE_SYSTEMD=no redis-server redis-benchmark redis-cli &&
		ln -s src/redis-server redis
}
way_leveldb() {
	cmake -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_FLAGS="$flags" -DLEVELDB_BUILD_TESTS=OFF \
		-DLEVELDB_BUILD_BENCHMARKS=OFF -DHAVE_SNAPPY=OFF -DHAVE_TCMALLOC=OFF "$s" && make -j2 leveldb || return
	flags+=" -std=c++11"
	defines="-DLEVELDB_PLATFORM_POSIX -I$s -I$s/include -Iinclude" way_objects leveldb "libleveldb.a -lpthread" \
		"$s/benchmarks/db_bench.cc" "$s/util/histogram.cc" "$s/util/testutil.cc"
}

way_bash() {
	"$s/configure" CC="$cc" CFLAGS="$flags" --without-bash-malloc --disable-nls && make -j2 bash
}
way_gawk() {
	"$s/configure" CC="$cc" CFLAGS="$flags" --disable-nls --disable-extensions --without-readline --without-mpfr && make -j2 -C support && make -j2 gawk
}
way_lzip() {
	defines="-DPROGVERSION=\"1\"" way_objects lzip "" "$s"/[a-z]*.cc
}
way_git() {
	cp -rp "$s/." . && make -j2 CC="$cc" CFLAGS="$flags" LDFLAGS="$flags" NO_GETTEXT=1 NO_TCLTK=1 NO_CURL=1 NO_PERL=1 NO_PYTHON=1 NO_EXPAT=1 \
		NO_OPENSSL=1 NO_REGEX=NeedsStartEnd git
}

# Debian's crates, unpacked aside: nothing is installed.
way_ripgrep() {
	local crates=$REAL/crates package
	if [ ! -e "$crates/done" ]; then
		mkdir -p "$crates/archives/partial" "$crates/root"
		apt-get -y -qq -o Dir::Cache::archives="$crates/archives" -o APT::Sandbox::User=root --download-only --no-install-recommends install \
			$(grep -o 'librust-[a-z0-9.+-]*-dev' "$s/debian/control" | sort -u) || return
		for package in "$crates"/archives/librust-*.deb; do dpkg-deb -x "$package" "$crates/root" || return; done
		touch "$crates/done"
	fi
	cp -r "$s/." src && rm -f src/Cargo.lock && mkdir -p src/.cargo || return
	# A feature of a dependency that Debian's does not have.
	sed -i '/simd-accel/d' src/Cargo.toml
	cat >src/.cargo/config.toml <<-CONFIG
		[source.crates-io]
		replace-with = "debian"
		[source.debian]
		directory = "$crates/root/usr/share/cargo/registry"
	CONFIG
	(cd src && cargo build --offline --release -j2 --config profile.release.debug=2 --config "profile.release.opt-level=$rust_level" \
		--config "build.rustflags=[\"-Cdwarf-version=$rust_dwarf\"]" --target-dir ../target) || return
	cp target/release/rg ripgrep && rm -rf target
}

# As Debian ships it: -O3, LTO, profile-guided; debug info in files of its own, found by build-id.
way_python() {
	apt-get -qq -o APT::Sandbox::User=root download python3.11-minimal python3.11-dbg libpython3.11-minimal libpython3.11-stdlib || return
	local package
	for package in ./*.deb; do dpkg-deb -x "$package" . || return; done
	rm -f ./*.deb && ln -s usr/bin/python3.11 python
}

# way_source PROGRAM: the source package.
way_source() {
	case $1 in
	lua) echo lua5.4 ;;
	ninja) echo ninja-build ;;
	xz) echo xz-utils ;;
	zstd) echo libzstd ;;
	*) echo "$1" ;;
	esac
}

# real_way PROGRAM WAY: prints the path of the program.
real_way() {
	local s to=$REAL/ways/$1-$2 cc cxx flags rust_level rust_dwarf
	[ "$1" = python ] || s=$(real_source "$(way_source "$1")") || return
	if [ ! -e "$to/done" ]; then
		rm -rf "$to" && mkdir -p "$to" || return
		way_flags "$2"
		(cd "$to" && "way_$1" && way_finish "$2" "$(readlink -f "$1")" && touch done) >"$to.log" 2>&1 ||
			{ tail -n 20 "$to.log" >&2; return 1; }
	fi
	readlink -f "$to/$1"
}
