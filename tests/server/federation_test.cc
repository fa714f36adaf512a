// tests/server/federation_test.cc: what other domains ask of us, and what we carry to them.
// SPDX-License-Identifier: Apache-2.0
#include "server/federation.h"

#include <gtest/gtest.h>

#include <thread>

#include "server/passing_body.h"
#include "tests/server/federation_world.h"

namespace server {
namespace {

using loopback::Connection;
using loopback::Port;
using tests::header_of;
using tests::url_of;

/// Knows no name; what was asked waits until `answer`.
struct SilentDns final : tests::NoDns {
    void srv(const std::string&, SrvDone done) override { waiting.push_back(std::move(done)); }
    void answer(base::Errc code) {
        for (SrvDone& done : std::exchange(waiting, {})) done(base::fail(code, "the DNS says no"));
    }
    std::vector<SrvDone> waiting;
};

/// Its domain is im.example.com, with im.acme.com at 10.0.0.1 and im.b.com at a port of loopback.
class FederationTest : public tests::FederationWorld {
protected:
    FederationTest() {
        thread_.call([this] { begin(rvp::Assertion::refused); });
    }
    ~FederationTest() override { end(); }
    void begin(rvp::Assertion unproven, Federation::Proof proof = Federation::Proof::address) {
        auto dns = std::make_unique<SilentDns>();
        dns_ = dns.get();
        DomainSettings settings;
        settings.domains = {"im.acme.com", "im.b.com", "im.slow.com", "im.dead.com"};
        settings.servers = {*DomainLine::parse("im.acme.com = http://10.0.0.1"), *DomainLine::parse("im.b.com = http://" + server_.text()),
                            *DomainLine::parse("im.dead.com = http://" + dead_.text())};
        make(std::move(settings), {unproven, proof}, std::move(dns));
        relay_.emplace(world_.realm, others_->domains, rvp::Proofs{}, others_->passages, "us");
        others_->federation.set_relay(&*relay_);
    }

    Passages::Reach reach(const std::string& authority) {
        Passages::Reach reach{};
        thread_.call([&] { reach = others_->passages.reach(authority); });
        return reach;
    }
    static base::Request from(const std::string& principal, const std::string& method = "PROPFIND", int host = 1,
                              const std::string& target = "/instmsg/aliases/bob") {
        base::Request request = tests::request_of(method, target, "nobody", {{"Depth", "0"}}, "", host);
        request.headers[1].value = principal;
        if (method == "PROPFIND") request.body = "<d:propfind xmlns:d='DAV:'><d:allprop/></d:propfind>";
        return request;
    }
    static base::Request to_b(const std::string& method, std::vector<base::HttpHeader> headers, const std::string& body = "") {
        base::Request request = tests::request_of(method, "http://im.b.com/instmsg/aliases/b%20b", "alice", std::move(headers), body);
        request.headers[0].value = "im.b.com";
        return request;
    }

