# Orrery. `make run` and `make check` are enough as the very first command on a fresh Debian machine; `make help` lists
# the rest. One file, non-recursive: every object of a variant lives under build/VARIANT/.

SHELL := /bin/bash
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

VERSION := 0.1.0
prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
DESTDIR ?=

# ---- packages -------------------------------------------------------------------------------------------------------
DEPS_BUILD := gcc make pkg-config libncurses-dev libsqlite3-dev libopenblas-dev libjson-c-dev libcminpack-dev \
              libutf8proc-dev libxxhash-dev zlib1g-dev gnuplot-nox
DEPS_CHECK := check tmux sqlite3 binutils python3
DEPS_MORE  := clang libclang-rt-14-dev clang-format clang-tidy cppcheck shellcheck valgrind lcov python3-pyte \
              python3-scipy python3-pandas visidata lnav

# ---- variants -------------------------------------------------------------------------------------------------------
VARIANT ?= release
CC := gcc
OPT_release  := -O3 -g
OPT_debug    := -O0 -g3
OPT_asan     := -O1 -g -fsanitize=address -fno-omit-frame-pointer
OPT_ubsan    := -O1 -g -fsanitize=undefined -fno-sanitize-recover=all
OPT_tsan     := -O1 -g -fsanitize=thread
OPT_coverage := -O0 -g --coverage
OPT_fuzz     := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ifeq ($(VARIANT),fuzz)
CC := clang
endif
OPT := $(OPT_$(VARIANT))
$(if $(OPT),,$(error unknown VARIANT '$(VARIANT)'))

B := build/$(VARIANT)
PKGS := ncursesw sqlite3 openblas json-c cminpack libutf8proc libxxhash zlib
# Packages may be missing before `make deps`: ask pkg-config only when a recipe runs.
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   = $(shell pkg-config --libs $(PKGS) 2>/dev/null)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wwrite-strings -Wvla
CFLAGS ?=
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DORR_VERSION='"$(VERSION)"' -Iinclude -Isrc -I. -I$(B)/gen $(WARN) $(OPT) -fPIC \
             -fno-math-errno -fvisibility=default $(PKG_CFLAGS) $(CFLAGS)
LDLIBS = $(PKG_LIBS) -lpthread -lm
LDFLAGS ?=

