// tests/presence/message_times_test.cc: no two messages of a talk at once.
// SPDX-License-Identifier: Apache-2.0
#include "presence/message_times.h"

#include <gtest/gtest.h>

namespace {

using presence::MessageTimes;

constexpr std::int64_t kHour = 3'600'000;

TEST(MessageTimes, AreThoseOfTheClockAndOnePerTalk) {
    MessageTimes times;
    EXPECT_EQ(times.next("a\nb", 1000), 1000);
    EXPECT_EQ(times.next("a\nb", 1000), 1001);
    EXPECT_EQ(times.next("a\nc", 1000), 1000);
    EXPECT_EQ(times.next("a\nb", 1001), 1002);
    EXPECT_EQ(times.next("a\nb", 1500), 1500);
}

TEST(MessageTimes, DoNotFollowAClockThatIsCorrected) {
    MessageTimes times;
    EXPECT_EQ(times.next("a", 2 * kHour), 2 * kHour);
    EXPECT_EQ(times.next("a", 2 * kHour - 5000), 2 * kHour + 1);
    EXPECT_EQ(times.next("b", 2 * kHour - 5000), 2 * kHour);
}

TEST(MessageTimes, FollowAClockThatWasWrong) {
    MessageTimes times;
    EXPECT_EQ(times.next("a", 9 * kHour), 9 * kHour);
    EXPECT_EQ(times.next("a", kHour), kHour);
    EXPECT_EQ(times.next("a", kHour), kHour + 1);
}

TEST(MessageTimes, GoOnBehindThoseOfAnEarlierProcess) {
    MessageTimes times;
    times.taken("a", 5000, 5000);
    times.taken("a", 5007, 5000);
    times.taken("a", 5003, 5000);
    times.taken("b", 4999, 5000);
    EXPECT_EQ(times.next("a", 5000), 5008);
    EXPECT_EQ(times.next("a", 5000), 5009);
    EXPECT_EQ(times.next("b", 5000), 5000);
    EXPECT_EQ(times.next("a", 6000), 6000);
}

TEST(MessageTimes, AreNotGivenAgainByAClockThatIsSetBackFar) {
    MessageTimes times;
    for (const std::int64_t ms : {0, 1, 2, 4}) times.taken("a", 9 * kHour + ms, kHour);
    EXPECT_EQ(times.next("a", kHour), kHour) << "the clock is followed";
    EXPECT_EQ(times.next("b", 9 * kHour), 9 * kHour);
    EXPECT_EQ(times.next("a", 9 * kHour), 9 * kHour + 3);
    EXPECT_EQ(times.next("a", 9 * kHour), 9 * kHour + 5);
    EXPECT_EQ(times.next("a", 2 * kHour), 2 * kHour) << "set back again, while it runs";
    EXPECT_EQ(times.next("a", 9 * kHour + 5), 9 * kHour + 6);
}

}  // namespace
