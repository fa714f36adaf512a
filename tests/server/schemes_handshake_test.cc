// tests/server/schemes_handshake_test.cc: what a handshake has proved holds for its connection, and for nobody else.
// SPDX-License-Identifier: Apache-2.0
#include "server/schemes.h"

#include "base/text.h"
#include "tests/fake_journal.h"
#include "tests/server/fake_handshake.h"

#include <gtest/gtest.h>

namespace {

using Authenticator = rvp::Authenticator;

std::vector<std::unique_ptr<server::HandshakeScheme>> handshakes() {
    std::vector<std::unique_ptr<server::HandshakeScheme>> all;
    all.push_back(std::make_unique<tests::FakeHandshakes>("NTLM"));
    all.push_back(std::make_unique<tests::FakeHandshakes>("Negotiate", "bye"));
    return all;
}

struct HandshakeWorld {
    HandshakeWorld() { set_password("secret"); }
    void set_password(const std::string& password) {
        const auto done = [](base::Result<void> result) { EXPECT_TRUE(result); };
        if (accounts.stamp("bob") == 0) accounts.add("bob", password, done);
        else accounts.set_password("bob", password, done);
        journal.complete_all();
    }
    /// A request over connection `n`, and what it comes to: the account, `nothing`, `malformed`, or the challenges.
    std::string judged(std::uint64_t n, const std::string& authorization, const std::string& from,
                       std::vector<base::HttpHeader> more = {}) {
        base::Request r;
        r.method = "ACL";
        r.target = "/instmsg/aliases/bob";
        r.connection = base::ConnectionId(n);
        r.headers = std::move(more);
        if (!from.empty()) r.headers.push_back({"RVP-From-Principal", "http://im.example.com/instmsg/aliases/" + from});
        if (!authorization.empty()) r.headers.push_back({"Authorization", authorization});
        const auto verdict = schemes.judge(r);
        if (const auto* proven = std::get_if<Authenticator::Proven>(&verdict)) {
            EXPECT_EQ(proven->proof, presence::Proof::ntlm);
            mutual = proven->mutual;
            return proven->account;
        }
        const auto* refused = std::get_if<Authenticator::Refused>(&verdict);
        if (!refused) return "nothing";
        if (refused->error.code == base::Errc::malformed) return "malformed";
        std::string all;
        for (const std::string& c : refused->challenges) all += (all.empty() ? "" : ", ") + c.substr(0, c.find(" qop"));
        return all;
    }
    static std::string ntlm(const std::string& token) { return "NTLM " + base::base64_encode(token); }
    void prove(std::uint64_t n) {
        EXPECT_EQ(judged(n, ntlm("hello"), "bob"), ntlm("who?"));
        EXPECT_EQ(judged(n, ntlm("bob"), "bob"), "bob");
    }

