// tests/server/door_limits_test.cc: how many connections a listener may have, and how many requests an address.
// SPDX-License-Identifier: Apache-2.0
#include "server/door_limits.h"

#include <gtest/gtest.h>

#include "server/request_rate.h"

namespace server {
namespace {

using namespace std::chrono_literals;

unsigned connections(std::int64_t asked, std::size_t listeners, std::size_t descriptors) {
    Config config = parse_config("", "config").value();
    config.limit_connections = asked;
    return make_door_limits(config, listeners, descriptors).connections;
}

TEST(DoorLimits, LeaveAQuarterOfTheDescriptorsToOthers) {
    EXPECT_EQ(connections(20000, 1, 1048576), 20000U);
    EXPECT_EQ(connections(20000, 1, 1024), 768U);
    EXPECT_EQ(connections(20000, 3, 1024), 256U);
    EXPECT_EQ(connections(100, 3, 1024), 100U);
    EXPECT_EQ(connections(20000, 8, 8), 1U);
}

base::IpAddress address(const char* text) { return base::IpAddress::parse(text).value(); }

TEST(RequestRate, IsCountedForEachAddressAndSecond) {
    RequestRate rate;
    const base::Instant start{10s};
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(rate.admits(address("10.0.0.1"), start + i * 100ms, 3));
    EXPECT_FALSE(rate.admits(address("10.0.0.1"), start + 999ms, 3));
    EXPECT_TRUE(rate.admits(address("10.0.0.2"), start + 999ms, 3));
    EXPECT_TRUE(rate.admits(address("10.0.0.1"), start + 1000ms, 3));
}

TEST(RequestRate, TakesASubnetOfIpv6ForOneAddress) {
    RequestRate rate;
    const base::Instant start{10s};
    EXPECT_TRUE(rate.admits(address("2001:db8:0:1::1"), start, 2));
    EXPECT_TRUE(rate.admits(address("2001:db8:0:1:ffff::2"), start, 2));
    EXPECT_FALSE(rate.admits(address("2001:db8:0:1::3"), start, 2));
    EXPECT_TRUE(rate.admits(address("2001:db8:0:2::1"), start, 2));
}

TEST(RequestRate, HasNoBoundAtZero) {
    RequestRate rate;
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(rate.admits(address("10.0.0.1"), base::Instant{10s}, 0));
}

}  // namespace
}  // namespace server
