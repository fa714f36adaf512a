// tests/server/nonces_test.cc: nonces are ours, fresh, and good for each count once; strangers cost no memory.
// SPDX-License-Identifier: Apache-2.0
#include "server/nonces.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace {

using server::Nonces;

TEST(Nonces, EachCountIsGoodOnceInWhateverOrderItComes) {
    base::FakeClock clock;
    Nonces nonces(clock);
    const std::string nonce = nonces.fresh();
    for (const std::uint32_t count : {1U, 2U, 5U, 3U, 64U, 4U, 65U, 70U, 0xffffffffU}) {
        EXPECT_TRUE(nonces.use(nonce, count)) << count;
        EXPECT_FALSE(nonces.use(nonce, count)) << count;
    }
    // Too far behind to tell.
    EXPECT_FALSE(nonces.use(nonce, 6));
    EXPECT_FALSE(nonces.use(nonce, 0));
}

TEST(Nonces, WhatIsNotOursIsNoNonce) {
    base::FakeClock clock;
    Nonces nonces(clock);
    const std::string nonce = nonces.fresh();
    EXPECT_EQ(nonce.size(), 64U);
    EXPECT_FALSE(Nonces(clock).use(nonce, 1)) << "of another daemon, or of the one before the restart";
    for (std::size_t i = 0; i < nonce.size(); ++i) {
        std::string forged = nonce;
        forged[i] = forged[i] == '0' ? '1' : '0';
        EXPECT_FALSE(nonces.use(forged, 1)) << i;
    }
    EXPECT_FALSE(nonces.use("", 1));
    EXPECT_FALSE(nonces.use(nonce + "0", 1));
    EXPECT_EQ(nonces.remembered(), 0U);
    EXPECT_TRUE(nonces.use(nonce, 1));
}

TEST(Nonces, AllAreDifferent) {
    base::FakeClock clock;
    Nonces nonces(clock);
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(nonces.fresh()).second);
}

TEST(Nonces, OneLivesForAnHour) {
    base::FakeClock clock;
    Nonces nonces(clock);
    const std::string used = nonces.fresh();
    const std::string unused = nonces.fresh();
    EXPECT_TRUE(nonces.use(used, 1));
    clock.advance(Nonces::kLife);
    EXPECT_TRUE(nonces.use(used, 2));
    clock.advance(std::chrono::milliseconds(1));
    EXPECT_FALSE(nonces.use(used, 3));
    EXPECT_FALSE(nonces.use(unused, 1));
    EXPECT_TRUE(nonces.use(nonces.fresh(), 1));
    EXPECT_EQ(nonces.remembered(), 1U) << "what is too old is forgotten";
}

TEST(Nonces, GivingThemOutCostsNoMemoryAndTheUsedOnesAreBounded) {
    base::FakeClock clock;
    Nonces nonces(clock, 3);
    std::vector<std::string> all;
    for (int i = 0; i < 6; ++i) all.push_back(nonces.fresh());
    EXPECT_EQ(nonces.remembered(), 0U);
    for (const int i : {1, 2, 3, 4}) EXPECT_TRUE(nonces.use(all[static_cast<std::size_t>(i)], 1)) << i;
    EXPECT_EQ(nonces.remembered(), 3U);
    EXPECT_FALSE(nonces.use(all[1], 1)) << "forgotten, so that nobody knows whether it was used";
    EXPECT_FALSE(nonces.use(all[0], 1)) << "never used, but older than one that was forgotten";
    EXPECT_FALSE(nonces.use(all[2], 1));
    EXPECT_TRUE(nonces.use(all[2], 2));
    EXPECT_TRUE(nonces.use(all[5], 1));
}

}  // namespace
