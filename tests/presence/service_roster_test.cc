// tests/presence/service_roster_test.cc: asking for somebody's presence, answering, and what that lets whom see.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.1 to 3.3
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "presence/record.h"
#include "tests/fake_journal.h"
#include "tests/fakes.h"

using base::Errc;
using presence::PresenceAsk;
using presence::RosterEntry;
using tests::PresenceWorld;
using tests::key;

namespace {

using Lines = std::vector<std::string>;

std::string name(const std::string& account) { return account.starts_with('/') ? std::string(presence::alias_of(account)) : account; }

/// `bob (Bob) sees seen`, `-bob seen` when he is not listed
std::string line_of(const RosterEntry& e) {
    return (e.listed ? "" : "-") + name(e.contact.account) + (e.contact.nickname.empty() ? "" : " (" + e.contact.nickname + ")") +
           (e.contact.asking ? " asks" : "") + (e.sees ? " sees" : "") + (e.seen ? " seen" : "");
}

struct RosterListener final : presence::RosterEvents {
    void roster_put(const std::string& owner, const RosterEntry& e) override { lines.push_back(name(owner) + ": " + line_of(e)); }
    void roster_removed(const std::string& owner, const RosterEntry& e) override {
        lines.push_back(name(owner) + " lost: " + line_of(e));
    }
    void asked(const std::string& owner, const PresenceAsk& ask) override { lines.push_back(name(ask.account) + " asks " + name(owner)); }
    void ask_over(const std::string& owner, const std::string& account) override {
        lines.push_back(name(account) + " asks " + name(owner) + " no more");
    }
    Lines take() { return std::exchange(lines, {}); }
    Lines lines;
};

struct RosterWorld {
    explicit RosterWorld(presence::Settings s = PresenceWorld::defaults()) : settings(std::move(s)) { start(); }
    ~RosterWorld() { stop(); }
    void start() {
        service = std::make_unique<presence::Service>(world.realm, settings, world.carrier, journal, world.wheel, world.clock);
        service->listen(events);
        ASSERT_TRUE(service->load());
    }
    void stop() {
        journal.complete_all();
        service.reset();
    }
    void again() {
        stop();
        start();
    }
    base::Result<RosterEntry> ask(const std::string& who, presence::RosterWish wish) {
        base::Result<RosterEntry> out = base::fail(Errc::internal, "no answer");
        service->ask(world.alias(who), std::move(wish), [&out](auto how) { out = std::move(how); });
        journal.complete_all();
        return out;
    }
    base::Result<RosterEntry> decide(const std::string& who, presence::RosterVerdict verdict) {
        base::Result<RosterEntry> out = base::fail(Errc::internal, "no answer");
        service->decide(world.alias(who), std::move(verdict), [&out](auto how) { out = std::move(how); });
        journal.complete_all();
        return out;
    }
    base::Result<void> remove(const std::string& who, const std::string& account) {
        base::Result<void> out = base::fail(Errc::internal, "no answer");
        service->remove_contact(world.alias(who), key(account), [&out](auto gone) { out = gone; });
        journal.complete_all();
        return out;
    }
    void write_acl(const std::string& owner, const std::string& whom, presence::Rights grant, presence::Rights deny) {
        presence::Ace ace;
        ace.key = key(whom);
        ace.url = "http://im.example.com" + key(whom);
        ace.grant = grant;
        ace.deny = deny;
        bool done = false;
        service->merge_acl(world.who(owner), world.alias(owner), {ace}, [&done](const auto& merged) { done = merged.has_value(); });
        journal.complete_all();
        EXPECT_TRUE(done);
    }
    Lines roster(const std::string& who) const {
        Lines lines;
        for (const RosterEntry& entry : service->roster(key(who))) lines.push_back(line_of(entry));
        return lines;
    }
    Lines asks(const std::string& whom) const {
        Lines lines;
        for (const PresenceAsk& ask : service->asks(key(whom))) lines.push_back(name(ask.account));
        return lines;
    }
    std::ptrdiff_t kept(char kind) const {
        return std::ranges::count_if(journal.records, [kind](const auto& r) { return std::get<char>(r.first) == kind; });
    }
    bool may_see(const std::string& watcher, const std::string& whom) const {
        return service->nodes().find(key(whom))->may(key(watcher), presence::Proof::digest, presence::Right::presence);
    }

    PresenceWorld world;
    presence::Settings settings;
    tests::FakeJournal journal;
    RosterListener events;
    std::unique_ptr<presence::Service> service;
};

}  // namespace

