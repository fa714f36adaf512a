// tests/presence/service_store_test.cc: what a slow, failing or restarted store means to those who ask (design 7).
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

#include "tests/fake_journal.h"
#include "tests/fakes.h"

using namespace std::chrono_literals;
using base::Errc;
using presence::NotificationType;
using tests::FakeJournal;
using tests::PresenceWorld;

namespace {

// A service on a journal that answers when told; `again()` is a restart on what was kept.
struct StoredWorld {
    StoredWorld() { start(); }
    ~StoredWorld() { service.reset(); }

    void start() {
        service = std::make_unique<presence::Service>(world.realm, PresenceWorld::defaults(), world.carrier, journal,
                                                      world.wheel, world.clock);
        ASSERT_TRUE(service->load());
    }
    void again() {
        service.reset();
        start();
    }
    base::Result<presence::Subscribed> subscribe(const std::string& who, const std::string& node, NotificationType type,
                                                 const std::string& callback) {
        auto out = std::make_shared<base::Result<presence::Subscribed>>(base::fail(Errc::internal, "no answer"));
        service->subscribe(world.who(who, 3), {world.alias(node), type, callback, {}}, [out](auto made) { *out = made; });
        last = out;
        return *out;
    }
    base::Result<presence::StateGranted> patch(const std::string& who, const std::string& status) {
        base::Result<presence::StateGranted> out = base::fail(Errc::internal, "no answer");
        presence::StatePatch state{presence::Status(status), {}, {}, {}};
        service->patch(world.who(who, 2), {world.alias(who), {state}}, [&out](auto granted) {
            out = std::get<presence::StateGranted>(granted->front());
        });
        journal.complete_all();
        return out;
    }
    std::string seen(const std::string& watcher, const std::string& presentity) {
        const auto found = service->find(world.who(watcher), world.alias(presentity), std::vector{presence::prop_state()});
        return found ? std::get<presence::Status>(found->props.at(0).value).name() : "";
    }

    PresenceWorld world;
    FakeJournal journal;
    std::shared_ptr<base::Result<presence::Subscribed>> last;
    std::unique_ptr<presence::Service> service;
};

const std::string kCarolUrl = "http://im.example.com/instmsg/aliases/carol";

}  // namespace

TEST(Stored, ASubscriptionIsAnsweredOnlyWhenItIsSafe) {
    StoredWorld s;
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    EXPECT_FALSE(*s.last);
    EXPECT_EQ(s.service->table().size(), 0U);
    s.journal.complete_all();
    ASSERT_TRUE(*s.last);
    EXPECT_EQ(s.service->table().size(), 1U);
}

TEST(Stored, AFailedCommitIsUndoneAndAnsweredNoSpace) {
    StoredWorld s;
    s.journal.fail_with(base::Error{Errc::no_space, "disk full"});
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.complete_all();
    ASSERT_FALSE(*s.last);
    EXPECT_EQ(s.last->error().code, Errc::no_space);
    EXPECT_EQ(s.service->table().size(), 0U);
    EXPECT_EQ(s.service->nodes().size(), 0U);
    s.journal.fail_with({});
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.complete_all();
    EXPECT_TRUE(*s.last);
}

TEST(Stored, StateIsToldAtOnceAndSaysWhenItIsNotDurable) {
    StoredWorld s;
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.complete_all();
    s.subscribe("carol", "bob", NotificationType::propchange, kCarolUrl);
    s.journal.complete_all();
    EXPECT_TRUE(s.patch("bob", "busy")->durable);
    EXPECT_EQ(s.world.carrier.take_states(), std::vector<std::string>{PresenceWorld::url(3) + " busy"});
    s.journal.fail_with(base::Error{Errc::no_space, "disk full"});
    EXPECT_FALSE(s.patch("bob", "away")->durable);
    EXPECT_EQ(s.world.carrier.take_states(), std::vector<std::string>{PresenceWorld::url(3) + " away"});
    EXPECT_EQ(s.seen("carol", "bob"), "away");
}

TEST(Stored, ARestartFindsWhatWasAcknowledgedAndTellsThePresentStateOnce) {
    StoredWorld s;
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.complete_all();
    s.subscribe("carol", "bob", NotificationType::propchange, kCarolUrl);
    s.journal.complete_all();
    const auto id = (*s.last)->id;
    const auto view = s.patch("bob", "busy")->view;
    s.world.carrier.take();
    s.again();
    EXPECT_EQ(s.service->table().size(), 2U);
    EXPECT_EQ(s.seen("carol", "bob"), "busy");
    EXPECT_TRUE(s.service->nodes().find("/instmsg/aliases/bob")->find_view(view));
    s.world.pass(31s);
    EXPECT_EQ(s.world.carrier.take_states(), std::vector<std::string>{PresenceWorld::url(3) + " busy"});
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.complete_all();
    EXPECT_GT((*s.last)->id, id);  // ids are never given twice
}