    std::string mutual;
    base::Log log{base::LogLevel::error};
    base::FakeClock clock;
    tests::FakeJournal journal;
    presence::Realm realm{"im.example.com", "example.com", {}};
    server::Accounts accounts{{"im.example.com", {"DOM", "example.com"}, true}, journal, log};
    server::Schemes schemes{{"negotiate", "digest", "ntlm"}, accounts, realm, clock, log, handshakes()};
};
constexpr char kAll[] = "Negotiate, Digest, NTLM";

TEST(SchemesHandshake, ProvesOverOneConnectionAndIsKeptThere) {
    HandshakeWorld w;
    EXPECT_EQ(w.schemes.challenges().front(), "Negotiate");
    w.prove(1);
    EXPECT_EQ(w.mutual, "");
    EXPECT_EQ(w.judged(1, "", "bob"), "bob");
    EXPECT_EQ(w.judged(1, "", "BOB"), "bob");
    EXPECT_EQ(w.judged(2, "", "bob"), "nothing");
    EXPECT_EQ(w.judged(2, HandshakeWorld::ntlm("bob"), "bob"), kAll) << "its handshake was another's";
    w.schemes.closed(base::ConnectionId(1));
    EXPECT_EQ(w.judged(1, "", "bob"), "nothing");
}

TEST(SchemesHandshake, TheServerProvesItselfToo) {
    HandshakeWorld w;
    const std::string hello = "negotiate " + base::base64_encode("hello");
    EXPECT_EQ(w.judged(1, hello, "bob"), "Negotiate " + base::base64_encode("who?"));
    EXPECT_EQ(w.judged(1, "Negotiate " + base::base64_encode("bob"), "bob"), "bob");
    EXPECT_EQ(w.mutual, "Negotiate " + base::base64_encode("bye"));
    EXPECT_EQ(w.judged(1, "", "bob"), "bob");
    EXPECT_EQ(w.mutual, "");
}

TEST(SchemesHandshake, NobodyElseInheritsIt) {
    HandshakeWorld w;
    w.prove(1);
    EXPECT_EQ(w.judged(1, "", ""), "nothing") << "who does not say who he is";
    EXPECT_EQ(w.judged(1, "", "bob"), "bob");
    EXPECT_EQ(w.judged(1, "", "carol"), "nothing");
    EXPECT_EQ(w.judged(1, "", "bob"), "nothing") << "it is shared, whoever says he is bob";
    w.prove(1);
    EXPECT_EQ(w.judged(1, "", "bob"), "nothing");
}

TEST(SchemesHandshake, NothingIsKeptThroughAProxy) {
    for (const char* header : {"Via", "Forwarded", "x-forwarded-for"}) {
        HandshakeWorld w;
        w.prove(1);
        EXPECT_EQ(w.judged(1, "", "bob", {{header, "1.1 proxy"}}), "nothing") << header;
        EXPECT_EQ(w.judged(1, "", "bob"), "nothing") << header;
        EXPECT_EQ(w.judged(2, HandshakeWorld::ntlm("hello"), "bob", {{header, "1.1 proxy"}}), HandshakeWorld::ntlm("who?"));
        EXPECT_EQ(w.judged(2, HandshakeWorld::ntlm("bob"), "bob", {{header, "1.1 proxy"}}), "bob") << "for this request alone";
        EXPECT_EQ(w.judged(2, "", "bob"), "nothing") << header;
    }
}

TEST(SchemesHandshake, AFailureOrANewBeginningEndsIt) {
    HandshakeWorld w;
    w.prove(1);
    EXPECT_EQ(w.judged(1, HandshakeWorld::ntlm("mallory"), "bob"), kAll);
    EXPECT_EQ(w.judged(1, "", "bob"), "nothing");
    w.prove(1);
    EXPECT_EQ(w.judged(1, HandshakeWorld::ntlm("hello"), "bob"), HandshakeWorld::ntlm("who?"));
    EXPECT_EQ(w.judged(1, "", "bob"), "nothing");
}

TEST(SchemesHandshake, AChangedAccountEndsIt) {
    HandshakeWorld w;
    w.prove(1);
    w.set_password("changed");
    EXPECT_EQ(w.judged(1, "", "bob"), "nothing");
    w.prove(1);
    EXPECT_EQ(w.judged(1, "", "bob"), "bob");
    w.accounts.remove("bob", [](base::Result<void> done) { EXPECT_TRUE(done); });
    w.journal.complete_all();
    EXPECT_EQ(w.judged(1, "", "bob"), "nothing");
}

TEST(SchemesHandshake, WhatIsBrokenIsSaid) {
    HandshakeWorld w;
    for (const char* token : {"NTLM", "NTLM ", "NTLM aGVsbG8", "NTLM !!!!", "NTLM aGVs bG8="}) {
        w.prove(1);
        EXPECT_EQ(w.judged(1, token, "bob"), "malformed") << token;
        EXPECT_EQ(w.judged(1, "", "bob"), "nothing") << token;
    }
    EXPECT_EQ(w.judged(1, HandshakeWorld::ntlm("broken"), "bob"), "malformed");
    EXPECT_EQ(w.judged(1, "Basic Ym9iOnNlY3JldA==", "bob"), kAll);
}

}  // namespace
