// tests/server/router_test.cc: whose node it is, and what a request looks like on its way there.
// SPDX-License-Identifier: Apache-2.0
#include "server/router.h"

#include <gtest/gtest.h>

#include "tests/server/federation_world.h"

namespace server {
namespace {

using loopback::Connection;
using loopback::Port;
using tests::header_of;
using tests::url_of;

const presence::Realm& example() {
    static const presence::Realm realm("im.example.com", "example.com", {"home1.example.com"});
    return realm;
}

Homes homes_of(std::initializer_list<const char*> lines) {
    std::vector<HomeLine> all;
    for (const char* line : lines) all.push_back(HomeLine::parse(line).value());
    return {all, example()};
}

TEST(Homes, ANameGoesBeforeAPatternAndAPatternBeforeALessParticularOne) {
    const Homes homes = homes_of({"* = http://rest", "b* = http://b", "*ob = http://ob", "bo*b = http://bob", "Bob = http://exact:81"});
    EXPECT_EQ(homes.elsewhere("/instmsg/aliases/BOB"), "exact:81");
    EXPECT_EQ(homes.elsewhere("/instmsg/aliases/bob/inbox"), "exact:81") << "what is below him is where he is";
    EXPECT_EQ(homes.elsewhere("/instmsg/aliases/jacob"), "ob");
    EXPECT_EQ(homes.elsewhere("/instmsg/aliases/bonob"), "bob") << "three letters go before two";
    EXPECT_EQ(homes.elsewhere("/instmsg/aliases/bo"), "b");
    EXPECT_EQ(homes.elsewhere("/instmsg/aliases/bea"), "b");
    EXPECT_EQ(homes.elsewhere("/instmsg/aliases/zoe"), "rest");
    EXPECT_EQ(homes.elsewhere("/groups/g"), "") << "an asterisk stands for principals";
}

TEST(Homes, OtherNodesAreNamedByTheirPaths) {
    const Homes homes = homes_of({"/groups/* = http://g", "/groups/mine = http://home1.example.com"});
    EXPECT_EQ(homes.elsewhere("/groups/a/b"), "g");
    EXPECT_EQ(homes.elsewhere("/Groups/mine"), "") << "that is an authority of ours";
    EXPECT_EQ(homes.elsewhere("/groups"), "");
    EXPECT_EQ(homes.elsewhere("/instmsg/aliases/bob"), "");
}

TEST(Homes, WhoIsNotNamedLivesHere) {
    EXPECT_EQ(homes_of({}).elsewhere("/instmsg/aliases/bob"), "");
    EXPECT_EQ(homes_of({"carol = http://a"}).elsewhere("/instmsg/aliases/bob"), "");
    EXPECT_EQ(homes_of({"* = http://a", "bob = http://im.example.com"}).elsewhere("/instmsg/aliases/bob"), "");
    EXPECT_EQ(homes_of({"a* = http://a"}).elsewhere("/instmsg/aliases/"), "");
}

/// A server of im.example.com that holds all but who begins with h, which 10.0.0.250 helps to serve.
class RouterTest : public tests::FederationWorld {
protected:
    RouterTest() { begin(Route::proxy); }
    ~RouterTest() override { end(); }
    void begin(Route route) {
        thread_.call([this, route] {
            const HomeLine home = HomeLine::parse("h* = http://" + home_.text()).value();
            make({domains_, {home.server, *DomainLine::parse("im.acme.com = http://10.0.0.66")}});
            router_.emplace(world_.realm, Homes({home, HomeLine::parse("t* = https://home3.example.com:9443").value()}, world_.realm), others_->passages,
                            Router::Settings{route, {*base::Cidr::parse("10.0.0.250")}}, "us");
            others_->federation.set_router(&*router_);
        });
    }
    static base::Request of(const std::string& method, const std::string& name, std::vector<base::HttpHeader> headers = {},
                            const std::string& body = "", int host = 1) {
        return tests::request_of(method, "/instmsg/aliases/" + name, "alice", std::move(headers), body, host);
    }

