# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
#   make              build/assay                    make V=1      show the commands
#   make O=DIR        build under DIR                make test     all tests (root)
#   make install      to $(DESTDIR)$(prefix)         make bench    what tracing costs (root)
#   make check        tests that need no root        make fuzz     every fuzzer for FUZZ_SECS
#   make format       clang-format in place          make deps     install the packages needed
#   make proof        how often comparisons are wrong, half an hour (root)

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

O	  ?= build
prefix	  ?= /usr/local
bindir	  ?= $(prefix)/bin
mandir	  ?= $(prefix)/share/man
compdir	  ?= $(prefix)/share/bash-completion/completions
CC	  ?= cc
CLANG	  ?= clang
# Ubuntu's bpftool is a script that looks for the running kernel's own; any will do
BPFTOOL	  ?= $(firstword $(wildcard /usr/lib/linux-tools/*/bpftool) $(shell command -v bpftool) \
	     /usr/sbin/bpftool)
INSTALL	  ?= install
FUZZ_SECS ?= 60

CFLAGS	  ?= -O2 -g
VERSION	  := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
MACHINE	  := $(shell uname -m)
BPF_ARCH  := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(MACHINE)))

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n'
endif

INCLUDES  := -Ibpf -Iuser -I$(O)/bpf
OWN_FLAGS := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra $(INCLUDES) -MMD -MP
LIBS	  := -lbpf -lelf -lz -ljansson -lm -lpthread
# What these libraries are for is left out where they are missing: NAME= builds so where they are not.
CURSES	   ?= $(shell pkg-config --silence-errors --libs ncursesw)
TRACEEVENT ?= $(shell pkg-config --silence-errors --libs libtraceevent)
PCAP	   ?= $(shell pkg-config --silence-errors --libs libpcap)
ARCHIVE	   ?= $(shell pkg-config --silence-errors --libs libarchive)
OPTIONAL   := CURSES TRACEEVENT PCAP ARCHIVE
OWN_FLAGS  += $(foreach l,$(OPTIONAL),$(if $(strip $($(l))),-DHAVE_$(l)))
LIBS	   += $(foreach l,$(OPTIONAL),$($(l)))
TRACEEVENT_INC := $(if $(strip $(TRACEEVENT)),$(shell pkg-config --cflags libtraceevent))
OWN_FLAGS  += $(TRACEEVENT_INC)
BPF_FLAGS := -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -Wall -Wextra \
	     -Wno-unused-parameter -Ivmlinux -Ibpf -I/usr/include/$(MACHINE)-linux-gnu -MMD -MP

# The library is everything but main: tests and benchmarks link it.
LIB_SRC	  := $(filter-out user/main.c,$(wildcard user/*.c user/*/*.c))
LIB_OBJ	  := $(LIB_SRC:%.c=$(O)/%.o)
SKELS	  := $(patsubst bpf/%.bpf.c,$(O)/bpf/%.skel.h,$(wildcard bpf/*.bpf.c))

all: $(O)/assay

$(O)/assay: $(O)/user/main.o $(O)/libassay.a
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/libassay.a: $(LIB_OBJ)
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/%.o: %.c | $(SKELS)
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OWN_FLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	$(say) BPF $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -c -o $@ $<

$(O)/bpf/%.skel.h: $(O)/bpf/%.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

# Rewritten only when it changes, so that nothing is compiled again for nothing.
VERSIONED := $(O)/user/version.o $(O)/san/user/version.o
$(VERSIONED): CPPFLAGS += -include $(O)/version.h
$(VERSIONED): $(O)/version.h
$(O)/version.h: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '#define ASSAY_VERSION "$(VERSION)"' > $@.new
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# The examples of help and man pages: runs that were, one file a report.
EXAMPLES  := $(wildcard docs/examples/*.txt)
HELPED	  := $(O)/user/help.o $(O)/san/user/help.o
$(HELPED): CPPFLAGS += -I$(O)
$(HELPED): $(O)/examples.inc
$(O)/examples.inc: $(EXAMPLES) Makefile
	$(say) GEN $@
	$(Q)mkdir -p $(@D)
	$(Q)for f in $(EXAMPLES); do printf '{ "%s",\n' "$$(basename $$f .txt)"; \
		sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' $$f; echo '},'; done > $@

# Man pages and completion come from the program's own tables.
MAN	   = $(shell $(O)/assay list -j | sed 's/.*"report":"\([^"]*\)".*/\1/') flight scoutfs \
	     baseline check ab
man: $(O)/assay
	$(say) MAN $(O)/man
	$(Q)mkdir -p $(O)/man
	$(Q)$(O)/assay help --man > $(O)/man/assay.1
	$(Q)for r in $(MAN); do $(O)/assay help --man $$r > $(O)/man/assay-$$r.1; done
	$(Q)$(O)/assay completion > $(O)/assay.bash

# --- tests ---

# Unit tests are built apart, under sanitizers.
SAN	  := -fsanitize=address,undefined -fno-sanitize-recover=undefined
SAN_OBJ	  := $(LIB_SRC:%.c=$(O)/san/%.o)
UNIT	  := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))

$(O)/san/%.o: %.c | $(SKELS)
	$(say) CC-SAN $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OWN_FLAGS) $(CPPFLAGS) -O1 -g $(SAN) -c -o $@ $<

$(O)/tests/unit/%: $(O)/san/tests/unit/%.o $(SAN_OBJ)
	$(say) LINK $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SAN) -o $@ $^ $(LIBS)

unit: $(UNIT)
	$(Q)tests/run $(UNIT)

