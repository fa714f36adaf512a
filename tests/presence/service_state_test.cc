// tests/presence/service_state_test.cc: the presence rules of design 3, each as somebody would notice it.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/fakes.h"

using namespace std::chrono_literals;
using presence::NotificationType;
using tests::PresenceWorld;
using Lines = std::vector<std::string>;

namespace {

const std::string kCarolCallBack = PresenceWorld::url(3);

// carol (host 3) is logged on and watches bob.
void carol_watches_bob(PresenceWorld& world) {
    ASSERT_TRUE(world.login("carol", 3));
    ASSERT_TRUE(world.watch("carol", "bob"));
    world.carrier.take();
}

}  // namespace

TEST(State, ALoginAloneMakesNobodyOnline) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.login("bob", 2));
    EXPECT_EQ(world.carrier.take_states(), Lines{});
    EXPECT_EQ(world.seen("carol", "bob"), "offline");
}

TEST(State, AChangeIsToldInOneNotifyAndARefreshTellsNobody) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.login("bob", 2));
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "busy"));
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " busy"}));
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "busy"));
    EXPECT_EQ(world.carrier.take_states(), Lines{});
    EXPECT_EQ(world.service.nodes().find("/instmsg/aliases/bob")->views().size(), 1U);
}

TEST(State, ALeaseThatEndsIsToldAfterLingerAndNotBefore) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online", 2));
    world.carrier.take();
    world.pass(6900ms);
    EXPECT_EQ(world.carrier.take_states(), Lines{});
    EXPECT_EQ(world.seen("carol", "bob"), "online");
    world.pass(600ms);
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " offline"}));
    EXPECT_EQ(world.seen("carol", "bob"), "offline");
}

TEST(State, ALateRefreshWithinLingerTellsNobodyAnything) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online", 2));
    world.carrier.take();
    world.pass(4s);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online", 60));
    world.pass(10s);
    EXPECT_EQ(world.carrier.take_states(), Lines{});
    EXPECT_EQ(world.seen("carol", "bob"), "online");
}

TEST(State, ADefaultValueOtherThanOfflineIsShownWhenTheLeaseEnds) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online", 2, {}, "away"));
    world.carrier.take();
    world.pass(2250ms);
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " away"}));
    world.pass(1h);
    EXPECT_EQ(world.seen("carol", "bob"), "away");
}

TEST(State, AnExplicitOfflineIsToldAtOnce) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online"));
    world.carrier.take();
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "offline"));
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " offline"}));
}

TEST(State, OfflineForNoLiveViewChangesNothing) {
    PresenceWorld world;
    carol_watches_bob(world);
    const auto granted = world.patch(world.who("bob", 2), "bob", "offline");
    ASSERT_TRUE(granted);
    EXPECT_NE(granted->view, presence::ViewId{});
    EXPECT_EQ(world.carrier.take_states(), Lines{});
    EXPECT_TRUE(world.service.nodes().find("/instmsg/aliases/bob")->views().empty());
}

TEST(State, TwoLogOnsHaveTheirOwnViewsAndOneGoingLeavesTheOther) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.login("bob", 21));
    ASSERT_TRUE(world.login("bob", 22));
    const auto first = world.patch(world.who("bob", 21), "bob", "online");
    const auto second = world.patch(world.who("bob", 22), "bob", "online");
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->view, second->view);
    world.carrier.take();
    ASSERT_TRUE(world.patch(world.who("bob", 21), "bob", "offline", {}, first->view));
    EXPECT_EQ(world.carrier.take_states(), Lines{});
    EXPECT_EQ(world.seen("carol", "bob"), "online");
    ASSERT_TRUE(world.patch(world.who("bob", 22), "bob", "offline", {}, second->view));
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " offline"}));
}

TEST(State, TwoLogOnsFromOneAddressGetAViewEachWithoutViewIds) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    const auto first = world.patch(world.who("bob", 2), "bob", "online");
    ASSERT_TRUE(world.login("bob", 2));
    const auto second = world.patch(world.who("bob", 2), "bob", "busy");
    const auto refresh = world.patch(world.who("bob", 2), "bob", "busy");
    EXPECT_NE(first->view, second->view);
    EXPECT_EQ(refresh->view, second->view);
}

TEST(State, APatchOnTheSameConnectionStaysWithItsView) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    const auto first = world.patch(world.who("bob", 2, 7), "bob", "online");
    ASSERT_TRUE(world.login("bob", 2));
    const auto again = world.patch(world.who("bob", 2, 7), "bob", "away");
    EXPECT_EQ(first->view, again->view);
}

TEST(State, IdleIsOfOneViewAndShownWhenAllAreIdle) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.login("bob", 21));
    ASSERT_TRUE(world.login("bob", 22));
    ASSERT_TRUE(world.patch(world.who("bob", 21), "bob", "busy"));
    ASSERT_TRUE(world.patch(world.who("bob", 22), "bob", "busy"));
    world.carrier.take();
    ASSERT_TRUE(world.patch(world.who("bob", 21), "bob", "idle"));
    EXPECT_EQ(world.carrier.take_states(), Lines{});
    ASSERT_TRUE(world.patch(world.who("bob", 22), "bob", "idle"));
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " idle"}));
    ASSERT_TRUE(world.patch(world.who("bob", 21), "bob", "busy"));
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " busy"}));
}

