// tests/presence/service_request_test.cc: every delivery bears the id of the request, or of the act, that caused it.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "presence/message_record.h"
#include "tests/fake_journal.h"
#include "tests/fakes.h"

using namespace std::chrono_literals;
using presence::Caller;
using presence::Right;
using tests::PresenceWorld;

namespace {

using Ids = std::vector<std::uint64_t>;

// bob is logged on at 10.0.0.2, and carol, at 10.0.0.3, watches him.
struct Watched {
    Watched() {
        bobs = world.login("bob", 2)->id;
        EXPECT_TRUE(world.login("carol", 3));
        carols = world.watch("carol", "bob", 60)->id;
        EXPECT_TRUE(world.patch(asking("bob", 2, 0), "bob", "busy"));
        ids();
    }
    Caller asking(const std::string& name, int host, std::uint64_t request) {
        Caller caller = world.who(name, host, 7);
        caller.request = request;
        return caller;
    }
    /// The ids of what was sent since the last call.
    Ids ids() {
        Ids found;
        for (const auto& sent : world.carrier.take()) found.push_back(sent.what().request);
        return found;
    }
    PresenceWorld world;
    presence::SubscriptionId bobs{}, carols{};
};

TEST(RequestIds, OfAChangeOfState) {
    Watched w;
    ASSERT_TRUE(w.world.patch(w.asking("bob", 2, 11), "bob", "away"));
    EXPECT_EQ(w.ids(), Ids{11});
}

TEST(RequestIds, OfTheUnsubscribeThatEndsALogOn) {
    Watched w;
    ASSERT_TRUE(w.world.unsubscribe(w.asking("bob", 2, 12), w.bobs));
    EXPECT_EQ(w.ids(), Ids{12});
}

TEST(RequestIds, OfTheRenewalThatRevives) {
    Watched w;
    w.world.pass(61s);
    ASSERT_TRUE(w.world.patch(w.asking("bob", 2, 13), "bob", "away"));
    EXPECT_EQ(w.ids(), Ids{}) << "her subscription has expired";
    ASSERT_TRUE(w.world.renew(w.asking("carol", 3, 14), w.carols));
    EXPECT_EQ(w.ids(), Ids{14});
}

TEST(RequestIds, OfTheAclThatHides) {
    Watched w;
    presence::Ace blind;
    blind.deny = {Right::presence};
    w.world.service.merge_acl(w.asking("bob", 2, 15), w.world.alias("bob"), {blind}, [](const auto& merged) { EXPECT_TRUE(merged); });
    EXPECT_EQ(w.ids(), Ids{15});
}

TEST(RequestIds, OfWhatAnAdminDoes) {
    Watched w;
    w.world.service.set_presence("bob", presence::Status("away"), [](const auto& set) { EXPECT_TRUE(set); }, 16);
    EXPECT_EQ(w.ids(), (Ids{16, 16})) << "carol and bob's own log-on";
    ASSERT_TRUE(w.world.service.replay_subscription(w.carols, 17));
    EXPECT_EQ(w.ids(), Ids{17});
    w.world.service.set_presence("bob", presence::Status(), [](const auto& set) { EXPECT_TRUE(set); }, 18);
    EXPECT_EQ(w.ids(), Ids{}) << "away was set last, so it stays while he is there";
    w.world.service.end_subscription(w.bobs, [](const auto& ended) { EXPECT_TRUE(ended); }, 19);
    EXPECT_EQ(w.ids(), Ids{19});
    ASSERT_TRUE(w.world.patch(w.asking("bob", 2, 20), "bob", "online"));
    EXPECT_EQ(w.ids(), Ids{20});
    w.world.service.remove_node("bob", [](const auto& gone) { EXPECT_TRUE(gone); }, 21);
    EXPECT_EQ(w.ids(), Ids{21});
}

TEST(RequestIds, NobodysIsTheEndOfALease) {
    Watched w;
    ASSERT_TRUE(w.world.patch(w.asking("bob", 2, 22), "bob", "away", 10));
    EXPECT_EQ(w.ids(), Ids{22});
    w.world.pass(20s);
    EXPECT_EQ(w.ids(), Ids{0});
}

// What waits for somebody bears the id of the NOTIFY that brought it, also after a restart.
TEST(RequestIds, OfAMessageThatWasKept) {
    presence::Settings settings = PresenceWorld::defaults();
    settings.keep.offline = presence::Offline::store;
    PresenceWorld world;
    tests::FakeJournal journal;
    const auto started = [&] {
        auto service = std::make_unique<presence::Service>(world.realm, settings, world.carrier, journal, world.wheel, world.clock);
        EXPECT_TRUE(service->load());
        return service;
    };
    auto service = started();
    Caller alice = world.who("alice");
    alice.request = 0xd05a3f1000001;
    const presence::Message message{{}, {}, "Content-Type: text/plain\r\n\r\nhello", {presence::MessageKind::text, "{S}", "text/plain", "hello"}};
    service->notify(alice, {world.alias("bob"), message, presence::AckType::deep_or, 1}, [](const auto& how) { EXPECT_TRUE(how); });
    journal.complete_all();
    service.reset();
    service = started();
    service->subscribe(world.who("bob", 2), {world.alias("bob"), presence::NotificationType::notify, PresenceWorld::url(2), {}},
                       [](const auto& made) { EXPECT_TRUE(made); });
    journal.complete_all();
    const auto sent = world.carrier.take();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].what().request, 0xd05a3f1000001U);
    service.reset();
    journal.complete_all();
}

TEST(RequestIds, AreNotInWhatAnEarlierVersionKept) {
    presence::Notification said{presence::Foreign{"<x/>"}, "alice", 2, presence::AckType::deep_or, 7};
    presence::Record record = presence::put_record("/n", "k", presence::to_record(said));
    EXPECT_EQ(presence::read_record<presence::MessageRecord>(record)->request, 7U);
    record.value.resize(record.value.size() - 5);  // before messages had a thread, a subject, markup, a time of their own, and who passes them on
    EXPECT_EQ(presence::read_record<presence::MessageRecord>(record)->request, 7U);
    record.value.pop_back();  // as it ended then
    const auto old = presence::read_record<presence::MessageRecord>(record);
    ASSERT_TRUE(old);
    EXPECT_EQ(presence::from_record(*old).request, 0U);
    record.value.pop_back();
    EXPECT_FALSE(presence::read_record<presence::MessageRecord>(record)) << "what is cut short is broken";
}

}  // namespace
