// tests/server/http_door_exchange_test.cc: what the bodies of a door hold together.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_exchange.h"

#include <gtest/gtest.h>

#include <string>

#include "server/http_door_limits.h"

namespace server {
namespace {

DoorLimits limits() {
    DoorLimits l;
    l.body_bytes = 2000;
    l.drain_bytes = 3000;
    l.bodies_bytes = 2500;
    return l;
}

TEST(Exchanges, WhatIsCrowdedOutKeepsNoMemory) {
    Exchanges exchanges;
    Exchange first, second;
    first.announced = second.announced = 1500;
    EXPECT_TRUE(exchanges.take_body(first, std::string(1500, 'a'), limits()));
    EXPECT_TRUE(exchanges.take_body(second, std::string(900, 'b'), limits()));
    EXPECT_EQ(exchanges.held(), 2400U);
    EXPECT_TRUE(exchanges.take_body(second, std::string(600, 'b'), limits()));
    EXPECT_TRUE(second.crowded_out);
    EXPECT_LT(second.request.body.capacity(), 100U);
    EXPECT_EQ(exchanges.held(), 1500U);
    exchanges.let_go(first);
    EXPECT_EQ(exchanges.held(), 0U);
}

TEST(Exchanges, ABodyOverItsLimitIsReadToAnEndButNotKept) {
    Exchanges exchanges;
    Exchange e;
    e.announced = 1'000'000'000'000;
    EXPECT_TRUE(exchanges.take_body(e, std::string(1900, 'a'), limits()));
    EXPECT_LE(e.request.body.capacity(), 2000U);
    EXPECT_TRUE(exchanges.take_body(e, std::string(1000, 'a'), limits()));
    EXPECT_EQ(e.request.body.size(), 1900U);
    EXPECT_FALSE(exchanges.take_body(e, std::string(200, 'a'), limits())) << "the connection is cut";
}

}  // namespace
}  // namespace server
