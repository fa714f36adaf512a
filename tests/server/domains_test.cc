// tests/server/domains_test.cc: which server of a domain is found, with a DNS that the test plays.
// SPDX-License-Identifier: Apache-2.0
#include "server/domains.h"

#include <gtest/gtest.h>

#include <map>

namespace server {
namespace {

using namespace std::chrono_literals;

/// Answers from two tables; what is in neither is not there. Kept back while `late`.
class PlayedDns final : public Dns {
public:
    struct Zone {
        std::map<std::string, base::Result<SrvLines>> srv;
        std::map<std::string, base::Result<HostAddresses>> hosts;
        bool down = false;
        bool late = false;
        std::vector<std::string> asked;
        std::vector<std::function<void()>> kept;
    };
    explicit PlayedDns(Zone& zone) : zone_(zone) {}

    void srv(const std::string& name, SrvDone done) override { answer(name, zone_.srv, std::move(done)); }
    void addresses(const std::string& host, AddressesDone done) override { answer(host, zone_.hosts, std::move(done)); }

private:
    template <class T, class Done>
    void answer(const std::string& name, std::map<std::string, base::Result<T>>& table, Done done) {
        zone_.asked.push_back(name);
        base::Result<T> found = base::fail(zone_.down ? base::Errc::busy : base::Errc::not_found, "nothing");
        if (const auto it = table.find(name); !zone_.down && it != table.end()) found = it->second;
        auto kept = std::make_shared<Done>(std::move(done));
        if (!zone_.late) return (*kept)(std::move(found));
        zone_.kept.push_back([kept, found] { (*kept)(found); });
    }
    Zone& zone_;
};

base::IpAddress numeric(const char* text) { return *base::IpAddress::parse(text); }

class DomainsTest : public ::testing::Test {
protected:
    void host(const std::string& name, std::vector<const char*> addresses, std::chrono::seconds ttl = 60s) {
        HostAddresses found{{}, ttl};
        for (const char* one : addresses) found.addresses.push_back(numeric(one));
        zone.hosts[name] = found;
    }
    OtherDomains& domains() {
        if (!domains_) domains_ = std::make_unique<OtherDomains>(std::make_unique<PlayedDns>(zone), clock, settings, 1);
        return *domains_;
    }
    /// `ADDRESS:PORT …` in the order of trying, or the error; "nothing yet" before there is an answer.
    std::string find(const std::string& authority) {
        std::string heard = "nothing yet";
        domains().find(authority, [&heard](base::Result<PeerPlaces> found) { heard = words(found); });
        return heard;
    }
    static std::string words(const base::Result<PeerPlaces>& found) {
        if (!found) return found.error().text;
        std::string all = found->tls ? "tls" : "";
        for (const auto& place : found->places) {
            all += (all.empty() ? "" : " ") + place.address.text() + ":" + std::to_string(place.port);
        }
        return all;
    }