TEST(State, AChangeOfStatusIsToldToTheOtherLogOns) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 21));
    ASSERT_TRUE(world.login("bob", 22));
    ASSERT_TRUE(world.patch(world.who("bob", 21), "bob", "busy"));
    EXPECT_EQ(world.carrier.take_states(), (Lines{PresenceWorld::url(22) + " busy"}));
    ASSERT_TRUE(world.patch(world.who("bob", 21), "bob", "busy"));
    EXPECT_EQ(world.carrier.take_states(), Lines{});
}

TEST(State, WhoWatchesHimselfIsToldOncePerCallBack) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 21));
    ASSERT_TRUE(world.login("bob", 22));
    ASSERT_TRUE(world.watch("bob", "bob"));
    ASSERT_TRUE(world.watch("bob", "bob"));
    ASSERT_TRUE(world.patch(world.who("bob", 21), "bob", "busy"));
    EXPECT_EQ(world.carrier.take_states(),
              (Lines{PresenceWorld::url(21) + " busy", PresenceWorld::url(22) + " busy"}));
}

TEST(State, InvisibleIsOfflineToOthersAndItselfToTheOwner) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.login("bob", 2));
    ASSERT_TRUE(world.watch("bob", "bob"));
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online"));
    world.carrier.take();
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "invisible"));
    EXPECT_EQ(world.carrier.take_states(),
              (Lines{kCarolCallBack + " offline", PresenceWorld::url(2) + " invisible"}));
    EXPECT_EQ(world.seen("carol", "bob"), "offline");
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "offline"));
    EXPECT_EQ(world.carrier.take_states(), (Lines{PresenceWorld::url(2) + " offline"}));
}

TEST(State, AnUnknownStatusIsKeptAndToldAsOnline) {
    PresenceWorld world;
    carol_watches_bob(world);
    const auto granted = world.patch(world.who("bob", 2), "bob", "gone-fishing");
    EXPECT_EQ(granted->value.name(), "gone-fishing");
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " online"}));
}

TEST(State, AViewEndsWithItsLoginAndIsToldAtOnceOnUnsubscribe) {
    PresenceWorld world;
    carol_watches_bob(world);
    const auto login = world.login("bob", 2);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online"));
    world.carrier.take();
    ASSERT_TRUE(world.unsubscribe(world.who("bob", 2), login->id));
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " offline"}));
}

TEST(State, AViewEndsWhenItsLoginExpires) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.login("bob", 2, 60));
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online", 1200));
    world.carrier.take();
    world.pass(66s);
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " offline"}));
}

TEST(State, ARefusedCallBackEndsTheViewAfterLingerAndCutsTheLogin) {
    PresenceWorld world;
    carol_watches_bob(world);
    const auto login = world.login("bob", 2);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online"));
    world.carrier.take();
    world.service.settled(presence::TargetId(1), login->id, {}, presence::Fate::refused);
    EXPECT_EQ(world.carrier.take_states(), Lines{});
    world.pass(5500ms);
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " offline"}));
    const auto* node = world.service.nodes().find("/instmsg/aliases/bob");
    ASSERT_EQ(std::distance(node->sinks.begin(), node->sinks.end()), 1);
    world.pass(60s);
    EXPECT_TRUE(node->sinks.empty());
}

TEST(State, AnAnswerOf500NeverMeansGone) {
    PresenceWorld world;
    const auto login = world.login("bob", 2);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online"));
    world.service.settled(presence::TargetId(0), login->id, {}, presence::Fate::rejected);
    world.pass(10s);
    EXPECT_EQ(world.seen("carol", "bob"), "online");
}

TEST(State, TighteningTheAclBlindsAtOnceAndLooseningShowsTheTruth) {
    PresenceWorld world;
    carol_watches_bob(world);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "busy"));
    world.carrier.take();
    presence::Ace ace;
    ace.key = world.who("carol").key;
    ace.deny = {presence::Right::presence};
    const auto set = [&](const presence::Ace& change) {
        world.service.merge_acl(world.who("bob", 2), world.alias("bob"), {change}, [](auto acl) { EXPECT_TRUE(acl); });
    };
    set(ace);
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " offline"}));
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "away"));
    EXPECT_EQ(world.carrier.take_states(), Lines{});
    std::swap(ace.grant, ace.deny);
    set(ace);
    EXPECT_EQ(world.carrier.take_states(), (Lines{kCarolCallBack + " away"}));
}

TEST(State, WhoIsOnlineIsCountedAsOthersSeeIt) {
    PresenceWorld world;
    const auto online = [&] { return world.service.tally().online; };
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online", 60));
    ASSERT_TRUE(world.patch(world.who("carol", 3), "carol", "busy"));
    EXPECT_EQ(online(), 2U);
    ASSERT_TRUE(world.patch(world.who("carol", 3), "carol", "invisible"));
    EXPECT_EQ(online(), 1U);
    world.pass(60s + 4s);  // still shown while it lingers
    EXPECT_EQ(online(), 1U);
    world.pass(2s);
    EXPECT_EQ(online(), 0U);
    EXPECT_EQ(world.service.tally().views_due, 1U);
    ASSERT_TRUE(world.patch(world.who("carol", 3), "carol", "away"));
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online"));
    EXPECT_EQ(online(), 2U);
    Lines latest;
    world.service.for_online(1, [&](const presence::Node& node) { latest.push_back(node.path()); });
    EXPECT_EQ(latest, Lines{"/instmsg/aliases/bob"});
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "offline"));
    world.service.remove_node("carol", [](const auto& gone) { EXPECT_TRUE(gone); });
    EXPECT_EQ(online(), 0U);
}
