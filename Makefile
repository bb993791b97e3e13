# crashd: everything is built here; no recursion, no configure step.
#
#   make                libcrashd.so libcrashd.a crashd-report csnap cinspect coworkingapp, in build/
#   make demo           install what is missing, build, show the main job
#   make check          install what is missing, build, test (make check-long: the slow suites)
#   make bench          ours and the peers, in turn, with ratios
#
# Knobs: CC=clang  SAN=1 (address + undefined)  WERROR=1  B=DIR (build folder)  PREFIX= DESTDIR=

CC     ?= gcc
PREFIX ?= /usr/local
B      ?= build$(if $(SAN),-san)

WARN   := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
          $(if $(WERROR),-Werror)
SANFL  := $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined)
OPT    ?= -O2
BASE   := -std=gnu2x -I. -D_GNU_SOURCE -MMD -MP -g -fno-omit-frame-pointer $(WARN)
DEFS   := -DCRASHD_LIBEXECDIR='"$(PREFIX)/libexec/crashd"'
# Where libcrashd looks for its reporter after its own folder; a system path, so that no environment can move it.

src     = $(sort $(wildcard $(addsuffix /*.c,$(1))))
obj     = $(patsubst %.c,$(B)/%.o,$(1))

SAFE_SRC    := $(call src,crashd/safe)
CRASHD_SRC  := $(SAFE_SRC) $(call src,crashd/lib)
REPORT_SRC  := $(call src,crashd/report)
SNAP_SRC    := $(call src,crashd/snap)
INSPECT_DIR := base out arch image model dwarf stack lang journal locks heap view why cmd
INSPECT_SRC := $(call src,$(addprefix inspect/,$(INSPECT_DIR)))
UI_SRC      := $(call src,inspect/ui)
DEMO_SRC    := $(call src,demo)

DW_LIBS      := -ldw -lelf
UNPACK_LIBS  := -lzstd -llzma -llz4 -lz -lbz2
CINSPECT_LIBS = $(DW_LIBS) $(UNPACK_LIBS) -ljansson -lsystemd -lcapstone -lreadline -lm
REPORT_LIBS  := $(if $(SAN),-ldw -lelf -lunwind-x86_64 -lunwind,-static -no-pie -ldw -lelf -l:libunwind-x86_64.a -l:libunwind.a -lz -lbz2 -llzma) -lm -lpthread
DEMO_LIBS    := -lmicrohttpd -lsqlite3 -ljansson -ljwt -lcrypt -lpthread

PROGRAMS := $(B)/libcrashd.so $(B)/libcrashd.a $(B)/crashd-report $(B)/csnap $(B)/cinspect \
            $(B)/coworkingapp $(B)/coworkingapp-debug

all: $(PROGRAMS)

# ---- recipes ------------------------------------------------------------------------------------------------------

# crashd/safe runs inside a process that is dying: no libc, no stack protector, no sanitizer, and position
# independent, because it goes into libcrashd.so too.
$(call obj,$(SAFE_SRC)): FLAGS := -ffreestanding -fno-stack-protector -fno-tree-loop-distribute-patterns -fPIC -fvisibility=hidden
$(call obj,$(SAFE_SRC)): SANFL :=
$(call obj,$(call src,crashd/lib)): FLAGS := -fPIC -fvisibility=hidden -fno-stack-protector
$(call obj,$(call src,crashd/lib)): SANFL :=

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(OPT) $(DEFS) $(FLAGS) $(SANFL) $(CFLAGS) -c -o $@ $<

$(B)/debug/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -O0 $(CFLAGS) -c -o $@ $<

$(B)/%.a:
	@rm -f $@
	ar rcs $@ $(filter %.o,$^)

$(B)/libcrashd.a:  $(call obj,$(CRASHD_SRC))
$(B)/libinspect.a: $(call obj,$(INSPECT_SRC))

$(B)/libcrashd.so: $(call obj,$(CRASHD_SRC))
	$(CC) -shared -Wl,-soname,libcrashd.so -Wl,-z,now -Wl,-z,relro -Wl,--no-undefined -Wl,--as-needed -o $@ $^ $(LDFLAGS)

$(B)/csnap: $(call obj,$(SNAP_SRC) $(SAFE_SRC))
	$(CC) $(SANFL) -o $@ $^ $(LDFLAGS) -lpthread

$(B)/crashd-report: $(call obj,$(REPORT_SRC) $(SAFE_SRC)) $(B)/libinspect.a
	$(CC) $(SANFL) -o $@ $^ $(LDFLAGS) $(REPORT_LIBS)

$(B)/cinspect: $(call obj,$(UI_SRC)) $(B)/libinspect.a
	$(CC) $(SANFL) -o $@ $^ $(LDFLAGS) $(CINSPECT_LIBS)

# The demo links the shared library from its own folder, as a program of ours would from /usr/lib.
$(B)/coworkingapp: $(call obj,$(DEMO_SRC)) $(B)/libcrashd.so
	$(CC) -rdynamic -o $@ $(filter %.o,$^) $(LDFLAGS) -L$(B) -lcrashd -Wl,-rpath,'$$ORIGIN' $(DEMO_LIBS)
$(B)/coworkingapp-debug: $(patsubst %.c,$(B)/debug/%.o,$(DEMO_SRC)) $(B)/libcrashd.so
	$(CC) -rdynamic -o $@ $(filter %.o,$^) $(LDFLAGS) -L$(B) -lcrashd -Wl,-rpath,'$$ORIGIN' $(DEMO_LIBS)
$(call obj,$(DEMO_SRC)): SANFL :=

-include $(shell find $(B) -name '*.d' 2>/dev/null)

clean:
	rm -rf build build-*

.PHONY: all clean
.DELETE_ON_ERROR:
