// tests/doors/abroad_test.cc: people whom other servers hold, as those at our doors see and reach them.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/doors/msnp_world.h"
#include "tests/doors/zimbra_world.h"

namespace doors {
namespace {

using tests::FakeAbroad;
using tests::MsnpClient;
using tests::MsnpWorld;
using tests::ZimbraWorld;
using tests::has;
using Acts = std::vector<std::string>;

const std::string kZoe = "im.b.com/instmsg/aliases/zoe";

/// The server of im.b.com tells one of ours of a change of zoe's.
template <class World>
void told(World& world, const std::string& name, const std::string& state) {
    presence::Caller server;
    server.key = server.url = "im.b.com";
    server.from_server = true;
    presence::PropNotification change{{"http://im.b.com/instmsg/aliases/zoe", "Zoe"}, {{presence::prop_state(), presence::Status(state)}}};
    presence::NotifyRequest request{world.alias(name), std::move(change), presence::AckType::deep_or, 2};
    world.service.notify(server, std::move(request), [](const auto& how) { EXPECT_TRUE(how) << how.error().text; });
    world.finish();
}

/// Zoe writes.
template <class World>
void written(World& world, const std::string& name, const std::string& text) {
    presence::Caller zoe;
    zoe.key = kZoe;
    zoe.url = "http://" + kZoe;
    presence::Message message{{}, {}, text, {presence::MessageKind::text, "", "text/plain", text}};
    world.service.notify(zoe, {world.alias(name), std::move(message), presence::AckType::single_hop, 2},
                         [](const auto& how) { EXPECT_TRUE(how) << how.error().text; });
    world.finish();
}

class AbroadTest : public ::testing::Test {
protected:
    AbroadTest() { world_.service.set_abroad(&abroad_); }
    /// A buddy of alice's, who is signed in.
    std::string with_zoe() {
        const std::string id = world_.sign_in("alice");
        world_.call(id, "AddBuddy", MsnpWorld::account("alice") + MsnpWorld::element("buddyAccount", "zoe@im.b.com"));
        EXPECT_EQ(abroad_.acts, Acts{"alice watches " + kZoe});
        world_.poll(id);
        return id;
    }