// The worked example of zimbra-im 5.
TEST(Roster, AskedAndAuthorised) {
    RosterWorld w;
    EXPECT_EQ(line_of(*w.ask("ann", {.account = key("bob"), .nickname = "Bob"})), "bob (Bob) asks");
    EXPECT_EQ(w.events.take(), (Lines{"ann: bob (Bob) asks", "ann asks bob"}));
    EXPECT_EQ(w.asks("bob"), Lines{"ann"});
    EXPECT_EQ(line_of(*w.decide("bob", {.account = key("ann"), .lets_see = true, .add = true, .nickname = "Ann"})), "ann (Ann) asks seen");
    EXPECT_EQ(w.events.take(), (Lines{"bob: -ann seen", "ann: bob (Bob) sees", "bob: ann (Ann) asks seen", "ann asks bob no more", "bob asks ann"}))
        << "the answer, and then what he adds";
    EXPECT_EQ(line_of(*w.decide("ann", {.account = key("bob"), .lets_see = true})), "bob (Bob) sees seen");
    EXPECT_EQ(w.events.take(), (Lines{"bob: ann (Ann) sees seen", "ann: bob (Bob) sees seen", "bob asks ann no more"}));
    EXPECT_EQ(w.kept('q'), 0);
    w.again();
    EXPECT_EQ(w.roster("ann"), Lines{"bob (Bob) sees seen"});
    EXPECT_EQ(w.roster("bob"), Lines{"ann (Ann) sees seen"});
}

TEST(Roster, WhoWaitsIsRememberedOverARestartUntilAnswered) {
    RosterWorld w;
    for (const std::string who : {"carol", "ann"}) {
        ASSERT_TRUE(w.ask(who, {.account = key("bob")}));
        w.world.pass(std::chrono::seconds(1));
    }
    w.again();
    EXPECT_EQ(w.asks("bob"), (Lines{"carol", "ann"}));
    EXPECT_EQ(w.roster("ann"), Lines{"bob asks"});
    ASSERT_TRUE(w.decide("bob", {.account = key("carol"), .lets_see = false}));
    w.again();
    EXPECT_EQ(w.asks("bob"), Lines{"ann"});
    EXPECT_EQ(w.roster("carol"), Lines{"bob"});
}

TEST(Roster, AnAnswerIsARightInTheAccessControlList) {
    RosterWorld w;
    ASSERT_TRUE(w.ask("ann", {.account = key("bob")}));
    w.write_acl("bob", "eve", {}, {presence::Right::presence});
    ASSERT_TRUE(w.decide("bob", {.account = key("ann"), .lets_see = false}));
    EXPECT_FALSE(w.may_see("ann", "bob"));
    EXPECT_TRUE(w.may_see("carol", "bob"));  // as anybody may
    ASSERT_TRUE(w.decide("bob", {.account = key("ann"), .lets_see = true}));
    EXPECT_TRUE(w.may_see("ann", "bob"));
    w.again();
    EXPECT_TRUE(w.may_see("ann", "bob"));
    EXPECT_FALSE(w.may_see("eve", "bob"));
}

// Whoever watches through RVP is bound at once.
TEST(Roster, DenyingTakesTheSightOfThoseWhoWatch) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 1));
    ASSERT_TRUE(world.login("ann", 2));
    ASSERT_TRUE(world.patch(world.who("bob", 1), "bob", "busy"));
    ASSERT_TRUE(world.watch("ann", "bob"));
    (void)world.carrier.take();
    world.service.decide(world.alias("bob"), {.account = key("ann"), .lets_see = false}, [](const auto& how) { EXPECT_TRUE(how); });
    EXPECT_EQ(world.carrier.take_states(), Lines{PresenceWorld::url(2) + " offline"});
    EXPECT_EQ(world.seen("ann", "bob"), "");
    world.service.decide(world.alias("bob"), {.account = key("ann"), .lets_see = true}, [](const auto& how) { EXPECT_TRUE(how); });
    EXPECT_EQ(world.carrier.take_states(), Lines{PresenceWorld::url(2) + " busy"});
}

TEST(Roster, AnRvpClientAnswersByWritingTheList) {
    RosterWorld w;
    ASSERT_TRUE(w.ask("ann", {.account = key("bob")}));
    ASSERT_TRUE(w.ask("carol", {.account = key("bob")}));
    (void)w.events.take();
    w.write_acl("bob", "ann", {presence::Right::presence, presence::Right::send_to}, {});
    EXPECT_EQ(w.events.take(), (Lines{"ann: bob sees", "bob: -ann seen", "ann asks bob no more"}));
    w.write_acl("bob", "carol", {}, {presence::Right::presence});
    EXPECT_EQ(w.asks("bob"), Lines{});
    EXPECT_EQ(w.roster("carol"), Lines{"bob"});
    w.write_acl("bob", "ann", {}, {presence::Right::presence});
    EXPECT_EQ(w.roster("ann"), Lines{"bob"});
    EXPECT_EQ(w.kept('q'), 0);
}

TEST(Roster, WhoIsLetInAlreadyNeedNotAsk) {
    RosterWorld w;
    ASSERT_TRUE(w.decide("bob", {.account = key("ann"), .lets_see = true}));
    EXPECT_EQ(w.roster("bob"), Lines{"-ann seen"});
    (void)w.events.take();
    EXPECT_EQ(line_of(*w.ask("ann", {.account = key("bob")})), "bob sees");
    EXPECT_EQ(w.events.take(), Lines{"ann: bob sees"});
    EXPECT_EQ(line_of(*w.ask("ann", {.account = key("bob"), .nickname = "Bobby"})), "bob (Bobby) sees");
    EXPECT_EQ(w.events.take(), Lines{"ann: bob (Bobby) sees"});
    EXPECT_EQ(w.asks("bob"), Lines{});
}

