// tests/server/courier_domains_test.cc: call-backs to nodes of other domains, at servers that somebody else knows.
// SPDX-License-Identifier: Apache-2.0
#include "server/courier.h"

#include <gtest/gtest.h>

#include <map>

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
    Connection server = port_.accept();
    EXPECT_EQ(serve(server), "first");
    EXPECT_EQ(serve(server), "hello");
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 taken"});
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
