// tests/server/courier_domains_test.cc: call-backs to nodes of other domains, at servers that somebody else knows.
// SPDX-License-Identifier: Apache-2.0
#include "server/courier.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/server/courier_fixture.h"

namespace server {
namespace {

/// Knows places by authority; lives on the courier's loop.
struct KnownPlaces final : PeerFinder {
    void find(const std::string& authority, Found done) override {
        ++asked;
        const auto it = places.find(authority);
        if (it == places.end()) return done(base::fail(base::Errc::not_found, "nobody knows"));
        done(PeerPlaces{{{kSource, it->second}}, false});
    }
    std::map<std::string, std::uint16_t> places;
    int asked = 0;
};

class CourierDomainsTest : public CourierTest {
protected:
    CourierDomainsTest() {
        main_.call([this] {
            const auto server_of = [](std::string_view authority, std::string_view path) -> std::string {
                if (authority == "im.example.com" && path.ends_with("/w")) return "home.example.com:8080";
                return authority.starts_with("im.acme") ? std::string(authority) : std::string();
            };
            courier_->set_servers(finder_, server_of, "us");
        });
    }
    ~CourierDomainsTest() override { stop(); }  // before the finder goes

    static std::string header(const std::string& request, const std::string& name) {
        const auto at = request.find("\r\n" + name + ": ");
        if (at == std::string::npos) return "none";
        const auto from = at + name.size() + 4;
        return request.substr(from, request.find('\r', from) - from);
    }

    /// So many people of im.acme.com, whose server is there.
    std::vector<TargetId> known(std::size_t count) {
        port_.listen(1024);
        finder_.places["im.acme.com"] = port_.number();
        std::vector<TargetId> targets;
        for (std::size_t i = 0; i < count; ++i) targets.push_back(try_open("http://im.acme.com/instmsg/aliases/w" + std::to_string(i)).value());
        return targets;
    }
    /// To each of `targets` a message that says its number; the first four have reached the server, which has answered none.
    std::vector<Connection> not_answered(const std::vector<TargetId>& targets) {
        std::vector<Connection> held;
        for (std::size_t i = 0; i < targets.size(); ++i) {
            push({message(targets[i], std::to_string(i), i + 1)});
            if (i >= 4) continue;
            held.push_back(port_.accept());
            EXPECT_EQ(name_of(held.back().read_request()), std::to_string(i)) << "whatever is known of it";
        }
        return held;
    }
    /// Its server has answered, over this one.
    Connection reached(TargetId target) {
        push({state(target, "first")});
        Connection server = port_.accept();
        EXPECT_EQ(serve(server), "first");
        while (settle()) {}
        return server;
    }