TEST(Stored, ASubscriptionThatANodesEndOvertookIsNotFoundByAnotherNodeOfItsName) {
    StoredWorld s;
    ASSERT_TRUE(s.patch("bob", "busy"));
    s.subscribe("carol", "bob", NotificationType::propchange, kCarolUrl);
    const auto before = s.last;
    s.service->remove_node("bob", [](const auto& gone) { EXPECT_TRUE(gone); });
    s.subscribe("carol", "bob", NotificationType::propchange, kCarolUrl);
    const auto after = s.last;
    s.journal.complete_all();
    EXPECT_TRUE(*before);
    ASSERT_FALSE(*after);
    EXPECT_EQ(after->error().code, Errc::not_found);
    ASSERT_TRUE(s.patch("bob", "busy"));
    s.again();
    EXPECT_EQ(s.service->table().size(), 0U);
}

TEST(Stored, AnExpiredSubscriptionGoesWithItsNode) {
    StoredWorld s;
    ASSERT_TRUE(s.patch("bob", "busy"));
    s.subscribe("carol", "bob", NotificationType::propchange, kCarolUrl);
    s.journal.complete_all();
    ASSERT_TRUE(*s.last);
    s.world.pass((*s.last)->lifetime + 1s);
    ASSERT_EQ(s.service->table().size(), 1U);
    EXPECT_FALSE(s.service->table().find((*s.last)->id)->active());
    s.service->remove_node("bob", [](const auto& gone) { EXPECT_TRUE(gone); });
    s.journal.complete_all();
    EXPECT_EQ(s.service->table().size(), 0U);
    s.again();
    EXPECT_EQ(s.service->table().size(), 0U);
}

TEST(Stored, AfterARestartTheAdminStillEndsTheStateThatHeSet) {
    StoredWorld s;
    s.subscribe("bob", "bob", NotificationType::notify, PresenceWorld::url(2));
    s.journal.complete_all();
    const auto set = [&s](const presence::Status& status) {
        s.service->set_presence("bob", status, [](const auto& done) { EXPECT_TRUE(done); });
        s.journal.complete_all();
    };
    set(presence::Status("away"));
    s.again();
    EXPECT_EQ(s.seen("carol", "bob"), "away");
    EXPECT_EQ(s.service->explain("bob", "")->views.at(0).source, "admin");
    set(presence::Status("busy"));
    EXPECT_EQ(s.service->explain("bob", "")->views.size(), 1U);
    set(presence::Status());
    EXPECT_EQ(s.seen("carol", "bob"), "offline");
}

TEST(Stored, WhatEndedWhileDownIsGone) {
    StoredWorld s;
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.complete_all();
    s.patch("bob", "busy");
    s.service.reset();
    s.world.clock.advance(std::chrono::hours(5));
    s.world.wheel.run(s.world.clock.now());
    s.start();
    EXPECT_EQ(s.service->table().size(), 0U);
    EXPECT_EQ(s.seen("carol", "bob"), "offline");
}

TEST(Stored, ALeaseKeepsItsWallClockEndOverARestart) {
    StoredWorld s;
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.complete_all();
    const auto id = (*s.last)->id;
    s.world.pass(1000s);
    const auto end = s.service->table().find(id)->lease_end();
    s.again();
    EXPECT_EQ(s.service->table().find(id)->lease_end(), end);
}

TEST(Stored, AnUnsubscribeUnderWayCannotBeRenewed) {
    StoredWorld s;
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.complete_all();
    const auto id = (*s.last)->id;
    base::Result<void> ended = base::fail(Errc::internal, "no answer");
    s.service->unsubscribe(s.world.who("carol", 3), id, [&ended](auto result) { ended = result; });
    base::Result<presence::Subscribed> renewed;
    s.service->renew(s.world.who("carol", 3), id, {}, [&renewed](auto result) { renewed = result; });
    EXPECT_EQ(renewed.error().code, Errc::precondition);
    s.journal.complete_all();
    EXPECT_TRUE(ended);
    s.again();
    EXPECT_EQ(s.service->table().size(), 0U);
}

TEST(Stored, TwoAclChangesAtOnceBothStand) {
    StoredWorld s;
    s.patch("bob", "online");
    for (const std::string name : {"carol", "dave"}) {
        presence::Ace ace;
        ace.key = "/instmsg/aliases/" + name;
        ace.deny = {presence::Right::presence};
        s.service->merge_acl(s.world.who("bob", 2), s.world.alias("bob"), {ace}, [](auto) {});
    }
    s.journal.complete_all();
    s.again();
    const auto* bob = s.service->nodes().find("/instmsg/aliases/bob");
    EXPECT_FALSE(bob->may("/instmsg/aliases/carol", presence::Proof::assertion, presence::Right::presence));
    EXPECT_FALSE(bob->may("/instmsg/aliases/dave", presence::Proof::assertion, presence::Right::presence));
    EXPECT_TRUE(bob->may("/instmsg/aliases/eve", presence::Proof::assertion, presence::Right::presence));
}

