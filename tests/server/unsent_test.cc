// tests/server/unsent_test.cc: what a peer has not taken yet, and what that occupies.
// SPDX-License-Identifier: Apache-2.0
#include "server/unsent.h"

#include <gtest/gtest.h>

namespace server {
namespace {

TEST(Unsent, IsWhatWasAddedAndNotTaken) {
    Unsent unsent;
    EXPECT_TRUE(unsent.empty());
    unsent.add("abc");
    unsent.add("def");
    unsent.taken(2);
    EXPECT_EQ(unsent.rest(), "cdef");
    unsent.add("g");
    EXPECT_EQ(unsent.size(), 5U);
    unsent.taken(5);
    EXPECT_TRUE(unsent.empty());
    unsent.add("h");
    EXPECT_EQ(unsent.rest(), "h");
}

TEST(Unsent, GivesBackWhatAPeerHasTakenWhoNeverTakesAll) {
    Unsent unsent;
    const std::string packet(50'000, 'x');
    unsent.add("y");
    for (int i = 0; i < 1000; ++i) {
        unsent.add(packet);
        unsent.taken(packet.size());
        ASSERT_EQ(unsent.size(), 1U);
    }
    EXPECT_LT(unsent.bytes(), 1U << 19);
    unsent.add(std::string(5'000'000, 'z'));
    unsent.taken(4'999'000);
    EXPECT_LT(unsent.bytes(), 2000U);
    EXPECT_EQ(unsent.rest(), std::string(1001, 'z'));
}

TEST(Unsent, HoldsNothingOnceAllIsTaken) {
    Unsent unsent;
    unsent.add(std::string(100'000, 'x'));
    unsent.taken(99'999);
    unsent.taken(1);
    EXPECT_EQ(unsent.bytes(), std::string().capacity());
}

}  // namespace
}  // namespace server
