// tests/server/admin_commands_test.cc: what rvpctl can ask, asked of a service on fakes.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl), 3.7 (explain)
#include "server/admin_commands.h"

#include "server/admin_words.h"
#include "tests/fakes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using base::Errc;
using base::json::Value;
using presence::NotificationType;

/// `a=1 b=["x"]` of an object, for the members named.
std::string members(const Value& object, const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) {
        const Value* value = object.find(name);
        out += (out.empty() ? "" : " ") + name + "=" + (value ? value->dump() : "missing");
    }
    return out;
}

class AdminCommands : public testing::Test {
protected:
    static constexpr std::uint64_t kRequest = 0xd05a;

    base::Result<Value> run(const std::string& command, const std::string& args = "{}") {
        base::Result<Value> out = base::fail(Errc::internal, "no answer");
        admin_.run(command, *base::json::parse(args), kRequest,
                   [&out](base::Result<Value> result) { out = std::move(result); });
        return out;
    }
    /// The result on one line, or `kind: text` of the error.
    std::string told(const std::string& command, const std::string& args = "{}") {
        const auto result = run(command, args);
        if (result) return result->dump();
        return std::string(server::kind_of(result.error().code)) + ": " + result.error().text;
    }

    tests::PresenceWorld world_;
    server::AdminCommands admin_{world_.service,
                                 world_.clock,
                                 {"1.2", {{"rvp", "127.0.0.1:8080"}}, [] { return std::vector<std::string>{"the store is failing"}; }}};
};

TEST_F(AdminCommands, StatusCountsWhatIsThere) {
    ASSERT_TRUE(world_.login("bob", 5));
    ASSERT_TRUE(world_.watch("alice", "bob"));
    ASSERT_TRUE(world_.patch(world_.who("bob", 5), "bob", "busy"));
    world_.clock.advance(std::chrono::seconds(90));
    EXPECT_EQ(
        told("status"),
        R"({"version":"1.2","domain":"im.example.com","started":"2001-09-09T01:46:40Z","uptime_seconds":90,)"
        R"("nodes":1,"subscriptions":2,"principals_online":1,"messages_kept":0,"unfit":["the store is failing"],)"
        R"("listeners":[{"door":"rvp","address":"127.0.0.1:8080","scheme":"http"}]})");
}

