// tests/presence/service_domains_test.cc: people and servers of other domains.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/fakes.h"

using presence::NotificationType;
using tests::PresenceWorld;

namespace {

struct DomainsWorld : PresenceWorld {
    explicit DomainsWorld(std::size_t nodes = 1000) : PresenceWorld(knowing(nodes)) {}
    static presence::Settings knowing(std::size_t nodes) {
        presence::Settings s = PresenceWorld::defaults();
        s.nodes_per_domain = nodes;
        s.other_domain = [](std::string_view authority, std::string_view path) { return authority == "im.acme.com" && !path.empty(); };
        return s;
    }
    presence::Caller stranger(const std::string& said) {
        presence::Caller caller = who("nobody");
        const auto address = presence::Address::parse(said);
        caller.key = realm.key(*address);
        caller.url = address->url();
        caller.from_server = true;
        return caller;
    }
    /// Who, as alice is told, has changed, when a server says it of `from`.
    std::string told_from(const std::string& server, const std::string& from, const std::string& description = "") {
        EXPECT_TRUE(login("alice", 7));
        carrier.take();
        presence::PropNotification change{{from, description}, {}};
        change.changes.push_back({presence::prop_state(), presence::Status("busy")});
        service.notify(stranger(server), {alias("alice"), change, presence::AckType::deep_or, 2}, [](auto) {});
        const auto sent = carrier.take();
        if (sent.empty()) return "nothing";
        const auto& told = std::get<presence::PropNotification>(sent.at(0).what().payload).from;
        return told.href + " (" + told.description + ")";
    }
};

TEST(ServiceDomains, ItsPeopleTogetherMakeOnlySoManyNodes) {
    DomainsWorld w(2);
    const auto watch = [&w](const std::string& who, const std::string& group) {
        const std::string url = "http://im.acme.com/instmsg/aliases/" + who;
        return w.subscribe(w.stranger(url), w.node("/groups/" + group), NotificationType::propchange, url);
    };
    const auto first = watch("max", "a");
    ASSERT_TRUE(first);
    ASSERT_TRUE(watch("zoe", "b"));
    EXPECT_EQ(watch("kim", "c").error().code, base::Errc::busy);
    ASSERT_TRUE(watch("kim", "a")) << "which is there";
    ASSERT_TRUE(w.subscribe(w.who("alice"), w.node("/groups/d"), NotificationType::propchange, w.url(3))) << "she is ours";
    w.service.remove_node("/groups/b", [](const auto& removed) { EXPECT_TRUE(removed); });
    EXPECT_TRUE(watch("kim", "c"));
}

TEST(ServiceDomains, ANodeCountsForItsOwnerOnceHeHasCome) {
    DomainsWorld w(1);
    const std::string max = "http://im.acme.com/instmsg/aliases/max";
    const auto watch = [&](const std::string& whom) {
        return w.subscribe(w.stranger(max), w.alias(whom), NotificationType::propchange, max);
    };
    const auto maker_of = [&w](const std::string& whom) { return w.service.nodes().find(w.alias(whom).key)->maker().key(); };
    ASSERT_TRUE(watch("bob"));
    EXPECT_EQ(maker_of("bob"), w.stranger(max).key);
    EXPECT_EQ(watch("carol").error().code, base::Errc::busy);
    ASSERT_TRUE(w.watch("alice", "bob"));
    EXPECT_EQ(watch("carol").error().code, base::Errc::busy) << "alice is not bob";
    ASSERT_TRUE(w.login("bob", 2));
    EXPECT_EQ(maker_of("bob"), w.who("bob").key);
    ASSERT_TRUE(watch("carol"));
    EXPECT_EQ(watch("dan").error().code, base::Errc::busy);
    ASSERT_TRUE(w.patch(w.who("carol"), "carol", "online"));
    ASSERT_TRUE(watch("dan")) << "by any act of hers";
    w.service.remove_node(w.alias("carol").path, [](const auto& removed) { EXPECT_TRUE(removed); });
    EXPECT_EQ(watch("carol").error().code, base::Errc::busy) << "hers did not count any more";
}

TEST(ServiceDomains, AServerTellsOfTheNodesOfItsDomainAndOfNoOthers) {
    DomainsWorld w;
    EXPECT_EQ(w.told_from("im.acme.com", "http://IM.acme.com:80/instmsg/aliases/bruceb", "Bruce"),
              "http://im.acme.com/instmsg/aliases/bruceb (Bruce)");
    EXPECT_EQ(w.told_from("im.acme.com", "http://im.acme.com/instmsg/aliases/bruceb"),
              "http://im.acme.com/instmsg/aliases/bruceb (bruceb)");
    EXPECT_EQ(w.told_from("im.acme.com", "http://im.example.com/instmsg/aliases/bob"), "im.acme.com (im.acme.com)");
    EXPECT_EQ(w.told_from("im.acme.com", "http://im.other.com/instmsg/aliases/bob"), "im.acme.com (im.acme.com)");
}

TEST(ServiceDomains, AnotherServerOfOurDomainTellsOfOurNodes) {
    DomainsWorld w;
    EXPECT_EQ(w.told_from("im.example.com", "http://127.0.0.1:8080/instmsg/aliases/bob", "Bob"), "http://127.0.0.1:8080/instmsg/aliases/bob (Bob)");
    EXPECT_EQ(w.told_from("im.example.com", "http://im.acme.com/instmsg/aliases/bob"), "im.example.com (im.example.com)");
}

TEST(ServiceDomains, WhoMerelySaysThatHeIsAServerTellsOfNobody) {
    DomainsWorld w;
    presence::Caller caller = w.stranger("im.acme.com");
    caller.from_server = false;
    EXPECT_TRUE(w.login("alice", 7));
    presence::PropNotification change{{"http://im.acme.com/instmsg/aliases/bruceb", ""}, {}};
    w.service.notify(caller, {w.alias("alice"), change, presence::AckType::deep_or, 2}, [](auto) {});
    const auto sent = w.carrier.take();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(std::get<presence::PropNotification>(sent[0].what().payload).from.href, "im.acme.com");
}

TEST(ServiceDomains, ACallBackToANodeThatAnotherHomeServerHoldsIsTheCarriers) {
    presence::Settings settings = PresenceWorld::defaults();
    settings.call_backs.elsewhere = [](std::string_view path) { return path.ends_with("/alice"); };
    PresenceWorld w(settings);
    ASSERT_TRUE(w.watch("alice", "bob"));
    ASSERT_TRUE(w.watch("carol", "bob"));
    ASSERT_TRUE(w.login("carol", 3));
    w.service.set_presence("bob", presence::Status("busy"), [](auto) {});
    EXPECT_EQ(w.carrier.take_states(), (std::vector<std::string>{"http://im.example.com/instmsg/aliases/alice busy", "http://10.0.0.3:1000 busy"}));
}

TEST(ServiceDomains, ACallBackIsOpenedAnewWhereAnotherHomeServerMayHoldItsNode) {
    presence::Settings settings = PresenceWorld::defaults();
    bool moved = false;
    settings.call_backs.elsewhere = [&moved](std::string_view path) { return moved && path.ends_with("/alice"); };
    PresenceWorld w(settings);
    ASSERT_TRUE(w.watch("alice", "bob"));
    w.service.set_presence("bob", presence::Status("busy"), [](auto) {});
    EXPECT_TRUE(w.carrier.take_states().empty());  // at her node, where she is not logged on
    moved = true;
    ASSERT_TRUE(w.watch("alice", "bob"));
    w.service.set_presence("bob", presence::Status("away"), [](auto) {});
    EXPECT_EQ(w.carrier.take_states(), (std::vector<std::string>{"http://im.example.com/instmsg/aliases/alice away"}));
}

TEST(ServiceDomains, APersonTellsOfNobodyButHimself) {
    DomainsWorld w;
    const std::string max = "http://im.acme.com/instmsg/aliases/maxb";
    EXPECT_EQ(w.told_from(max, "http://im.acme.com/instmsg/aliases/bruceb"), max + " (maxb)");
}

TEST(ServiceDomains, ACallBackIntoAnotherDomainIsOnesOwnOrNeedsARight) {
    DomainsWorld w;
    const auto back = [&w](const presence::Caller& caller, const std::string& url) {
        return w.subscribe(caller, w.alias("bob"), NotificationType::propchange, url);
    };
    const std::string max = "http://im.acme.com/instmsg/aliases/maxb";
    EXPECT_TRUE(back(w.stranger(max), max));
    EXPECT_EQ(back(w.stranger(max), "http://im.acme.com/instmsg/aliases/victim").error().code, base::Errc::denied);
    EXPECT_EQ(back(w.who("alice"), max).error().code, base::Errc::denied);
    EXPECT_TRUE(back(w.who("alice"), "http://somewhere.example/")) << "that is the courier's to judge";
}

TEST(ServiceDomains, WhatAMessagePassedGoesOnWithIt) {
    DomainsWorld w;
    EXPECT_TRUE(w.login("alice", 7));
    presence::NotifyRequest request{w.alias("alice"), presence::Foreign{"<x></x>"}, presence::AckType::deep_or, 2};
    request.passed = "one, two";
    w.service.notify(w.stranger("http://im.acme.com/instmsg/aliases/maxb"), request, [](auto) {});
    const auto sent = w.carrier.take();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].what().passed, "one, two");
    EXPECT_EQ(sent[0].what().hop_count, 3);
}

}  // namespace
