// tests/server/request_ids_test.cc: no two requests are called the same.
// SPDX-License-Identifier: Apache-2.0
#include "server/request_ids.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

TEST(RequestIds, TheNextRunGoesOnAboveThisOne) {
    const base::WallTime start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + 10h;
    server::RequestIds first(start);
    const std::uint64_t id = first.next();
    EXPECT_EQ(first.next(), id + 1);
    server::RequestIds second(start + 1s);
    EXPECT_GT(second.next(), id + 16'000'000) << "that many would have had to come within the second";
    server::RequestIds lost(base::WallTime(0ms));  // a calendar that was never set
    EXPECT_EQ(lost.next(), 1U);
}

TEST(RequestIds, AreShortInTheLog) {
    server::RequestIds ids(std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + 10h);
    EXPECT_EQ(server::request_name(ids.next()), "d0016a0000001");
    EXPECT_EQ(server::request_name(0), "-");
}

}  // namespace