TEST_F(AdminCommands, NodesAreMadeListedAndRemoved) {
    EXPECT_EQ(
        told("node add", R"({"path":"bob"})"),
        R"({"node":"/instmsg/aliases/bob","owner":"http://im.example.com/instmsg/aliases/bob"})");
    EXPECT_EQ(told("node add", R"({"path":"/groups/a","owner":"bob"})"),
              R"({"node":"/groups/a","owner":"http://im.example.com/instmsg/aliases/bob"})");
    EXPECT_EQ(told("node add", R"({"path":"/groups/b"})"),
              "malformed: /groups/b is no alias, so it needs an owner");
    EXPECT_EQ(told("node add", R"({"path":"/groups/a","owner":"bob"})"),
              "precondition: node /groups/a is there already");
    const auto list = run("node list");
    ASSERT_TRUE(list);
    ASSERT_EQ(list->as_array()->size(), 2u);
    EXPECT_EQ(members(list->as_array()->front(), {"node", "state", "views", "watchers", "logins"}),
              R"(node="/groups/a" state="offline" views=0 watchers=0 logins=0)");
    EXPECT_EQ(told("node del", R"({"path":"/groups/a"})"), R"({"node":"/groups/a"})");
    EXPECT_EQ(told("node del", R"({"path":"/groups/a"})"), "not_found: no node /groups/a");
    EXPECT_EQ(run("node list")->as_array()->size(), 1u);
}

TEST_F(AdminCommands, ASubscriptionIsToldWithEveryMember) {
    const auto login = world_.login("bob", 5, 600);
    const auto watch = world_.watch("alice", "bob");
    ASSERT_TRUE(login && watch);
    presence::EndpointReport slow;
    slow.state = presence::EndpointReport::State::slow;
    slow.reason = "answers take 3000 ms";
    slow.status = 200;
    slow.latency = std::chrono::milliseconds(2900);
    slow.attempts = 4;
    slow.delivered = 3;
    slow.drops = 1;
    slow.queued = 2;
    slow.sent = 4;
    world_.carrier.reports["http://10.0.0.5:1000"] = slow;
    const auto list = run("sub list");
    ASSERT_TRUE(list);
    ASSERT_EQ(list->as_array()->size(), 2u);
    const std::string id = std::to_string(std::to_underlying(login->id));
    EXPECT_EQ(
        list->as_array()->front().dump(),
        R"({"id":)" + id +
            R"(,"node":"/instmsg/aliases/bob","principal":"http://im.example.com/instmsg/aliases/bob",)"
            R"("call_back":"http://10.0.0.5:1000","type":"pragma/notify","seconds_left":600,"active":true,)"
            R"("endpoint":{"state":"slow","reason":"answers take 3000 ms","status":200,"failure":null,)"
            R"("latency_ms":2900,"attempts":4,"delivered":3,"drops":1,"queued":2,"sent":4,"next_try_ms":null}})");
    const auto shown = run("sub show", R"({"id":)" + id + "}");
    ASSERT_TRUE(shown);
    EXPECT_EQ(members(*shown, {"type", "seconds_left", "login", "address"}),
              R"(type="pragma/notify" seconds_left=600 login=true address="10.0.0.5")");
}

TEST_F(AdminCommands, SubscriptionsAreListedByNodeAndByPrincipal) {
    ASSERT_TRUE(world_.login("bob", 5));
    ASSERT_TRUE(world_.watch("alice", "bob"));
    ASSERT_TRUE(world_.watch("alice", "carl"));
    EXPECT_EQ(run("sub list", R"({"name":"bob"})")->as_array()->size(), 2u);
    EXPECT_EQ(run("sub list", R"({"name":"alice"})")->as_array()->size(), 2u)
        << "alice has no node, but watches";
    EXPECT_EQ(run("sub list", R"({"name":"carl"})")->as_array()->size(), 1u);
    EXPECT_EQ(told("sub list", R"({"name":"crl"})"),
              "not_found: no node /instmsg/aliases/crl; did you mean carl?");
}

TEST_F(AdminCommands, AnEndedSubscriptionIsGone) {
    const auto watch = world_.watch("alice", "bob");
    ASSERT_TRUE(watch);
    const std::string args = R"({"id":)" + std::to_string(std::to_underlying(watch->id)) + "}";
    EXPECT_TRUE(run("sub end", args)) << told("sub end", args);
    EXPECT_FALSE(world_.renew(world_.who("alice"), watch->id));
    EXPECT_EQ(run("sub end", args).error().code, Errc::not_found);
    for (const char* id : {"0", "-1", "99", "2147483648", "4294967297"}) {
        EXPECT_EQ(told("sub show", std::string(R"({"id":)") + id + "}"),
                  std::string("not_found: no subscription ") + id);
    }
}

TEST_F(AdminCommands, ASetStateIsAViewOfItsOwnThatWatchersHear) {
    ASSERT_TRUE(world_.login("bob", 5));
    ASSERT_TRUE(world_.subscribe(world_.who("alice", 7), world_.alias("bob"),
                                 NotificationType::propchange, tests::PresenceWorld::url(7)));
    ASSERT_TRUE(world_.patch(world_.who("bob", 5), "bob", "online"));
    world_.carrier.take();
    const auto set = run("presence set", R"({"name":"bob","state":"busy"})");
    ASSERT_TRUE(set) << set.error().text;
    EXPECT_EQ(members(*set, {"told", "effective"}), R"(told="busy" effective="busy")");
    EXPECT_EQ(set->find("views")->as_array()->size(), 2u);
    const auto states = world_.carrier.take_states();
    EXPECT_NE(std::ranges::find(states, "http://10.0.0.7:1000 busy"), states.end());
    const auto ended = run("presence set", R"({"name":"bob","state":"offline"})");
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->find("views")->as_array()->size(), 1u) << "the user's own view stays";
    EXPECT_EQ(told("presence set", R"({"name":"bob","state":"bsy"})"),
              "malformed: unknown state 'bsy'; did you mean busy?");
    EXPECT_EQ(told("presence set", R"({"name":"bbo","state":"busy"})"),
              "not_found: no node /instmsg/aliases/bbo; did you mean bob?");
}

TEST_F(AdminCommands, WhatAnActCausesBearsItsId) {
    ASSERT_TRUE(world_.login("alice", 7));
    const auto watch = world_.watch("alice", "bob");
    ASSERT_TRUE(watch);
    const std::string id = R"({"id":)" + std::to_string(std::to_underlying(watch->id)) + "}";
    const std::pair<const char*, std::string> acts[] = {{"presence set", R"({"name":"bob","state":"busy"})"},
                                                        {"sub replay", id},
                                                        {"acl set", R"({"name":"bob","who":"alice","deny":["presence"]})"}};
    for (const auto& [command, args] : acts) {
        ASSERT_TRUE(run(command, args)) << told(command, args);
        const auto sent = world_.carrier.take();
        ASSERT_EQ(sent.size(), 1U) << command;
        EXPECT_EQ(sent[0].what().request, kRequest) << command;
    }
}

TEST_F(AdminCommands, PresenceShowTellsOfEveryView) {
    ASSERT_TRUE(run("node add", R"({"path":"bob"})"));
    const auto none = run("presence show", R"({"name":"bob"})");
    ASSERT_TRUE(none);
    EXPECT_EQ(members(*none, {"effective", "seconds_since_told", "linger_seconds_left", "views"}),
              R"(effective="offline" seconds_since_told=null linger_seconds_left=null views=[])");
    ASSERT_TRUE(world_.patch(world_.who("bob", 5), "bob", "away", 300));
    const auto one = run("presence show", R"({"name":"bob@example.com"})");
    ASSERT_TRUE(one);
    ASSERT_EQ(one->find("views")->as_array()->size(), 1u);
    EXPECT_EQ(members(one->find("views")->as_array()->front(),
                      {"state", "then", "seconds_left", "login", "address"}),
              R"(state="away" then="offline" seconds_left=300 login=null address="10.0.0.5")");
    world_.pass(std::chrono::seconds(302));
    const auto lingers = run("presence show", R"({"name":"bob"})");
    EXPECT_EQ(members(*lingers, {"told", "effective"}), R"(told="away" effective="offline")");
    EXPECT_FALSE(lingers->find("linger_seconds_left")->is_null());
}

TEST_F(AdminCommands, ExplainNamesTheEntryThatDecided) {
    ASSERT_TRUE(world_.login("bob", 5));
    ASSERT_TRUE(world_.patch(world_.who("bob", 5), "bob", "busy"));
    const auto world = run("explain", R"({"name":"bob"})");
    ASSERT_TRUE(world);
    EXPECT_EQ(members(*world, {"watcher", "sees", "may_see", "owner"}),
              R"(watcher=null sees="busy" may_see=true owner=false)");
    EXPECT_EQ(*world->find("decided_by")->find("who"), Value("all"));
    ASSERT_TRUE(run("acl set", R"({"name":"bob","who":"alice","deny":["presence"]})"));
    const auto alice = run("explain", R"({"name":"bob","as":"alice"})");
    ASSERT_TRUE(alice);
    EXPECT_EQ(
        members(*alice, {"watcher", "sees", "may_see", "effective"}),
        R"(watcher="http://im.example.com/instmsg/aliases/alice" sees="offline" may_see=false effective="busy")");
    EXPECT_EQ(
        alice->find("decided_by")->dump(),
        R"({"who":"http://im.example.com/instmsg/aliases/alice","credentials":["any"],"grant":[],"deny":["presence"]})");
    const auto owner = run("explain", R"({"name":"bob","as":"bob"})");
    EXPECT_EQ(members(*owner, {"sees", "owner", "decided_by"}),
              R"(sees="busy" owner=true decided_by=null)");
}

TEST_F(AdminCommands, AclSetMergesAndShows) {
    ASSERT_TRUE(run("node add", R"({"path":"bob"})"));
    const std::string owner =
        R"({"who":"http://im.example.com/instmsg/aliases/bob","credentials":["any"],"grant":["list","read",)"
        R"("write","send-to","receive-from","readacl","writeacl","presence","subscriptions","subscribe-others"],"deny":[]})";
    EXPECT_EQ(
        told("acl show", R"({"name":"bob"})"),
        R"([{"who":"all","credentials":["any"],"grant":["list","read","send-to","presence"],"deny":[]},)" +
            owner + "]");
    EXPECT_EQ(
        told("acl set", R"({"name":"bob","who":"all","grant":["write"],"deny":["read","list"]})"),
        R"([{"who":"all","credentials":["any"],"grant":["write","send-to","presence"],"deny":["list","read"]},)" +
            owner + "]");
    const std::string foreign = told(
        "acl set",
        R"({"name":"bob","who":"http://other.org/instmsg/aliases/eve","grant":["all"],"credentials":"digest"})");
    EXPECT_NE(
        foreign.find(
            R"({"who":"http://other.org/instmsg/aliases/eve","credentials":["digest"],"grant":["list",)"),
        std::string::npos)
        << foreign;
    EXPECT_EQ(told("acl show", R"({"name":"bob"})"), foreign);
}

TEST_F(AdminCommands, AclSetRefusesWhatItCannotMean) {
    ASSERT_TRUE(run("node add", R"({"path":"bob"})"));
    const std::string before = told("acl show", R"({"name":"bob"})");
    EXPECT_EQ(told("acl set", R"({"name":"bob","who":"all","grant":["send-too"]})"),
              "malformed: unknown right 'send-too'; did you mean send-to?");
    EXPECT_EQ(told("acl set", R"({"name":"bob","who":"all"})"),
              "malformed: acl set needs rights to grant or to deny");
    EXPECT_EQ(told("acl set", R"({"name":"bob","who":"all","grant":["read"],"deny":["all"]})"),
              "malformed: acl set cannot grant and deny the same right");
    EXPECT_EQ(told("acl set", R"({"name":"bob","who":"all","grant":[1]})").substr(0, 27),
              "malformed: unknown right '1");
    EXPECT_EQ(
        told("acl set", R"({"name":"bob","who":"all","grant":["read"],"credentials":"internal"})")
            .substr(0, 41),
        "malformed: unknown credentials 'internal'");
    EXPECT_EQ(run("acl set", R"({"name":"bob","who":"bob","deny":["read"]})").error().code,
              Errc::malformed);
    EXPECT_EQ(
        run("acl set", R"({"name":"bob","who":"eve@elsewhere.org","grant":["read"]})").error().code,
        Errc::not_found);
    EXPECT_EQ(told("acl show", R"({"name":"bob"})"), before);
}

TEST_F(AdminCommands, LookingAtANodeMakesNone) {
    for (const char* command : {"acl show", "presence show", "explain"}) {
        EXPECT_EQ(told(command, R"({"name":"bob"})"), "not_found: no node /instmsg/aliases/bob")
            << command;
    }
    EXPECT_EQ(run("acl set", R"({"name":"bob","who":"all","deny":["read"]})").error().code,
              Errc::not_found);
    EXPECT_EQ(told("node list"), "[]");
}

TEST_F(AdminCommands, UnknownCommandsAndArgumentsAreNamed) {
    EXPECT_EQ(told("sub lst"),
              "not_implemented: unknown command 'sub lst'; did you mean sub list?");
    EXPECT_EQ(told("node add", R"({"path":"bob","onwer":"bob"})"),
              "malformed: unknown argument of node add 'onwer'; did you mean owner?");
    EXPECT_EQ(told("node add"), "malformed: node add needs path, a text");
    EXPECT_EQ(told("sub show", R"({"id":"7"})"), "malformed: sub show needs id, a number");
    EXPECT_EQ(told("acl set", R"({"name":"bob","who":"all","grant":"read"})"),
              "malformed: acl set needs grant, a list");
}

TEST(AdminWords, TimeIsWrittenAsIsoDoes) {
    EXPECT_EQ(server::text_of(base::WallTime(std::chrono::milliseconds(1'795'201'323'999))),
              "2026-11-20T19:02:03Z");
}

TEST_F(AdminCommands, ABackupNeedsAStoreOnDiskAndAPathThatMeansTheSameToBoth) {
    EXPECT_EQ(told("backup", R"({"file":"/tmp/copy"})"),
              "precondition: store.path is \":memory:\": there is nothing to back up");
    std::string copied;
    base::Result<void> outcome;
    server::AdminCommands on_disk(world_.service, world_.clock, {"1.2", {}},
                                  [&](std::string file, base::Once<void(base::Result<void>)> done) {
                                      copied = std::move(file);
                                      done(outcome);
                                  });
    std::string answer;
    const auto ask = [&](const std::string& args) {
        on_disk.run("backup", *base::json::parse(args), kRequest, [&](base::Result<Value> result) {
            answer = result ? result->dump() : result.error().text;
        });
        return answer;
    };
    EXPECT_EQ(ask(R"({"file":"copy"})"), "'copy' is no absolute path (it begins with no /)");
    EXPECT_EQ(copied, "");
    EXPECT_EQ(ask(R"({"file":"/tmp/copy"})"), R"({"file":"/tmp/copy"})");
    EXPECT_EQ(copied, "/tmp/copy");
    outcome = base::fail(Errc::no_space, "/tmp/copy.part: disk full");
    EXPECT_EQ(ask(R"({"file":"/tmp/copy"})"), "/tmp/copy.part: disk full");
}

}  // namespace
