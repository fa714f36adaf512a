// tests/presence/callback_quota_test.cc: how many call-backs may lead to others' addresses, and how fast.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (caps per target and per principal)
#include <gtest/gtest.h>

#include "tests/fakes.h"

using namespace std::chrono_literals;
using base::Errc;
using presence::NotificationType;
using presence::Settings;
using tests::PresenceWorld;

namespace {

Settings bounded(presence::QuotaBound principal, presence::QuotaBound host) {
    Settings settings = PresenceWorld::defaults();
    settings.call_backs = {principal, host};
    return settings;
}
constexpr presence::QuotaBound kMany{1000, 1000};

// Subscribes `name`, who asks from 10.0.0.1, with a call-back somewhere: to his own node.
base::Result<presence::Subscribed> call_back(PresenceWorld& world, const std::string& name, const std::string& url,
                                             int from = 1) {
    return world.subscribe(world.who(name, from), world.alias(name), NotificationType::notify, url);
}
std::string refused(const base::Result<presence::Subscribed>& made) {
    if (made) return "";
    EXPECT_EQ(made.error().code, Errc::busy);
    return made.error().text;
}

}  // namespace

TEST(CallBackQuota, APrincipalHoldsSoManyAtOthersAddresses) {
    PresenceWorld world(bounded({2, 1000}, kMany));
    const auto first = call_back(world, "eve", "http://10.0.0.7:1000");
    ASSERT_TRUE(first);
    ASSERT_TRUE(call_back(world, "eve", "http://10.0.0.8:1000/a"));
    EXPECT_EQ(refused(call_back(world, "eve", "http://10.0.0.8:1000/b")),
              "Call-Back: http://im.example.com/instmsg/aliases/eve at others' addresses has as many as may be "
              "(limits.foreign_call_backs)");
    // The same again is none more; his own address and our nodes do not count; others have quotas of their own.
    EXPECT_TRUE(call_back(world, "eve", "http://10.0.0.7:1000"));
    EXPECT_TRUE(call_back(world, "eve", PresenceWorld::url(1)));
    EXPECT_TRUE(call_back(world, "eve", "http://im.example.com/instmsg/aliases/eve"));
    EXPECT_TRUE(call_back(world, "bob", "http://10.0.0.8:1000/b"));
}

TEST(CallBackQuota, WhatEndsIsGivenBack) {
    PresenceWorld world(bounded({1, 1000}, {1, 1000}));
    const auto held = call_back(world, "eve", "http://10.0.0.7:1000");
    ASSERT_TRUE(held);
    EXPECT_NE(refused(call_back(world, "eve", "http://10.0.0.8:1000")), "");
    EXPECT_NE(refused(call_back(world, "bob", "http://10.0.0.7:1000")), "");
    ASSERT_TRUE(world.unsubscribe(world.who("eve"), held->id));
    EXPECT_TRUE(call_back(world, "eve", "http://10.0.0.8:1000"));
    EXPECT_TRUE(call_back(world, "bob", "http://10.0.0.7:1000"));
}

TEST(CallBackQuota, AHostIsCalledBackForSoMany) {
    PresenceWorld world(bounded(kMany, {3, 1000}));
    for (const char* url : {"http://10.0.0.7:1000", "http://10.7:1000", "http://0x0a000007:2000/x"}) {
        ASSERT_TRUE(call_back(world, "eve", url)) << url;
    }
    for (const char* url : {"http://10.0.0.7:3000", "http://167772167:3000", "http://[::ffff:10.0.0.7]:3000"}) {
        EXPECT_EQ(refused(call_back(world, "bob", url)),
                  "Call-Back: the host 10.0.0.7 has as many as may be (limits.call_backs_per_host)")
            << url;
    }
    EXPECT_TRUE(call_back(world, "carol", "http://10.0.0.7:3000", 7)) << "he asks from there";
    for (const char* url : {"http://pc.example.org:1", "http://PC.example.org:2", "http://pc.example.org.:3"}) {
        ASSERT_TRUE(call_back(world, "eve", url)) << url;
    }
    EXPECT_NE(refused(call_back(world, "eve", "http://pc.example.org:4")), "");
    EXPECT_TRUE(call_back(world, "eve", "http://pc2.example.org:4"));
}

TEST(CallBackQuota, SoManyAreNewInAMinute) {
    PresenceWorld world(bounded({1000, 2}, {1000, 3}));
    const auto url = [](int host, int port) { return "http://10.0.1." + std::to_string(host) + ":" + std::to_string(port); };
    const auto first = call_back(world, "eve", url(1, 1));
    ASSERT_TRUE(first);
    ASSERT_TRUE(call_back(world, "eve", url(1, 2)));
    EXPECT_EQ(refused(call_back(world, "eve", url(2, 3))),
              "Call-Back: http://im.example.com/instmsg/aliases/eve at others' addresses has as many new ones as may be "
              "in a minute (limits.new_foreign_call_backs)");
    ASSERT_TRUE(call_back(world, "bob", url(1, 1)));
    EXPECT_EQ(refused(call_back(world, "bob", url(1, 2))),
              "Call-Back: the host 10.0.1.1 has as many new ones as may be in a minute (limits.new_call_backs_per_host)");
    ASSERT_TRUE(world.unsubscribe(world.who("eve"), first->id));
    EXPECT_NE(refused(call_back(world, "eve", url(2, 3))), "") << "to come and go is no way round";
    world.pass(60s);
    EXPECT_TRUE(call_back(world, "eve", url(2, 3)));
    EXPECT_TRUE(call_back(world, "bob", url(1, 2)));
}