    KnownPlaces finder_;
    Port port_;
};

TEST_F(CourierDomainsTest, AreSentToTheServerThatIsFoundUnderTheNameOfTheNode) {
    port_.listen();
    finder_.places["im.acme.com"] = port_.number();
    const TargetId target = try_open("http://im.acme.com/instmsg/aliases/w", *base::IpAddress::parse("192.0.2.1")).value();
    push({message(target, "hello", 1)});
    Connection server = port_.accept();
    const std::string request = server.read_request();
    EXPECT_TRUE(request.starts_with("NOTIFY /instmsg/aliases/w HTTP/1.1\r\nHost: im.acme.com\r\n")) << request;
    EXPECT_EQ(header(request, "RVPD-Passed"), "us");
    server.answer_framed(200);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 taken"});
}

TEST_F(CourierDomainsTest, OnlyServersAreToldWhatANotificationPassed) {
    port_.listen();
    finder_.places["im.acme.com"] = port_.number();
    const TargetId server = try_open("http://im.acme.com/instmsg/aliases/w").value();
    const TargetId client = open(port_);
    presence::Notification notification{presence::Foreign{"<x>a</x>"}, "http://im.example/s"};
    notification.passed = "before\r\nEvil: 1";
    Delivery delivery = message(server, "", 1);
    delivery.what = courier_->prepare(notification);
    push({delivery});
    Connection one = port_.accept();
    EXPECT_EQ(header(one.read_request(), "RVPD-Passed"), "beforeEvil: 1, us");
    one.answer_framed(200);
    delivery.target = client;
    delivery.token = DeliveryToken(2);
    push({delivery});
    Connection other = port_.accept();
    EXPECT_EQ(header(other.read_request(), "RVPD-Passed"), "none");
    other.answer_framed(200);
    EXPECT_EQ(fates_.take(2), (Lines{"1/7 1 taken", "2/7 2 taken"}));
}

TEST_F(CourierDomainsTest, AServerThatNobodyKnowsIsTriedAgainLikeOneThatCannotBeReached) {
    const TargetId target = try_open("http://im.acme.com/instmsg/aliases/w").value();
    push({state(target, "first"), message(target, "hello", 1)});
    while (settle()) {}
    EXPECT_EQ(report(target).failure, "no connection");
    port_.listen();
    main_.call([this] { finder_.places["im.acme.com"] = port_.number(); });
    pass(20s);
    Connection one = port_.accept(), other = port_.accept();
    EXPECT_EQ((std::set<std::string>{serve(one), serve(other)}), (std::set<std::string>{"first", "hello"}));
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 taken"});
}

TEST_F(CourierDomainsTest, AMessageThatWaitsForSomebodyHoldsUpNobodyElse) {
    const std::vector<TargetId> targets = known(3);
    Connection news = reached(targets[0]);
    push({message(targets[0], "slow", 1)});
    Connection slow = port_.accept();
    EXPECT_EQ(name_of(slow.read_request()), "slow");
    push({message(targets[1], "quick", 2)});
    Connection quick = port_.accept();
    EXPECT_EQ(serve(quick), "quick");
    EXPECT_EQ(fates_.take(1), Lines{"2/7 2 taken"});
    push({message(targets[0], "later", 3), state(targets[0], "busy"), state(targets[2], "away"), message(targets[2], "more", 4)});
    EXPECT_EQ(serve(news), "busy") << "what is new overtakes what somebody must have first";
    EXPECT_EQ(serve(news), "away");
    EXPECT_EQ(serve(quick), "more");
    EXPECT_EQ(fates_.take(1), Lines{"3/7 4 taken"});
    settle();
    EXPECT_FALSE(slow.has_more()) << "two messages for one are in order";
    slow.answer_framed(202);
    EXPECT_EQ(serve(slow), "later");
    EXPECT_EQ(fates_.take(2), (Lines{"1/7 1 taken", "1/7 3 taken"}));
    EXPECT_FALSE(port_.has_caller());
}

TEST_F(CourierDomainsTest, TheFirstMessagesDoNotWaitForEachOther) {
    const std::vector<TargetId> targets = known(6);
    std::vector<Connection> held = not_answered(targets);
    settle();
    EXPECT_FALSE(port_.has_caller()) << "not more before it has answered";
    held[0].answer_framed(200);
    EXPECT_EQ(name_of(held[0].read_request()), "4");
    Connection more = port_.accept();
    EXPECT_EQ(serve(more), "5");
    EXPECT_EQ(fates_.take(2), (Lines{"1/7 1 taken", "6/7 6 taken"}));
    EXPECT_FALSE(port_.has_caller());
}

TEST_F(CourierDomainsTest, AConnectionWithNothingOnItTakesOverWhatWaits) {
    const std::vector<TargetId> targets = known(6);
    std::vector<Connection> held = not_answered(targets);
    push({message(targets[1], "1 again", 7), message(targets[5], "5 again", 8)});
    for (const char* next : {"4", "5", "5 again"}) {
        held[0].answer_framed(503);  // so that it gets no more connections
        EXPECT_EQ(name_of(held[0].read_request()), next);
    }
    push({message(targets[5], "5 at last", 9)});
    settle();
    held[0].answer_framed(503);
    EXPECT_EQ(name_of(held[0].read_request()), "5 at last") << "in order, and over the one that has it now";
    held[1].answer_framed(200);
    EXPECT_EQ(name_of(held[1].read_request()), "1 again") << "what stands behind its own stays";
    EXPECT_FALSE(port_.has_caller());
    EXPECT_EQ(fates_.take(5).back(), "2/7 2 taken");
}

TEST_F(CourierDomainsTest, ConnectionsForMessagesAreBounded) {
    constexpr std::size_t kMost = 64;
    const std::vector<TargetId> targets = known(kMost + 2);
    Connection news = reached(targets[0]);
    std::vector<Connection> held;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        push({message(targets[i], "m", i + 1)});
        if (i >= kMost) continue;
        held.push_back(port_.accept());
        EXPECT_EQ(name_of(held.back().read_request()), "m");
    }
    settle();
    EXPECT_FALSE(port_.has_caller());
    held[0].answer_framed(200);
    for (std::size_t i = kMost; i < targets.size(); ++i) EXPECT_EQ(serve(held[0]), "m") << "what has waited, wherever";
    for (std::size_t i = 1; i < kMost; ++i) held[i].answer_framed(200);
    EXPECT_EQ(fates_.take(targets.size()).size(), targets.size());
    for (std::size_t i = 4; i < kMost; ++i) EXPECT_TRUE(held[i].peer_closes()) << "of those that nothing needs, four are kept";
    push({state(targets[1], "calm")});
    EXPECT_EQ(serve(news), "calm");
}

TEST_F(CourierDomainsTest, AServerThatTakesOneConnectionGetsMessagesOverIt) {
    const std::vector<TargetId> targets = known(2);
    Connection only = reached(targets[0]);
    Port full;
    full.listen_full();
    main_.call([&] { finder_.places["im.acme.com"] = full.number(); });
    push({message(targets[1], "hello", 1)});
    settle();
    pass(3s);
    pass(1s);
    EXPECT_EQ(serve(only), "hello");
    EXPECT_EQ(fates_.take(1), Lines{"2/7 1 taken"});
}

TEST_F(CourierDomainsTest, ANodeOfOurDomainAtAnotherHomeServerIsToldThere) {
    port_.listen();
    finder_.places["home.example.com:8080"] = port_.number();
    const TargetId target = try_open("http://im.example.com/instmsg/aliases/w").value();
    push({message(target, "hello", 1)});
    Connection server = port_.accept();
    const std::string request = server.read_request();
    EXPECT_TRUE(request.starts_with("NOTIFY /instmsg/aliases/w HTTP/1.1\r\nHost: im.example.com\r\n")) << request;
    server.answer_framed(200);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 taken"});
}

TEST_F(CourierDomainsTest, OtherCallBacksAreAsBefore) {
    EXPECT_EQ(refusal("http://10.0.0.1:8080/instmsg/aliases/w"), base::Errc::denied);
    port_.listen();
    const TargetId target = open(port_);
    push({message(target, "hello", 1)});
    Connection client = port_.accept();
    EXPECT_EQ(serve(client), "hello");
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 taken"});
    EXPECT_EQ(finder_.asked, 0);
}

}  // namespace
}  // namespace server