    std::vector<std::string> domains_;  // of federation.domains
    Port home_;
    std::optional<Router> router_;
};

TEST_F(RouterTest, CarriesARequestAsItIsAndSaysWhose) {
    home_.listen();
    base::Request request = of("PROPFIND", "H%61rry", {{"Authorization", "Digest response=1"}, {"Depth", "0"}, {"Connection", "keep-alive"},
                                                     {"X-Other", "y"}, {"RVPD-Client", "1.2.3.4 forged"}}, "<x/>");
    send(request);
    Connection home = home_.accept();
    EXPECT_EQ(home.read_request(),
              "PROPFIND /instmsg/aliases/H%61rry HTTP/1.1\r\nHost: im.example.com\r\nRVP-From-Principal: " + url_of("alice") +
                  "\r\nAuthorization: Digest response=1\r\nDepth: 0\r\nX-Other: y\r\nRVPD-Passed: us\r\nRVPD-Client: 10.0.0.1 us/1\r\n"
                  "Content-Length: 4\r\n\r\n<x/>");
    home.answer("HTTP/1.1 401 x\r\nWWW-Authenticate: NTLM\r\nWWW-Authenticate: Digest nonce=2\r\nDate: now\r\nContent-Length: 2\r\n\r\nno");
    EXPECT_EQ(done_.take(1).at(0), "401");
    EXPECT_EQ(tests::lines_of(answer_), "WWW-Authenticate: Digest nonce=2\n") << "NTLM proves over one connection";
    EXPECT_EQ(answer_.body, "no");
}

TEST_F(RouterTest, ServesWhoLivesHere) {
    home_.listen();
    thread_.call([this] { ASSERT_TRUE(world_.login("bob", 9)); });
    EXPECT_EQ(ask(of("PROPFIND", "bob", {{"Depth", "0"}}, "<d:propfind xmlns:d='DAV:'><d:allprop/></d:propfind>")), "207");
    EXPECT_FALSE(home_.has_caller());
}

TEST_F(RouterTest, WhatHasAnAnswerWithoutABodyIsNotCarried) {
    home_.listen();
    EXPECT_EQ(ask(of("HEAD", "harry")), "501");
    EXPECT_FALSE(home_.has_caller());
}

TEST_F(RouterTest, AHomeServerThatIsAwayIsToBeAskedAgain) {
    EXPECT_EQ(ask(of("NOTIFY", "harry")), "503");
    EXPECT_EQ(header_of(answer_, "Retry-After"), "2");
}

TEST_F(RouterTest, RedirectsClientsToThePhysicalUrlAndCarriesWhatServersAsk) {
    begin(Route::redirect);
    EXPECT_EQ(ask(of("SUBSCRIBE", "harry")), "302");
    EXPECT_EQ(header_of(answer_, "Location"), "http://" + home_.text() + "/instmsg/local/im.example.com/instmsg/aliases/harry");
    EXPECT_EQ(ask(of("SUBSCRIBE", "tom")), "302");
    EXPECT_EQ(header_of(answer_, "Location"), "https://home3.example.com:9443/instmsg/local/im.example.com/instmsg/aliases/tom");
    home_.listen();
    base::Request request = of("NOTIFY", "harry");
    request.headers[1].value = "im.acme.com";
    send(request);
    Connection home = home_.accept();
    EXPECT_NE(home.read_request().find("RVPD-Client"), std::string::npos) << "no other domain is known";
    home.answer_framed(200);
    EXPECT_EQ(done_.take(1).at(0), "200");
}

TEST_F(RouterTest, SpeaksAtTheHomeServerForServersOfOtherDomains) {
    domains_ = {"im.acme.com"};
    begin(Route::proxy);
    home_.listen();
    base::Request request = of("NOTIFY", "harry");
    request.headers[1].value = "im.acme.com";
    EXPECT_EQ(ask(request), "403") << "it is not at 10.0.0.1";
    request.peer = *base::IpAddress::parse("10.0.0.66");
    send(request);
    Connection home = home_.accept();
    const std::string carried = home.read_request();
    EXPECT_EQ(carried.find("RVPD-Client"), std::string::npos) << carried;
    EXPECT_NE(carried.find("RVP-From-Principal: im.acme.com\r\nRVPD-Passed: us\r\n"), std::string::npos) << carried;
    home.answer_framed(200);
    EXPECT_EQ(done_.take(1).at(0), "200");
    const auto word = others_->federation.word_on("im.acme.com", of("NOTIFY", "bob", {{"RVPD-Passed", "them"}}, "", 250));
    EXPECT_TRUE(word && *word) << "a router is believed about it";
}

TEST_F(RouterTest, TwoServersThatNameEachOtherEndItAtOnce) {
    EXPECT_EQ(ask(of("PROPFIND", "harry", {{"RVPD-Passed", "us, them"}, {"RVPD-Client", "10.0.0.7 them/1"}}, "", 250)), "508");
}

TEST_F(RouterTest, AServerOfOursIsBelievedAboutItsClientAndNobodyElseIs) {
    const auto seen = [this](int host, const std::string& said) {
        const auto of_client = router_->of_client(of("PROPFIND", "bob", {{"RVPD-Client", said}}, "", host));
        return of_client ? of_client->peer.text() : "none";
    };
    EXPECT_EQ(seen(250, "192.0.2.1 them/1"), "192.0.2.1");
    EXPECT_EQ(seen(1, "192.0.2.1 them/1"), "none");
    EXPECT_EQ(seen(250, "nobody them/1"), "none");
    const auto connection = [this](const std::string& said) {
        return router_->of_client(of("PROPFIND", "bob", {{"RVPD-Client", said}}, "", 250))->connection;
    };
    EXPECT_EQ(connection("192.0.2.1 them/1"), connection("192.0.2.1 them/1"));
    EXPECT_NE(connection("192.0.2.1 them/1"), connection("192.0.2.1 them/2"));
    EXPECT_FALSE(router_->of_client(of("PROPFIND", "bob", {}, "", 250)));
}

TEST_F(RouterTest, AServerOfOursSpeaksForTheDomainUnlessItCarriesSomebodysRequest) {
    const auto word = [this](int host, std::vector<base::HttpHeader> headers) {
        return others_->federation.word_on("im.example.com", of("NOTIFY", "bob", std::move(headers), "", host)).has_value();
    };
    EXPECT_TRUE(word(250, {{"RVPD-Passed", "them"}}));
    EXPECT_FALSE(word(1, {{"RVPD-Passed", "them"}}));
    EXPECT_FALSE(word(250, {}));
    EXPECT_FALSE(word(250, {{"RVPD-Passed", "them"}, {"RVPD-Client", "192.0.2.1 them/1"}}));
    EXPECT_FALSE(others_->federation.word_on("im.other.com", of("NOTIFY", "bob")).has_value()) << "no domain is known";
}

TEST_F(RouterTest, WhatNamesAnotherDomainIsNotRouted) {
    const auto target = [this](const std::string& request_target, const std::string& host) {
        base::Request request = of("PROPFIND", "");
        request.target = request_target;
        request.headers[0].value = host;
        const auto found = router_->target(request);
        return found ? found->url() : "none";
    };
    EXPECT_EQ(target("/instmsg/aliases/harry", "whatever"), url_of("harry"));
    EXPECT_EQ(target("/instmsg/local/im.example.com/instmsg/aliases/harry", "home2.example.com"), url_of("harry"));
    EXPECT_EQ(target(url_of("harry"), "x"), url_of("harry"));
    EXPECT_EQ(target("http://im.acme.com/instmsg/aliases/harry", "im.acme.com"), "none");
    EXPECT_EQ(target("/instmsg/local/im.acme.com/instmsg/aliases/harry", "im.example.com"), "none");
    EXPECT_EQ(target("/", "im.example.com"), "none");
}

}  // namespace
}  // namespace server
