// tests/server/heap_test.cc: large pages are asked for once the heap is large, and not before.
// SPDX-License-Identifier: Apache-2.0
#include "server/heap.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace server {
namespace {

using namespace std::chrono_literals;

/// Whether large pages were asked for where that lies: the flag `hg` of its mapping (proc(5), smaps).
bool asked_for_at(const void* address) {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    std::ifstream smaps("/proc/self/smaps");
    bool inside = false;
    for (std::string line; std::getline(smaps, line);) {
        std::istringstream words(line);
        std::uintptr_t begin = 0, end = 0;
        char dash = 0;
        if (words >> std::hex >> begin >> dash >> end && dash == '-') inside = begin <= at && at < end;
        if (inside && line.starts_with("VmFlags:")) return line.contains(" hg");
    }
    return false;
}

TEST(Heap, OnlyALargeOneGetsLargePages) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer brings a heap of its own";
#endif
    if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) GTEST_SKIP() << "this kernel knows no large pages";
    base::FakeClock clock;
    base::TimerWheel wheel(clock.now(), 10ms);
    const Heap heap(wheel, clock);
    std::vector<std::unique_ptr<char[]>> pieces;
    const auto grow_by = [&](std::size_t bytes) {
        constexpr std::size_t kPiece = 1024;
        for (std::size_t n = 0; n < bytes / kPiece; ++n) pieces.push_back(std::make_unique<char[]>(kPiece));
        clock.advance(100ms);
        wheel.run(clock.now());
    };
    grow_by(4U << 20);
    EXPECT_FALSE(asked_for_at(pieces.back().get()));
    grow_by(60U << 20);
    EXPECT_TRUE(asked_for_at(pieces[pieces.size() / 2].get()));
    const void* const in_the_middle = pieces[pieces.size() / 2].get();
    pieces.clear();  // the heap shrinks, and grows again
    grow_by(64U << 20);
    EXPECT_TRUE(asked_for_at(in_the_middle));
}

}  // namespace
}  // namespace server