TEST(Stored, AnIdIsReservedByEveryBatchUntilOneOfThemIsSafe) {
    StoredWorld s;
    s.subscribe("bob", "bob", NotificationType::notify, PresenceWorld::url(3));
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.fail_next(1);
    s.journal.complete_all();
    ASSERT_TRUE(*s.last);
    const auto told = (*s.last)->id;
    base::Result<void> ended = base::fail(Errc::internal, "no answer");
    s.service->unsubscribe(s.world.who("carol", 3), told, [&ended](auto result) { ended = result; });
    s.journal.complete_all();
    ASSERT_TRUE(ended);
    s.again();
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.complete_all();
    EXPECT_GT((*s.last)->id, told);
}

TEST(Stored, WhatEndedWhileDownIsErasedFromTheStoreToo) {
    StoredWorld s;
    s.subscribe("carol", "carol", NotificationType::notify, PresenceWorld::url(3));
    s.journal.complete_all();
    s.patch("carol", "busy");
    s.service.reset();
    s.world.clock.advance(std::chrono::hours(5));
    s.world.wheel.run(s.world.clock.now());
    s.start();
    s.world.pass(1s);
    s.journal.complete_all();
    const auto kept = [&s](char kind) {
        return std::ranges::count_if(s.journal.records, [kind](const auto& r) { return std::get<char>(r.first) == kind; });
    };
    EXPECT_EQ(kept('s'), 0);
    EXPECT_EQ(kept('v'), 0);
    EXPECT_EQ(kept('n'), 1);
}

TEST(Stored, ManySubscriptionsOfManyWatchersComeBackEachWithItsOwnCallBack) {
    StoredWorld s;
    constexpr int kWatchers = 50, kNodes = 3;
    std::map<presence::SubscriptionId, std::string> made;
    for (int node = 0; node < kNodes; ++node) {
        for (int n = 0; n < kWatchers; ++n) {
            const std::string who = "watcher" + std::to_string(n);
            s.subscribe(who, "node" + std::to_string(node), NotificationType::propchange,
                        "http://im.example.com/instmsg/aliases/" + who);
            s.journal.complete_all();
            ASSERT_TRUE(*s.last) << s.last->error().text;
            made[(*s.last)->id] = who + " of node" + std::to_string(node);
        }
    }
    s.again();
    std::map<presence::SubscriptionId, std::string> found;
    s.service->table().for_each([&](const presence::Subscription& sub) {
        const std::string& url = sub.callback()->url();
        EXPECT_EQ(sub.watcher()->key(), url.substr(url.find("/instmsg")));
        EXPECT_EQ(sub.watcher().get(), &sub.callback()->watcher());
        const std::string& node = sub.node().key();
        found[sub.id()] = url.substr(url.rfind('/') + 1) + " of " + node.substr(node.rfind('/') + 1);
    });
    EXPECT_EQ(found, made);
}

TEST(Stored, ALogOnThatEndsWhileAPatchWaitsForTheStoreLeavesNoView) {
    for (const bool ends : {true, false}) {
        StoredWorld s;
        std::optional<presence::SubscriptionId> login;
        std::chrono::seconds lease{};
        s.service->subscribe(s.world.who("bob", 2), {s.world.alias("bob"), NotificationType::notify, PresenceWorld::url(2), 60s},
                             [&](auto made) { login = made->id, lease = made->lifetime; });
        s.journal.complete_all();
        ASSERT_TRUE(login);
        std::optional<base::Result<std::vector<presence::Granted>>> answer;
        const presence::StatePatch state{presence::Status("online"), {}, {}, {}, login};
        const presence::PropPatch prop{presence::prop_show(), presence::Text{"chat"}, {}, {}};
        s.service->patch(s.world.who("bob", 2), {s.world.alias("bob"), {prop, state}}, [&](auto granted) { answer = std::move(granted); });
        ASSERT_FALSE(answer);
        if (ends) s.world.pass(lease + 1s);
        s.journal.complete_all();
        ASSERT_TRUE(answer && *answer);
        EXPECT_NE(std::get<presence::StateGranted>((*answer)->at(1)).view, presence::ViewId{});
        const presence::Node* bob = s.service->nodes().find(s.world.alias("bob").key);
        EXPECT_EQ(bob->views().size(), ends ? 0U : 1U);
        EXPECT_EQ(bob->told.name(), ends ? "offline" : "online");
    }
}

TEST(Stored, WhomANodeCountsForComesBackToo) {
    StoredWorld s;
    s.subscribe("alice", "bob", NotificationType::propchange, PresenceWorld::url(3));
    s.journal.complete_all();
    const auto maker = [&s] { return s.service->nodes().find(s.world.alias("bob").key)->maker().key(); };
    EXPECT_EQ(maker(), s.world.who("alice").key);
    ASSERT_EQ(s.patch("bob", "online")->value.name(), "online");
    s.again();
    EXPECT_EQ(maker(), s.world.who("bob").key);
}
