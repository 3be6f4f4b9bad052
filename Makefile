# ccdk: see README.md. Packages that building and testing need stand in
# tests/packages.txt; `make demo` and `make check` install what is missing.

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
DATADIR    ?= $(PREFIX)/share
PKG_CONFIG ?= pkg-config
INSTALL    ?= install

DEPS   := libcurl libcrypto libcjson libgit2 yaml-0.1 expat libdeflate \
	libutf8proc zlib
comma  := ,
BUILD  := build/$(if $(SANITIZE),$(subst $(comma),-,$(SANITIZE)),release)$(if \
	$(BUILD_SUFFIX),-$(BUILD_SUFFIX))
Q      := $(if $(V),,@)

CSTD   := -std=c17 -D_GNU_SOURCE -Ilib -Icmd
WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wundef -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla \
	-Wformat=2 -Wimplicit-fallthrough -Wcast-qual $(if $(WERROR),-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection \
	-fPIE -ffile-prefix-map=$(CURDIR)=.
HARDEN_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
ifdef SANITIZE
CFLAGS ?= -O1 -g -fno-omit-frame-pointer
SAN    := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
else
CFLAGS ?= -O2 -g
CPPFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif
DEP_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(DEPS))
DEP_LIBS   = $(shell $(PKG_CONFIG) --libs $(DEPS)) -lm
# Large templates are hundreds of thousands of small blocks: mimalloc takes a
# fifth off a diff. It has no pkg-config file, and sanitizers have their own.
ALLOC_LIB  = $(if $(SANITIZE),,-lmimalloc)

