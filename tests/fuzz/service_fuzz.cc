// tests/fuzz/service_fuzz.cc: sequences of acts against presence/service and its model. Two bytes choose the rules;
// after them each choice of the dice takes a byte, or two when there are more than 256 to choose from.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "tests/fuzz/fuzz.h"
#include "tests/presence/duel.h"

namespace {

constexpr int kMostActs = 400;

presence::Settings settings_of(unsigned choice) {
    presence::Settings s = tests::PresenceWorld::defaults();
    if ((choice & 1U) != 0) s.linger = std::chrono::seconds(0);
    if ((choice & 2U) != 0) s.views_per_node = 2;
    return s;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 2) return 0;
    constexpr std::array kLongestPause = {1200, 300, 30, 4};
    std::size_t at = 2;
    const auto next = [&] { return at < size ? static_cast<int>(bytes[at++]) : 0; };
    const auto below = [&next](int n) {
        int choice = next();
        if (n > 256) choice = choice * 256 + next();
        return choice % n;
    };
    tests::Duel duel(below, settings_of(bytes[0]), kLongestPause.at(bytes[1] % kLongestPause.size()));
    const std::string trouble = duel.run(kMostActs, [&] { return at < size; });
    fuzz::must(trouble.empty(), trouble);
    return 0;
}