    PlayedDns::Zone zone;
    base::FakeClock clock;
    DomainSettings settings;

private:
    std::unique_ptr<OtherDomains> domains_;
};

TEST_F(DomainsTest, AsksForTheServiceRecordAndThenForItsTargets) {
    zone.srv["_rvp._tcp.im.acme.com"] = SrvLines{{{20, 0, 8082, "b.acme.com"}, {10, 0, 8081, "a.acme.com"}}, 60s};
    host("a.acme.com", {"192.0.2.1", "192.0.2.2"});
    host("b.acme.com", {"192.0.2.3"});
    EXPECT_EQ(find("im.acme.com"), "192.0.2.1:8081 192.0.2.2:8081 192.0.2.3:8082");
    EXPECT_EQ(zone.asked, (std::vector<std::string>{"_rvp._tcp.im.acme.com", "a.acme.com", "b.acme.com"}));
    EXPECT_TRUE(domains().has("im.acme.com", numeric("192.0.2.3")));
    EXPECT_FALSE(domains().has("im.acme.com", numeric("192.0.2.4")));
    EXPECT_FALSE(domains().has("im.other.com", numeric("192.0.2.3")));
}

TEST_F(DomainsTest, TakesTheAddressOfTheNameWhereThereIsNoServiceRecord) {
    host("im.acme.com", {"192.0.2.1"});
    EXPECT_EQ(find("im.acme.com"), "192.0.2.1:80");
    EXPECT_EQ(find("im.nobody.com"), "no server of im.nobody.com was found: no address");
}

TEST_F(DomainsTest, AnAuthorityWithAPortOrAnAddressIsUsedAsItStands) {
    host("im.acme.com", {"192.0.2.1"});
    EXPECT_EQ(find("im.acme.com:8080"), "192.0.2.1:8080");
    EXPECT_EQ(find("192.0.2.9"), "192.0.2.9:80");
    EXPECT_EQ(find("192.0.2.9:81"), "192.0.2.9:81");
    EXPECT_EQ(find("[2001:db8::1]:81"), "2001:db8::1:81");
    EXPECT_EQ(zone.asked, std::vector<std::string>{"im.acme.com"});
}

TEST_F(DomainsTest, WhatTheAdminWroteGoesBeforeTheDns) {
    settings.servers = {*DomainLine::parse("IM.acme.com:80 = https://10.0.0.7:8443"), *DomainLine::parse("b.com=http://gate.b.com")};
    settings.may = [](const base::IpAddress&, std::uint16_t) { return false; };
    host("gate.b.com", {"10.0.0.8"});
    EXPECT_EQ(find("im.acme.com"), "tls 10.0.0.7:8443");
    EXPECT_EQ(find("b.com"), "10.0.0.8:80");
    EXPECT_EQ(zone.asked, std::vector<std::string>{"gate.b.com"});
}

TEST_F(DomainsTest, AWrittenServerIsADomainAndAUrlWithoutPath) {
    for (const char* wrong : {"", "im.acme.com", "= http://a", "im.acme.com = ", "im.acme.com = a:80", "a/b = http://c", "a = http://c/d"}) {
        EXPECT_FALSE(DomainLine::parse(wrong)) << wrong;
    }
}

TEST_F(DomainsTest, ADomainThatDeclinesTheServiceIsNotLookedForElsewhere) {
    zone.srv["_rvp._tcp.im.acme.com"] = SrvLines{{{0, 0, 0, ""}}, 60s};
    host("im.acme.com", {"192.0.2.1"});
    EXPECT_EQ(find("im.acme.com"), "no server of im.acme.com was found: im.acme.com declines RVP (SRV)");
}

TEST_F(DomainsTest, AmongEqualsTheWeightDecidesHowOftenOneIsFirst) {
    zone.srv["_rvp._tcp.im.acme.com"] = SrvLines{{{1, 90, 1, "a"}, {1, 10, 2, "b"}, {1, 0, 3, "c"}, {2, 100, 4, "d"}}, 60s};
    for (const char* name : {"a", "b", "c", "d"}) host(name, {"192.0.2.1"});
    std::map<std::string, int> first;
    for (int i = 0; i < 1000; ++i) {
        const std::string order = find("im.acme.com");
        ++first[order.substr(0, order.find(' '))];
        ASSERT_TRUE(order.ends_with(":4")) << order;
    }
    EXPECT_GT(first["192.0.2.1:1"], 850);
    EXPECT_GT(first["192.0.2.1:2"], 60);
    EXPECT_LT(first["192.0.2.1:3"], 40);
}

TEST_F(DomainsTest, AnAnswerIsKeptAsLongAsItSaysAndNeverLongerThanFiveMinutes) {
    host("im.acme.com", {"192.0.2.1"}, 60s);
    host("im.b.com", {"192.0.2.2"}, 86'400s);
    find("im.acme.com");
    find("im.b.com");
    host("im.acme.com", {"192.0.2.3"});
    host("im.b.com", {"192.0.2.4"});
    clock.advance(59s);
    EXPECT_EQ(find("im.acme.com"), "192.0.2.1:80");
    clock.advance(1s);
    EXPECT_EQ(find("im.acme.com"), "192.0.2.3:80");
    clock.advance(239s);
    EXPECT_EQ(find("im.b.com"), "192.0.2.2:80");
    clock.advance(1s);
    EXPECT_EQ(find("im.b.com"), "192.0.2.4:80");
}

TEST_F(DomainsTest, WhatWasGoodStaysSoWhileTheDnsIsDown) {
    host("im.acme.com", {"192.0.2.1"});
    find("im.acme.com");
    zone.down = true;
    clock.advance(1h);
    EXPECT_EQ(find("im.acme.com"), "192.0.2.1:80");
    EXPECT_TRUE(domains().has("im.acme.com", numeric("192.0.2.1")));
    EXPECT_EQ(find("im.new.com"), "no server of im.new.com was found: nothing");
    zone.down = false;
    host("im.acme.com", {"192.0.2.5"});
    EXPECT_EQ(find("im.acme.com"), "192.0.2.1:80") << "asked a moment ago";
    clock.advance(10s);
    EXPECT_EQ(find("im.acme.com"), "192.0.2.5:80");
}

TEST_F(DomainsTest, WhatTheDnsSaysIsGoneIsGone) {
    host("im.acme.com", {"192.0.2.1"});
    find("im.acme.com");
    zone.hosts.clear();
    clock.advance(1h);
    EXPECT_EQ(find("im.acme.com"), "no server of im.acme.com was found: no address");
    EXPECT_FALSE(domains().has("im.acme.com", numeric("192.0.2.1")));
}

TEST_F(DomainsTest, ManyWhoAskAtOnceAreAnsweredByOneQuestion) {
    zone.late = true;
    host("im.acme.com", {"192.0.2.1"});
    std::vector<std::string> heard;
    for (int i = 0; i < 3; ++i) {
        domains().find("im.acme.com", [&heard](base::Result<PeerPlaces> found) { heard.push_back(words(found)); });
    }
    ASSERT_EQ(zone.kept.size(), 1U);
    zone.kept[0]();
    ASSERT_EQ(zone.kept.size(), 2U);
    zone.kept[1]();
    EXPECT_EQ(heard, (std::vector<std::string>(3, "192.0.2.1:80")));
}

TEST_F(DomainsTest, AnAddressInsideIsNoServerOfAnotherDomain) {
    settings.may = [](const base::IpAddress& address, std::uint16_t) { return !address.is_private(); };
    host("im.acme.com", {"10.0.0.1", "192.0.2.1"});
    host("im.evil.com", {"10.0.0.1"});
    EXPECT_EQ(find("im.acme.com"), "192.0.2.1:80");
    EXPECT_EQ(find("im.evil.com"), "no server of im.evil.com was found: the server of im.evil.com is at 10.0.0.1, which "
                                   "callback.allow does not list");
    EXPECT_FALSE(domains().has("im.evil.com", numeric("10.0.0.1")));
}

TEST_F(DomainsTest, TooManyQuestionsAtOnceAreRefused) {
    zone.late = true;
    for (int i = 0; i < 256; ++i) find("im" + std::to_string(i) + ".com");
    EXPECT_EQ(find("im.acme.com"), "too many domains are being looked for");
    EXPECT_EQ(find("im0.com"), "nothing yet") << "that question is under way";
}

TEST_F(DomainsTest, NamesThatLeadNowhereDriveOutNoServerThatWasFound) {
    host("im.acme.com", {"192.0.2.1"});
    EXPECT_EQ(find("im.acme.com"), "192.0.2.1:80");
    for (int i = 0; i < 10'100; ++i) find("invented" + std::to_string(i) + ".com");
    zone.down = true;
    clock.advance(1h);
    EXPECT_EQ(find("im.acme.com"), "192.0.2.1:80");
}

TEST_F(DomainsTest, OfServersThatWereFoundTheOneThatWasUsedLongestAgoMakesRoom) {
    settings.domains = {"im.named.com", "*"};
    for (const char* name : {"im.named.com", "im.old.com", "im.acme.com"}) {
        host(name, {"192.0.2.1"});
        EXPECT_EQ(find(name), "192.0.2.1:80");
    }
    for (int i = 0; i < 9'998; ++i) {
        const std::string name = "x" + std::to_string(i) + ".com";
        host(name, {"192.0.2.9"});
        find(name);
        if (i == 5000) find("im.acme.com");
    }
    zone.down = true;
    EXPECT_EQ(find("im.acme.com"), "192.0.2.1:80");
    EXPECT_EQ(find("im.named.com"), "192.0.2.1:80") << "which the admin wrote down";
    EXPECT_EQ(find("im.old.com"), "no server of im.old.com was found: nothing");
}

TEST_F(DomainsTest, WhatIsKnownIsGoodWhileTooManyQuestionsAreUnderWay) {
    settings.domains = {"im.named.com", "*"};
    host("im.acme.com", {"192.0.2.1"});
    find("im.acme.com");
    clock.advance(1h);
    zone.late = true;
    for (int i = 0; i < 256; ++i) find("im" + std::to_string(i) + ".com");
    EXPECT_EQ(find("im.acme.com"), "192.0.2.1:80") << "it was good, and nobody says otherwise";
    EXPECT_EQ(find("im.new.com"), "too many domains are being looked for");
    EXPECT_EQ(find("im.named.com"), "nothing yet") << "it is asked about in any case";
    EXPECT_EQ(zone.asked.back(), "_rvp._tcp.im.named.com");
}

TEST_F(DomainsTest, ListsWhatIsWrittenOrAll) {
    settings.domains = {"IM.acme.com:80", "b.com:8080"};
    EXPECT_TRUE(domains().lists("im.acme.com"));
    EXPECT_TRUE(domains().names("b.com:8080"));
    EXPECT_FALSE(domains().lists("b.com"));
    settings.domains = {"*"};
    OtherDomains all(std::make_unique<PlayedDns>(zone), clock, settings);
    EXPECT_TRUE(all.lists("anybody.org"));
    EXPECT_FALSE(all.names("anybody.org"));
    EXPECT_FALSE(all.names("*"));
}

TEST_F(DomainsTest, ACallBackToANodeElsewhereIsToldFromOneToAClient) {
    settings.domains = {"im.acme.com"};
    EXPECT_TRUE(domains().may_hold("im.acme.com", "/groups/g"));
    EXPECT_FALSE(domains().may_hold("im.acme.com", "/"));
    EXPECT_FALSE(domains().may_hold("im.acme.com", ""));
    EXPECT_FALSE(domains().may_hold("im.b.com", "/instmsg/aliases/x"));
    settings.domains = {"*"};
    OtherDomains all(std::make_unique<PlayedDns>(zone), clock, settings);
    EXPECT_TRUE(all.may_hold("im.b.com", "/InstMsg/aliases/x"));
    EXPECT_FALSE(all.may_hold("im.b.com", "/notify"));
    EXPECT_FALSE(all.may_hold("192.0.2.1:1234", "/instmsg/aliases/x"));
}

}  // namespace
}  // namespace server