    Port server_;
    Port dead_;
    SilentDns* dns_ = nullptr;
    std::optional<Relay> relay_;
};

constexpr const char* kMax = "http://im.acme.com/instmsg/aliases/maxb";

TEST_F(FederationTest, OnlyTheServerOfADomainSpeaksForItsPeople) {
    thread_.call([this] { ASSERT_TRUE(world_.login("bob", 9)); });
    EXPECT_EQ(ask(from(kMax)), "207");
    EXPECT_EQ(ask(from(kMax, "PROPFIND", 2)), "403");
    EXPECT_EQ(answer_.body, "only its own server may speak for im.acme.com, and 10.0.0.2 is none of its addresses\n");
    EXPECT_EQ(ask(from("im.acme.com", "NOTIFY", 2)), "403");
    EXPECT_EQ(ask(from("http://im.other.com/instmsg/aliases/x")), "403");
    EXPECT_EQ(answer_.body, "people of im.other.com may not subscribe or notify here (federation.domains)\n");
    EXPECT_EQ(ask(from(url_of("alice"), "PROPFIND", 2)), "207") << "of our own people it says nothing";
}

TEST_F(FederationTest, PeopleAreBelievedFromAnywhereWhereThatIsConfigured) {
    thread_.call([this] {
        ASSERT_TRUE(world_.login("bob", 9));
        begin(rvp::Assertion::accepted);
    });
    EXPECT_EQ(ask(from(kMax, "PROPFIND", 2)), "207");
    EXPECT_EQ(ask(from("http://im.other.com/instmsg/aliases/x")), "403");
}

/// Proves to be one host.
struct Shows final : base::PeerProof {
    explicit Shows(std::string h) : host(std::move(h)) {}
    bool proves(std::string_view asked) const override { return asked == host; }
    std::string host;
};

TEST_F(FederationTest, WhereCertificatesProveAnAddressDoesNot) {
    thread_.call([this] {
        ASSERT_TRUE(world_.login("bob", 9));
        begin(rvp::Assertion::refused, Federation::Proof::certificate);
    });
    base::Request request = from(kMax);
    EXPECT_EQ(ask(request), "403");
    EXPECT_EQ(answer_.body, "only its own server may speak for im.acme.com, and this one shows no certificate of it\n");
    request.shown = std::make_shared<Shows>("im.b.com");
    EXPECT_EQ(ask(request), "403");
    request.peer = *base::IpAddress::parse("192.0.2.77");
    request.shown = std::make_shared<Shows>("im.acme.com");
    EXPECT_EQ(ask(request), "207") << "from wherever";
}

TEST_F(FederationTest, ARequestWaitsUntilItsDomainIsFound) {
    const base::Request request = from("http://im.slow.com/instmsg/aliases/x");
    {
        base::Request brief = request;  // gone before the answer
        send(brief);
    }
    thread_.call([this] { dns_->answer(base::Errc::not_found); });
    EXPECT_EQ(done_.take(1).at(0), "403");
}

TEST_F(FederationTest, WhileTheDnsIsDownAStrangerIsAskedToComeAgain) {
    send(from("http://im.slow.com/instmsg/aliases/x"));
    thread_.call([this] { dns_->answer(base::Errc::busy); });
    EXPECT_EQ(done_.take(1).at(0), "503");
    EXPECT_EQ(header_of(answer_, "Retry-After"), "2");
}

TEST_F(FederationTest, WhatCannotBeRelayedWhileTheDnsIsDownMayGoLater) {
    base::Request request = to_b("PROPFIND", {});
    request.target = "http://im.slow.com/instmsg/aliases/x";
    send(request);
    thread_.call([this] { dns_->answer(base::Errc::busy); });
    EXPECT_EQ(done_.take(1).at(0), "503");
    EXPECT_EQ(header_of(answer_, "Retry-After"), "2");
    EXPECT_EQ(ask(request), "503") << "and nobody is asked again at once";
}

TEST_F(FederationTest, WhatHasPassedHereAlreadyIsALoop) {
    base::Request request = from(kMax, "NOTIFY");
    request.headers.push_back({"RVPD-Passed", "them, us ,others"});
    EXPECT_EQ(ask(request), "508");
    request.headers.back().value = "them, usual";
    EXPECT_NE(ask(request), "508");
}

TEST_F(FederationTest, RelaysWhatRvpKnowsOfARequestAndNothingElse) {
    server_.listen();
    send(to_b("SUBSCRIBE", {{"Call-Back", "<" + url_of("alice") + ">"}, {"Notification-Type", "update/propchange"},
                            {"Authorization", "Digest secret"}, {"User-Agent", "me"}, {"Subscription-Lifetime", "60"}}));
    Connection server = server_.accept();
    EXPECT_EQ(server.read_request(),
              "SUBSCRIBE /instmsg/aliases/b%20b HTTP/1.1\r\nHost: im.b.com\r\nRVP-From-Principal: " + url_of("alice") +
                  "\r\nRVP-Hop-Count: 2\r\nRVPD-Passed: us\r\nCall-Back: " + url_of("alice") +
                  "\r\nNotification-Type: update/propchange\r\nSubscription-Lifetime: 60\r\nContent-Length: 0\r\n\r\n");
    server.answer("HTTP/1.1 207 Multi\r\nSubscription-Id: 5\r\nServer: x\r\nSet-Cookie: y\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>");
    EXPECT_EQ(done_.take(1).at(0), "207");
    EXPECT_EQ(tests::lines_of(answer_), "Subscription-Id: 5\nContent-Type: text/xml\n");
    EXPECT_EQ(answer_.body, "<a/>");
    EXPECT_EQ(reach("im.b.com"), Passages::Reach::reached);
}

TEST_F(FederationTest, TheHopIsCountedAndWhatIsInARingRefused) {
    server_.listen();
    send(to_b("NOTIFY", {{"RVP-Hop-Count", "3"}, {"RVP-Ack-Type", "DeepOr"}}, "<x/>"));
    Connection server = server_.accept();
    const std::string request = server.read_request();
    EXPECT_NE(request.find("\r\nRVP-Hop-Count: 4\r\n"), std::string::npos) << request;
    EXPECT_TRUE(request.ends_with("Content-Length: 4\r\n\r\n<x/>")) << request;
    server.answer_framed(202);
    EXPECT_EQ(done_.take(1).at(0), "202");
    EXPECT_EQ(ask(to_b("NOTIFY", {{"RVP-Hop-Count", "16"}})), "508");
}

TEST_F(FederationTest, NoAddressOfAClientLeavesItsServer) {
    server_.listen();
    EXPECT_EQ(ask(to_b("SUBSCRIBE", {{"Call-Back", "http://10.0.0.1:1234"}})), "403");
    EXPECT_EQ(ask(to_b("SUBSCRIBE", {{"Call-Back", url_of("bob")}})), "403");
    EXPECT_FALSE(server_.has_caller());
}

TEST_F(FederationTest, RelaysForOurOwnPeopleOnly) {
    server_.listen();
    base::Request request = to_b("PROPFIND", {});
    request.headers[1].value = kMax;
    EXPECT_EQ(ask(request), "403");
    EXPECT_EQ(answer_.body, "only for people of im.example.com a request is relayed to another domain (RVP 4.1.1)\n");
    EXPECT_FALSE(server_.has_caller());
}

TEST_F(FederationTest, AServerThatCannotBeAskedIsLikeAPersonWhoCannotBeReached) {
    base::Request request = to_b("PROPFIND", {});
    request.target = "http://im.dead.com/instmsg/aliases/x";
    EXPECT_EQ(ask(request), "412");
    EXPECT_EQ(answer_.body, "the server of im.dead.com could not be asked: refused\n");
    EXPECT_EQ(reach("im.dead.com"), Passages::Reach::failed);
    EXPECT_EQ(reach("im.b.com"), Passages::Reach::unknown);
}

TEST_F(FederationTest, AnAnswerThatWouldLeadTheClientAwayOrAskHimForProofIsNotHandedOn) {
    server_.listen();
    send(to_b("PROPFIND", {}));
    Connection server = server_.accept();
    server.read_request();
    server.answer("HTTP/1.1 401 x\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(done_.take(1).at(0), "403");
    EXPECT_EQ(header_of(answer_, "WWW-Authenticate"), "");
    send(to_b("PROPFIND", {}));
    server.read_request();
    server.answer("HTTP/1.1 302 x\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(done_.take(1).at(0), "412");
    EXPECT_EQ(header_of(answer_, "Location"), "");
    send(to_b("PROPFIND", {}));
    server.read_request();
    server.answer("HTTP/1.1 207 x\r\nContent-Length: 9\r\n\r\nhalf");
    server.close();
    EXPECT_EQ(done_.take(1).at(0), "412") << "an answer that broke off";
}

TEST_F(FederationTest, OnlyAForeignNodeThatIsNamedInFullOrByAWrittenHostIsRelayedTo) {
    const auto target = [this](const std::string& request_target, const std::string& host, const std::string& method = "PROPFIND") {
        base::Request request = tests::request_of(method, request_target, "alice");
        request.headers[0].value = host;
        const auto found = relay_->target(request);
        return found ? found->url() : "ours";
    };
    const std::string bob = "http://im.b.com/instmsg/aliases/bob";
    EXPECT_EQ(target(bob, "im.b.com"), bob);
    EXPECT_EQ(target(bob, "im.example.com"), bob);
    EXPECT_EQ(target("/instmsg/aliases/bob", "IM.b.com:80"), bob);
    EXPECT_EQ(target("/instmsg/local/im.b.com/instmsg/aliases/bob", "im.example.com"), bob);
    EXPECT_EQ(target("/instmsg/aliases/bob", "what.ever"), "ours");
    EXPECT_EQ(target("http://what.ever/instmsg/aliases/bob", "what.ever"), "ours");
    EXPECT_EQ(target("http://im.b.com/", "im.b.com"), "ours");
    EXPECT_EQ(target(bob, "im.b.com", "CONNECT"), "ours");
    EXPECT_EQ(target(url_of("bob"), "im.b.com"), "ours");
}

TEST_F(FederationTest, WhoWaitsForAnotherServerIsAnsweredWhenThisOneStops) {
    server_.listen(1024);
    for (std::size_t i = 0; i <= Passages::kLanes; ++i) send(to_b("PROPFIND", {}));
    send(from("http://im.slow.com/instmsg/aliases/x"));
    thread_.call([this] {
        others_->domains.stop();
        others_->passages.stop();
    });
    EXPECT_EQ(done_.take(Passages::kLanes + 2), std::vector<std::string>(Passages::kLanes + 2, "503"));
    EXPECT_EQ(answer_.body, "the server is stopping\n");
}

TEST_F(FederationTest, ManyRequestsForOneServerWaitForEachOtherAndTheirNumberIsBounded) {
    server_.listen(1024);
    for (std::size_t i = 0; i < Passages::kLanes + Passages::kQueued; ++i) send(to_b("PROPFIND", {}));
    EXPECT_EQ(ask(to_b("PROPFIND", {})), "503");
    std::vector<Connection> lanes;
    for (std::size_t i = 0; i < Passages::kLanes; ++i) lanes.push_back(server_.accept());
    for (std::size_t i = 0; i < Passages::kLanes + Passages::kQueued; ++i) {
        Connection& lane = lanes[i % Passages::kLanes];
        lane.read_request();
        lane.answer_framed(207);
    }
    EXPECT_EQ(done_.take(Passages::kLanes + Passages::kQueued).size(), Passages::kLanes + Passages::kQueued);
    EXPECT_FALSE(server_.has_caller()) << "the connections were kept";
}

/// Of a long answer, whose body is on its way.
class PassingTest : public FederationTest {
protected:
    static constexpr std::size_t kLong = 32U << 20;
    /// Its first bytes are there.
    Connection begin_long() {
        server_.listen();
        send(to_b("SUBSCRIPTIONS", {}));
        Connection server = server_.accept();
        server.read_request();
        server.answer("HTTP/1.1 207 x\r\nContent-Length: " + std::to_string(kLong) + "\r\n\r\nbegin");
        EXPECT_EQ(done_.take(1).at(0), "207");
        return server;
    }
    /// What is there, `wait` until something is; "" once it has broken off.
    std::string read() {
        for (;;) {
            std::string piece(65536, '\0');
            std::optional<std::size_t> size;
            thread_.call([&] { size = answer_.source->read(piece.data(), piece.size(), [this] { more_.add(""); }); });
            if (!size) return "";
            if (*size > 0) return piece.substr(0, *size);
            more_.take(1);
        }
    }
    loopback::Record more_;
};

TEST_F(PassingTest, ALongAnswerIsHandedOnBeforeItIsThere) {
    Connection server = begin_long();
    ASSERT_TRUE(answer_.source);
    EXPECT_EQ(answer_.source->size(), kLong);
    EXPECT_EQ(read(), "begin");
    std::thread writer([&server] { server.answer(std::string(kLong - 5, 'x')); });
    std::size_t size = 5;
    while (size < kLong) {
        const std::string piece = read();
        ASSERT_FALSE(piece.empty());
        size += piece.size();
        thread_.call([this] { EXPECT_LE(static_cast<PassingBody&>(*answer_.source).held(), PassingBody::kFull + 16384); });
    }
    writer.join();
    send(to_b("PROPFIND", {}));
    server.read_request();
    server.answer_framed(207);
    EXPECT_EQ(done_.take(1).at(0), "207") << "over the same connection";
}

TEST_F(PassingTest, OneThatBreaksOffIsToldAsSuch) {
    Connection server = begin_long();
    server.close();
    EXPECT_EQ(read(), "begin");
    EXPECT_EQ(read(), "");
}

TEST_F(PassingTest, OneThatNobodyWantsIsReadNoFurther) {
    Connection server = begin_long();
    thread_.call([this] { answer_ = {}; });
    EXPECT_TRUE(server.peer_closes());
    send(to_b("PROPFIND", {}));
    Connection next = server_.accept();
    next.read_request();
    next.answer_framed(207);
    EXPECT_EQ(done_.take(1).at(0), "207");
}

TEST_F(FederationTest, WhatWaitsForOneServerIsBoundedInBytesToo) {
    server_.listen(1024);
    const std::string body(1 << 20, 'x');
    for (std::size_t i = 0; i < Passages::kLanes; ++i) send(to_b("PROPFIND", {}));
    for (std::size_t i = 0; i < Passages::kQueuedBytes / (body.size() + 1024); ++i) send(to_b("NOTIFY", {}, body));
    EXPECT_EQ(ask(to_b("NOTIFY", {}, body)), "503");
    EXPECT_EQ(answer_.body, "too many requests wait for the server of im.b.com\n");
    send(to_b("PROPFIND", {}));  // is small enough
    thread_.call([this] { others_->passages.stop(); });
}

}  // namespace
}  // namespace server
