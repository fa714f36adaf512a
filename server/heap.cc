// server/heap.cc: large pages for a large heap.
// SPDX-License-Identifier: Apache-2.0
#include "server/heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace server {
namespace {

constexpr std::uintptr_t kLargePage = 2U << 20;
constexpr std::uintptr_t kLargeHeap = 32U << 20;
constexpr int kGrowth = 16 << 20;
/// In which nobody takes as much as the heap grows by.
constexpr std::chrono::milliseconds kLookEvery{50};

std::uintptr_t end_of_heap() { return reinterpret_cast<std::uintptr_t>(sbrk(0)); }
std::uintptr_t whole_pages(std::uintptr_t address) { return address / kLargePage * kLargePage; }

}  // namespace

Heap::Heap(base::TimerWheel& wheel, const base::Clock& clock)
    : wheel_(wheel), clock_(clock), begin_(whole_pages(end_of_heap() + kLargePage - 1)), asked_to_(begin_) {
    mallopt(M_TOP_PAD, kGrowth);
    wheel_.arm(*this, clock_.now() + kLookEvery);
}

void Heap::on_due(base::Instant) {
    ask_for_large_pages();
    wheel_.arm(*this, clock_.now() + kLookEvery);
}

void Heap::ask_for_large_pages() {
    const std::uintptr_t end = whole_pages(end_of_heap());
    asked_to_ = std::min(asked_to_, std::max(end, begin_));  // it may have shrunk
    if (end <= asked_to_ || end - begin_ < kLargeHeap) return;
    // Where the kernel has none to give nothing is lost.
    (void)madvise(reinterpret_cast<void*>(asked_to_), end - asked_to_, MADV_HUGEPAGE);
    asked_to_ = end;
}

}  // namespace server
