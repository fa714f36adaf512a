# Makefile: builds, checks and installs rvpd. Not recursive; what is to be built is found by wildcard.
# SPDX-License-Identifier: Apache-2.0
#
# make            build/rvpd and build/rvpctl
# make run        installs missing packages, builds, runs the daemon in the foreground
# make check      the same, then every check and every test; its last line is "N passed, N failed"
# make check-faults the daemon killed 200 times under load, reloaded 1,000 times, and on a failing disk
# make check-unit   unit tests of one flavour    make bench   programs of tests/bench, then its run
# make floors | headers | docs   one check each    make fuzz    clang-19, each target FUZZ_SECONDS
# make deb        a package for Debian 12, in build/deb, which lintian finds nothing in
# make check-site the package in a clean Debian and under a real systemd, the status page in Chromium, the alert rules
#                 in promtool, tickets of a KDC; needs root and a Debian mirror
# make install | clean | packages | format | tidy | hooks
#
# Knobs: defaults here < config.mk (yours, or written by ./configure) < the command line.
CXX          = g++
# Traces name file and line; what a debugger shows of variables would take two fifths longer to compile: -O2 -g, as
# the package has it. An instrumented flavour is compiled twice as fast so.
CXXFLAGS     = $(if $(SANITIZE),-Og -g1,-O2 -g1)
LDFLAGS      =
# Set to 1 to add -Werror -Wshadow -Wconversion.
DEVELOPER    =
# address,undefined or thread: another flavour, in a folder of its own.
SANITIZE     =
# Files go to $(DESTDIR)$(PREFIX), rvpd.conf to $(DESTDIR)$(SYSCONFDIR)/rvpd, where rvpd looks for it.
PREFIX       = /usr/local
DESTDIR      =
SYSCONFDIR   = /etc
# How long `make fuzz` spends on each target, and the longest that one suite of `make check` may take.
FUZZ_SECONDS = 60
TEST_SECONDS = 300
# pkg-config names that are linked, and the Debian packages of `make run` and `make check` ("a|b": either will
# do). `make check PACKAGES=` leaves the packages alone.
LIBRARIES    = libmicrohttpd gnutls libxml-2.0 spdlog fmt sqlite3 libssl libcrypto prometheus-cpp-core libsystemd \
               krb5-gssapi libcares
# What rvpd has its memory from, by its pkg-config name. A sanitizer brings its own.
ALLOCATOR    = jemalloc
PACKAGES     = g++ pkg-config|pkgconf libmicrohttpd-dev libgnutls28-dev libxml2-dev libboost-dev libspdlog-dev \
               libfmt-dev libsqlite3-dev libssl-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev libgtest-dev \
               prometheus-cpp-dev libsystemd-dev libkrb5-dev libc-ares-dev libjemalloc-dev gss-ntlmssp \
               mandoc curl netcat-openbsd openssl perl
CLANG        = clang++-19
CLANG_TIDY   = clang-tidy-19
CLANG_FORMAT = clang-format-19
-include config.mk

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

# ---- Flavours ----------------------------------------------------------------------------------------------
comma  := ,
open   := (
close  := )
define newline


endef
FLAVOR := $(or $(if $(findstring fuzzer,$(SANITIZE)),fuzz),$(subst $(comma),-,$(SANITIZE)),release)
B      := build/$(FLAVOR)

# libFuzzer brings a main of its own, so only the fuzz programs are linked with it.
INSTRUMENT := $(subst fuzzer,fuzzer-no-link,$(SANITIZE))
SANITIZER  := $(if $(SANITIZE),-fsanitize=$(INSTRUMENT) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# The address sanitizer sees every access through null or past an end itself; to look twice is an eighth of a compilation.
SANITIZER  += $(if $(filter address-undefined,$(FLAVOR)),-fno-sanitize=null$(comma)object-size)
# g++ sees ghosts in std and Asio once they are instrumented: fences, variables that "may" be unset.
SANITIZER  += $(if $(filter address-undefined thread,$(FLAVOR)),-Wno-maybe-uninitialized) $(if $(filter thread,$(SANITIZE)),-Wno-tsan)
WARNINGS    = -Wall -Wextra -Werror=return-type $(if $(filter 1,$(DEVELOPER)),-Werror -Wshadow -Wconversion)
# Asserts stay in every flavour, whatever CXXFLAGS says.
HOUSE_FLAGS = -std=c++23 -I. $(WARNINGS) $(SANITIZER) $(CXXFLAGS) -UNDEBUG -pthread

# Asked for once, and only when something is compiled or linked: before `make packages` there may be no
# pkg-config. Library headers count as system headers, so our warnings leave them alone.
pkg_config = $(shell pkg-config $(1) $(2))$(if $(filter-out 0,$(.SHELLSTATUS)),$(error \
             a library of `$(2)' is missing: `make packages' installs what rvpd needs))
PKG_CFLAGS = $(eval PKG_CFLAGS := $(patsubst -I%,-isystem %,$(call pkg_config,--cflags,$(LIBRARIES))))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $(call pkg_config,--libs,$(LIBRARIES)))$(PKG_LIBS)
COMPILE    = $(CXX) $(HOUSE_FLAGS) $(PKG_CFLAGS) $(DEFINES)
LINK       = $(CXX) $(HOUSE_FLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) -Wl,--as-needed

# ---- Floors ------------------------------------------------------------------------------------------------
# What each folder may call, upper floors first: the order in which archives are linked. The check `floors`
# says the same of includes.
ALL            := server rvp cluster store doors dav presence base
USES_base      := base
USES_presence  := presence base
USES_dav       := dav presence base
USES_doors     := doors presence base
USES_store     := store presence base
USES_cluster   := cluster presence base
USES_rvp       := rvp dav presence base
USES_server    := $(ALL)
USES_ctl       := ctl base
USES_everything = ctl $(ALL)

sources   = $(filter-out %/main.cc,$(wildcard $(1)/*.cc))
objects   = $(patsubst %.cc,$(B)/obj/%.o,$(1))
FOLDERS  := $(foreach f,ctl $(ALL),$(if $(call sources,$(f)),$(f)))
archives  = $(patsubst %,$(B)/%.a,$(filter $(FOLDERS),$(USES_$(1))))
HEADERS  := $(foreach f,ctl $(ALL),$(wildcard $(f)/*.h))
SOURCES  := $(foreach f,ctl $(ALL),$(wildcard $(f)/*.cc))
PROGRAMS := $(if $(wildcard server/main.cc),rvpd) $(if $(wildcard ctl/main.cc),rvpctl)

UNIT_DIRS := $(foreach f,$(ALL) ctl,$(if $(wildcard tests/$(f)/*_test.cc),$(f)))
UNITS     := $(UNIT_DIRS:%=$(B)/tests/%_test)
FAULTS    := $(if $(wildcard tests/faults/*_test.cc),$(B)/tests/faults_test)
SCENES    := $(if $(wildcard tests/scenes/*.cc),$(B)/tests/scenes)
FUZZ      := $(patsubst tests/fuzz/%_fuzz.cc,%,$(wildcard tests/fuzz/*_fuzz.cc))
BENCH     := $(patsubst tests/bench/%.cc,$(B)/bench/%,$(wildcard tests/bench/*.cc))

.PHONY: all run check check-all check-faults check-unit tests scenes headers floors docs bench fuzz fuzz-programs
.PHONY: packages format tidy install deb check-site hooks clean FORCE
all: $(PROGRAMS:%=$(B)/%) $(if $(filter release,$(FLAVOR)),$(PROGRAMS:%=build/%))
SHIM      := $(B)/tests/disk_shim.so
tests: all $(UNITS) $(SCENES) $(if $(SANITIZE),,$(SHIM) $(FAULTS))

# ---- Rules -------------------------------------------------------------------------------------------------
# Two stamps notice what file times do not tell: other flags, and a source file that came or went.
stamp = $(if $(subst $(strip $(file <$(1))),,$(strip $(2)))$(subst $(strip $(2)),,$(strip $(file <$(1)))),FORCE)
FLAGS_NOW   := $(CXX) $(HOUSE_FLAGS) $(LDFLAGS) $(LIBRARIES) $(ALLOCATOR)
SOURCES_NOW := $(SOURCES) $(wildcard tests/*/*.cc)
$(B)/flags:   $(call stamp,$(B)/flags,$(FLAGS_NOW))
	@:$(shell mkdir -p $(@D))$(file >$@,$(FLAGS_NOW))
$(B)/sources: $(call stamp,$(B)/sources,$(SOURCES_NOW))
	@:$(shell mkdir -p $(@D))$(file >$@,$(SOURCES_NOW))

# The optimiser would spend more time on a test than the test ever runs, but for those that think long; and a test is
# not what is looked at for undefined behaviour, which doubles its compilation.
THINK_LONG := tests/bench/% tests/fuzz/% tests/presence/model_test
$(B)/obj/tests/%.o: CXXFLAGS += $(if $(filter $(THINK_LONG),$*),,-O0 -g1 \
    $(if $(filter address-undefined,$(FLAVOR)),-fno-sanitize=undefined))
$(B)/obj/%.o: %.cc $(B)/flags
	@mkdir -p $(@D)
	@echo "  CXX  $(FLAVOR)  $<"
	@$(COMPILE) -MMD -MP -c -o $@ $<
-include $(wildcard $(B)/obj/*/*.d $(B)/obj/tests/*/*.d $(B)/headers/*/*.d)

# Most of a file's compilation is its headers, and an instrumented flavour is built whole or not at all. So there ten
# files of a folder are compiled as one, tests too, and a folder gives a name once, in anonymous namespaces too. ALONE is
# what cannot stand beside others, or is compiled in another way. `make check` in a tree where nothing was built does so
# for release too (TENS=1), which takes half the time; it stays so there until `make clean`.
ALONE := server/tcp_info.cc tests/presence/model_test.cc
ten    = $(eval FILES_$(1)/ten_$(2) := $(3)) $(B)/obj/$(1)/ten_$(2).o
tens   = $(if $(2),$(call ten,$(1),$(words x $(3)),$(wordlist 1,10,$(2)))$(call tens,$(1),$(wordlist 11,999,$(2)),x $(3)))
TOGETHER := $(if $(filter address-undefined thread,$(FLAVOR)),yes,$(TENS)$(wildcard $(B)/obj/base/ten_1.o))
parts  = $(if $(TOGETHER),$(call tens,$(1),$(filter-out $(ALONE),$(2)),) \
             $(call objects,$(filter $(ALONE),$(2))),$(call objects,$(2)))
.PRECIOUS: $(B)/obj/%.cc
$(B)/obj/%.cc: $(B)/sources
	@:$(shell mkdir -p $(@D))$(file >$@,$(foreach file,$(FILES_$*),#include "$(file)"$(newline)))
# Ten at once, g++ inlines std::expected so far that it sees variables that "may" be unset.
$(B)/obj/%.o: $(B)/obj/%.cc $(B)/flags
	@echo "  CXX  $(FLAVOR)  $(FILES_$*)"
	@$(COMPILE) -Wno-subobject-linkage -Wno-maybe-uninitialized -MMD -MP -c -o $@ $<
$(foreach f,$(FOLDERS),$(eval $(B)/$(f).a: $(call parts,$(f),$(call sources,$(f)))))
$(FOLDERS:%=$(B)/%.a): $(B)/sources
	@rm -f $@
	@ar rcs $@ $(filter %.o,$^)

$(B)/rvpd:   $(B)/obj/server/main.o $(call archives,server)
$(B)/rvpctl: $(B)/obj/ctl/main.o $(call archives,ctl)
$(B)/rvpd $(BENCH): MEMORY = $(if $(SANITIZE),,$(call pkg_config,--libs,$(ALLOCATOR)))
$(B)/rvpd $(B)/rvpctl:
	@echo "  LINK $(FLAVOR)  $(@F)"
	@$(LINK) $(MEMORY) $(PKG_LIBS)
build/rvpd build/rvpctl: build/%: build/release/%
	@ln -sfn release/$* $@

# A unit test links its own folder and the floors under it, so that a climbing call fails to link.
$(foreach f,$(UNIT_DIRS),$(eval $(B)/tests/$(f)_test: \
    $(call parts,tests/$(f),$(wildcard tests/$(f)/*_test.cc)) $(call archives,$(f))))
$(UNITS): $(B)/sources
	@mkdir -p $(@D)
	@echo "  LINK $(FLAVOR)  tests/$(@F)"
	@$(LINK) -lgtest_main -lgtest $(PKG_LIBS)
$(B)/tests/scenes: $(call parts,tests/scenes,$(wildcard tests/scenes/*.cc)) $(call archives,everything) $(B)/sources
	@mkdir -p $(@D)
	@echo "  LINK $(FLAVOR)  tests/scenes"
	@$(LINK) $(PKG_LIBS)
$(B)/tests/faults_test: $(call parts,tests/faults,$(filter-out %/disk_shim.cc,$(wildcard tests/faults/*.cc))) \
    $(call archives,everything) $(B)/sources
	@mkdir -p $(@D)
	@echo "  LINK $(FLAVOR)  tests/$(@F)"
	@$(LINK) -lgtest_main -lgtest $(PKG_LIBS)
$(B)/tests/disk_shim.so: tests/faults/disk_shim.cc
	@mkdir -p $(@D)
	@echo "  LINK $(FLAVOR)  tests/$(@F)"
	@$(CXX) -std=c++23 $(WARNINGS) $(CXXFLAGS) -shared -fPIC -o $@ $<
$(BENCH): $(B)/bench/%: $(B)/obj/tests/bench/%.o $(call archives,everything)
	@mkdir -p $(@D)
	@echo "  LINK $(FLAVOR)  bench/$*"
	@$(LINK) $(MEMORY) $(PKG_LIBS)
# With libFuzzer each fuzz target is a program and needs no main. Without it one program holds them all, under names
# of their own, and replays their seeds: linked 15 times, the house under sanitizers takes minutes.
$(FUZZ:%=$(B)/fuzz/%): $(B)/fuzz/%: $(B)/obj/tests/fuzz/%_fuzz.o $(call archives,everything)
	@mkdir -p $(@D)
	@echo "  LINK $(FLAVOR)  fuzz/$*"
	@$(LINK) -fsanitize=$(SANITIZE) $(PKG_LIBS)
ifneq ($(FLAVOR),fuzz)
$(foreach f,$(FUZZ),$(eval $(B)/obj/tests/fuzz/$(f)_fuzz.o: DEFINES = -DLLVMFuzzerTestOneInput=fuzz_$(f)))
$(B)/obj/tests/fuzz/replay_main.o: DEFINES = -DTARGETS='$(foreach f,$(FUZZ),TARGET$(open)$(f)$(close))'
$(B)/obj/tests/fuzz/replay_main.o: $(B)/sources
endif
$(B)/tests/replay: $(call objects,$(wildcard tests/fuzz/*.cc)) $(call archives,everything) $(B)/sources
	@mkdir -p $(@D)
	@echo "  LINK $(FLAVOR)  tests/replay"
	@$(LINK) $(PKG_LIBS)
fuzz-programs: $(FUZZ:%=$(B)/fuzz/%)

# ---- Run and check -----------------------------------------------------------------------------------------
# Both begin with the packages and start again in a second make, which may then ask pkg-config.
packages:
	@tests/checks/packages $(PACKAGES:%='%')
run: packages
	@$(MAKE) all
	@exec build/rvpd --config conf/rvpd.conf
check: packages
	@$(MAKE) check-all $(if $(wildcard build/release/obj),,TENS=1)

# The suites of one flavour: $(1) what follows SANITIZE=, $(2) its folder.
suites = "build $(2)"     "$(MAKE) -k tests SANITIZE=$(1)" \
         $(foreach f,$(UNIT_DIRS),"unit $(f) ($(2))" "build/$(2)/tests/$(f)_test") \
         $(if $(SCENES),"scenes ($(2))" "build/$(2)/tests/scenes tests/scenes")
checks = "check floors"       "tests/checks/floors" \
         "check floors-test"  "tests/checks/floors-test" \
         "check run-tests"    "tests/checks/run-tests-test" \
         "build headers"      "$(MAKE) -k headers" \
         "check docs"         "tests/checks/docs build/rvpd" \
         "check readme"       "tests/checks/readme build/rvpd build/rvpctl README.md" \
         "check manual"       "tests/checks/manual build/release/tests/scenes man/rvp.7" \
         $(if $(FAULTS),"faults (release)" "build/release/tests/faults_test") \
         "check faults-kill" "tests/faults/kill build/release/rvpd build/release/rvpctl 20" \
         "check faults-disk" "tests/faults/disk build/release/rvpd $(CURDIR)/build/release/tests/disk_shim.so" \
         "check faults-restore"     "tests/faults/restore build/release/rvpd build/release/rvpctl" \
         "check faults-polls"       "tests/faults/polls build/release/rvpd build/release/rvpctl $(CURDIR)/build/release/tests/disk_shim.so" \
         "check completion"         "tests/checks/completion build/rvpctl conf/rvpctl.bash-completion" \
         "check unit file"          "tests/checks/unit-file conf/rvpd.service" \
         "check faults-flood"       "tests/faults/flood build/release/rvpd" \
         "check supervise"          "tests/faults/supervise build/release/rvpd" \
         "check proof"              "tests/faults/proof build/release/rvpd build/release/rvpctl" \
         "check logs"               "tests/checks/logs build/release/rvpd build/release/rvpctl" \
         "check domains"            "tests/checks/domains build/release/rvpd" \
         "check domains-doors"      "tests/checks/domains-doors build/release/rvpd build/release/rvpctl" \
         "check routers"            "tests/checks/routers build/release/rvpd build/release/rvpctl" \
         "check domains-tls"        "tests/checks/domains-tls build/release/rvpd" \
         "check faults-reload"      "tests/faults/reload build/release/rvpd build/release/rvpctl 100"
seeds  = $(if $(FUZZ),"build fuzz seeds" "$(MAKE) build/$(2)/tests/replay SANITIZE=$(1)") \
         $(foreach s,$(wildcard tests/fuzz/*.seeds),"check seeds of $(basename $(notdir $(s)))" \
             "build/$(2)/tests/replay $(basename $(notdir $(s))) $(s)/*")
asan  := address,undefined
# The + has make hand its job slots down through run-tests.
check-all:
ifeq ($(SANITIZE),)
	+@TEST_SECONDS=$(TEST_SECONDS) tests/checks/run-tests $(call suites,,release) $(checks) \
	    $(call suites,$(asan),address-undefined) $(call seeds,$(asan),address-undefined)
else
	+@TEST_SECONDS=$(TEST_SECONDS) tests/checks/run-tests \
	    $(call suites,$(SANITIZE),$(FLAVOR)) $(call seeds,$(SANITIZE),$(FLAVOR))
endif
# Some minutes; `make check` does the same with 20 kills and 100 reloads.
check-faults: all $(SHIM) $(FAULTS)
	RVPD_KILLS=200 $(FAULTS)
	tests/faults/kill build/release/rvpd build/release/rvpctl 200
	tests/faults/disk build/release/rvpd $(CURDIR)/$(SHIM)
	tests/faults/restore build/release/rvpd build/release/rvpctl
	tests/faults/reload build/release/rvpd build/release/rvpctl 1000
check-unit: $(UNITS)
	@TEST_SECONDS=$(TEST_SECONDS) tests/checks/run-tests \
	    $(foreach f,$(UNIT_DIRS),"unit $(f) ($(FLAVOR))" "$(B)/tests/$(f)_test")

floors:
	@tests/checks/floors
docs: all
	@tests/checks/docs build/rvpd
# Every header compiles alone: one with a .cc as that file's first include (`floors` looks), the others here.
headers: $(patsubst %,$(B)/headers/%.ok,$(filter-out $(SOURCES:.cc=.h),$(HEADERS)))
$(B)/headers/%.ok: % $(B)/flags
	@mkdir -p $(@D)
	@echo '#include "$<"' | $(COMPILE) -fsyntax-only -MMD -MP -MT $@ -MF $(@:.ok=.d) -x c++ -
	@touch $@

bench: $(BENCH) all
	@if [ -x tests/bench/run ]; then tests/bench/run; else echo "tests/bench/run is not there yet"; fi

fuzz:
	@tests/checks/packages $(PACKAGES:%='%') clang-19 libclang-rt-19-dev llvm-19
	@$(MAKE) fuzz-programs CXX=$(CLANG) SANITIZE=fuzzer,$(asan)
	@set -e; for f in $(FUZZ); do \
	    corpus=build/fuzz/corpus/$$f; mkdir -p $$corpus build/fuzz/found; \
	    dict=tests/fuzz/$$f.dict; seeds=tests/fuzz/$$f.seeds; \
	    echo "fuzzing $$f for $(FUZZ_SECONDS) s; what breaks it lands in build/fuzz/found"; \
	    ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-19/bin/llvm-symbolizer build/fuzz/fuzz/$$f \
	        -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=build/fuzz/found/$$f- \
	        $$([ -f $$dict ] && echo -dict=$$dict) $$corpus $$([ -d $$seeds ] && echo $$seeds); \
	done

# ---- Tools -------------------------------------------------------------------------------------------------
format:
	@command -v $(CLANG_FORMAT) >/dev/null || tests/checks/packages $(CLANG_FORMAT)
	$(CLANG_FORMAT) -i $(HEADERS) $(SOURCES) $(wildcard tests/*.h tests/*/*.h tests/*/*.cc)
tidy:
	@command -v $(CLANG_TIDY) >/dev/null || tests/checks/packages $(CLANG_TIDY)
	$(CLANG_TIDY) --quiet $(SOURCES) -- -std=c++23 -I. $(PKG_CFLAGS)
hooks:
	@for hook in pre-commit commit-msg; do \
	    ln -sfn "$(CURDIR)/tests/checks/$$hook" "$$(git rev-parse --git-path hooks)/$$hook"; done
clean:
	rm -rf build

TO = $(DESTDIR)$(PREFIX)
install: all
	install -d $(TO)/sbin $(TO)/bin $(DESTDIR)$(SYSCONFDIR)/rvpd
	$(if $(filter rvpd,$(PROGRAMS)),install -m 755 $(B)/rvpd $(TO)/sbin/rvpd)
	$(if $(filter rvpctl,$(PROGRAMS)),install -m 755 $(B)/rvpctl $(TO)/bin/rvpctl)
	for page in $(wildcard man/*.[1-8]); do \
	    install -D -m 644 $$page $(TO)/share/man/man$${page##*.}/$${page##*/}; done
	[ -e $(DESTDIR)$(SYSCONFDIR)/rvpd/rvpd.conf ] || [ ! -e conf/rvpd.conf ] || \
	    install -m 644 conf/rvpd.conf $(DESTDIR)$(SYSCONFDIR)/rvpd/rvpd.conf
	install -d $(TO)/lib/systemd/system
	for unit in service socket; do sed "s|/usr/\(s\?bin\)/|$(PREFIX)/\1/|" conf/rvpd.$$unit \
	    >$(TO)/lib/systemd/system/rvpd.$$unit; done
	install -D -m 644 conf/rvpctl.bash-completion $(TO)/share/bash-completion/completions/rvpctl
	for kind in sysusers tmpfiles; do [ ! -e conf/rvpd.$$kind ] || \
	    install -D -m 644 conf/rvpd.$$kind $(TO)/lib/$$kind.d/rvpd.conf; done

# The package is built in a copy of what git knows, changed files included, so that nothing else gets into it.
deb:
	@tests/checks/packages $(PACKAGES:%='%') debhelper dpkg-dev fakeroot lintian
	rm -rf build/deb
	mkdir -p build/deb/rvpd
	git ls-files -z | xargs -0 cp --parents -t build/deb/rvpd
	cd build/deb/rvpd && MAKEFLAGS= dpkg-buildpackage -us -uc -b
	lintian --fail-on error,warning build/deb/*.changes
	@ls -l build/deb/*.deb
check-site: all deb
	@tests/checks/packages mmdebstrap systemd-container openssl curl chromium chromium-driver perl krb5-kdc \
	    krb5-admin-server krb5-user
	@tests/site/run