    FakeAbroad abroad_;
    MsnpWorld world_;
};

TEST_F(AbroadTest, ABuddyOfAnotherDomainIsWatchedAtHisServerUntilHeIsNone) {
    const std::string id = with_zoe();
    abroad_.tell(kZoe, "busy", "Zoe", world_.clock.now());
    const std::string busy = MsnpWorld::content(world_.poll(id), "OnBuddyStatusChanged");
    EXPECT_TRUE(has(busy, "<Account>zoe@im.b.com</Account><Nickname>Zoe</Nickname>") && has(busy, "BSY")) << busy;
    told(world_, "alice", "away");
    EXPECT_TRUE(has(world_.poll(id), "AWY"));
    abroad_.tell(kZoe, "", "", world_.clock.now() + std::chrono::seconds(1));
    EXPECT_TRUE(has(MsnpWorld::content(world_.poll(id), "OnBuddyStatusChanged"), "HDN")) << "out of sight";
    world_.call(id, "DeleteBuddy", MsnpWorld::account("alice") + MsnpWorld::element("buddyAccount", "zoe@im.b.com"));
    EXPECT_EQ(abroad_.acts.back(), "alice leaves " + kZoe);
}

TEST_F(AbroadTest, WhatHasOvertakenTheAnswerGoesBeforeIt) {
    const std::string id = with_zoe();
    const base::Instant asked = world_.clock.now();
    told(world_, "alice", "away");
    abroad_.tell(kZoe, "online", "Zoe", asked);
    const std::string seen = MsnpWorld::content(world_.poll(id), "OnBuddyStatusChanged");
    EXPECT_TRUE(has(seen, "<Nickname>Zoe</Nickname>") && has(seen, "AWY")) << seen;
}

TEST_F(AbroadTest, WhoSignsOffWatchesNoMore) {
    const std::string id = with_zoe();
    world_.call(id, "LogoutIM", MsnpWorld::account("alice"));
    if (abroad_.acts.size() == 1) world_.pass(std::chrono::hours(1));  // or his session ends
    EXPECT_EQ(abroad_.acts.back(), "alice leaves " + kZoe);
}

TEST_F(AbroadTest, WordsGoToHisServerAndComeFromHim) {
    const std::string id = with_zoe();
    world_.BsimWorld::say(id, "alice", "zoe@im.b.com", "hello");
    ASSERT_EQ(abroad_.sent.size(), 1U);
    EXPECT_EQ(abroad_.sent[0].first, kZoe);
    const presence::Notification& what = abroad_.sent[0].second;
    EXPECT_EQ(what.from_principal, "http://im.example.com/instmsg/aliases/alice");
    EXPECT_EQ(what.hop_count, 2);
    EXPECT_EQ(std::get<presence::Message>(what.payload).to.at(0).at(0).href, "http://im.b.com/instmsg/aliases/zoe");
    EXPECT_FALSE(has(world_.poll(id), "OnError"));
    written(world_, "alice", "good day");
    EXPECT_TRUE(has(world_.poll(id), "zoe@im.b.com"));
    abroad_.outcome = base::fail(base::Errc::precondition, "away");
    world_.BsimWorld::say(id, "alice", "zoe@im.b.com", "are you there?");
    EXPECT_TRUE(has(world_.poll(id), "<OnError><item>The message to zoe@im.b.com was not delivered<"));
    world_.BsimWorld::say(id, "alice", "eve@im.c.com", "hello");
    EXPECT_EQ(abroad_.sent.size(), 2U) << "no server is known of im.c.com";
    EXPECT_TRUE(has(world_.poll(id), "<OnError><item>The message to eve@im.c.com was not delivered<"));
}

TEST_F(AbroadTest, WhoIsHeldElsewhereIsToldWhere) {
    world_.gate.stamps["harry"] = 1;
    const std::string id = world_.sign_in("harry");
    EXPECT_TRUE(has(world_.poll(id), "<OnError><item>Signing in failed: the account is held by the server home1.example.com: sign in there<"));
    MsnpClient client;
    world_.open(client);
    world_.prove(client, "harry", "pw");
    client.take();
    world_.say(client, "BND", 3, "CON\\MSGR", "\r\n<msgr><ver>2</ver></msgr>");
    const auto refused = client.take();
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_NE(refused[0].command, "BND");
}

TEST_F(AbroadTest, OneOfOursWhoIsHeldElsewhereIsWatchedAndWrittenToThere) {
    const std::string id = world_.sign_in("alice");
    world_.call(id, "AddBuddy", MsnpWorld::account("alice") + MsnpWorld::element("buddyAccount", "harry@example.com"));
    EXPECT_EQ(abroad_.acts, Acts{"alice watches /instmsg/aliases/harry"});
    EXPECT_EQ(world_.service.nodes().find("/instmsg/aliases/harry"), nullptr) << "and no node of his is made here";
    abroad_.tell("/instmsg/aliases/harry", "online", "harry", world_.clock.now());
    EXPECT_TRUE(has(world_.poll(id), "NLN"));
    world_.BsimWorld::say(id, "alice", "harry@example.com", "hello");
    ASSERT_EQ(abroad_.sent.size(), 1U);
    EXPECT_EQ(abroad_.sent[0].first, "/instmsg/aliases/harry");
}

TEST_F(AbroadTest, OverMsnpHeHasAnAddressOfMail) {
    MsnpClient client;
    world_.sign_on(client, "alice");
    world_.say(client, "PUT", 90, "MSGR\\CONTACTS", "\r\n<ml><d n=\"im.b.com\"><c n=\"zoe\" t=\"1\"><s l=\"3\" n=\"IM\"/></c></d></ml>");
    world_.say(client, "PUT", 91, "MSGR\\SUBSCRIPTIONS", "\r\n<subscribe><presence><buddies><all/></buddies></presence></subscribe>");
    EXPECT_EQ(abroad_.acts, Acts{"alice watches " + kZoe});
    client.take();
    abroad_.tell(kZoe, "online", "Zoe", world_.clock.now());
    world_.finish();
    const auto seen = client.take();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_TRUE(has(seen[0].payload, "From: 1:zoe@im.b.com") && has(seen[0].payload, "<Status>NLN</Status>")) << seen[0].payload;
    world_.say(client, "SDG", 92, "MSGR", "Routing: 1.0\r\nTo: 1:zoe@im.b.com\r\n\r\nReliability: 1.0\r\n\r\nMessaging: 2.0\r\nMessage-Type: Text\r\n\r\nhello");
    ASSERT_EQ(abroad_.sent.size(), 1U);
    EXPECT_EQ(abroad_.sent[0].first, kZoe);
    client.take();
    written(world_, "alice", "good day");
    const auto words = client.take();
    ASSERT_EQ(words.size(), 1U);
    EXPECT_TRUE(has(words[0].payload, "From: 1:zoe@im.b.com") && has(words[0].payload, "good day")) << words[0].payload;
}

TEST(ZimbraAbroad, HisPresenceAndWordsComeAndGo) {
    FakeAbroad abroad;
    ZimbraWorld w;
    w.service.set_abroad(&abroad);
    auto ann = w.on_im("ann");
    w.call(ann, ZimbraWorld::im("Subscribe", R"(addr="zoe@im.b.com" op="add")"));
    EXPECT_EQ(abroad.acts, Acts{"ann watches " + kZoe});
    abroad.tell(kZoe, "busy", "Zoe", w.clock.now());
    w.finish();
    EXPECT_TRUE(has(w.poll(ann), R"(type="presence" from="zoe@im.b.com" show="DND")")) << ann.news;
    w.call(ann, ZimbraWorld::words(R"(addr="zoe@im.b.com")", "hi"));
    ASSERT_EQ(abroad.sent.size(), 1U);
    EXPECT_FALSE(has(w.poll(ann), "error=")) << ann.news;
    written(w, "ann", "good day");
    EXPECT_TRUE(has(w.poll(ann), "good day")) << ann.news;
    w.service.set_abroad(nullptr);
}

}  // namespace
}  // namespace doors
