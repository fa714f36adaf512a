// tests/bench/hostile.cc: what each document of the hostile corpus costs, in CPU and memory, until it is refused.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (hostile input has a bound)
//
// Prints a table: the corpus of tests/hostile_xml.h as a PROPFIND's body, and for comparison the dearest body that is
// accepted. Memory is the most that was allocated at once, the document itself not counted.
#include <dlfcn.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>
#include <string>

#include "rvp/body.h"
#include "tests/hostile_xml.h"

namespace {

std::size_t now_allocated = 0;  // this program has one thread
std::size_t most_allocated = 0;

void count(void* memory) {
    now_allocated += malloc_usable_size(memory);
    most_allocated = std::max(most_allocated, now_allocated);
}
void discount(void* memory) { now_allocated -= malloc_usable_size(memory); }

/// The function of that name in the libraries behind this program.
template <class Function>
Function* next_of(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// libxml2 asks these, and so do the operators below, of which an allocator may have its own. The memory itself comes from
// whichever allocator would have been asked, so that malloc_usable_size(), which is that one's, knows it.
extern "C" {
void* malloc(std::size_t size) {
    static const auto next = next_of<void*(std::size_t)>("malloc");
    void* memory = next(size);
    if (memory) count(memory);
    return memory;
}
void* calloc(std::size_t number, std::size_t size) {
    static const auto next = next_of<void*(std::size_t, std::size_t)>("calloc");
    void* memory = next(number, size);
    if (memory) count(memory);
    return memory;
}
void* realloc(void* old, std::size_t size) {
    static const auto next = next_of<void*(void*, std::size_t)>("realloc");
    if (old) discount(old);
    void* memory = next(old, size);
    if (memory) count(memory);
    return memory;
}
void free(void* memory) {
    static const auto next = next_of<void(void*)>("free");
    if (!memory) return;
    discount(memory);
    next(memory);
}
}

#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // what is inlined looks mismatched; it is not
void* operator new(std::size_t size) {
    if (void* memory = malloc(size)) return memory;
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, std::size_t) noexcept { free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { free(memory); }

namespace {

constexpr double kMostMs = 5;
constexpr double kMostKiB = 1024;

double cpu_ms() {
    timespec spent{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) * 1e3 + static_cast<double>(spent.tv_nsec) / 1e6;
}

struct Cost {
    double ms = 0;
    double kib = 0;
    bool refused = false;
};

Cost cost_of(const std::string& document) {
    constexpr int kTimes = 5;
    Cost least{1e9, 0, false};
    for (int i = 0; i < kTimes; ++i) {  // the first warms up, and noise only adds
        const std::size_t before = now_allocated;
        most_allocated = before;
        const double start = cpu_ms();
        const bool refused = !rvp::read_body(document, {}, {"d:propfind", "5.4"}).has_value();
        least.ms = std::min(least.ms, cpu_ms() - start);
        least.kib = static_cast<double>(most_allocated - before) / 1024;
        least.refused = refused;
    }
    return least;
}

void row(const std::string& title, const Cost& cost) {
    std::printf("%-44s | %8.3f ms | %9.1f KiB\n", title.c_str(), cost.ms, cost.kib);
}

/// 1 MiB of 1,000 elements with 64 attributes where there is room.
std::string dearest() {
    std::string attributes;
    for (int i = 0; i < 64; ++i) attributes += " a" + std::to_string(i) + "='&#65;&#66;'";
    std::string document = "<d:propfind xmlns:d=\"DAV:\"><d:prop>";
    for (int i = 0; i < 998 && document.size() + attributes.size() + 100 < std::size_t{1} << 20; ++i) {
        document += "<d:x" + attributes + "/>";
    }
    return document + "</d:prop></d:propfind>";
}

}  // namespace

int main() {
    Cost worst;
    long refused = 0;
    const auto corpus = tests::hostile_xml("d:propfind");
    std::printf("hostile documents, and what each costs until it is refused (aim: %.0f ms, %.0f KiB)\n", kMostMs, kMostKiB);
    for (const tests::HostileXml& hostile : corpus) {
        const Cost cost = cost_of(hostile.document);
        row(hostile.title, cost);
        worst.ms = std::max(worst.ms, cost.ms);
        worst.kib = std::max(worst.kib, cost.kib);
        refused += cost.refused ? 1 : 0;
    }
    row("the worst of them", worst);
    row("for comparison: the dearest that is read", cost_of(dearest()));
    std::printf("refused as XML: %ld of %zu; the others have a wrong root\n", refused, corpus.size());
    std::printf("%s\n", worst.ms <= kMostMs && worst.kib <= kMostKiB ? "met" : "MISSED");
    return 0;
}
