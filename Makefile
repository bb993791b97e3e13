# crashd: everything is built here; no recursion, no configure step.
#
#   make                libcrashd.so libcrashd.a crashd-report csnap cinspect coworkingapp, in build/
#   make demo           install what is missing, build, show the main job
#   make check          install what is missing, build, test (make check-long: the slow suites)
#   make bench          ours and the peers, in turn, with ratios
#
# Knobs: CC=clang  SAN=1 (address + undefined)  WERROR=1  B=DIR (build folder)  PREFIX= DESTDIR=  V=1 (show commands)

ifeq ($(origin CC),default)
CC     := gcc
endif
PREFIX ?= /usr/local
VERSION := 0.1.0
B      ?= build$(if $(SAN),-san)

WARN   := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
          $(if $(WERROR),-Werror)
SANFL  := $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined)
OPT    ?= -O2
BASE   := -std=gnu2x -I. -D_GNU_SOURCE -MMD -MP -g -fno-omit-frame-pointer $(WARN)
DEFS   := -DCRASHD_LIBEXECDIR='"$(PREFIX)/libexec/crashd"' -DCRASHD_VERSION='"$(VERSION)"'
# Where libcrashd looks for its reporter after its own folder; a system path, so that no environment can move it.

src     = $(sort $(wildcard $(addsuffix /*.c,$(1))))
obj     = $(patsubst %.c,$(B)/%.o,$(1))

SAFE_SRC    := $(call src,crashd/safe)
CRASHD_SRC  := $(SAFE_SRC) $(call src,crashd/lib)
REPORT_SRC  := $(call src,crashd/report)
SNAP_SRC    := $(call src,crashd/snap)
INSPECT_DIR := base out arch image model dwarf stack flow lang journal bundle locks heap view why cmd
INSPECT_SRC := $(call src,$(addprefix inspect/,$(INSPECT_DIR)))
UI_SRC      := $(call src,inspect/ui inspect/late)
DEMO_SRC    := $(call src,demo)

DW_LIBS      := -ldw -lelf
UNPACK_LIBS  := -lzstd -llzma -llz4 -lz -lbz2
# What only some runs need is loaded by them (inspect/late); whoever has not got that folder links it.
LATE_LIBS    := -lsystemd -lcapstone
CINSPECT_LIBS = $(DW_LIBS) $(UNPACK_LIBS) -ljansson -lreadline -lm
# C++ names in reports: static programs cannot load libstdc++, so its demangler goes in where it is installed.
SUPCXX       := $(wildcard $(shell $(CC) -print-file-name=libsupc++.a))
REPORT_LIBS  := $(if $(SAN),-ldw -lelf -lunwind-x86_64 -lunwind,-static -no-pie -ldw -lelf -l:libunwind-x86_64.a -l:libunwind.a) \
                -lcapstone -ljansson $(UNPACK_LIBS) $(if $(SUPCXX),-u __cxa_demangle $(SUPCXX)) -lm -lpthread
DEMO_LIBS    := -lmicrohttpd -lsqlite3 -ljansson -ljwt -lcrypt -lpthread

PROGRAMS := $(B)/libcrashd.so $(B)/libcrashd.a $(B)/crashd-report $(B)/csnap $(B)/cinspect \
            $(B)/coworkingapp $(B)/coworkingapp-debug $(B)/coworkingapp.service

all: $(PROGRAMS)

# One short line a file, the whole command with V=1.
run = $(if $(V),,@echo "  $(1)	$@";)

# ---- recipes ------------------------------------------------------------------------------------------------------

# crashd/safe runs inside a process that is dying: no libc, no stack protector, no sanitizer, and position
# independent, because it goes into libcrashd.so too.
$(call obj,$(SAFE_SRC)): FLAGS := -ffreestanding -fno-stack-protector $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns) -fPIC -fvisibility=hidden
$(call obj,$(SAFE_SRC)): SANFL :=
$(call obj,$(call src,crashd/lib)): FLAGS := -fPIC -fvisibility=hidden -fno-stack-protector
$(call obj,$(call src,crashd/lib)): SANFL :=

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call run,CC)$(CC) $(BASE) $(OPT) $(DEFS) $(FLAGS) $(SANFL) $(CFLAGS) -c -o $@ $<

$(B)/debug/%.o: %.c
	@mkdir -p $(@D)
	$(call run,CC)$(CC) $(BASE) -O0 $(CFLAGS) -c -o $@ $<

# The reporter's place is compiled in: another PREFIX makes these objects anew.
$(B)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@
$(call obj,$(call src,crashd/lib crashd/snap)): $(B)/prefix
FORCE:

$(B)/%.a:
	@rm -f $@
	$(call run,AR)ar rcs $@ $(filter %.o,$^)

# A static program's pthread_create stays its own, unless it asks (crashd/lib/wrap.c).
$(B)/libcrashd.a:  $(filter-out %/threads.o,$(call obj,$(CRASHD_SRC)))
$(B)/libinspect.a: $(call obj,$(INSPECT_SRC))

$(B)/libcrashd.so: $(filter-out %/wrap.o,$(call obj,$(CRASHD_SRC)))
	$(call run,LD)$(CC) -shared -Wl,-soname,libcrashd.so -Wl,-z,now -Wl,-z,relro -Wl,--no-undefined -Wl,--as-needed -o $@ $^ $(LDFLAGS)

$(B)/csnap: $(call obj,$(SNAP_SRC) $(SAFE_SRC))
	$(call run,LD)$(CC) $(SANFL) -o $@ $^ $(LDFLAGS) -lzstd -lpthread

$(B)/crashd-report: $(call obj,$(REPORT_SRC) $(SAFE_SRC)) $(B)/libinspect.a
	$(call run,LD)$(CC) $(SANFL) -o $@ $^ $(LDFLAGS) $(REPORT_LIBS)

$(B)/cinspect: $(call obj,$(UI_SRC)) $(B)/libinspect.a
	$(call run,LD)$(CC) $(SANFL) -o $@ $^ $(LDFLAGS) $(CINSPECT_LIBS)

# The demo links the shared library from its own folder, or from lib beside bin once installed.
$(B)/coworkingapp: $(call obj,$(DEMO_SRC)) $(B)/libcrashd.so
	$(call run,LD)$(CC) -rdynamic -o $@ $(filter %.o,$^) $(LDFLAGS) -L$(B) -lcrashd -Wl,-rpath,'$$ORIGIN:$$ORIGIN/../lib' $(DEMO_LIBS)
$(B)/coworkingapp-debug: $(patsubst %.c,$(B)/debug/%.o,$(DEMO_SRC)) $(B)/libcrashd.so
	$(call run,LD)$(CC) -rdynamic -o $@ $(filter %.o,$^) $(LDFLAGS) -L$(B) -lcrashd -Wl,-rpath,'$$ORIGIN:$$ORIGIN/../lib' $(DEMO_LIBS)
$(call obj,$(DEMO_SRC)): SANFL :=

$(B)/coworkingapp.service: demo/coworkingapp.service $(B)/prefix
	@sed 's,@PREFIX@,$(PREFIX),' $< >$@

# ---- tests --------------------------------------------------------------------------------------------------------

# What runs in a dying process is built without sanitizers, and walks stacks that theirs would change.
UNITS   := $(patsubst %.c,$(B)/%,$(filter-out $(if $(SAN),tests/unit/crashd_%),$(call src,tests/unit)))
REPLAYS := $(patsubst %.c,$(B)/%-replay,$(call src,tests/fuzz))

$(B)/libsnap.a: $(filter-out %/main.o,$(call obj,$(SNAP_SRC)))

$(UNITS): $(B)/%: $(B)/%.o $(B)/libinspect.a $(B)/libsnap.a $(B)/libcrashd.a
	$(call run,LD)$(CC) $(SANFL) -o $@ $^ $(LDFLAGS) $(filter-out -lreadline,$(CINSPECT_LIBS)) $(LATE_LIBS) -lpthread
$(REPLAYS): $(B)/%-replay: $(B)/%.o $(B)/libinspect.a
	$(call run,LD)$(CC) $(SANFL) -o $@ $^ $(LDFLAGS) $(filter-out -lreadline,$(CINSPECT_LIBS)) $(LATE_LIBS)
# A fuzz target is one LLVMFuzzerTestOneInput(); without libFuzzer a small main replays files through it.
$(call obj,$(call src,tests/fuzz)): FLAGS := -DFUZZ_REPLAY

units: $(UNITS) $(REPLAYS)

PROVE := BUILD=$(B) prove --timer
T      = $(sort $(wildcard $(1)))
SEEDS := for r in $(REPLAYS); do n=$${r\#\#*/}; "$$r" tests/fuzz/seeds/"$${n%-replay}"/* || exit 1; done

# What shares the machine's settings (core_pattern, daemons) runs alone, under a lock.
check:
	@packaging/install-deps build demo check
	@$(MAKE) --no-print-directory -j$(shell nproc) all units
	$(SEEDS)
	$(PROVE) -j$(shell nproc) $(UNITS) $(call T,tests/lint/*.t tests/cli/*.t tests/golden/*.t)
	flock -o /run/lock/crashd-live env $(PROVE) $(call T,tests/live/*.t tests/oracle/*.t)

check-long:
	@packaging/install-deps build demo check long
	@$(MAKE) --no-print-directory -j$(shell nproc) all units
	flock -o /run/lock/crashd-live env $(PROVE) $(call T,tests/long/*.t)

# More real programs and ways of building them than check-long has time for.
oracle:
	@packaging/install-deps build demo check long
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	flock -o /run/lock/crashd-live env $(PROVE) tests/oracle/real

check-units: units
	$(SEEDS)
	$(PROVE) $(UNITS)

# The analysis side and csnap under sanitizers: units, fuzz seeds, and the command line on real cores.
check-san: all units
	$(SEEDS)
	$(PROVE) $(UNITS) $(call T,tests/cli/cinspect*.t tests/cli/csnap*.t tests/golden/*.t)

fuzz:
	$(MAKE) --no-print-directory CC=clang B=build-fuzz CFLAGS='-fsanitize=fuzzer-no-link,address,undefined' build-fuzz/libinspect.a
	@for f in $(notdir $(basename $(call src,tests/fuzz))); do \
		clang -std=gnu2x -I. -D_GNU_SOURCE -g -fsanitize=fuzzer,address,undefined -o build-fuzz/fuzz-$$f tests/fuzz/$$f.c \
			build-fuzz/libinspect.a $(filter-out -lreadline,$(CINSPECT_LIBS)) $(LATE_LIBS) && mkdir -p build-fuzz/corpus/$$f && \
		build-fuzz/fuzz-$$f -max_total_time=$(or $(SECONDS),60) build-fuzz/corpus/$$f tests/fuzz/seeds/$$f || exit 1; done

bench: all
	@packaging/install-deps build demo check
	@for b in $(call T,tests/bench/*.sh); do BUILD=$(B) bash $$b || exit 1; done

# Goldens are written anew, to be read as a diff.
golden: all
	BUILD=$(B) GOLDEN_WRITE=1 prove $(call T,tests/golden/*.t)

FORMATTED = $(shell git ls-files '*.c' '*.h')
format:
	clang-format -i $(FORMATTED)
tidy:
	clang-tidy --quiet $(filter %.c,$(FORMATTED)) -- -std=gnu2x -I. -D_GNU_SOURCE $(DEFS)

docs: $(B)/cinspect
	$(B)/cinspect --commands-md >docs/commands.md

# ---- the main job, and installing -----------------------------------------------------------------------------------

demo:
	@packaging/install-deps build demo
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@BUILD=$(B) demo/demo.sh

# Files below PREFIX, and nothing else: no service is enabled or started, no setting of the kernel touched.  Where the
# library is in a folder that ld.so looks into, it is told so (ld.so.cache), as any package does.
install: all
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(B)/csnap $(B)/cinspect $(B)/coworkingapp
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/libexec/crashd $(B)/crashd-report
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib $(B)/libcrashd.so $(B)/libcrashd.a
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include crashd/crashd.h
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(call T,docs/man/*.1)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man3 $(call T,docs/man/*.3)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/crashd README.md LICENSE $(call T,docs/*.md)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system $(B)/coworkingapp.service
	@[ -n "$(DESTDIR)" ] || ! grep -qsx '$(PREFIX)/lib' /etc/ld.so.conf /etc/ld.so.conf.d/*.conf || ldconfig

-include $(shell find $(B) -name '*.d' 2>/dev/null)

clean:
	rm -rf build build-*

.PHONY: FORCE all units check check-long oracle check-units check-san fuzz bench golden format tidy docs demo install clean
.DELETE_ON_ERROR:
.SECONDARY:
