// tests/fuzz/bsim_fuzz.cc: people who come and go at BSIMService, write to each other, and poll, or fail to. Each act
// is a byte, and what it chooses from takes a byte each; see tests/doors/bsim_life.h.
// SPDX-License-Identifier: Apache-2.0
#include "tests/doors/bsim_life.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    constexpr int kMostActs = 300;
    std::size_t at = 0;
    const auto next = [&] { return at < size ? bytes[at++] : std::uint8_t{0}; };
    tests::BsimLife life(next, [](bool holds, const std::string& what) { fuzz::must(holds, what); });
    for (int i = 0; i < kMostActs && at < size; ++i) life.act();
    life.end();
    return 0;
}
