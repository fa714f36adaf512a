// tests/base/stopwatch_test.cc: what a histogram counts where.
// SPDX-License-Identifier: Apache-2.0
#include "base/stopwatch.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

TEST(Histogram, CountsEachDurationUnderTheLeastBoundThatHoldsIt) {
    base::Histogram h;
    h.add(100us);
    h.add(101us);
    h.add(250us);
    h.add(5min);
    EXPECT_EQ(h.count(0), 1U);
    EXPECT_EQ(h.count(1), 2U);
    EXPECT_EQ(h.count(base::Histogram::kBounds), 1U);
    EXPECT_EQ(h.total(), 4U);
    EXPECT_EQ(h.sum(), 5min + 451us);
}

TEST(Histogram, TakesAClockThatStoodStillAsNoTimeAtAll) {
    base::Histogram h;
    h.add(0ns);
    h.add(-5ms);
    EXPECT_EQ(h.count(0), 2U);
    EXPECT_EQ(h.sum(), 0ns);
}

TEST(Histogram, AddsUpWithAnother) {
    base::Histogram a, b;
    a.add(1ms);
    b.add(1ms);
    b.add(1s);
    a += b;
    EXPECT_EQ(a.total(), 3U);
    EXPECT_EQ(a.count(3), 2U);
    EXPECT_EQ(a.sum(), 1s + 2ms);
}

TEST(Histogram, NamesTheBoundThatAShareKeepsTo) {
    base::Histogram h;
    EXPECT_EQ(h.quantile(0.99), 0us);
    for (int i = 0; i < 99; ++i) h.add(200us);
    h.add(30s);
    EXPECT_EQ(h.quantile(0.5), 250us);
    EXPECT_EQ(h.quantile(0.99), 250us);
    EXPECT_EQ(h.quantile(1), 60s);
    h.add(10min);
    EXPECT_EQ(h.quantile(1), 60s);  // more than that is not known
}

TEST(Stopwatch, NeverGoesBack) {
    const auto first = base::stopwatch();
    EXPECT_LE(first, base::stopwatch());
}

}  // namespace