TEST(Roster, WhoAddsMayLetBeSeenInOneAct) {
    RosterWorld w;
    ASSERT_TRUE(w.ask("ann", {.account = key("bob"), .lets_see = true}));
    EXPECT_EQ(w.roster("ann"), Lines{"bob asks seen"});
    ASSERT_TRUE(w.decide("bob", {.account = key("ann"), .lets_see = true, .add = true}));
    EXPECT_EQ(w.roster("ann"), Lines{"bob sees seen"});
    EXPECT_EQ(w.roster("bob"), Lines{"ann sees seen"});
    EXPECT_EQ(w.asks("ann"), Lines{});
}

TEST(Roster, WhoWasTurnedAwayMayAskAgainAndWhoWaitsAsksOnce) {
    RosterWorld w;
    ASSERT_TRUE(w.ask("ann", {.account = key("bob")}));
    ASSERT_TRUE(w.decide("bob", {.account = key("ann"), .lets_see = false}));
    (void)w.events.take();
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(w.ask("ann", {.account = key("bob")}));
    EXPECT_EQ(w.events.take(), (Lines{"ann: bob asks", "ann asks bob"}));
}

TEST(Roster, WhatIsTakenBackIsAskedNoMore) {
    RosterWorld w;
    ASSERT_TRUE(w.ask("ann", {.account = key("bob")}));
    (void)w.events.take();
    ASSERT_TRUE(w.remove("ann", "bob"));
    EXPECT_EQ(w.events.take(), (Lines{"ann lost: -bob", "ann asks bob no more"}));
    EXPECT_EQ(w.kept('q'), 0);
    ASSERT_TRUE(w.decide("bob", {.account = key("ann"), .lets_see = false}));  // he had not heard
    EXPECT_EQ(w.events.take(), Lines{});
}

TEST(Roster, WhoeverIsBlockedAsksInVain) {
    RosterWorld w;
    w.service->put_contact(w.world.alias("bob"), {.account = key("eve"), .blocked = true}, [](const auto& put) { EXPECT_TRUE(put); });
    w.journal.complete_all();
    (void)w.events.take();
    EXPECT_EQ(line_of(*w.ask("eve", {.account = key("bob")})), "bob asks");
    EXPECT_EQ(w.events.take(), Lines{"eve: bob asks"});
    EXPECT_EQ(w.asks("bob"), Lines{});
}

TEST(Roster, OfAnotherDomainWaitsAndNobodyHereIsAsked) {
    RosterWorld w;
    EXPECT_EQ(line_of(*w.ask("ann", {.account = "zoe@other.org"})), "zoe@other.org asks");
    EXPECT_EQ(w.kept('q'), 0);
    EXPECT_EQ(line_of(*w.decide("ann", {.account = "zoe@other.org", .lets_see = true})), "zoe@other.org asks seen");
    EXPECT_TRUE(w.service->nodes().find(key("ann"))->may("other.org/instmsg/aliases/zoe", presence::Proof::ntlm, presence::Right::presence));
}

TEST(Roster, WhatCannotBeIsSaidAndNothingHappens) {
    auto settings = PresenceWorld::defaults();
    settings.asks_per_account = 2;
    RosterWorld w(settings);
    EXPECT_EQ(w.ask("ann", {.account = key("ann")}).error().code, Errc::malformed);
    EXPECT_EQ(w.decide("ann", {.account = key("ann"), .lets_see = true}).error().code, Errc::malformed);
    EXPECT_EQ(w.ask("ann", {.account = "BOB"}).error().code, Errc::malformed);
    for (const std::string who : {"a", "b"}) ASSERT_TRUE(w.ask(who, {.account = key("bob")}));
    const auto nodes = w.service->nodes().size();
    const auto full = w.ask("eve", {.account = key("bob")});
    EXPECT_EQ(full.error().code, Errc::busy);
    EXPECT_NE(full.error().text.find("limits.asks_per_account"), std::string::npos);
    EXPECT_EQ(w.roster("eve"), Lines{});
    EXPECT_EQ(w.service->nodes().size(), nodes);
    w.journal.fail_next(1);
    EXPECT_EQ(w.decide("bob", {.account = key("a"), .lets_see = true}).error().code, Errc::no_space);
    EXPECT_EQ(w.asks("bob"), (Lines{"a", "b"}));
    EXPECT_EQ(w.roster("a"), Lines{"bob asks"});
}

TEST(Roster, NobodyAsksWhoIsGoneNorIsAskedByHim) {
    RosterWorld w;
    ASSERT_TRUE(w.ask("ann", {.account = key("bob")}));
    ASSERT_TRUE(w.ask("bob", {.account = key("carol")}));
    (void)w.events.take();
    w.service->remove_node(key("bob"), [](const auto& gone) { EXPECT_TRUE(gone); });
    w.journal.complete_all();
    EXPECT_EQ(w.events.take(), Lines{"bob asks carol no more"});
    EXPECT_EQ(w.kept('q'), 0);
    w.again();
    EXPECT_EQ(w.asks("carol"), Lines{});
}