# The stand-in Crucible: its own flags, so that notes look as in real builds (tests/sim/README.md).
SIM	  := $(addprefix $(O)/sim/,crutest crucible-downstairs usdt-player)
SIM_LINK  := -Wl,-Ttext-segment=0x10000
SIM_OBJ    = $(addprefix $(O)/tests/sim/,$(addsuffix .o,$(1)))

$(O)/sim/crutest: $(call SIM_OBJ,crutest up_client up_data up_guest up_job up_main up_repair \
		  up_status proto truth probes util)
$(O)/sim/crucible-downstairs: $(call SIM_OBJ,downstairs ds_conn ds_job ds_pool region proto truth \
			      probes util)
$(O)/sim/usdt-player: $(call SIM_OBJ,player player_fire player_parse player_truth truth probes util)
$(SIM):
	$(say) LINK $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -g -pthread $(SIM_LINK) -o $@ $^

# Helpers of the end-to-end tests.
TOOLS	  := $(patsubst tests/e2e/%.c,$(O)/tests/e2e/%,$(wildcard tests/e2e/*.c))

$(O)/tests/e2e/%: $(O)/tests/e2e/%.o $(O)/libassay.a
	$(say) LINK $@
	$(Q)$(CC) -g -o $@ $^ $(LIBS)

sim: $(SIM)

ROOT_TESTS := $(sort $(wildcard tests/e2e/test_*) $(wildcard tests/vm/test_*))

e2e: $(O)/assay $(SIM) $(TOOLS)
	$(Q)BUILD=$(O) tests/run $(ROOT_TESTS)

# What tracing costs (tests/bench).
BENCH	  := $(addprefix $(O)/tests/bench/,target many-120 many-2000 hold bench start pages)

$(O)/tests/bench/empty.skel.h: tests/bench/empty.bpf.c
	$(say) SKEL $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -c -o $(O)/tests/bench/empty.bpf.o $<
	$(Q)$(BPFTOOL) gen skeleton $(O)/tests/bench/empty.bpf.o name empty_bpf > $@

$(O)/tests/bench/hold.o: CPPFLAGS += -I$(O)/tests/bench
$(O)/tests/bench/hold.o: $(O)/tests/bench/empty.skel.h
$(O)/tests/bench/many-%.o: tests/bench/many.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OWN_FLAGS) $(CPPFLAGS) $(CFLAGS) -DSITES=$* -c -o $@ $<

$(O)/tests/bench/hold: $(O)/libassay.a
# the target has the sites of all Crucible's probes, of which it fires four
$(O)/tests/bench/target: $(call SIM_OBJ,player_fire player_truth probes truth util)
$(O)/tests/bench/bench $(O)/tests/bench/start: $(O)/tests/bench/peer.o
$(BENCH): %: %.o
	$(say) LINK $@
	$(Q)$(CC) -g -o $@ $^ $(LIBS)

bench: all $(BENCH) sim
	$(Q)tests/bench/run $(O)

# How often comparisons are wrong (tests/proof): records runs once, draws from them.
PROOF	  := $(O)/tests/proof/resample

$(PROOF): %: %.o $(O)/libassay.a
	$(say) LINK $@
	$(Q)$(CC) -g -o $@ $^ $(LIBS)

proof: all sim $(PROOF)
	$(Q)tests/proof/record $(O) $(O)/proof
	$(Q)$(PROOF) $(O)/proof
	$(Q)tests/proof/rig $(O)

# Without root: units, and the tree's form.
check: $(UNIT)
	$(Q)BUILD=$(O) tests/run tests/lint/test_style $(UNIT)

test-programs: all $(UNIT) $(SIM) $(TOOLS) $(BENCH) $(PROOF)

test: test-programs
	$(Q)BUILD=$(O) tests/run tests/lint/test_style $(UNIT) $(ROOT_TESTS)

# Fuzzers, with clang's libFuzzer (Debian: libclang-rt-14-dev), each for FUZZ_SECS.
FUZZ	  := $(patsubst tests/fuzz/%.c,$(O)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
COURSES	  := user/run/% $(addprefix user/flight/,flight.c finish.c line.c print.c crucible.c) \
	     $(addprefix user/compare/,commands.c measure.c runs.c settings.c)
FUZZ_SRC  := $(filter-out $(COURSES),$(wildcard user/*/*.c))

$(O)/tests/fuzz/%: tests/fuzz/%.c $(FUZZ_SRC) | $(SKELS)
	$(say) FUZZER $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(filter-out -MMD -MP,$(OWN_FLAGS)) -O1 -g \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $^ $(LIBS)

fuzz: $(FUZZ)
	$(Q)set -e; for f in $(FUZZ); do mkdir -p $$f.corpus; \
		$$f -max_total_time=$(FUZZ_SECS) -print_final_stats=1 $$f.corpus; done

format:
	$(Q)clang-format -i $(shell find bpf user vmlinux tests -name '*.[ch]')

deps:
	$(Q)ci/deps test

install: all man
	$(Q)$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(compdir)
	$(Q)$(INSTALL) -m 755 $(O)/assay $(DESTDIR)$(bindir)/assay
	$(Q)$(INSTALL) -m 644 $(O)/man/*.1 $(DESTDIR)$(mandir)/man1
	$(Q)$(INSTALL) -m 644 $(O)/assay.bash $(DESTDIR)$(compdir)/assay

uninstall:
	$(Q)rm -f $(DESTDIR)$(bindir)/assay $(DESTDIR)$(mandir)/man1/assay.1 \
		$(DESTDIR)$(mandir)/man1/assay-*.1 $(DESTDIR)$(compdir)/assay

clean:
	$(say) CLEAN $(O)
	$(Q)rm -rf $(O)

FORCE:
.PHONY: all bench check clean deps e2e format fuzz install man proof sim test test-programs uninstall unit FORCE
.SECONDARY:

-include $(shell find $(O) -name '*.d' 2>/dev/null)