LIB_SRC := $(sort $(wildcard lib/*/*.c))
CMD_SRC := $(sort $(wildcard cmd/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/share_index.o
CMD_OBJ := $(CMD_SRC:%.c=$(BUILD)/%.o)
SHARE   := $(sort $(shell find share -type f))
COMPILE  = $(CC) $(CPPFLAGS) $(CSTD) $(WARN) $(HARDEN) $(CFLAGS) $(SAN) \
	$(DEP_CFLAGS)
LINK     = $(CC) $(SAN) $(CFLAGS) $(LDFLAGS) $(HARDEN_LD)

all: $(BUILD)/ccdk

$(BUILD)/ccdk: $(CMD_OBJ) $(BUILD)/libccdk.a
	@echo "LINK $@"
	$(Q)$(LINK) -o $@ $(CMD_OBJ) $(BUILD)/libccdk.a $(ALLOC_LIB) \
		$(DEP_LIBS) $(LDLIBS) -pthread
	$(Q)ln -sfn $(patsubst build/%,%,$@) build/ccdk

$(BUILD)/libccdk.a: $(LIB_OBJ)
	@echo "AR   $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_OBJ)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "CC   $<"
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

# share/ goes into the binary as it stands: one symbol pair per file.
$(BUILD)/share_index.c: $(SHARE) share tests/gen/share_index.sh
	@mkdir -p $(@D)
	$(Q)sh tests/gen/share_index.sh $(SHARE) >$@.tmp && mv $@.tmp $@
$(BUILD)/share_index.o: $(BUILD)/share_index.c
	@echo "CC   $<"
	$(Q)$(COMPILE) -c -o $@ $<

-include $(LIB_OBJ:.o=.d) $(CMD_OBJ:.o=.d)

# ---- tests ---------------------------------------------------------------

UNIT_SRC := $(sort $(wildcard tests/unit/t_*.c))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libccdk.a
	@mkdir -p $(@D)
	@echo "UNIT $@"
	$(Q)$(COMPILE) -Wno-write-strings -Itests/unit -MMD -MP -MF $@.d -o $@ $< $(LDFLAGS) \
		$(HARDEN_LD) $(BUILD)/libccdk.a $(DEP_LIBS) -lcmocka $(LDLIBS) -pthread
-include $(UNIT_BIN:=.d)

FUZZ_SRC := $(sort $(wildcard tests/fuzz/f_*.c))
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)

# Replays a corpus; `make fuzz` links the same targets with libFuzzer.
$(BUILD)/fuzz/%: tests/fuzz/%.c tests/fuzz/standalone.c $(BUILD)/libccdk.a
	@mkdir -p $(@D)
	@echo "FUZZ $@"
	$(Q)$(COMPILE) -o $@ $< tests/fuzz/standalone.c $(LDFLAGS) $(HARDEN_LD) \
		$(BUILD)/libccdk.a $(DEP_LIBS) $(LDLIBS) -pthread

# One AWS operation from the command line, for tests against a server.
$(BUILD)/awscall: tests/e2e/awscall.c $(BUILD)/libccdk.a
	@mkdir -p $(@D)
	@echo "TOOL $@"
	$(Q)$(COMPILE) -MMD -MP -MF $@.d -o $@ $< $(LDFLAGS) $(HARDEN_LD) \
		$(BUILD)/libccdk.a $(DEP_LIBS) $(LDLIBS) -pthread
-include $(BUILD)/awscall.d

check-fuzz: fuzz-bins
	@bash tests/fuzz/replay.sh $(BUILD)

# make fuzz FUZZ="json xml" FUZZ_SECONDS=600: new inputs gather below
# build/fuzzer/corpus, what fails is left in build/fuzzer.
FUZZ         ?= $(FUZZ_SRC:tests/fuzz/f_%.c=%)
FUZZ_SECONDS ?= 60
FUZZER_BIN   := $(FUZZ:%=$(BUILD)/libfuzzer/%)

$(BUILD)/libfuzzer/%: tests/fuzz/f_%.c $(BUILD)/libccdk.a
	@mkdir -p $(@D)
	@echo "FUZZ $@"
	$(Q)$(COMPILE) -fsanitize=fuzzer -o $@ $< $(LDFLAGS) $(HARDEN_LD) \
		$(BUILD)/libccdk.a $(DEP_LIBS) $(LDLIBS) -pthread

fuzzer-bins: $(FUZZER_BIN)

fuzz:
	@$(MAKE) --no-print-directory BUILD=build/fuzzer CC=clang \
		SANITIZE=fuzzer-no-link,address,undefined fuzzer-bins
	@for t in $(FUZZ); do \
		mkdir -p build/fuzzer/corpus/$$t && \
		build/fuzzer/libfuzzer/$$t -max_total_time=$(FUZZ_SECONDS) \
			-timeout=20 -artifact_prefix=build/fuzzer/$$t- \
			-print_final_stats=1 build/fuzzer/corpus/$$t \
			tests/fuzz/corpus/$$t || exit 1; \
	done

print-flags:
	@echo "$(CPPFLAGS) $(CSTD) $(WARN) -O1 $(DEP_CFLAGS)"

unit-bins: $(UNIT_BIN)
fuzz-bins: $(FUZZ_BIN)
BENCH_BIN := $(BUILD)/measure $(BUILD)/sink
$(BENCH_BIN): $(BUILD)/%: tests/bench/%.c
	@mkdir -p $(@D)
	@echo "CC   $@"
	$(Q)$(CC) $(CPPFLAGS) -std=c17 -D_GNU_SOURCE $(WARN) $(CFLAGS) -o $@ $< \
		-pthread

tools: $(BUILD)/awscall

clean:
	rm -rf build

.PHONY: all print-flags unit-bins fuzz-bins tools check-fuzz fuzz fuzzer-bins clean
.DELETE_ON_ERROR:
.SUFFIXES:

setup:
	@sh tests/setup.sh test

check: setup
	@$(MAKE) --no-print-directory all unit-bins fuzz-bins tools
	@bash tests/check.sh $(BUILD)

lint: setup
	@$(MAKE) --no-print-directory all
	@sh tests/lint/all.sh $(BUILD)/libccdk.a

demo:
	@sh tests/setup.sh demo
	@$(MAKE) --no-print-directory all
	@CCDK=$(CURDIR)/$(BUILD)/ccdk bash tests/demo/demo.sh

bench: setup
	@$(MAKE) --no-print-directory all $(BENCH_BIN)
	@build/venv/bin/python tests/bench/bench.py $(BUILD)/ccdk

# Beside the reference CLI, over PARITY_PAIRS (300) pairs of real templates,
# PARITY_SETS (150) made-up change sets, PARITY_GROUPS (100) groups of stacks with
# moved resources, and over the apps of tests/parity/apps.
parity: setup
	@$(MAKE) --no-print-directory all
	@build/venv/bin/python tests/parity/parity.py $(BUILD)/ccdk

# What is committed but written by a program. SPEC_DB is the service database
# beside the package.json of the reference release; without it (tests/setup.sh
# installs it) the table of resource facts stays as it is.
SPEC_DB ?= build/npm/node_modules/aws-cdk/db.json.gz

gen: $(BUILD)/ccdk
	@sh tests/gen/completions.sh $(BUILD)/ccdk share/completions
	@[ ! -e "$(SPEC_DB)" ] || { \
		python3 tests/gen/spec.py "$(SPEC_DB)" >$(BUILD)/cfn-spec.tsv && \
		cp $(BUILD)/cfn-spec.tsv share/data/cfn-spec.tsv && \
		python3 tests/gen/stateful.py tests/gen/stateful.txt \
			"$(SPEC_DB)" >$(BUILD)/stateful.tsv && \
		cp $(BUILD)/stateful.tsv share/data/stateful.tsv; }

# ---- installation --------------------------------------------------------

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -m 755 $(BUILD)/ccdk $(DESTDIR)$(BINDIR)/ccdk
	$(INSTALL) -m 644 man/*.1 $(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -d $(DESTDIR)$(DATADIR)/bash-completion/completions \
		$(DESTDIR)$(DATADIR)/zsh/vendor-completions \
		$(DESTDIR)$(DATADIR)/fish/vendor_completions.d
	$(INSTALL) -m 644 share/completions/ccdk.bash \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/ccdk
	$(INSTALL) -m 644 share/completions/_ccdk \
		$(DESTDIR)$(DATADIR)/zsh/vendor-completions/_ccdk
	$(INSTALL) -m 644 share/completions/ccdk.fish \
		$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/ccdk.fish

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/ccdk $(patsubst man/%,$(DESTDIR)$(MANDIR)/man1/%,$(wildcard man/*.1))
	rm -f $(DESTDIR)$(DATADIR)/bash-completion/completions/ccdk \
		$(DESTDIR)$(DATADIR)/zsh/vendor-completions/_ccdk \
		$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/ccdk.fish

.PHONY: setup check lint demo bench parity gen install uninstall
