// tests/presence/model_test.cc: random acts against presence::Service and against its model; they must agree.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3, 4, 12
#include "tests/presence/model.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/presence/duel.h"

namespace {

using tests::PresenceWorld;

void duel(std::uint32_t seed, const presence::Settings& settings, int longest_pause, int acts) {
    const auto below = [random = std::mt19937(seed)](int n) mutable {
        return static_cast<int>(random() % static_cast<std::uint32_t>(n));
    };
    EXPECT_EQ(tests::Duel(below, settings, longest_pause).run(acts), "") << "seed " << seed;
}

}  // namespace

// 100,000 acts in all.
TEST(AgainstTheModel, EverydayLifeAgrees) {
    for (std::uint32_t seed = 1; seed <= 5; ++seed) duel(seed, PresenceWorld::defaults(), 1200, 10'000);
}

TEST(AgainstTheModel, AHecticMinuteAgrees) {
    for (std::uint32_t seed = 101; seed <= 102; ++seed) duel(seed, PresenceWorld::defaults(), 4, 10'000);
}

TEST(AgainstTheModel, FewViewsAndNoLingerAgree) {
    auto settings = PresenceWorld::defaults();
    settings.linger = std::chrono::seconds(0);
    settings.views_per_node = 2;
    for (std::uint32_t seed = 201; seed <= 202; ++seed) duel(seed, settings, 300, 7'500);
}

TEST(AgainstTheModel, TheFirstActsInAWorldAgree) {
    for (std::uint32_t seed = 301; seed <= 600; ++seed) duel(seed, PresenceWorld::defaults(), 30, 50);
}
