// tests/server/envoy_test.cc: whom our people watch and write to at other servers.
// SPDX-License-Identifier: Apache-2.0
#include "server/envoy.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/server/federation_world.h"

namespace server {
namespace {

using loopback::Connection;
using loopback::Port;
using namespace std::chrono_literals;

constexpr const char* kZoe = "im.b.com/instmsg/aliases/zoe";

/// The request line, and those header lines that differ from one to the next, without the rest.
std::string gist(const std::string& request) {
    static const std::set<std::string> kSame = {"Host", "RVP-Notifications-Version", "RVPD-Passed", "RVP-Hop-Count", "RVP-From-Principal"};
    std::string out;
    const std::string_view head = std::string_view(request).substr(0, request.find("\r\n\r\n"));
    for (const std::string_view line : base::split(head, '\n')) {
        const std::string_view text = base::trim(line);
        if (!kSame.contains(std::string(text.substr(0, text.find(':'))))) out.append(text).append("|");
    }
    return out;
}

std::string multistatus(const std::string& state, const std::string& more = "") {
    return "<?xml version=\"1.0\"?><d:multistatus" + tests::kRoot + "><d:response><d:href>http://im.b.com/instmsg/aliases/zoe</d:href><d:propstat><d:prop>"
           "<r:state><r:" + state + "/></r:state><d:displayname>Zoe</d:displayname>" + more + "</d:prop><d:status>HTTP/1.1 200 Successful</d:status></d:propstat>"
           "<d:propstat><d:prop><r:email>no</r:email></d:prop><d:status>HTTP/1.1 403 Forbidden</d:status></d:propstat></d:response></d:multistatus>";
}

/// Alice of im.example.com, and the server of im.b.com, which the test plays; time passes when it says so.
class EnvoyTest : public tests::FederationWorld, protected presence::AbroadEvents {
protected:
    EnvoyTest() {
        alice_.key = "/instmsg/aliases/alice";
        alice_.url = tests::url_of("alice");
        thread_.call([this] {
            DomainSettings known;
            known.domains = {"im.b.com"};
            known.servers = {*DomainLine::parse("im.b.com = http://" + server_.text())};
            make(std::move(known));
            make_envoy(Envoy::kMostWatches);
        });
    }
    void make_envoy(std::size_t most) {
        envoy_.emplace(Envoy::House{world_.realm, others_->passages, wheel_, time_, log_},
                       [](std::string_view key) { return std::string(key.substr(0, key.find('/'))); }, base::xml::Bounds{}, "us", most);
    }
    ~EnvoyTest() override {
        thread_.call([this] {
            others_->passages.stop();
            envoy_.reset();
        });
        end();
    }
    /// `NAME=VALUE` of each, or `nothing`.
    static std::string words_of(const std::vector<presence::Prop>& present) {
        std::string words;
        for (const presence::Prop& prop : present) {
            const auto* state = std::get_if<presence::Status>(&prop.value);
            const auto* text = std::get_if<presence::Text>(&prop.value);
            words.append(words.empty() ? "" : " ").append(prop.name.local()).append("=").append(state ? state->name() : text ? text->text : "?");
        }
        return words.empty() ? "nothing" : words;
    }
    void seen(const std::string& key, const std::vector<presence::Prop>& present, base::Instant) override {
        seen_.add(key + ": " + words_of(present));
    }
    void watch(presence::AbroadEvents& events) {
        thread_.call([&] { envoy_->watch(alice_, kZoe, events); });
    }
    void unwatch(presence::AbroadEvents& events) {
        thread_.call([&] { envoy_->unwatch(alice_, kZoe, events); });
    }
    void pass(std::chrono::seconds by) {
        thread_.call([&] {
            time_.advance(by);
            wheel_.run(time_.now());
        });
    }
    /// Until what was answered has been heard.
    void settle() {
        for (std::size_t asking = 1; asking > 0;) {
            thread_.call([&] { asking = envoy_->asking(); });
        }
    }
    static void grant(Connection& server, int id, const std::string& body) {
        server.answer("HTTP/1.1 207 x\r\nSubscription-Id: " + std::to_string(id) + "\r\nSubscription-Lifetime: 600\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    /// Somebody who is online is watched, and that is known.
    Connection watched() {
        server_.listen();
        watch(*this);
        Connection server = server_.accept();
        server.read_request();
        grant(server, 7, multistatus("online"));
        take_seen();
        return server;
    }
    std::string take_seen() { return seen_.take(1).at(0); }

    presence::Caller alice_;
    Port server_;
    base::FakeClock time_;
    base::TimerWheel wheel_{time_.now(), 100ms};
    loopback::Record seen_;
    std::optional<Envoy> envoy_;
};

TEST_F(EnvoyTest, SubscribesAsTheWatchersOwnServerDoesAndTellsWhatIsThere) {
    server_.listen();
    watch(*this);
    Connection server = server_.accept();
    EXPECT_EQ(server.read_request(), "SUBSCRIBE /instmsg/aliases/zoe HTTP/1.1\r\nHost: im.b.com\r\nRVP-Notifications-Version: 0.2\r\n"
                                     "RVP-From-Principal: " + tests::url_of("alice") + "\r\nRVP-Hop-Count: 2\r\nRVPD-Passed: us\r\n"
                                     "Notification-Type: update/propchange\r\nCall-Back: " + tests::url_of("alice") +
                                     "\r\nSubscription-Lifetime: 600\r\nContent-Length: 0\r\n\r\n");
    grant(server, 7, multistatus("busy", "<r:mobile-state>0</r:mobile-state>"));
    EXPECT_EQ(take_seen(), std::string(kZoe) + ": state=busy displayname=Zoe mobile-state=0") << "and not what is forbidden";
}

TEST_F(EnvoyTest, RenewsInTimeAndEndsWhenNobodyWatches) {
    Connection server = watched();
    pass(340s);
    EXPECT_EQ(gist(server.read_request()), "SUBSCRIBE /instmsg/aliases/zoe HTTP/1.1|Subscription-Id: 7|Subscription-Lifetime: 600|Content-Length: 0|");
    server.answer("HTTP/1.1 200 x\r\nSubscription-Id: 7\r\nSubscription-Lifetime: 600\r\nContent-Length: 0\r\n\r\n");
    settle();
    unwatch(*this);
    EXPECT_EQ(gist(server.read_request()), "UNSUBSCRIBE /instmsg/aliases/zoe HTTP/1.1|Subscription-Id: 7|Content-Length: 0|");
    EXPECT_EQ(envoy_->size(), 0U);
}

/// A second log-on of the same person.
struct Another final : presence::AbroadEvents {
    void seen(const std::string&, const std::vector<presence::Prop>& present, base::Instant) override { seen_.add(std::to_string(present.size())); }
    loopback::Record seen_;
};

TEST_F(EnvoyTest, APersonWhoWatchesThroughTwoDoorsSubscribesOnce) {
    Connection server = watched();
    Another second;
    watch(second);
    const std::string asked = server.read_request();
    EXPECT_TRUE(asked.starts_with("PROPFIND /instmsg/aliases/zoe ")) << asked;
    EXPECT_NE(asked.find("\r\nDepth: 0\r\n"), std::string::npos) << asked;
    const std::string body = multistatus("away");
    server.answer("HTTP/1.1 207 x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_EQ(second.seen_.take(1).at(0), "2");
    unwatch(*this);
    EXPECT_FALSE(server.has_more()) << "one watches still";
    unwatch(second);
    EXPECT_TRUE(server.read_request().starts_with("UNSUBSCRIBE "));
}

TEST_F(EnvoyTest, WhoFindsNoRoomWaitsUntilAnotherEnds) {
    thread_.call([this] { make_envoy(1); });
    Connection server = watched();
    presence::Caller bob = alice_, carol = alice_;
    bob.key = "/instmsg/aliases/bob";
    carol.key = "/instmsg/aliases/carol";
    Another his, hers;
    thread_.call([&] {
        envoy_->watch(bob, kZoe, his);
        envoy_->watch(carol, kZoe, hers);
        EXPECT_EQ(envoy_->size(), 2U) << "as many may wait as there are";
        envoy_->unwatch(bob, kZoe, his);
        envoy_->watch(carol, kZoe, hers);
        EXPECT_EQ(envoy_->asking(), 0U);
    });
    EXPECT_FALSE(server.has_more());
    unwatch(*this);
    std::set<std::string> came;
    Connection other = server_.accept();
    for (Connection* one : {&server, &other}) {
        const std::string request = one->read_request();
        came.insert(request.substr(0, request.find(' ')) + (request.find("aliases/carol\r\n") != std::string::npos ? " by carol" : ""));
    }
    EXPECT_EQ(came, (std::set<std::string>{"UNSUBSCRIBE", "SUBSCRIBE by carol"}));
}

TEST_F(EnvoyTest, WhatItsServerHasForgottenIsBegunAnew) {
    Connection server = watched();
    pass(340s);
    server.read_request();
    server.answer_framed(412);
    EXPECT_NE(server.read_request().find("\r\nCall-Back: "), std::string::npos);
    grant(server, 8, multistatus("away"));
    EXPECT_EQ(take_seen(), std::string(kZoe) + ": state=away displayname=Zoe");
}

TEST_F(EnvoyTest, WhoseServerIsAwayStaysAsHeWasUntilTheLeaseEndsAndIsTriedAgain) {
    watched().close();
    pass(340s);
    const auto fail = [this] {
        Connection server = server_.accept();
        server.read_request();
        server.answer_framed(503);
        server.close();
        settle();
    };
    fail();
    for (int i = 0; i < 7; ++i) {  // until the lease ends
        pass(40s);
        fail();
    }
    EXPECT_EQ(take_seen(), std::string(kZoe) + ": nothing");
    pass(40s);
    Connection server = server_.accept();
    EXPECT_NE(server.read_request().find("\r\nCall-Back: "), std::string::npos);
    grant(server, 9, multistatus("online"));
    EXPECT_EQ(take_seen(), std::string(kZoe) + ": state=online displayname=Zoe");
}

TEST_F(EnvoyTest, WhoMayNotWatchIsNotTroubledAndTriesSeldom) {
    server_.listen();
    watch(*this);
    Connection server = server_.accept();
    server.read_request();
    server.answer_framed(403);
    settle();
    pass(60s);
    EXPECT_FALSE(server.has_more());
    pass(300s);
    EXPECT_TRUE(server.read_request().starts_with("SUBSCRIBE "));
    grant(server, 3, multistatus("online"));
    take_seen();
}

TEST_F(EnvoyTest, WhatIsGrantedTooLateIsGivenBack) {
    server_.listen();
    watch(*this);
    Connection server = server_.accept();
    server.read_request();
    unwatch(*this);
    grant(server, 7, multistatus("online"));
    EXPECT_EQ(gist(server.read_request()), "UNSUBSCRIBE /instmsg/aliases/zoe HTTP/1.1|Subscription-Id: 7|Content-Length: 0|");
}

TEST_F(EnvoyTest, AMessageIsAcknowledgedByHisServer) {
    server_.listen();
    presence::Message message;
    message.from = {tests::url_of("alice"), "Alice"};
    message.to = {{{"http://im.b.com/instmsg/aliases/zoe", "zoe"}}};
    message.mime = "Content-Type: text/plain\r\n\r\nhello";
    const presence::Notification what{message, tests::url_of("alice"), 2, presence::AckType::single_hop};
    const auto send = [&] {
        thread_.call([&] {
            envoy_->notify(what, kZoe, [this](base::Result<presence::Accepted> how) {
                done_.add(!how ? how.error().text : *how == presence::Accepted::kept ? "kept" : "settled");
            });
        });
    };
    send();
    Connection server = server_.accept();
    const std::string request = server.read_request();
    EXPECT_EQ(gist(request), "NOTIFY /instmsg/aliases/zoe HTTP/1.1|RVP-Ack-Type: SingleHop|Content-Type: text/xml|Content-Length: " +
                                 std::to_string(request.size() - request.find("\r\n\r\n") - 4) + "|");
    EXPECT_NE(request.find("<r:notification-to><r:contact><d:href>http://im.b.com/instmsg/aliases/zoe</d:href>"), std::string::npos) << request;
    EXPECT_NE(request.find("hello"), std::string::npos);
    server.answer_framed(200);
    EXPECT_EQ(done_.take(1).at(0), "settled");
    for (const auto& [status, outcome] : {std::pair{202, "kept"}, {412, "his server answered 412"}, {403, "his server answered 403"}}) {
        send();
        server.read_request();
        server.answer_framed(status);
        EXPECT_EQ(done_.take(1).at(0), outcome);
    }
}

}  // namespace
}  // namespace server