# ---- sources --------------------------------------------------------------------------------------------------------
# The library is everything below the two faces (src/cli, src/tui + views) and main.
LIB_SRC  := $(sort $(shell find src -name '*.c' -not -path 'src/cli/*' -not -path 'src/tui/*' -not -name main.c))
FACE_SRC := $(sort $(shell find src/cli src/tui views -name '*.c' 2>/dev/null))
TEST_SRC := $(sort $(shell find tests/unit -name 'test_*.c' 2>/dev/null))
TEST_AID := $(sort $(shell find tests/unit -name '*.c' -not -name 'test_*.c' 2>/dev/null))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
PLOTS    := $(sort $(wildcard views/*/plot.gp))

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
LIB_OBJ   := $(call obj,$(LIB_SRC)) $(B)/obj/gen/plots.o
FACE_OBJ  := $(call obj,$(FACE_SRC))
TEST_BIN  := $(patsubst tests/unit/%.c,$(B)/tests/%,$(TEST_SRC))
FUZZ_BIN  := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))

ORRERY := $(B)/orrery
ifeq ($(VARIANT),release)
ORRERY := build/orrery
endif
BENCH := build/orrery-bench

.PHONY: all lib
all: ready $(ORRERY) $(BENCH) ## build build/orrery and build/orrery-bench
lib: $(B)/liborrery.a $(B)/liborrery.so

# Objects depend on the flags they were built with.
FLAGS_NOW = $(CC) $(ALL_CFLAGS)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(call quote,$(FLAGS_NOW)) | cmp -s - $@ || printf '%s\n' $(call quote,$(FLAGS_NOW)) >$@
quote = '$(subst ','\'',$(1))'
.PHONY: FORCE
FORCE:

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# The gnuplot templates of views/ are compiled in.
$(B)/gen/plots.c: $(PLOTS) src/plot/embed.awk
	@mkdir -p $(@D)
	@awk -f src/plot/embed.awk $(PLOTS) >$@
$(B)/obj/gen/plots.o: $(B)/gen/plots.c $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c $< -o $@

$(B)/liborrery.a: $(LIB_OBJ)
	@echo "  AR    $@"
	@rm -f $@ && ar rcs $@ $^
$(B)/liborrery.so: $(LIB_OBJ)
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) -shared -Wl,-soname,liborrery.so.0 $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/libfaces.a: $(FACE_OBJ)
	@rm -f $@ && ar rcs $@ $^

$(ORRERY): $(B)/obj/src/main.o $(B)/libfaces.a $(B)/liborrery.a
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BENCH): $(call obj,$(BENCH_SRC)) $(B)/libfaces.a $(B)/liborrery.a
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# ---- setting up -----------------------------------------------------------------------------------------------------
.PHONY: deps deps-check deps-more ready
apt_install = \
	missing=$$(for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		echo "installing:" $$missing >&2; \
		$$sudo apt-get update -qq >&2 && \
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >&2; \
	fi
deps: ## install the Debian packages that building and running need
	@$(call apt_install,$(DEPS_BUILD))
deps-check: ## install what the tests need besides
	@$(call apt_install,$(DEPS_BUILD) $(DEPS_CHECK))
deps-more: ## install what fuzzing, linting, sanitizers and benchmarks need besides
	@$(call apt_install,$(DEPS_BUILD) $(DEPS_CHECK) $(DEPS_MORE))
ready:
	@pkg-config --exists $(PKGS) 2>/dev/null || $(MAKE) --no-print-directory deps

# ---- running --------------------------------------------------------------------------------------------------------
.PHONY: run example
run: deps ## set everything up and open the workbench on the example store
	@$(MAKE) --no-print-directory all
	@build/orrery open --example

# ---- checking -------------------------------------------------------------------------------------------------------
.PHONY: check check-unit check-screens check-terminal check-real check-layers
check: deps-check ## set everything up and run all tests
	@$(MAKE) --no-print-directory -j$$(nproc) all check-binaries
	@tests/run.sh $(B) all

.PHONY: check-binaries
check-binaries: $(TEST_BIN) $(B)/tests/core_only
check-unit: ready $(TEST_BIN) ## unit tests only
	@tests/run.sh $(B) unit
check-screens: ready $(TEST_BIN) ## golden screens only
	@tests/run.sh $(B) screens
check-terminal: ready all ## scripts that drive the real program in tmux
	@tests/run.sh $(B) terminal
check-real: ready all $(TEST_BIN) ## tests on real data: make check-real REAL=DIR
	@REAL='$(REAL)' tests/run.sh $(B) real
check-layers: ready $(B)/tests/core_only ## prove that a layer uses only what stands below it
	@tests/layers.sh $(B)

$(B)/tests/%: tests/unit/%.c $(call obj,$(TEST_AID)) $(B)/libfaces.a $(B)/liborrery.a $(B)/flags
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	@$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP -MF $@.d -MT $@ $(LDFLAGS) -o $@ $< \
		$(call obj,$(TEST_AID)) $(B)/libfaces.a $(B)/liborrery.a \
		$$(pkg-config --libs check) $(LDLIBS)

# The numeric core links with nothing but OpenBLAS, libm, pthread (and cminpack for least squares).
CORE_SRC := $(sort $(shell find src/base src/num src/methods -name '*.c' 2>/dev/null))
$(B)/tests/core_only: tests/core_only.c $(call obj,$(CORE_SRC)) $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(call obj,$(CORE_SRC)) \
		$$(pkg-config --libs openblas cminpack json-c libutf8proc libxxhash zlib) -lpthread -lm

.PHONY: asan ubsan tsan valgrind coverage lint format fuzz
asan ubsan tsan: ## the test suite under a sanitizer
	@$(MAKE) --no-print-directory VARIANT=$@ check-binaries build/$@/orrery
	@ORR_SLOW=1 tests/run.sh build/$@ unit
build/asan/orrery build/ubsan/orrery build/tsan/orrery: ;
valgrind: ready ## the unit tests under valgrind
	@$(MAKE) --no-print-directory VARIANT=debug check-binaries
	@ORR_SLOW=1 ORR_WRAP='valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite' tests/run.sh build/debug unit
coverage: ## line coverage of the unit tests, as build/coverage/html
	@$(MAKE) --no-print-directory VARIANT=coverage check-binaries
	@tests/run.sh build/coverage unit
	@lcov -q -c -d build/coverage -o build/coverage/lcov.info --no-external
	@genhtml -q build/coverage/lcov.info -o build/coverage/html && lcov --summary build/coverage/lcov.info
FUZZ_SECONDS ?= 60
fuzz: ## run every fuzz target for FUZZ_SECONDS
	@$(MAKE) --no-print-directory VARIANT=fuzz fuzz-binaries
	@tests/fuzz/run.sh build/fuzz $(FUZZ_SECONDS)
.PHONY: fuzz-binaries
fuzz-binaries: $(FUZZ_BIN)
build/fuzz/fuzz/%: tests/fuzz/%.c build/fuzz/liborrery.a
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -o $@ $< build/fuzz/liborrery.a $(LDLIBS)

C_FILES = $(shell git ls-files '*.c' '*.h' 2>/dev/null)
lint: ## static checks: cppcheck, shellcheck, header guards
	@tests/lint.sh
format: ## reformat all C files
	@clang-format -i $(C_FILES)

.PHONY: bench eval
bench: all ## speed as ratios to peers, side by side in one run
	@$(BENCH)
eval: all ## the method tables of what is built in
	@for n in adoption; do build/orrery eval $$n; done

# ---- installing -----------------------------------------------------------------------------------------------------
.PHONY: install uninstall dist man
man: all ## generate the man pages from the tables in the code
	@mkdir -p build/man
	@build/orrery help --man build/man
install: all lib man ## install into DESTDIR/prefix
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(includedir)/orrery \
		$(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man7 $(DESTDIR)$(datadir)/orrery \
		$(DESTDIR)$(datadir)/bash-completion/completions
	install -m 755 build/orrery $(DESTDIR)$(bindir)/orrery
	install -m 644 $(B)/liborrery.a $(DESTDIR)$(libdir)/
	install -m 755 $(B)/liborrery.so $(DESTDIR)$(libdir)/liborrery.so.$(VERSION)
	ln -sf liborrery.so.$(VERSION) $(DESTDIR)$(libdir)/liborrery.so.0
	ln -sf liborrery.so.0 $(DESTDIR)$(libdir)/liborrery.so
	install -m 644 include/orrery/*.h $(DESTDIR)$(includedir)/orrery/
	printf '%s\n' 'prefix=$(prefix)' 'Name: orrery' 'Description: forecasting of what moves while models are trained' \
		'Version: $(VERSION)' 'Requires.private: $(filter-out ncursesw,$(PKGS))' 'Libs: -L$(libdir) -lorrery' \
		'Cflags: -I$(includedir)' >$(DESTDIR)$(libdir)/pkgconfig/orrery.pc
	install -m 644 build/man/*.1 $(DESTDIR)$(mandir)/man1/
	build/orrery help --completion bash >$(DESTDIR)$(datadir)/bash-completion/completions/orrery
	cp -R datasets $(DESTDIR)$(datadir)/orrery/
uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(bindir)/orrery $(DESTDIR)$(libdir)/liborrery.* $(DESTDIR)$(libdir)/pkgconfig/orrery.pc \
		$(DESTDIR)$(mandir)/man1/orrery*.1 $(DESTDIR)$(datadir)/bash-completion/completions/orrery
	rm -rf $(DESTDIR)$(includedir)/orrery $(DESTDIR)$(datadir)/orrery
dist: ## a source tarball
	git archive --prefix=orrery-$(VERSION)/ -o build/orrery-$(VERSION).tar.gz HEAD

.PHONY: compdb clean help
compdb: ## compile_commands.json for editors
	@bear -- $(MAKE) --no-print-directory -B all
clean: ## remove build/
	rm -rf build
help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z -]*:.*## /{printf "  make %-16s %s\n", $$1, $$2}' Makefile

-include $(shell find $(B) -name '*.d' 2>/dev/null)
